"""`lamppost control` as a technician sees it, with and without a running agent."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from agent.cli import control_log
from agent.cli.main import main
from agent.control.desk import Desk
from agent.control.spool import Spool
from agent.control.state import NAMES, ControlFiles, create, newest
from agent.errors import StoreError
from agent.wire.disclosure import encode_entry
from agent.wire.entries import Entry, Moment, OrderEntry, StateEntry, StateEvent
from agent.wire.excerpt import Numbered
from agent.wire.messages import ClockQuality
from agent.wire.orders import Command, Order, Refusal, Role
from tests.support.orders import BELIEVED, KEYS, NOW_MS, UNIT, clocks, everywhere, ordered

RUN, HOLD, SUSPEND, PURGE = Order.RUN, Order.HOLD, Order.SUSPEND, Order.PURGE
TEXT = f"""\
[unit]
id = "{UNIT}"
site = "5th Avenue"
publisher = "City of Example"
office = "Office of Air"
contact = "air@city.example"
key = "unit.key"

[bus.pole]
kind = "i2c"
path = "/dev/i2c-1"

[sensor.air]
model = "bme280"
bus = "pole"
address = 0x76

[stream.air]
title = "Weather"
description = "Weather at the kerb"
purpose = "Heat planning"
licence = "https://creativecommons.org/publicdomain/zero/1.0/"
access = "public"
window = "1min"
batch = "10min"
overflow = "drop_newest"

[stream.air.channel.temperature]
from = "air.temperature"
rule = "mean"
unit = "Cel"

[uplink]
host = "mqtt.city.example"
receiver_keys = ["receiver.pub"]

[buffer]
directory = "store"

[clock]
source = "system"

[control]
keys = [KEYS]
"""


class Pole:
    """A unit's files, and its technician."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.store = folder / "store"
        self.capsys = capsys
        create(self.store, unit=UNIT)
        self.configure()

    def configure(self, *, keys: bool = True) -> None:
        entries = [f'{{ key = "{key.public.line}", role = "{role.value}" }}' for role, key in KEYS.items()]
        text = TEXT.replace("KEYS", ", ".join(entries) if keys else "")
        (self.folder / "unit.toml").write_text(text)

    def say(self, *words: object) -> tuple[int, str]:
        code = main(["control", *map(str, words), str(self.folder / "unit.toml")])
        said = self.capsys.readouterr()
        return code, said.out + said.err

    def apply(self, data: bytes) -> tuple[int, str]:
        (self.folder / "order.cose").write_bytes(data)
        return self.say("apply", self.folder / "order.cose")

    def agent(self) -> Desk:
        """The control part of a running agent; everything owed is done."""
        desk = Desk.open(self.store, unit=UNIT, keys=BELIEVED)
        desk.owed(streams=["air"])
        desk.finish()
        return desk


@pytest.fixture
def pole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Pole:
    return Pole(tmp_path, capsys)


def test_control_without_an_action_shows_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["control"]) == 2
    assert "usage: lamppost control" in capsys.readouterr().out


# -- apply


def test_apply_without_an_agent_keeps_the_order_for_the_next_start(pole: Pole) -> None:
    code, said = pole.apply(ordered(SUSPEND, reference="CD-7"))
    assert code == 0
    assert "No agent is running" in said
    assert "version 1, order CD-7, role privacy" in said
    assert "suspend stream air\n" in said
    desk = Desk.open(pole.store, unit=UNIT, keys=BELIEVED)
    duty = desk.owed(streams=["air"])
    assert (duty.states, duty.answered) == ({"air": SUSPEND}, True)
    desk.close()


def test_apply_with_an_agent_leaves_the_order_for_it(pole: Pole) -> None:
    desk = pole.agent()
    code, said = pole.apply(ordered(SUSPEND))
    assert code == 0
    assert "The agent is running" in said
    duty = desk.poll(now=clocks(), streams=["air"])
    assert duty is not None
    assert duty.states == {"air": SUSPEND}
    desk.close()


