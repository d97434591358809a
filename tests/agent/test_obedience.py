import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agent import obedience
from agent.buffer.orders import Orders
from agent.buffer.records import Purged
from agent.control import medium
from agent.control.desk import Desk
from agent.control.spool import Spool
from agent.control.state import NAMES, create, newest
from agent.errors import StoreError
from agent.obedience import NAME, Obedience, Reach
from agent.wire import payload
from agent.wire.entries import Entry, Moment, OrderEntry, StateEntry
from agent.wire.messages import ClockQuality
from agent.wire.orders import AckContent, Command, Order, Refusal, Role
from tests.support.orders import BELIEVED, NOW_MS, STREAMS, everywhere, ordered
from tests.support.orders import UNIT as NAMED
from tests.support.outbox import BATCH, UNIT, StillClock, drained, opened, parsed, rows, stored, waiting
from tests.support.uplink import FakeClock

RUN, HOLD, SUSPEND, PURGE = Order.RUN, Order.HOLD, Order.SUSPEND, Order.PURGE
AT = Moment(quality=ClockQuality.SYNCHRONISED, utc_ms=NOW_MS)


@dataclass
class FakeLedger:
    """An outbox that writes down what it is told, and fails where a test says so."""

    epoch: bytes = b"epoch-1."
    events: list[str] = field(default_factory=list)
    orders: Orders = field(default_factory=Orders)
    entries: list[Entry] = field(default_factory=list)
    answers: list[AckContent] = field(default_factory=list)
    counters: dict[str, bytes] = field(default_factory=dict)
    failing: set[str] = field(default_factory=set)

    def _do(self, name: str, *detail: object) -> None:
        self.events.append(" ".join(map(str, (name, *detail))))
        if name in self.failing:
            raise StoreError("the medium fails")

    async def govern(self, orders: Orders) -> None:
        self._do("govern")
        self.orders = orders

    async def purge(self, stream: str, *, until_ms: int | None) -> Purged:
        self._do("purge", stream, until_ms)
        return Purged()

    async def heads(self) -> dict[str, int]:
        return {"air": 41}

    async def record(self, make: Callable[[Moment], Entry], *, at_once: bool = True) -> None:
        assert not at_once
        self._do("record")
        self.entries.append(make(AT))

    async def tell(self, stream: str, content: bytes) -> None:
        assert stream == "_ack"
        self.answers.append(payload.decode_ack_content(content))
        self._do("tell")

    async def flush(self) -> None:
        self._do("flush")

    async def save_counters(self, name: str, data: bytes) -> None:
        self.counters[name] = data

    async def load_counters(self, name: str) -> bytes | None:
        return self.counters.get(name)


class Unit:
    """A unit's control, with everything around it in memory but for the control state."""

    def __init__(self, folder: Path) -> None:
        create(folder, unit=NAMED)
        self.folder = folder
        self.ledger = FakeLedger()
        self.clock = FakeClock(utc=NOW_MS * 1_000_000)
        self.suspended: frozenset[str] = frozenset()
        self.sent: dict[str, int] = {}
        self.control = self._made()

    def _made(self) -> Obedience:
        async def suspend(streams: frozenset[str]) -> None:
            self.ledger.events.append("suspend")
            self.suspended = streams

        reach = Reach(
            streams=lambda: STREAMS,
            suspend=suspend,
            last_seq=lambda stream, _epoch: self.sent.get(stream),
            wake=lambda: self.ledger.events.append("wake"),
            simulated=lambda: True,
        )
        desk = Desk.open(self.folder, unit=NAMED, keys=BELIEVED)
        return Obedience(desk, outbox=self.ledger, clock=self.clock, reach=reach)

    async def again(self) -> None:
        """Start once more with what is on the medium."""
        await self.control.close()
        self.ledger.events.clear()
        self.control = self._made()
        await self.control.begin()

    async def give(self, *messages: bytes) -> None:
        """Let messages arrive and be worked off."""
        self.ledger.events.clear()
        for data in messages:
            self.control.take(data)
        await self.control._work()

    def logged(self) -> list[tuple[str | None, Order, Refusal]]:
        return [(e.stream, e.order, e.refusal) for e in self.ledger.entries if isinstance(e, OrderEntry)]


@pytest.fixture
async def unit(tmp_path: Path) -> AsyncIterator[Unit]:
    made = Unit(tmp_path)
    await made.control.begin()
    yield made
    await made.control.close()


