"""How much of the backlog may be sealed."""

import pytest

from agent.budget import Budget, BudgetSettings
from agent.buffer.records import Lane
from agent.uplink.backlog import Backlog
from agent.uplink.journal import Journal
from agent.uplink.meter import Meter
from agent.uplink.sender import Sender
from agent.uplink.services import Services
from agent.uplink.window import Window
from tests.agent.uplink.test_session import FakeLink
from tests.support.uplink import FakeClock, FakeQueue, settings_for, status_of, topic_of

NS_PER_S = 10**9
DAY_BYTES = 1_000_000


async def _nothing(topic: str, payload: bytes) -> None:
    raise AssertionError(topic, payload)


class Held:
    """A backlog, and what it works with.

    Args:
        day_bytes: cap of the day, None for none.
    """

    def __init__(self, *, day_bytes: int | None = DAY_BYTES) -> None:
        self.clock = FakeClock()
        self.queue = FakeQueue()
        self.budget = Budget(BudgetSettings(day_bytes=day_bytes), clock=self.clock)
        settings = settings_for(1)
        self.services = Services(
            settings=settings,
            queue=self.queue,
            budget=self.budget,
            clock=self.clock,
            topic_of=topic_of,
            on_message=_nothing,
            status=status_of,
            window=Window(settings),
            journal=Journal(settings.where, self.clock.mono),
            beat=lambda: None,
        )
        self.backlog = Backlog(self.services)


def test_backlog_without_a_cap_has_no_limit_and_is_never_due() -> None:
    held = Held(day_bytes=None)
    held.queue.backlog_wants = 5000
    assert held.queue.backlog_until is None
    assert held.backlog.due_ns is None
    assert not held.backlog.let(sealed=0, unsent=0)
    assert held.queue.backlog_until is None


def test_backlog_is_held_back_until_the_first_look() -> None:
    held = Held()
    assert held.queue.backlog_until == 0
    assert held.backlog.due_ns is None, "there is none"
    held.queue.backlog_wants = 5000
    assert held.backlog.due_ns == held.clock.mono


def test_limit_is_what_the_caps_leave_less_what_has_not_left() -> None:
    held = Held()
    held.queue.backlog_wants = 5000
    left = held.budget.left(Lane.BACKLOG)
    assert left is not None
    assert held.backlog.let(sealed=70_000, unsent=9000)
    assert held.queue.backlog_until == 70_000 + left - 9000


@pytest.mark.parametrize("room", [4999, 5000])
def test_backlog_is_to_be_sealed_when_its_next_batch_fits(room: int) -> None:
    held = Held()
    held.queue.backlog_wants = 5000
    left = held.budget.left(Lane.BACKLOG)
    assert left is not None
    assert held.backlog.let(sealed=0, unsent=left - room) == (room >= 5000)


def test_backlog_is_looked_at_again_when_the_caps_leave_enough_and_within_a_minute() -> None:
    held = Held()
    held.queue.backlog_wants = 5000
    left = held.budget.left(Lane.BACKLOG)
    assert left is not None
    held.backlog.let(sealed=0, unsent=left - 4900)
    soon_ns = held.backlog.due_ns
    assert soon_ns is not None
    assert held.clock.mono < soon_ns < held.clock.mono + 60 * NS_PER_S
    held.budget.charge(DAY_BYTES)
    held.backlog.let(sealed=0, unsent=0)
    assert held.backlog.due_ns == held.clock.mono + 60 * NS_PER_S
    assert held.queue.backlog_until == 0


def test_sender_does_not_look_for_a_backlog_before_it_may_send() -> None:
    held = Held()
    held.queue.backlog_wants = 5000
    held.services.window.begin_session(held.clock.mono, receive_maximum=100)
    sender = Sender(held.services, FakeLink(held.clock), Meter(held.budget))
    held.clock.advance(10)
    assert sender.due_ns(held.clock.mono) == []


async def test_sender_that_cannot_see_all_that_is_sealed_lets_no_more_and_looks_again_later() -> None:
    held = Held()
    held.queue.backlog_wants = 5000
    for number in range(200):
        held.queue.add("air", bytes([number]), lane=Lane.BACKLOG)
    held.services.window.begin_session(held.clock.mono, receive_maximum=3)
    sender = Sender(held.services, FakeLink(held.clock), Meter(held.budget))
    sender.subscribed(held.clock.mono)
    await sender.fill(held.clock.mono)
    held.clock.advance(10)
    await sender.fill(held.clock.mono)
    assert held.queue.looks == 1
    assert held.queue.backlog_until == 0
    assert sender._backlog.due_ns == held.clock.mono + 60 * NS_PER_S