def test_apply_behind_an_order_that_is_owed_waits_in_the_inbox(pole: Pole) -> None:
    pole.apply(ordered(SUSPEND))
    code, said = pole.apply(ordered(everywhere(HOLD), version=2, role=Role.ROOT))
    assert code == 0
    assert "an earlier order waits" in said
    assert newest(pole.store)[0].version == 1
    assert len(Spool(pole.store).take()) == 1


def test_apply_of_what_loosens_without_a_clock_leaves_it_for_the_agent(pole: Pole) -> None:
    pole.apply(ordered(SUSPEND))
    pole.agent().close()
    code, said = pole.apply(ordered(RUN, version=2, issued_ms=2**50))
    assert code == 0
    assert "needs a synchronised clock" in said
    assert newest(pole.store)[0].of("air").state is SUSPEND
    assert len(Spool(pole.store).take()) == 1


def test_apply_of_the_same_document_twice_changes_nothing(pole: Pole) -> None:
    pole.apply(ordered(SUSPEND))
    code, said = pole.apply(ordered(SUSPEND))
    assert (code, "taken before" in said) == (0, True)
    assert Spool(pole.store).take() == ()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        pytest.param(b"anything", "no effect", id="noise"),
        pytest.param(ordered(SUSPEND, unit="corner-8"), "another unit", id="other-unit"),
        pytest.param(ordered(SUSPEND, version=0), "taken before", id="replayed"),
        pytest.param(ordered(SUSPEND)[:-1], "no effect", id="cut"),
        pytest.param(bytes(1 << 20), "at most", id="oversized"),
    ],
)
@pytest.mark.parametrize("running", [True, False], ids=["running", "stopped"])
def test_apply_of_a_document_that_is_not_believed_fails_and_leaves_nothing(
    pole: Pole, data: bytes, told: str, *, running: bool
) -> None:
    desk = pole.agent() if running else None
    code, said = pole.apply(data)
    assert code == 1
    assert told in said
    assert Spool(pole.store).take() == ()
    if desk is not None:
        desk.close()


def test_apply_says_which_commands_are_refused_and_why(pole: Pole) -> None:
    unknown = Command(stream="nobody", order=HOLD)
    code, said = pole.apply(ordered(SUSPEND, unknown, role=Role.OPS))
    assert code == 0
    assert "suspend stream air: not obeyed, role" in said
    assert "hold stream nobody: not obeyed, unknown stream" in said


def test_apply_at_a_unit_without_keys_says_so(pole: Pole) -> None:
    pole.configure(keys=False)
    code, said = pole.apply(ordered(SUSPEND))
    assert code == 1
    assert "[control] keys" in said


@pytest.mark.parametrize("running", [True, False], ids=["running", "stopped"])
def test_apply_where_the_control_state_is_lost_leaves_it_to_the_agent(pole: Pole, *, running: bool) -> None:
    for name in NAMES:
        (pole.store / name).unlink()
    desk = pole.agent() if running else None
    code, said = pole.apply(ordered(RUN, version=9, role=Role.ROOT))
    assert code == 0
    assert "above all in the disclosure log" in said
    assert pole.apply(b"anything")[0] == 1
    desk = desk or pole.agent()
    desk.believe(8)
    duty = desk.poll(now=clocks(utc_ms=NOW_MS, quality=ClockQuality.SYNCHRONISED), streams=["air"])
    assert duty is not None
    assert duty.states == {"air": RUN}
    desk.close()


def test_apply_of_a_file_that_is_missing_says_so(pole: Pole) -> None:
    code, said = pole.say("apply", pole.folder / "nothing.cose")
    assert (code, "nothing.cose: the document cannot be read" in said) == (1, True)


# -- status


def test_status_of_a_unit_that_runs_is_good(pole: Pole) -> None:
    code, said = pole.say("status")
    assert code == 0
    assert "highest version taken: none" in said
    assert "air: run\n" in said


def test_status_names_state_role_reference_and_version_of_every_stream(pole: Pole) -> None:
    pole.apply(ordered(everywhere(HOLD), Command(stream="air", order=SUSPEND), reference="CD-7\x1b[2J"))
    code, said = pole.say("status")
    assert code == 1
    assert "air: suspend by privacy, order CD-7\\x1b[2J, version 1" in said
    assert "streams to come: hold by privacy" in said
    assert "waits for the agent" in said