async def test_begin_of_a_new_unit_lets_everything_run_and_logs_that_the_state_was_made(unit: Unit) -> None:
    assert unit.ledger.events[:2] == ["govern", "suspend"]
    assert unit.ledger.orders == Orders(streams=dict.fromkeys(STREAMS, RUN), others=RUN)
    assert [type(entry) for entry in unit.ledger.entries] == [StateEntry]
    await unit.again()
    assert len(unit.ledger.entries) == 1


async def test_begin_takes_up_the_states_from_before(unit: Unit) -> None:
    await unit.give(ordered(everywhere(SUSPEND)))
    unit.suspended = frozenset()
    await unit.again()
    assert unit.suspended == set(STREAMS)
    assert unit.ledger.orders == Orders(streams=dict.fromkeys(STREAMS, SUSPEND), others=SUSPEND)
    assert "tell" not in unit.ledger.events


async def test_order_is_obeyed_logged_and_answered_in_this_order(unit: Unit) -> None:
    purge = Command(stream="footfall", order=PURGE, until_ms=5)
    await unit.give(ordered(SUSPEND, purge, version=3))
    assert unit.ledger.events == [
        "govern",
        "suspend",
        "record",
        "record",
        "purge footfall 5",
        "tell",
        "wake",
        "flush",
    ]
    assert unit.suspended == {"air"}
    assert unit.logged() == [("air", SUSPEND, Refusal.NONE), ("footfall", PURGE, Refusal.NONE)]
    (answer,) = unit.ledger.answers
    assert (answer.version, answer.simulated, answer.outcomes[0].last_seq) == (3, True, 41)
    assert unit.ledger.counters[NAME] == b"3"
    last = newest(unit.folder)[0].last
    assert last is not None
    assert last.done


async def test_message_that_is_not_believed_is_counted_and_each_reason_told_once(
    unit: Unit, caplog: pytest.LogCaptureFixture
) -> None:
    await unit.give(b"x", b"y", b"z", ordered(SUSPEND, unit="corner-8"))
    assert unit.control.refused == 4
    assert len(caplog.records) == 2
    assert unit.ledger.events == []


async def test_flood_of_messages_leaves_the_newest(unit: Unit) -> None:
    await unit.give(*[b"x"] * 10_000, ordered(SUSPEND))
    assert unit.suspended == {"air"}
    assert unit.control.refused < 100


async def test_purge_that_fails_is_tried_again_and_logged_and_answered_once(unit: Unit) -> None:
    unit.ledger.failing = {"purge"}
    await unit.give(ordered(Command(stream="air", order=PURGE)))
    await unit.give()
    assert unit.ledger.answers == []
    unit.ledger.failing = set()
    await unit.give()
    assert unit.ledger.events == ["govern", "suspend", "purge air None", "tell", "wake", "flush"]
    assert len(unit.logged()) == len(unit.ledger.answers) == 1
    await unit.give()
    assert unit.ledger.events == []


async def test_purge_that_a_kill_prevented_is_done_after_the_start(unit: Unit) -> None:
    unit.ledger.failing = {"purge"}
    await unit.give(ordered(Command(stream="air", order=PURGE)))
    unit.ledger.failing = set()
    await unit.again()
    assert "purge air None" in unit.ledger.events
    assert len(unit.ledger.answers) == 1


@pytest.mark.parametrize("failing", [{"flush"}, {"purge"}, {"flush", "tell"}], ids=["flush", "purge", "tell"])
async def test_medium_that_fails_keeps_no_stream_from_being_suspended(unit: Unit, failing: set[str]) -> None:
    unit.ledger.failing = failing
    await unit.give(ordered(Command(stream="footfall", order=PURGE)))
    await unit.give(ordered(SUSPEND, version=2))
    assert unit.ledger.orders.of("air") is SUSPEND
    assert unit.suspended == {"air"}
    unit.ledger.failing = set()
    await unit.give()
    await unit.give()
    assert unit.ledger.events == []
    assert unit.logged() == [("footfall", PURGE, Refusal.NONE), ("air", SUSPEND, Refusal.NONE)]
    assert unit.ledger.answers[-1].version == 2


