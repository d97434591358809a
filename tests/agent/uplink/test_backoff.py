"""Waits between tries."""

from hypothesis import given
from hypothesis import strategies as st

from agent.uplink.backoff import Backoff, BackoffSettings
from tests.support.uplink import NS


@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=300))
def test_backoff_in_the_first_minute_waits_two_seconds_at_most(rolls: list[float]) -> None:
    """Whatever the dice say, no wait that begins within a minute of the loss is longer than 2 s."""
    dice = iter(rolls)
    backoff = Backoff(BackoffSettings(), random=lambda: next(dice))
    now_ns = 0
    backoff.connected(since_ns=-100 * NS, until_ns=0)
    for _ in rolls:
        wait_s = backoff.wait_s(now_ns)
        assert wait_s <= (2.0 if now_ns <= 60 * NS else 300.0)
        assert wait_s >= 0
        now_ns += int(wait_s * NS)


def test_backoff_after_the_first_minute_doubles_up_to_five_minutes() -> None:
    backoff = Backoff(BackoffSettings(), random=lambda: 0.999999)
    backoff.wait_s(0)
    waits = [round(backoff.wait_s(100 * NS)) for _ in range(9)]
    assert waits == [4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_backoff_after_the_first_minute_is_full_jitter() -> None:
    backoff = Backoff(BackoffSettings(), random=lambda: 0.0)
    backoff.wait_s(0)
    assert [backoff.wait_s(100 * NS) for _ in range(3)] == [0.0, 0.0, 0.0]


def test_backoff_after_a_stable_session_is_eager_again() -> None:
    backoff = Backoff(BackoffSettings(), random=lambda: 0.999999)
    backoff.wait_s(0)
    assert backoff.wait_s(1000 * NS) > 2
    backoff.connected(since_ns=1000 * NS, until_ns=1015 * NS)
    assert backoff.wait_s(1015 * NS) <= 2


def test_backoff_with_a_broker_that_accepts_and_drops_is_not_eager_for_ever() -> None:
    backoff = Backoff(BackoffSettings(), random=lambda: 0.999999)
    now_ns, waits = 0, []
    for _ in range(100):
        backoff.connected(since_ns=now_ns, until_ns=now_ns + NS)
        now_ns += NS
        waits.append(backoff.wait_s(now_ns))
        now_ns += int(waits[-1] * NS)
    assert max(waits) > 200
