"""`lamppost-receiver control` as a privacy officer sees it."""

import asyncio
from pathlib import Path

import pytest

from agent.control.documents import verify
from agent.wire import cose, keyfile
from agent.wire.messages import ClockQuality
from agent.wire.orders import ACKNOWLEDGEMENTS, Ack, AckContent, Command, Order, Outcome, Refusal, Role
from agent.wire.topics import Topics
from receiver.cli.main import main
from receiver.orders import read_unverified
from receiver.service import Receiver, ReceiverSettings
from receiver.settings import load_registry
from receiver.store import Store
from receiver.subscriber import Arrival
from tests.support.broker import Mosquitto, free_port, subscriber, write_passwords
from tests.support.envelopes import START_MS, STREAM, UNIT, FakeUnit
from tests.support.orders import BELIEVED, KEYS, ordered

CONTROL = f"lamppost/1/{UNIT}/control"
ACK = f"lamppost/1/{UNIT}/ack"


class Officer:
    """A privacy officer's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.unit = FakeUnit.make(folder)
        self.key = keyfile.generate(folder / "city.key")
        self.devices = folder / "devices.toml"
        self.devices.write_text(
            f'[unit.{UNIT}]\nkey = "{self.unit.key.public.line}"\nalg = "Ed25519"\n'
            "valid_from = 2020-01-01T00:00:00Z\n"
        )
        self.store = folder / "receiver.db"
        self.document = folder / "order.cose"

    def configure(self, port: int, *lines: str) -> Path:
        path = self.folder / "broker.toml"
        path.write_text("\n".join(["[broker]", 'host = "127.0.0.1"', f"port = {port}", "tls = false", *lines]) + "\n")
        return path

    def make(self, *more: str, version: str | None = "3") -> int:
        plain = ["--unit", UNIT, "--reference", "CD-7", "--authority", "Local Law 1"]
        number = [] if version is None else ["--version", version]
        files = ["--key", str(self.folder / "city.key"), "-o", str(self.document)]
        return main(["control", "make", *plain, *number, *files, *more])

    async def fill(self, *acks: bytes) -> None:
        settings = ReceiverSettings(
            key=self.key, devices=load_registry(self.devices), topics=Topics("lamppost"), patience_ms=1000
        )
        receiver = Receiver(settings, store=Store(self.store), utc_ms=lambda: START_MS)
        await receiver.handle([Arrival(ACK, data, retained=False) for data in acks])
        receiver.close()

    def answer(self, document: bytes, *, refusal: Refusal = Refusal.NONE) -> bytes:
        outcome = Outcome(
            stream=STREAM,
            order=Order.SUSPEND,
            refusal=refusal,
            state=Order.SUSPEND,
            epoch=self.unit.epoch,
            last_seq=41,
        )
        content = AckContent(
            unit=UNIT,
            version=3,
            document=cose.envelope_hash(document),
            outcomes=(outcome,),
            clock=ClockQuality.SYNCHRONISED,
            utc_ms=START_MS,
            simulated=False,
        )
        return self.unit.sign(Ack(epoch=self.unit.epoch, stream=ACKNOWLEDGEMENTS, seq=0, prev=None, content=content))


@pytest.fixture
def officer(tmp_path: Path) -> Officer:
    return Officer(tmp_path)


# -- make


def test_make_writes_a_document_and_says_what_it_orders(officer: Officer, capsys: pytest.CaptureFixture[str]) -> None:
    assert officer.make("--stream", STREAM, "--order", "suspend", "--expires", "2030-01-01T00:00:00Z") == 0
    content = read_unverified(officer.document.read_bytes())
    assert (content.version, content.reference, content.authority) == (3, "CD-7", "Local Law 1")
    assert content.commands == (Command(stream=STREAM, order=Order.SUSPEND),)
    assert content.expires_ms == 1_893_456_000_000
    said = capsys.readouterr().out
    assert f"suspend stream {STREAM}" in said
    assert "nothing was sent" in said


def test_make_signs_with_the_citys_key(officer: Officer) -> None:
    officer.make("--every-stream", "--order", "suspend", "--order", "purge", "--until", "2026-01-01T00:00:00Z")
    believed = {officer.key.kid: BELIEVED[KEYS[Role.ROOT].kid]}
    believed = {kid: type(known)(officer.key.public, known.role) for kid, known in believed.items()}
    document = verify(officer.document.read_bytes(), believed, unit=UNIT)
    assert [(command.stream, command.order) for command in document.control.commands] == [
        (None, Order.SUSPEND),
        (None, Order.PURGE),
    ]


async def test_make_with_a_store_takes_the_version_above_the_highest_answer(officer: Officer) -> None:
    await officer.fill(officer.unit.ack(4), officer.unit.ack(9))
    wanted = ("--store", str(officer.store), "--stream", STREAM, "--order", "hold")
    assert officer.make(*wanted, version=None) == 0
    assert read_unverified(officer.document.read_bytes()).version == 10


@pytest.mark.parametrize(
    ("more", "told"),
    [
        pytest.param(
            ["--stream", STREAM, "--order", "hold", "--until", "2026-01-01T00:00:00Z"], "purge only", id="until"
        ),
        pytest.param(["--stream", STREAM, "--order", "run", "--expires", "soon"], "expected a time", id="expires"),
        pytest.param(["--stream", "a b", "--order", "run"], "control stream", id="stream"),
        pytest.param(["--stream", "_ack", "--order", "run"], "reserved", id="reserved"),
        pytest.param(["--stream", "x", "--stream", "x", "--order", "run"], "twice", id="twice"),
    ],
)
def test_make_of_an_impossible_order_says_why_and_writes_nothing(
    officer: Officer, capsys: pytest.CaptureFixture[str], more: list[str], told: str
) -> None:
    assert officer.make(*more) == 2
    assert told in capsys.readouterr().err
    assert not officer.document.exists()


def test_make_never_replaces_a_file(officer: Officer, capsys: pytest.CaptureFixture[str]) -> None:
    officer.document.write_bytes(b"old")
    assert officer.make("--stream", STREAM, "--order", "hold") == 2
    assert officer.document.read_bytes() == b"old"
    assert "cannot write" in capsys.readouterr().err


@pytest.mark.parametrize("missing", [["--order", "hold"], ["--stream", STREAM]], ids=["stream", "order"])
def test_make_without_a_stream_or_an_order_is_no_command(officer: Officer, missing: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        officer.make(*missing)
    assert caught.value.code == 2


# -- send


def send(officer: Officer, config: Path, *more: str) -> int:
    return main(["control", "send", str(officer.document), str(config), *more])


@pytest.mark.broker
async def test_send_leaves_the_document_at_the_broker_for_a_unit_that_comes_later(
    officer: Officer, capsys: pytest.CaptureFixture[str]
) -> None:
    officer.make("--stream", STREAM, "--order", "suspend")
    async with Mosquitto(officer.folder) as broker:
        assert await asyncio.to_thread(send, officer, officer.configure(broker.port)) == 0
        async with subscriber(broker.port, CONTROL) as unit:
            (heard,) = await unit.expect()
    assert (heard.payload, heard.retain) == (officer.document.read_bytes(), True)
    assert "not connected now" in capsys.readouterr().out


@pytest.mark.broker
@pytest.mark.parametrize(
    ("refusal", "code", "said"),
    [(Refusal.NONE, 0, "suspend obeyed"), (Refusal.ROLE, 1, "NOT OBEYED, the key's role")],
)
@pytest.mark.parametrize("mqtt5", ["true", "false"])
async def test_send_waits_for_the_signed_answer_to_this_very_document(
    officer: Officer, capsys: pytest.CaptureFixture[str], refusal: Refusal, code: int, said: str, mqtt5: str
) -> None:
    officer.make("--stream", STREAM, "--order", "suspend")
    async with Mosquitto(officer.folder) as broker, subscriber(broker.port, CONTROL) as unit:
        config = officer.configure(broker.port, f"mqtt5 = {mqtt5}")
        waited = ["--wait", "20", "--devices", str(officer.devices)]
        sending = asyncio.create_task(asyncio.to_thread(send, officer, config, *waited))
        (heard,) = await unit.expect()
        forged = FakeUnit.make(officer.folder, name="other")
        for data in (
            b"anything",
            officer.unit.ack(3),
            officer.answer(ordered(Order.HOLD)),
            forged.sign(Ack(epoch=bytes(8), stream=ACKNOWLEDGEMENTS, seq=0, prev=None, content=_content(officer))),
        ):
            await unit.publish(ACK, data)
        await unit.publish(ACK, officer.answer(heard.payload, refusal=refusal))
        assert await sending == code
    assert said in capsys.readouterr().out


def _content(officer: Officer) -> AckContent:
    return AckContent(
        unit=UNIT,
        version=3,
        document=cose.envelope_hash(officer.document.read_bytes()),
        outcomes=(),
        clock=ClockQuality.UNSET,
        utc_ms=None,
        simulated=False,
    )


@pytest.mark.broker
async def test_send_without_an_answer_in_time_says_that_the_document_waits(
    officer: Officer, capsys: pytest.CaptureFixture[str]
) -> None:
    officer.make("--stream", STREAM, "--order", "suspend")
    async with Mosquitto(officer.folder) as broker:
        config = officer.configure(broker.port)
        waited = ["--wait", "0.2", "--devices", str(officer.devices)]
        assert await asyncio.to_thread(send, officer, config, *waited) == 1
    assert "stays at the broker" in capsys.readouterr().out


@pytest.mark.broker
async def test_send_by_an_account_that_may_not_says_so(officer: Officer, capsys: pytest.CaptureFixture[str]) -> None:
    officer.make("--stream", STREAM, "--order", "suspend")
    (officer.folder / "acl").write_text(
        f"user operator\ntopic write {CONTROL}\nuser receiver\ntopic read {CONTROL}\n"
    )
    write_passwords(officer.folder / "passwords", {"operator": "secret", "receiver": "known"})
    lines = (f"acl_file {officer.folder}/acl", f"password_file {officer.folder}/passwords", "allow_anonymous false")
    for name, text in (("receiver", "known"), ("operator", "secret")):
        (officer.folder / name).write_text(text + "\n")
    async with Mosquitto(officer.folder, lines=lines) as broker:
        config = officer.configure(broker.port, 'username = "receiver"', 'password_file = "receiver"')
        assert await asyncio.to_thread(send, officer, config) == 2
        assert "refuses the message" in capsys.readouterr().err
        other = ["--username", "operator", "--password-file", str(officer.folder / "operator")]
        assert await asyncio.to_thread(send, officer, config, *other) == 0


@pytest.mark.parametrize(
    ("more", "told"),
    [([], "broker 127.0.0.1:"), (["--wait", "1"], "--devices")],
    ids=["no-broker", "no-registry"],
)
def test_send_that_cannot_be_done_says_why(
    officer: Officer, capsys: pytest.CaptureFixture[str], more: list[str], told: str
) -> None:
    officer.make("--stream", STREAM, "--order", "suspend")
    assert send(officer, officer.configure(free_port()), *more) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("content", [None, b"", b"anything"])
def test_send_of_what_is_no_document_says_so(
    officer: Officer, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    if content is not None:
        officer.document.write_bytes(content)
    assert send(officer, officer.configure(1)) == 2
    assert "order.cose: " in capsys.readouterr().err


def test_send_with_a_broken_configuration_shows_the_place(
    officer: Officer, capsys: pytest.CaptureFixture[str]
) -> None:
    officer.make("--stream", STREAM, "--order", "suspend")
    assert send(officer, officer.configure(1, "colour = 1")) == 2
    assert "broker.toml:5" in capsys.readouterr().err


# -- status


async def test_status_tells_every_answer_newest_version_first(
    officer: Officer, capsys: pytest.CaptureFixture[str]
) -> None:
    await officer.fill(
        officer.unit.ack(4, last_seq=12), officer.unit.ack(9, refusal=Refusal.CLOCK), officer.unit.ack(9)
    )
    for more in ([], ["--unit", UNIT]):
        assert main(["control", "status", "--store", str(officer.store), *more]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert [line.partition(" at ")[0] for line in lines[::2]] == [
            f"unit {UNIT} answered version 9",
            f"unit {UNIT} answered version 4",
        ]
        assert "nothing above seq 12 was published" in lines[3]
        assert "obeyed" in lines[1]


async def test_status_of_a_unit_that_never_answered_says_so(
    officer: Officer, capsys: pytest.CaptureFixture[str]
) -> None:
    await officer.fill()
    assert main(["control", "status", "--store", str(officer.store), "--unit", "nobody"]) == 0
    assert "no unit has answered" in capsys.readouterr().out