async def test_control_state_that_cannot_be_written_does_not_delay_a_suspension(
    unit: Unit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(f"{medium.__name__}.os.fsync", refuse)
    await unit.give(ordered(SUSPEND))
    assert unit.suspended == {"air"}
    assert [outcome.refusal for outcome in unit.ledger.answers[0].outcomes] == [Refusal.STORAGE]


async def test_lost_control_state_knows_the_highest_version_from_the_outbox(unit: Unit) -> None:
    await unit.give(ordered(HOLD, version=8))
    for name in NAMES:
        (unit.folder / name).unlink()
    await unit.again()
    assert unit.suspended == set(STREAMS)
    await unit.give(ordered(everywhere(RUN), version=8, role=Role.ROOT, reference="other"))
    assert unit.suspended == set(STREAMS)
    await unit.give(ordered(everywhere(RUN), version=9, role=Role.ROOT))
    assert unit.suspended == frozenset()


async def test_document_from_a_file_is_obeyed_before_the_first_sensor(tmp_path: Path) -> None:
    unit = Unit(tmp_path)
    Spool(tmp_path).put(ordered(SUSPEND))
    await unit.control.begin()
    assert unit.suspended == {"air"}
    await unit.control.close()


async def test_document_that_waits_for_the_clock_is_obeyed_when_it_is_set(unit: Unit) -> None:
    await unit.give(ordered(SUSPEND))
    unit.clock.synchronised = False
    await unit.give(ordered(RUN, version=2))
    assert unit.suspended == {"air"}
    assert [outcome.refusal for outcome in unit.ledger.answers[-1].outcomes] == [Refusal.CLOCK]
    unit.clock.synchronised = True
    await unit.give()
    assert unit.suspended == frozenset()


async def test_run_obeys_a_message_at_once_and_looks_for_files_every_second(unit: Unit) -> None:
    class Slow(FakeClock):
        async def sleep(self, seconds: float) -> None:
            self.slept.append(seconds)
            await asyncio.Event().wait()

    unit.control._clock = unit.clock = Slow(utc=NOW_MS * 1_000_000)
    beats: list[None] = []
    working = asyncio.create_task(unit.control.run(lambda: beats.append(None)))
    try:
        async with asyncio.timeout(20):
            while not unit.clock.slept:  # noqa: ASYNC110 - nobody tells of it
                await asyncio.sleep(0)
            unit.control.take(ordered(SUSPEND))
            while unit.suspended != {"air"} or len(unit.clock.slept) < 2:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0)
    finally:
        working.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await working
    assert unit.clock.slept == [1.0, 1.0]
    assert len(beats) == 2


# -- with a real outbox


async def test_suspension_ends_what_the_outbox_hands_out_and_its_answer_leaves(tmp_path: Path) -> None:
    create(tmp_path, unit=UNIT)
    outbox = await opened(tmp_path / "outbox.db")
    desk = Desk.open(tmp_path, unit=UNIT, keys=BELIEVED)

    async def suspend(_: frozenset[str]) -> None:
        """There are no sensors here."""

    sent = {("air", outbox.epoch): 0}
    reach = Reach(
        streams=lambda: ["air", "noise"],
        suspend=suspend,
        last_seq=lambda stream, epoch: sent.get((stream, epoch)),
        wake=lambda: None,
        simulated=lambda: False,
    )
    control = Obedience(desk, outbox=outbox, clock=StillClock(), reach=reach)
    await control.begin()
    await outbox.declare(b"what the unit measures")
    await stored(outbox, rows(0, BATCH))
    await outbox.seal()
    await stored(outbox, rows(BATCH, BATCH) + rows(0, BATCH, stream="noise"))
    control.take(ordered(SUSPEND, unit=UNIT))
    await control._work()
    await outbox.seal(partial=True)
    said = [parsed(envelope) for envelope in await waiting(outbox)]
    assert {entry["stream"] for entry in said} == {"_declaration", "_ack", "noise"}
    (told,) = [entry for entry in said if entry["stream"] == "_ack"]
    content = payload.decode_ack_content(bytes.fromhex(told["content"]))
    assert [(outcome.stream, outcome.state, outcome.last_seq) for outcome in content.outcomes] == [
        ("air", SUSPEND, 0)
    ]
    control.take(ordered(RUN, unit=UNIT, version=2))
    await control._work()
    assert "air" in {entry["stream"] for entry in await drained(outbox)}
    await outbox.close()
    await control.close()


@pytest.mark.parametrize("kept", [b"", b"x", b"-7", b" 7", b"\xff", b"9" * 5000, b"1_0"])
def test_version_that_is_damaged_is_none_and_that_is_told(kept: bytes, caplog: pytest.LogCaptureFixture) -> None:
    assert obedience._version(kept) is None
    assert len(caplog.messages) == 1


def test_version_that_was_kept_is_read_again(caplog: pytest.LogCaptureFixture) -> None:
    assert (obedience._version(b"17"), obedience._version(None)) == (17, None)
    assert caplog.messages == []
