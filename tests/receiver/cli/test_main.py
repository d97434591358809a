"""`lamppost-receiver` as its users see it."""

import asyncio
import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agent.wire import cose, keyfile, payload
from agent.wire.keyfile import SigningKey
from agent.wire.messages import Kind, Receipt
from agent.wire.topics import Topics
from receiver.cli.main import main
from receiver.service import Receiver, ReceiverSettings
from receiver.settings import load_registry
from receiver.store import Store
from receiver.subscriber import Arrival
from tests.support.broker import DEADLINE_S, Heard, Mosquitto, subscriber
from tests.support.envelopes import START_MS, STREAM, UNIT, FakeUnit

ROOT = Path(__file__).resolve().parents[3]
LIVE = f"lamppost/1/{UNIT}/live/{STREAM}"
DECLARATION = f"lamppost/1/{UNIT}/declaration"
RECEIPTS = f"lamppost/1/{UNIT}/receipt/+"


@dataclass
class City:
    """The receiver's folder, a unit that it knows, and its process."""

    folder: Path
    port: int = 1
    unit: FakeUnit = field(init=False)
    key: SigningKey = field(init=False)

    def __post_init__(self) -> None:
        self.unit = FakeUnit.make(self.folder)
        self.key = keyfile.generate(self.folder / "receiver.key")
        self.registry.write_text(
            f'[unit.{UNIT}]\nkey = "{self.unit.key.public.line}"\nalg = "Ed25519"\n'
            "valid_from = 2020-01-01T00:00:00Z\n"
        )
        self.write()

    @property
    def registry(self) -> Path:
        return self.folder / "devices.toml"

    @property
    def store(self) -> Path:
        return self.folder / "receiver.db"

    @property
    def config(self) -> Path:
        return self.folder / "receiver.toml"

    def write(self) -> None:
        self.config.write_text(
            '[receiver]\nkey = "receiver.key"\ndevices = "devices.toml"\nstore = "receiver.db"\n'
            f'[broker]\nhost = "127.0.0.1"\nport = {self.port}\ntls = false\n'
        )

    async def fill(self, *messages: tuple[str, bytes]) -> None:
        """Let a receiver without a broker take messages."""
        settings = ReceiverSettings(
            key=self.key, devices=load_registry(self.registry), topics=Topics("lamppost"), patience_ms=1000
        )
        receiver = Receiver(settings, store=Store(self.store), utc_ms=lambda: START_MS)
        await receiver.handle([Arrival(topic, data, retained=False) for topic, data in messages])
        receiver.close()

    def receipt(self, heard: Heard) -> Receipt:
        """Return a receipt, once its signature holds."""
        receipt = payload.decode(Kind.RECEIPT, cose.verify(heard.payload, key=self.key.public, kind=Kind.RECEIPT))
        assert isinstance(receipt, Receipt)
        return receipt


class Process:
    """A running `lamppost-receiver run`."""

    def __init__(self, city: City) -> None:
        self._log = city.folder / "receiver.log"
        self._begin = self._log.stat().st_size if self._log.exists() else 0
        with self._log.open("ab") as sink:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "receiver", "run", str(city.config)], cwd=ROOT, stdout=sink, stderr=sink
            )

    @property
    def said(self) -> str:
        return self._log.read_bytes()[self._begin :].decode()

    def threads(self) -> int:
        """Return how many threads it has: one more once something was handed to the store's."""
        return len(list(Path(f"/proc/{self._process.pid}/task").iterdir()))

    async def until(self, condition: Callable[[], bool]) -> None:
        """Return when `condition` holds; fails when the receiver ends before, or in time."""
        end = time.monotonic() + DEADLINE_S
        while not condition():
            assert self._process.poll() is None, self.said
            assert time.monotonic() < end, self.said
            await asyncio.sleep(0.005)

    async def connected(self) -> None:
        await self.until(lambda: "connected to broker" in self.said)

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self._process.send_signal(number)
        return await self.ended()

    async def ended(self) -> int:
        return await asyncio.to_thread(self._process.wait, DEADLINE_S)

    def close(self) -> None:
        self._process.kill()
        self._process.wait(DEADLINE_S)


@contextlib.contextmanager
def running(city: City) -> Iterator[Process]:
    """Run the receiver; it is killed at the end if it has not ended."""
    process = Process(city)
    try:
        yield process
    finally:
        process.close()