def test_status_tells_what_waits_to_be_purged(pole: Pole) -> None:
    pole.apply(ordered(Command(stream="air", order=PURGE, until_ms=77)))
    assert "air: to be purged up to 77 ms" in pole.say("status")[1]


def test_status_of_a_lost_state_says_what_to_do(pole: Pole) -> None:
    (pole.store / NAMES[0]).unlink()
    (pole.store / NAMES[1]).write_bytes(b"x")
    code, said = pole.say("status")
    assert code == 1
    assert "EVERY STREAM IS SUSPENDED" in said
    assert "lamppost control reset" in said


def test_status_without_keys_says_that_nothing_can_be_ordered(pole: Pole) -> None:
    pole.configure(keys=False)
    assert "nothing can be ordered from afar" in pole.say("status")[1]


# -- reset


def test_reset_without_yes_says_what_it_means_and_does_nothing(pole: Pole) -> None:
    pole.apply(ordered(SUSPEND))
    code, said = pole.say("reset")
    assert code == 1
    assert "undoes every order" in said
    assert "--yes" in said
    assert newest(pole.store)[0].of("air").state is SUSPEND


def test_reset_lets_every_stream_run_and_keeps_the_version(pole: Pole) -> None:
    pole.apply(ordered(SUSPEND, version=6))
    code, said = pole.say("reset", "--yes")
    assert (code, "Version 6" in said) == (0, True)
    assert newest(pole.store)[0].of("air").state is RUN
    assert pole.apply(ordered(SUSPEND, version=6))[0] == 1


@pytest.mark.parametrize(
    ("given", "logged", "version"),
    [((), None, 0), ((), 41, 41), (("--version", 57), 41, 57), (("--version", 7), 41, 41)],
)
def test_reset_of_a_lost_state_takes_the_version_from_the_log_or_the_city(
    pole: Pole, monkeypatch: pytest.MonkeyPatch, given: tuple[object, ...], logged: int | None, version: int
) -> None:
    for name in NAMES:
        (pole.store / name).unlink()
    monkeypatch.setattr(control_log, "highest_version", lambda _: logged)
    code, said = pole.say("reset", "--yes", *given)
    assert code == 0
    assert newest(pole.store)[0].version == version
    assert ("Ask the city" in said) is (version == 0)


def test_reset_while_an_agent_runs_is_refused(pole: Pole) -> None:
    files = ControlFiles.open(pole.store)
    code, said = pole.say("reset", "--yes")
    files.close()
    assert (code, "systemctl stop lamppost" in said) == (1, True)


def test_log_that_cannot_be_read_knows_no_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Path) -> None:
        raise StoreError("damaged")

    assert control_log.highest_version(tmp_path / "outbox.db") is None
    monkeypatch.setattr(control_log, "snapshot", broken)
    assert control_log.highest_version(tmp_path / "outbox.db") is None


def test_highest_version_of_a_log_is_that_of_its_orders_and_of_its_resets(monkeypatch: pytest.MonkeyPatch) -> None:
    at = Moment(quality=ClockQuality.SYNCHRONISED, utc_ms=NOW_MS)
    order = OrderEntry(
        at=at,
        version=5,
        document=bytes(32),
        reference="r",
        role=Role.OPS,
        stream=None,
        order=HOLD,
        refusal=Refusal.NONE,
        local=False,
    )
    reset = StateEntry(at=at, event=StateEvent.RESET, version=9)
    entries: list[Entry] = [order, reset, replace(order, version=7), replace(reset, version=None)]
    numbered = [Numbered(number=1, data=encode_entry(entry), hash=bytes(32)) for entry in entries]

    @contextmanager
    def copied(_: Path) -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(entries=lambda: iter(numbered))

    monkeypatch.setattr(control_log, "snapshot", copied)
    assert control_log.highest_version(Path("outbox.db")) == 9
    numbered.clear()
    assert control_log.highest_version(Path("outbox.db")) is None
