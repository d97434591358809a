from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from agent.clock import Instant
from agent.control import desk as desk_module
from agent.control.answer import Published
from agent.control.desk import Desk, Duty
from agent.control.errors import Busy, NoBaseline, Overtaken
from agent.control.pace import ANSWER_MS
from agent.control.spool import Spool
from agent.control.state import NAMES, create, newest
from agent.wire.entries import Moment, OrderEntry, StateEntry, StateEvent
from agent.wire.errors import WireError
from agent.wire.messages import ClockQuality
from agent.wire.orders import Command, Order, Refusal, Role
from tests.support.orders import BELIEVED, NOW, NOW_MS, STREAMS, UNIT, UNSET, clocks, everywhere, ordered

RUN, HOLD, SUSPEND, PURGE = Order.RUN, Order.HOLD, Order.SUSPEND, Order.PURGE
AT = Moment(quality=ClockQuality.SYNCHRONISED, utc_ms=NOW_MS)
PUBLISHED = Published(epoch=b"epoch-1.", last={"air": (b"epoch-1.", 3)})


class Unit:
    """A unit that can be started again in its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        create(folder, unit=UNIT)
        self.desk = self._open()
        self.desk.owed(streams=STREAMS)
        self.desk.finish()

    def start(self) -> Duty:
        self.desk.close()
        self.desk = self._open()
        return self.desk.owed(streams=STREAMS)

    def _open(self) -> Desk:
        return Desk.open(self.folder, unit=UNIT, keys=BELIEVED)

    def take(self, data: bytes, *, finish: bool = True) -> Duty | None:
        duty = self.desk.take(data, now=NOW, streams=STREAMS)
        if finish:
            self.desk.finish()
        return duty


@pytest.fixture
def unit(tmp_path: Path) -> Iterator[Unit]:
    made = Unit(tmp_path)
    yield made
    made.desk.close()


def test_order_is_on_the_medium_before_it_is_a_duty(unit: Unit) -> None:
    duty = unit.take(ordered(SUSPEND, reference="CD-1"), finish=False)
    assert duty is not None
    assert duty.states == {"air": SUSPEND, "footfall": RUN}
    assert newest(unit.folder)[0].of("air").state is SUSPEND
    assert unit.desk.reasons(STREAMS) == {"air": "suspended by order CD-1 (privacy, version 1)"}


def test_order_holds_after_a_start(unit: Unit) -> None:
    unit.take(ordered(everywhere(SUSPEND)))
    duty = unit.start()
    assert duty.states == {"air": SUSPEND, "footfall": SUSPEND}
    assert unit.desk.states(["new"])["new"] is SUSPEND
    assert (duty.answered, duty.entries(AT), dict(duty.purges)) == (False, [], {})


def test_duty_that_a_kill_cut_short_is_owed_after_the_start(unit: Unit) -> None:
    unit.take(ordered(Command(stream="footfall", order=PURGE, until_ms=9), SUSPEND), finish=False)
    duty = unit.start()
    assert dict(duty.purges) == {"footfall": 9}
    assert duty.answered
    assert [(entry.stream, entry.order) for entry in duty.entries(AT) if isinstance(entry, OrderEntry)] == [
        ("footfall", PURGE),
        ("air", SUSPEND),
    ]
    answer = duty.acknowledgement(published=PUBLISHED, now=NOW, simulated=False)
    assert [(outcome.stream, outcome.last_seq) for outcome in answer.outcomes] == [("footfall", None), ("air", 3)]
    unit.desk.finish()
    again = unit.start()
    assert (again.answered, dict(again.purges)) == (False, {})


def test_first_start_tells_the_log_that_the_state_was_made(tmp_path: Path) -> None:
    create(tmp_path, unit=UNIT)
    for expected in ([StateEntry(at=AT, event=StateEvent.RESET, version=None)], []):
        desk = Desk.open(tmp_path, unit=UNIT, keys=BELIEVED)
        assert desk.owed(streams=STREAMS).entries(AT) == expected
        desk.finish()
        desk.close()


def test_lost_state_suspends_everything_says_so_and_stays_lost_until_it_is_made_again(unit: Unit) -> None:
    for name in NAMES:
        (unit.folder / name).unlink()
    for _ in range(2):
        duty = unit.start()
        assert set(duty.states.values()) == {SUSPEND}
        assert "missing" in unit.desk.lost
        assert duty.entries(AT) == [StateEntry(at=AT, event=StateEvent.LOST, version=None)]
        with pytest.raises(NoBaseline):
            unit.take(ordered(RUN, version=5, role=Role.ROOT))
        unit.desk.finish()
        assert not (unit.folder / NAMES[0]).exists()


def test_lost_state_recovers_by_a_document_above_the_version_in_the_log(unit: Unit) -> None:
    for name in NAMES:
        (unit.folder / name).write_bytes(b"")
    unit.start()
    unit.desk.believe(7)
    with pytest.raises(Overtaken):
        unit.take(ordered(everywhere(RUN), version=7, role=Role.ROOT))
    duty = unit.take(ordered(everywhere(RUN), version=8, role=Role.ROOT))
    assert duty is not None
    assert set(duty.states.values()) == {RUN}
    assert set(unit.start().states.values()) == {RUN}
    assert unit.desk.lost == ""


@pytest.mark.parametrize("version", [None, 0, 3])
def test_version_in_the_log_raises_the_one_in_the_files_and_never_lowers_it(unit: Unit, version: int | None) -> None:
    unit.take(ordered(HOLD, version=2))
    unit.desk.believe(version)
    assert unit.desk.take(ordered(SUSPEND, version=4), now=NOW, streams=STREAMS)
    unit.desk.believe(version)
    with pytest.raises(Overtaken):
        unit.take(ordered(SUSPEND, version=4, reference="other"))


def test_document_that_comes_again_is_answered_and_logged_once_only(unit: Unit) -> None:
    data = ordered(HOLD)
    unit.take(data)
    again = unit.take(data)
    assert again is not None
    assert again.answered
    assert again.entries(AT) == []
    assert unit.take(data) is None


def test_document_that_waits_is_answered_and_obeyed_by_a_later_poll(unit: Unit) -> None:
    unit.take(ordered(SUSPEND))
    waiting = unit.desk.take(ordered(RUN, version=2), now=UNSET, streams=STREAMS)
    assert waiting is not None
    answer = waiting.acknowledgement(published=PUBLISHED, now=UNSET, simulated=False)
    assert [outcome.refusal for outcome in answer.outcomes] == [Refusal.CLOCK]
    assert [outcome.state for outcome in answer.outcomes] == [SUSPEND]
    assert waiting.entries(AT) == []
    unit.desk.finish()
    assert unit.desk.poll(now=UNSET, streams=STREAMS) is None
    duty = unit.desk.poll(now=NOW, streams=STREAMS)
    assert duty is not None
    assert duty.states["air"] is RUN
    assert unit.desk.poll(now=NOW, streams=STREAMS) is None


def test_document_of_both_kinds_is_logged_command_by_command_as_it_is_obeyed(unit: Unit) -> None:
    unit.take(ordered(SUSPEND))
    first = unit.desk.take(
        ordered(RUN, Command(stream="footfall", order=HOLD), version=2), now=UNSET, streams=STREAMS
    )
    unit.desk.finish()
    second = unit.desk.poll(now=NOW, streams=STREAMS)
    assert first is not None
    assert second is not None
    logged = [
        (entry.stream, entry.refusal)
        for duty in (first, second)
        for entry in duty.entries(AT)
        if isinstance(entry, OrderEntry)
    ]
    assert logged == [("air", Refusal.CLOCK), ("footfall", Refusal.NONE), ("air", Refusal.NONE)]


def test_document_from_a_file_is_obeyed_marked_local_and_taken_away(unit: Unit) -> None:
    Spool(unit.folder).put(ordered(SUSPEND))
    duty = unit.desk.poll(now=NOW, streams=STREAMS)
    assert duty is not None
    assert [entry.local for entry in duty.entries(AT) if isinstance(entry, OrderEntry)] == [True]
    assert Spool(unit.folder).take() == ()


def test_document_from_a_file_that_is_not_believed_is_taken_away_and_told(
    unit: Unit, caplog: pytest.LogCaptureFixture
) -> None:
    Spool(unit.folder).put(b"anything")
    assert unit.desk.poll(now=NOW, streams=STREAMS) is None
    assert Spool(unit.folder).take() == ()
    assert "had no effect" in caplog.text


def test_document_from_a_file_waits_for_the_clock_in_its_file_and_survives_a_start(unit: Unit) -> None:
    unit.take(ordered(SUSPEND))
    Spool(unit.folder).put(ordered(RUN, version=2))
    for at in range(3):
        unit.desk.poll(now=clocks(quality=ClockQuality.UNSET, utc_ms=None, mono_ms=at), streams=STREAMS)
    unit.start()
    duty = unit.desk.poll(now=NOW, streams=STREAMS)
    assert duty is not None
    assert duty.states["air"] is RUN
    unit.desk.finish()
    assert unit.desk.poll(now=NOW, streams=STREAMS) is None
    assert Spool(unit.folder).take() == ()


def _refuse(*_: object) -> NoReturn:
    raise OSError(28, "No space left on device")


def test_medium_that_refuses_delays_what_is_permissive_and_not_what_is_restrictive(
    unit: Unit, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit.take(ordered(HOLD))
    with monkeypatch.context() as patch:
        patch.setattr("agent.control.medium.os.fsync", _refuse)
        duty = unit.take(ordered(RUN, Command(stream="footfall", order=SUSPEND), version=2))
        assert duty is not None
        assert duty.states == {"air": HOLD, "footfall": SUSPEND}
        assert {entry.refusal for entry in duty.entries(AT) if isinstance(entry, OrderEntry)} == {Refusal.STORAGE}
        assert unit.desk.poll(now=NOW, streams=STREAMS) is None
    later = clocks(mono_ms=NOW.mono_ms + 2 * ANSWER_MS)
    duty = unit.desk.poll(now=later, streams=STREAMS)
    assert duty is not None
    assert duty.states == {"air": RUN, "footfall": SUSPEND}
    assert unit.start().states == {"air": RUN, "footfall": SUSPEND}


def test_second_agent_in_one_folder_is_refused(unit: Unit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.control.desk._PATIENCE_S", 0.0)
    with pytest.raises(Busy):
        Desk.open(unit.folder, unit=UNIT, keys=BELIEVED)


def test_unit_without_keys_obeys_nobody(tmp_path: Path) -> None:
    create(tmp_path, unit=UNIT)
    desk = Desk.open(tmp_path, unit=UNIT, keys={})
    for role in Role:
        with pytest.raises(WireError, match="not in"):
            desk.take(ordered(HOLD, role=role), now=NOW, streams=STREAMS)
    assert set(desk.states(STREAMS).values()) == {RUN}
    desk.close()


@pytest.mark.parametrize("event", [lambda duty: duty.acknowledgement(published=PUBLISHED, now=NOW, simulated=False)])
def test_duty_without_a_document_has_no_answer(unit: Unit, event: Callable[[Duty], object]) -> None:
    with pytest.raises(ValueError, match="no document"):
        event(unit.start())


@pytest.mark.parametrize(
    ("synchronised", "error_ms", "quality", "utc_ms"),
    [
        (True, 10, ClockQuality.SYNCHRONISED, 5000),
        (False, 10, ClockQuality.HOLDOVER, 5000),
        (False, None, ClockQuality.UNSET, None),
    ],
)
def test_clocks_are_worth_what_the_units_clock_says(
    *, synchronised: bool, error_ms: int | None, quality: ClockQuality, utc_ms: int | None
) -> None:
    instant = Instant(mono_ns=7_000_000, utc_ns=5_000_000_000, synchronised=synchronised, error_ms=error_ms)
    found = desk_module.clocks(instant)
    assert (found.quality, found.utc_ms, found.mono_ms) == (quality, utc_ms, 7)
    assert found.synchronised is synchronised
