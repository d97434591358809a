"""One session, on a link and a clock that do what the test says."""

import asyncio
import contextlib
import itertools
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest

from agent.budget import Budget, BudgetSettings
from agent.buffer.records import Lane
from agent.uplink.interfaces import Link
from agent.uplink.journal import Journal
from agent.uplink.problems import Refused, Trouble, Unusable
from agent.uplink.services import Services
from agent.uplink.session import BudgetSpent, Session
from agent.uplink.settings import Delivery, Timing, UplinkSettings
from agent.uplink.window import Window
from tests.support.uplink import STATUS_TOPIC, FakeClock, FakeQueue, settings_for, status_of, topic_of


class FakeLink:
    """A link that notes what is sent; PUBACKs come when the test says so."""

    def __init__(self, clock: FakeClock) -> None:
        self.acks: deque[tuple[int, int]] = deque()
        self.grants: deque[tuple[int, ...]] = deque()
        self.inbox: deque[tuple[str, bytes]] = deque()
        self.last_inbound_ns = clock.mono
        self.receive_maximum = 65_535
        self.largest_packet = 268_435_455
        self.sent: list[tuple[str, bytes, bool]] = []
        self.filters: list[str] = []
        self.error: Exception | None = None
        self.closed = False
        self.counted: int | None = None

    def publish(self, topic: str, data: bytes, *, retain: bool = False) -> int:
        self.sent.append((topic, data, retain))
        return len(self.sent)

    def subscribe(self, filters: Sequence[str]) -> None:
        self.filters += filters

    def wire_bytes(self) -> int | None:
        return self.counted

    def lost(self) -> Exception | None:
        return self.error

    async def goodbye(self, timeout_s: float) -> None:
        assert timeout_s > 0
        self.closed = True

    def drop(self) -> None:
        self.closed = True

    @property
    def envelopes(self) -> list[bytes]:
        return [data for topic, data, _ in self.sent if topic != STATUS_TOPIC]


class Stage:
    """A session with everything around it; `turn` lets it work until it waits."""

    def __init__(self, settings: UplinkSettings, *, budget: BudgetSettings | None = None) -> None:
        self.clock = FakeClock()
        self.queue = FakeQueue()
        self.link = FakeLink(self.clock)
        self.heard: list[tuple[str, bytes]] = []
        self.budget = Budget(budget or BudgetSettings(), clock=self.clock)
        self.services = Services(
            settings=settings,
            queue=self.queue,
            budget=self.budget,
            clock=self.clock,
            topic_of=topic_of,
            on_message=self._on_message,
            status=status_of,
            window=Window(settings),
            journal=Journal(settings.where, self.clock.mono),
            beat=lambda: None,
        )
        link: Link = self.link
        self.session = Session(self.services, link, number=1)
        self.task: asyncio.Task[None] = asyncio.create_task(self.session.run())

    async def _on_message(self, topic: str, payload: bytes) -> None:
        self.heard.append((topic, payload))
        self.queue.receipt(int(payload))

    async def turn(self, seconds: float = 0.0, *, quiet: bool = False) -> None:
        """Let time pass, and the session work on it; `quiet`: the broker says nothing meanwhile."""
        self.clock.advance(seconds)
        if not quiet:
            self.link.last_inbound_ns = self.clock.mono
        self.services.signals.wake.set()
        for _ in range(20):
            await asyncio.sleep(0)

    async def ack(self, code: int = 0) -> None:
        """Acknowledge everything that was sent, in order."""
        self.link.acks.extend((mid, code) for mid in range(1, len(self.link.sent) + 1))
        await self.turn()

    async def begin(self) -> None:
        """Grant the subscription and let the grace pass."""
        self.link.grants.append((1, 1))
        await self.turn()
        await self.turn(1.0)

    async def ended(self) -> Unusable:
        """Return why the session ended."""
        await self.turn(quiet=True)
        with pytest.raises(Unusable) as caught:
            await asyncio.wait_for(self.task, 5)
        return caught.value


@contextlib.asynccontextmanager
async def _stage(
    *, budget: BudgetSettings | None = None, timing: Timing | None = None, **changes: object
) -> AsyncIterator[Stage]:
    settings = replace(settings_for(1, **changes), timing=timing or Timing())
    stage = Stage(settings, budget=budget)
    try:
        yield stage
    finally:
        stage.task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Unusable):
            await stage.task


async def test_session_at_its_beginning_subscribes_and_publishes_the_retained_status() -> None:
    async with _stage() as stage:
        await stage.turn()
        assert stage.link.filters == ["lamppost/1/unit-a/receipt/+", "lamppost/1/unit-a/control"]
        assert stage.link.sent == [(STATUS_TOPIC, b"online 1", True)]