@pytest.fixture
def city(tmp_path: Path) -> City:
    """A receiver that knows one unit."""
    return City(tmp_path)


@pytest.fixture
async def broker(city: City) -> AsyncIterator[Mosquitto]:
    """Run mosquitto, and have the receiver use it."""
    async with Mosquitto(city.folder, lines=("allow_anonymous true", "max_queued_messages 0")) as broker:
        city.port = broker.port
        city.write()
        yield broker


# -- run


@pytest.mark.broker
async def test_run_stores_and_gives_retained_receipts_and_goes_on_after_a_restart(
    city: City, broker: Mosquitto
) -> None:
    async with subscriber(broker.port, RECEIPTS) as unit:
        with running(city) as process:
            await process.connected()
            await unit.publish(DECLARATION, city.unit.declare(), retain=True)
            await unit.publish(LIVE, first := city.unit.batch())
            (heard,) = await unit.expect(under=STREAM)
            before = city.receipt(heard)
            assert await process.stop() == 0
        await unit.publish(LIVE, second := city.unit.batch())
        with running(city) as process:
            (heard,) = await unit.expect(under=STREAM)
            after = city.receipt(heard)
            assert await process.stop(signal.SIGINT) == 0
    assert (before.seq, before.hash) == (0, cose.envelope_hash(first))
    assert (after.seq, after.hash) == (1, cose.envelope_hash(second))
    assert after.counter > before.counter
    assert after.receiver_epoch == before.receiver_epoch
    async with subscriber(broker.port, RECEIPTS) as late:
        (kept,) = await late.expect(under=STREAM)
    assert (city.receipt(kept), kept.retain) == (after, True)


@pytest.mark.broker
async def test_run_killed_between_arrival_and_commit_is_given_the_message_again(
    city: City, broker: Mosquitto
) -> None:
    await city.fill((DECLARATION, city.unit.declare()))
    async with subscriber(broker.port, RECEIPTS) as unit:
        with running(city) as process:
            await process.connected()
            with _locked(city.store):
                idle = process.threads()
                await unit.publish(LIVE, batch := city.unit.batch())
                await process.until(lambda: process.threads() > idle)
                assert await process.stop(signal.SIGKILL) == -signal.SIGKILL
        with running(city) as process:
            (heard,) = await unit.expect(under=STREAM)
            assert await process.stop() == 0
    assert city.receipt(heard).hash == cose.envelope_hash(batch)
    assert len(_rows(city)) == 2


@pytest.mark.broker
async def test_run_that_cannot_store_ends_and_loses_nothing(city: City, broker: Mosquitto) -> None:
    await city.fill((DECLARATION, city.unit.declare()))
    async with subscriber(broker.port, RECEIPTS) as unit:
        with running(city) as process:
            await process.connected()
            with _locked(city.store):
                await unit.publish(LIVE, city.unit.batch())
                assert await process.ended() == 2
            said = process.said
        with running(city) as process:
            await unit.expect(under=STREAM)
            assert await process.stop() == 0
    assert f"lamppost-receiver run: {city.store}: database is locked; another process writes to it" in said
    assert "Traceback" not in said
    assert len(_rows(city)) == 2


async def test_run_without_a_broker_waits_and_stops_when_told(city: City) -> None:
    with running(city) as process:
        await process.until(lambda: "trying again" in process.said)
        assert await process.stop() == 0


def test_run_with_mistakes_in_its_files_prints_them_all(city: City, capsys: pytest.CaptureFixture[str]) -> None:
    city.config.write_text(city.config.read_text().replace("tls = false", "tls = 1"))
    city.registry.write_text(city.registry.read_text().replace("Ed25519", "RSA"))
    assert main(["run", str(city.config)]) == 2
    said = capsys.readouterr().err
    assert f"lamppost-receiver run: {city.config}:8:" in said
    assert f"{city.registry}:3:" in said


def test_run_without_its_key_names_it(city: City, capsys: pytest.CaptureFixture[str]) -> None:
    (city.folder / "receiver.key").unlink()
    assert main(["run", str(city.config)]) == 2
    assert str(city.folder / "receiver.key") in capsys.readouterr().err


