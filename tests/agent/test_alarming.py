"""Alarms of a unit, as the city hears of them: a real agent, broker and receiver, and a sensor that is simulated."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from agent.alarming import NAME, Alarming
from agent.config import load
from agent.privacy.released import release
from agent.quality import Quality
from agent.windows import Closed
from agent.wire import cose, keyfile, payload
from agent.wire.alarm import placed
from agent.wire.chain import Place
from agent.wire.messages import Alarm, AlarmState, ClockQuality, ClockStamp, Kind, Status
from agent.wire.orders import Order
from receiver.alarms import AlarmBook
from receiver.database import Database
from tests.support.plans import Raw, configuration
from tests.support.rig import (
    DEADLINE_S,
    NumberedDust,
    Rig,
    Stored,
    Unit,
    UnitPlan,
    dust_stream,
    tick_for_ever,
    until,
)
from tests.support.tap import PUBLISH, Seen, Tap

AT_ONCE = 'high = { channel = "number", above = 30_000, clear = 20_000, title = "Dust" }'
ALARM = AT_ONCE.replace(" }", ', hold = "2s" }')
"""On a busy machine a window may go by without a frame."""
RAISED, CLEARED, UNKNOWN = "raised", "cleared", "unknown"
LOW, HIGH = 1, 40_000


def _plan(alarm: str = ALARM, *, window: str = "1s") -> UnitPlan:
    keys = {"alarm": Raw(f"{{ {alarm} }}")}
    stream = dust_stream("dust", keys=keys, window=window, batch="2s")
    return UnitPlan(name="corner-1", sensors={"dust": "pmsx003"}, streams=[stream])


@dataclass
class Street:
    """A unit with a sensor whose value can be set.

    Attributes:
        dust: the sensor.
        ticking: sends its frames.
        tap: what the unit is connected through, if it is.
        lanes: of what the unit has published through it, in order.
    """

    rig: Rig
    unit: Unit
    dust: NumberedDust
    ticking: asyncio.Task[None] = field(init=False)
    tap: Tap | None = None
    lanes: list[str] = field(default_factory=list)

    def begin(self) -> None:
        """Have the sensor send frames."""
        self.ticking = asyncio.create_task(tick_for_ever([self.dust], period_s=0.25))

    def rises_to(self, value: int) -> None:
        """Set the value, which goes on growing by one with each frame."""
        self.dust.first = value - self.dust.sent

    def told(self) -> list[dict[str, Any]]:
        """Return every change in the city's store."""
        if not self.rig.receiver.store.exists():
            return []
        book = AlarmBook(self.rig.receiver.store)
        try:
            return list(book.told())
        finally:
            book.close()

    def states(self) -> list[str]:
        """Return what was told, in order."""
        return [change["state"] for change in self.told()]

    async def told_at_last(self, *states: str) -> None:
        """Return when exactly these states have been told."""
        await self.told_when(lambda: self.states() == list(states), what=f"the states {', '.join(states)}")

    async def told_when(self, condition: Callable[[], bool], *, what: str) -> None:
        """Return when a condition on the city's store holds; it is not opened so often that the sensor falters."""
        end = time.monotonic() + DEADLINE_S
        while not condition():
            assert time.monotonic() < end, f"{what}; told: {self.states()}"
            await asyncio.sleep(0.1)

    async def stored(self, rows: int = 1) -> None:
        """Return when so many more rows were reported stored."""
        before = len(self.unit.stored)
        await until(lambda: len(self.unit.stored) >= before + rows, what="rows")

    def note(self, seen: Seen) -> bool:
        """Note what passes the tap, and let it pass."""
        if seen.to_broker and seen.kind == PUBLISH:
            self.lanes.append(seen.topic.split("/")[3])
        return True


@contextlib.asynccontextmanager
async def _street(folder: Path, plan: UnitPlan | None = None, *, tapped: bool = False) -> AsyncIterator[Street]:
    async with contextlib.AsyncExitStack() as stack:
        rig = await stack.enter_async_context(Rig(folder))
        tap = Tap(rig.broker.port) if tapped else None
        unit = rig.add(plan or _plan(), port=None if tap is None else tap.port)
        await rig.start()
        street = Street(rig, unit, NumberedDust(unit.link("dust"), first=LOW), tap=tap)
        if tap is not None:
            tap.gate = street.note
            await stack.enter_async_context(tap)
        street.begin()
        unit.start()
        try:
            yield street
        finally:
            street.ticking.cancel()
            street.dust.close()


def _envelopes(path: Path, kind: Kind) -> list[bytes]:
    db = Database(path, read_only=True)
    try:
        return [row["data"] for row in db.all("SELECT data FROM envelope WHERE kind = ?", (kind.value,))]
    finally:
        db.close()