async def test_session_before_the_subscription_is_granted_sends_no_envelope_and_seals_nothing() -> None:
    async with _stage() as stage:
        stage.queue.add("air", b"x")
        await stage.turn()
        await stage.turn(5)
        assert stage.link.envelopes == []
        assert stage.queue.seals == 0


async def test_session_with_envelopes_waiting_gives_retained_receipts_their_moment() -> None:
    async with _stage() as stage:
        stage.queue.add("air", b"x")
        stage.link.grants.append((1, 1))
        await stage.turn()
        await stage.turn(0.4)
        assert stage.link.envelopes == []
        await stage.turn(0.2)
        assert stage.link.envelopes == [b"x"]


async def test_session_with_rows_alone_seals_nothing_before_retained_orders_had_time_to_come() -> None:
    async with _stage() as stage:
        stage.queue.add("air", b"x", sealed=False)
        stage.link.grants.append((1, 1))
        await stage.turn()
        assert stage.link.envelopes == []
        await stage.turn(0.5)
        assert stage.link.envelopes == [b"x"]


async def test_session_with_a_refused_subscription_ends_and_says_why() -> None:
    async with _stage() as stage:
        stage.link.grants.append((1, 0x87))
        problem = await stage.ended()
        assert problem.trouble is Trouble.SUBSCRIPTION
        assert "not authorised" in str(problem)


async def test_session_sends_control_then_live_then_backlog() -> None:
    async with _stage() as stage:
        stage.queue.add("air", b"old", lane=Lane.BACKLOG)
        stage.queue.add("air", b"new", lane=Lane.LIVE)
        stage.queue.add("_declaration", b"decl", lane=Lane.CONTROL)
        await stage.begin()
        assert stage.link.sent[1:] == [
            ("lamppost/1/unit-a/declaration", b"decl", True),
            ("lamppost/1/unit-a/live/air", b"new", False),
            ("lamppost/1/unit-a/backlog/air", b"old", False),
        ]


async def test_session_with_everything_sent_does_not_look_at_the_outbox_again() -> None:
    async with _stage() as stage:
        stage.queue.add("air", b"x")
        await stage.begin()
        await stage.ack()
        await stage.turn(1)
        looks = stage.queue.looks
        for _ in range(20):
            await stage.turn(1)
        assert stage.queue.looks == looks


async def test_session_with_receipts_in_a_bunch_looks_once() -> None:
    async with _stage() as stage:
        rows = [stage.queue.add("air", bytes([number])) for number in range(10)]
        await stage.begin()
        await stage.ack()
        await stage.turn(1)
        looks = stage.queue.looks
        for row_id in rows:
            stage.link.inbox.append(("lamppost/1/unit-a/receipt/air", str(row_id).encode()))
            await stage.turn(0.01)
        await stage.turn(0.3)
        assert stage.queue.looks == looks + 1
        assert stage.services.window.ahead == 0


async def test_session_with_a_receipt_seals_what_had_to_wait_for_it_though_nothing_new_is_stored() -> None:
    async with _stage() as stage:
        row_id = stage.queue.add("air", b"x")
        await stage.begin()
        await stage.ack()
        await stage.turn(1)
        stage.queue.add("air", b"y", sealed=False)
        seals = stage.queue.seals
        for held_up in (False, True):
            stage.queue.held_up = held_up
            stage.link.inbox.append(("lamppost/1/unit-a/receipt/air", str(row_id).encode()))
            await stage.turn(1)
            assert (stage.queue.seals > seals) is held_up
        assert not stage.queue.pending


async def test_session_with_a_silent_broker_ends_when_the_puback_is_overdue() -> None:
    async with _stage() as stage:
        await stage.begin()
        await stage.turn(27)
        assert not stage.task.done()
        await stage.turn(4)
        assert (await stage.ended()).trouble is Trouble.SILENT


async def test_session_with_an_idle_silent_broker_ends_after_keepalive_and_deadline() -> None:
    async with _stage(keepalive_s=60) as stage:
        await stage.begin()
        await stage.ack()
        await stage.turn(89, quiet=True)
        assert not stage.task.done()
        await stage.turn(2, quiet=True)
        assert (await stage.ended()).trouble is Trouble.SILENT


async def test_session_without_an_answer_to_subscribe_ends() -> None:
    async with _stage() as stage:
        await stage.turn()
        stage.link.acks.append((1, 0))
        await stage.turn(31)
        assert (await stage.ended()).trouble is Trouble.SILENT


async def test_session_thrown_out_says_that_another_client_has_its_id() -> None:
    async with _stage() as stage:
        await stage.begin()
        stage.link.error = Refused(0x8E)
        assert (await stage.ended()).trouble is Trouble.TAKEN_OVER


async def test_session_that_is_lost_still_takes_the_pubacks_that_came_before() -> None:
    async with _stage(delivery=Delivery.BROKER) as stage:
        row_id = stage.queue.add("air", b"x")
        await stage.begin()
        stage.link.acks.append((2, 0))
        stage.link.error = ConnectionResetError()
        await stage.ended()
        assert stage.queue.taken == [row_id]