@contextlib.contextmanager
def _locked(store: Path) -> Iterator[None]:
    """Keep everybody else from writing to a store."""
    connection = sqlite3.connect(store, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


def _rows(city: City) -> list[tuple[int]]:
    connection = sqlite3.connect(city.store)
    rows: list[tuple[int]] = connection.execute("SELECT start_ms FROM row").fetchall()
    connection.close()
    return rows


# -- verify


def test_verify_of_an_envelope_says_what_it_is(city: City, capsys: pytest.CaptureFixture[str]) -> None:
    envelope = city.unit.batch()
    (city.folder / "envelope").write_bytes(envelope)
    assert main(["verify", str(city.folder / "envelope"), "--devices", str(city.registry)]) == 0
    shown = capsys.readouterr().out
    assert f"of unit {UNIT}, {len(envelope)} bytes, sha256 {cose.envelope_hash(envelope).hex()}" in shown
    for line in (f"stream: {STREAM}", "seq: 0", "rows: 2", f"start_ms: {START_MS}", "simulated: False"):
        assert f"  {line}\n" in shown


def test_verify_of_a_pipe_reads_it_to_its_end(city: City) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "receiver", "verify", "-", "--devices", str(city.registry)],
        cwd=ROOT,
        input=city.unit.batch(),
        capture_output=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        pytest.param(lambda data: data[:-1] + bytes([data[-1] ^ 1]), "BadSignature", id="flipped"),
        pytest.param(lambda data: data[:20], "NotAnEnvelope", id="cut"),
    ],
)
def test_verify_of_what_does_not_hold_says_why_and_fails(
    city: City, capsys: pytest.CaptureFixture[str], spoil: Callable[[bytes], bytes], rule: str
) -> None:
    (city.folder / "envelope").write_bytes(spoil(city.unit.batch()))
    assert main(["verify", str(city.folder / "envelope"), "--devices", str(city.registry)]) == 1
    assert f"untrusted ({rule}): " in capsys.readouterr().out


def test_verify_of_a_file_that_is_not_there_says_so(city: City, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(city.folder / "nothing"), "--devices", str(city.registry)]) == 2
    assert "nothing: cannot read it: No such file or directory" in capsys.readouterr().err


# -- show and export


async def test_show_prints_values_and_what_was_rejected(city: City, capsys: pytest.CaptureFixture[str]) -> None:
    await city.fill((DECLARATION, city.unit.declare()), (LIVE, city.unit.batch()), (LIVE, b"x"))
    assert main(["show", "--store", str(city.store)]) == 0
    words = " ".join(capsys.readouterr().out.split())
    assert f"{UNIT} {STREAM} 1 2" in words
    assert "NotAnEnvelope" in words


async def test_show_as_json_has_everything(city: City, capsys: pytest.CaptureFixture[str]) -> None:
    await city.fill((DECLARATION, city.unit.declare()), (LIVE, city.unit.batch()), (LIVE, b"x"))
    assert main(["show", "--json", "--store", str(city.store), "--unit", UNIT, "--stream", STREAM]) == 0
    known = json.loads(capsys.readouterr().out)
    (stream,) = known["streams"]
    assert stream["latest"]["values"]["temperature"] == {"value": "20.1", "unit": "Cel", "quality": "ok"}
    assert known["rejected"][0]["rule"] == "NotAnEnvelope"


async def test_export_prints_each_row_as_a_line_of_json(city: City, capsys: pytest.CaptureFixture[str]) -> None:
    await city.fill((DECLARATION, city.unit.declare()), (LIVE, city.unit.batch()), (LIVE, city.unit.batch()))
    assert main(["export", "--store", str(city.store)]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["start_ms"] - START_MS for row in rows] == [0, 60_000, 120_000, 180_000]


@pytest.mark.parametrize("command", ["show", "export"])
def test_command_without_a_store_says_so(city: City, capsys: pytest.CaptureFixture[str], command: str) -> None:
    assert main([command, "--store", str(city.store)]) == 2
    assert f"lamppost-receiver {command}: {city.store}: expected the store" in capsys.readouterr().err


async def test_export_to_a_reader_that_has_seen_enough_ends_quietly(city: City) -> None:
    await city.fill((DECLARATION, city.unit.declare()), *((LIVE, city.unit.batch(rows=500)) for _ in range(4)))
    read, write = os.pipe()
    os.close(read)
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "receiver", "export", "--store", str(city.store)],
        cwd=ROOT,
        stdout=write,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")


def test_command_line_that_is_wrong_exits_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["verify"])
    assert caught.value.code == 2
    assert "usage: lamppost-receiver verify" in capsys.readouterr().err