def _closed(*values: int | None, early: bool = False) -> Closed:
    """Return windows that were closed with these values."""
    rows = [
        release(
            "dust",
            start_ms=index * 1000,
            step_ms=1000,
            boot_id=None,
            values=(value, 0),
            quality=(Quality.NO_DATA if value is None else Quality.OK, Quality.OK),
        )
        for index, value in enumerate(values)
    ]
    return Closed(rows, CLOCK, early=early)


CLOCK = ClockStamp(quality=ClockQuality.SYNCHRONISED, error_ms=7)


@dataclass
class Desk:
    """How the city wants streams."""

    order: Order = Order.RUN

    def states(self, streams: list[str]) -> dict[str, Order]:
        return dict.fromkeys(streams, self.order)


def _alarming(tmp_path: Path, desk: Desk, saved: bytes | None = None) -> Alarming:
    text = configuration(
        _plan(AT_ONCE), folder=tmp_path, port=1883, receiver=keyfile.generate(tmp_path / "receiver.key")
    )
    (tmp_path / "unit.toml").write_text(text)
    (tmp_path / "receiver.key").unlink()
    return Alarming(load(tmp_path / "unit.toml").streams, saved, orders=desk.states, simulated=lambda: True)


def test_look_makes_alarms_that_say_what_was_released_under_which_declaration(tmp_path: Path) -> None:
    alarming = _alarming(tmp_path, Desk())
    ((stream, content),) = alarming.look(_closed(1, HIGH), declaration=bytes([5]) * 32)
    alarm = placed(content, Place(bytes(8), stream, 0, None))
    assert (alarm.name, alarm.state, alarm.value, alarm.start_ms) == ("high", AlarmState.RAISED, HIGH, 1000)
    assert (alarm.declaration, alarm.clock, alarm.simulated, alarm.number) == (bytes([5]) * 32, CLOCK, True, 1)
    assert alarming.raised() == {("dust", "high"): AlarmState.RAISED}


@pytest.mark.parametrize("order", [Order.HOLD, Order.SUSPEND])
def test_look_at_a_stream_that_may_not_leave_tells_nothing_and_the_status_neither(
    tmp_path: Path, order: Order
) -> None:
    desk = Desk()
    alarming = _alarming(tmp_path, desk)
    assert len(alarming.look(_closed(HIGH), declaration=bytes(32))) == 1
    desk.order = order
    assert alarming.look(_closed(LOW, HIGH, LOW), declaration=bytes(32)) == []
    assert alarming.raised() == {}
    desk.order = Order.RUN
    assert alarming.raised() == {("dust", "high"): AlarmState.RAISED}
    ((_, content),) = alarming.look(_closed(LOW), declaration=bytes(32))
    assert placed(content, Place(bytes(8), "dust", 0, None)).state is AlarmState.CLEARED


def test_counters_are_stored_when_something_has_changed_or_the_unit_may_stop_and_else_not(tmp_path: Path) -> None:
    alarming = _alarming(tmp_path, Desk())
    assert alarming.counters() == {}
    alarming.look(_closed(LOW), declaration=bytes(32))
    assert alarming.counters() == {}, "no byte for a row without news"
    alarming.look(_closed(HIGH), declaration=bytes(32))
    saved = alarming.counters()[NAME]
    assert alarming.counters() == {}
    assert alarming.counters(early=True) == {NAME: saved}
    assert _alarming(tmp_path, Desk(), saved).raised() == {("dust", "high"): AlarmState.RAISED}


@pytest.mark.broker
async def test_threshold_that_is_crossed_reaches_the_city_as_a_signed_alarm_and_so_does_its_end(
    tmp_path: Path,
) -> None:
    async with _street(tmp_path) as street:
        await street.stored(2)
        assert street.states() == []
        street.rises_to(HIGH)
        await street.told_at_last(RAISED)
        street.rises_to(25_000)  # between the two: nothing changes
        await street.stored(3)
        street.rises_to(LOW)
        await street.told_at_last(RAISED, CLEARED)
        assert await street.unit.stop() == 0
        key = street.unit.key.public
        sealed = _envelopes(street.rig.receiver.store, Kind.ALARM)
        for data, state in zip(sealed, (AlarmState.RAISED, AlarmState.CLEARED), strict=True):
            alarm = payload.decode(Kind.ALARM, cose.verify(data, key=key, kind=Kind.ALARM))
            assert isinstance(alarm, Alarm)
            assert (alarm.stream, alarm.name, alarm.state, alarm.simulated) == ("dust", "high", state, True)
        rows = {row["start_ms"]: row["values"]["number"]["value"] for row in await street.rig.receiver.rows()}
        assert all(rows[change["start_ms"]] == change["value"] for change in street.told()), "only what is released"
        code, said = await street.rig.receiver.command("alarms", "--store", street.rig.receiver.store, "--all")
        assert (code, said.count("corner-1 dust high (Dust)")) == (0, 2)