async def test_session_publishes_its_status_now_and_then_and_on_request() -> None:
    async with _stage(timing=Timing(status_s=300)) as stage:
        await stage.begin()
        await stage.ack()
        for _ in range(11):
            await stage.turn(30)
            await stage.ack()
        assert len(stage.link.sent) == 2
        stage.services.signals.announce = True
        await stage.turn(1)
        assert len(stage.link.sent) == 3


async def test_session_with_a_stream_that_is_too_large_for_the_broker_holds_it_back() -> None:
    async with _stage() as stage:
        stage.link.largest_packet = 100
        stage.queue.add("air", bytes(200))
        stage.queue.add("noise", b"small")
        await stage.begin()
        assert stage.link.envelopes == [b"small"]
        assert "larger than the broker takes" in (stage.services.journal.text or "")


async def test_session_with_the_cap_near_sends_control_only() -> None:
    async with _stage(budget=BudgetSettings(day_bytes=10_000)) as stage:
        await stage.begin()
        stage.budget.charge(9_500 - stage.budget.spending().day_bytes)
        stage.queue.add("air", b"live")
        stage.queue.add("_declaration", b"d", lane=Lane.CONTROL)
        stage.services.signals.stored = True
        stage.queue.add("air", b"late", sealed=False)
        await stage.turn(1)
        assert stage.queue.seals <= 1
        await stage.turn(61)
        assert b"live" not in stage.link.envelopes


async def test_session_with_the_cap_spent_ends() -> None:
    async with _stage(budget=BudgetSettings(day_bytes=10_000)) as stage:
        await stage.begin()
        stage.budget.charge(10_000)
        with pytest.raises(BudgetSpent):
            raise await stage.ended()


async def test_session_with_a_rate_limit_sends_as_time_passes() -> None:
    async with _stage(budget=BudgetSettings(messages_per_minute=6, burst_s=10)) as stage:
        for number in range(5):
            stage.queue.add("air", bytes([number]))
        await stage.begin()
        counts = []
        for _ in range(6):
            await stage.turn(10.1)
            await stage.ack()
            counts.append(len(stage.link.envelopes))
        assert counts[-1] == 5
        assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(counts))


async def test_session_charges_every_keepalive() -> None:
    async with _stage(keepalive_s=60) as stage:
        await stage.begin()
        await stage.ack()
        before = stage.budget.spending().total_bytes
        for _ in range(4):
            await stage.turn(60)
        assert stage.budget.spending().total_bytes == before + 4 * stage.services.settings.cost.ping()


async def test_session_saves_its_budget_before_it_is_used_up() -> None:
    async with _stage(budget=BudgetSettings(month_bytes=100_000_000)) as stage:
        await stage.begin()
        assert "budget" in stage.queue.saved
        restored = Budget(
            BudgetSettings(month_bytes=100_000_000), clock=stage.clock, saved=stage.queue.saved["budget"]
        )
        assert restored.spending().month_bytes >= stage.budget.spending().month_bytes


async def test_session_goodbye_publishes_that_the_unit_goes_and_closes() -> None:
    async with _stage() as stage:
        await stage.begin()
        await stage.session.goodbye()
        assert stage.link.sent[-1] == (STATUS_TOPIC, b"offline 1", True)
        assert stage.link.closed


@pytest.mark.parametrize("turns", range(1, 12))
async def test_session_cancelled_at_any_point_loses_no_row(turns: int) -> None:
    async with _stage() as stage:
        for number in range(3):
            stage.queue.add("air", bytes([number]), sealed=number < 2)
        stage.link.grants.append((1, 1))
        stage.link.inbox.append(("lamppost/1/unit-a/receipt/air", b"1"))
        for _ in range(turns):
            await asyncio.sleep(0)
        stage.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await stage.task
        assert len(stage.queue.rows) + len(stage.queue.pending) >= 2
        assert set(stage.queue.rows) | {row.row_id for row in stage.queue.pending} >= {2, 3}


async def test_session_has_batches_sealed_along_while_they_can_leave() -> None:
    async with _stage(budget=BudgetSettings(day_bytes=40_000)) as stage:
        assert not stage.queue.along
        await stage.begin()
        assert stage.queue.along
        stage.budget.charge(38_000)
        await stage.turn(1.0)
        assert not stage.queue.along


async def test_session_with_a_count_of_the_kernel_charges_that_in_the_end() -> None:
    async with _stage() as stage:
        stage.link.counted = 900
        stage.queue.add("air", b"data")
        await stage.begin()
        await stage.turn(1.0)
        stage.link.counted = 1500
        await stage.ack()
        assert stage.budget.spending().total_bytes == 1500