@pytest.mark.broker
async def test_alarm_is_shown_at_the_unit_and_in_its_signed_status(tmp_path: Path) -> None:
    async with _street(tmp_path) as street:
        street.rises_to(HIGH)
        await street.told_at_last(RAISED)

        def said() -> dict[tuple[str, str], AlarmState]:
            db = Database(street.rig.receiver.store, read_only=True)
            try:
                (row,) = db.all("SELECT data FROM status")
            finally:
                db.close()
            key = street.unit.key.public
            status = payload.decode(Kind.STATUS, cose.verify(row["data"], key=key, kind=Kind.STATUS))
            assert isinstance(status, Status)
            return dict(status.alarms)

        await street.told_when(lambda: said() == {("dust", "high"): AlarmState.RAISED}, what="the status")
        await street.unit.stop()
    shown = street.unit.status()
    assert shown == {} or shown["alarms"]["dust"]["high"]["state"] == RAISED


@pytest.mark.broker
async def test_sensor_that_fails_while_it_is_raised_is_unknown_and_no_end(tmp_path: Path) -> None:
    async with _street(tmp_path) as street:
        street.rises_to(HIGH)
        await street.told_at_last(RAISED)
        street.dust.pause()
        await street.told_at_last(RAISED, UNKNOWN)
        assert street.told()[-1]["value"] is None


@pytest.mark.broker
async def test_kill_right_after_a_crossing_was_stored_loses_neither_the_row_nor_the_alarm(tmp_path: Path) -> None:
    async with _street(tmp_path) as street:
        armed: list[Stored] = []

        def strike(row: Stored) -> None:
            if armed and row.life == street.unit.life and not street.unit.dead:
                armed.clear()
                street.unit.kill()

        street.unit.on_stored = strike
        await street.stored(2)
        for turn, value in enumerate((HIGH, LOW, HIGH)):
            street.rises_to(value)
            await street.stored(1 + turn % 2)
            armed.append(street.unit.stored[-1])
            await street.unit.gone()
            street.unit.start()
            await street.told_at_last(*[RAISED, CLEARED, RAISED][: turn + 1])
        await street.unit.stop()
        reported = {row.start_ms for row in street.unit.stored}
        arrived = {row["start_ms"] for row in await street.rig.receiver.rows()}
        assert reported <= arrived
        _check_told(street.told(), [RAISED, CLEARED, RAISED])


def _check_told(told: Sequence[dict[str, Any]], states: list[str]) -> None:
    """Hold what was told against the states: each change once, none between them lost."""
    assert [change["state"] for change in told] == states
    assert [change["number"] for change in told] == list(range(1, len(states) + 1))
    assert all(earlier["start_ms"] < later["start_ms"] for earlier, later in pairwise(told))


@pytest.mark.broker
async def test_after_an_outage_alarms_arrive_before_the_present_and_that_before_the_past(tmp_path: Path) -> None:
    async with _street(tmp_path, tapped=True) as street:
        tap = street.tap
        assert tap is not None
        await until(lambda: "live" in street.lanes, what="something live")
        tap.refuse()
        street.lanes.clear()
        for value in (HIGH, LOW, HIGH):
            street.rises_to(value)
            await street.stored(5)
        await tap.open()
        await until(lambda: "backlog" in street.lanes, what="the backlog", deadline_s=3 * DEADLINE_S)
        order = [lane for lane in street.lanes if lane in {"alarm", "live", "backlog"}]
        past = order.index("backlog")
        assert order[:3] == ["alarm"] * 3
        assert order[3:past] == ["live"] * (past - 3) != []
        await street.told_at_last(RAISED, CLEARED, RAISED)
        _check_told(street.told(), [RAISED, CLEARED, RAISED])
        await street.unit.stop()
        reported = {row.start_ms for row in street.unit.stored}
        assert reported <= {row["start_ms"] for row in await street.rig.receiver.rows()}


@pytest.mark.broker
async def test_raised_alarm_makes_the_cadence_faster_for_its_time_without_a_hole_or_an_overlap(
    tmp_path: Path,
) -> None:
    faster = ALARM.replace(" }", ', fast = { window = "1s", for = "4s" } }')
    async with _street(tmp_path, _plan(faster, window="2s")) as street:
        await street.stored(2)
        street.rises_to(HIGH)
        await street.told_at_last(RAISED)
        await street.stored(4 + 3)
        assert await street.unit.stop() == 0
        rows = sorted((row["start_ms"], row["step_ms"]) for row in await street.rig.receiver.rows())
        (raised,) = street.told()
        fast = [(start, step) for start, step in rows if step == 1000]
        assert fast == [(raised["start_ms"] + raised["step_ms"] + 1000 * index, 1000) for index in range(4)]
        usual = {step for start, step in rows if start >= fast[-1][0] + 1000}
        assert usual == {2000}
        within = [row for row in rows if row[0] >= raised["start_ms"]]
        assert all(start + step == later for (start, step), (later, _) in pairwise(within))
