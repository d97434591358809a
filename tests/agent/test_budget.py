"""Caps and rates, on a clock that the test moves."""

import json
import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.budget import Budget, BudgetSettings
from agent.buffer.records import Lane
from agent.caps import HEAD_START, SHARES
from tests.support.uplink import NS, FakeClock


def _at(text: str, **changes: object) -> FakeClock:
    clock = FakeClock(utc=int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * NS)
    for name, value in changes.items():
        setattr(clock, name, value)
    return clock


def test_budget_without_caps_never_waits() -> None:
    budget = Budget(BudgetSettings(), clock=FakeClock())
    budget.charge(10**12)
    assert budget.wait_s(Lane.BACKLOG, 10**12) == 0


def test_budget_with_a_message_rate_waits_for_the_next_token() -> None:
    clock = FakeClock()
    budget = Budget(BudgetSettings(messages_per_minute=60, burst_s=2), clock=clock)
    for _ in range(2):
        assert budget.wait_s(Lane.LIVE, 100) == 0
        budget.charge(100)
    assert budget.wait_s(Lane.LIVE, 100) == pytest.approx(1.0)
    clock.advance(1.0)
    assert budget.wait_s(Lane.LIVE, 100) == 0


def test_budget_with_a_message_larger_than_the_burst_lets_it_through_and_then_waits() -> None:
    clock = FakeClock()
    budget = Budget(BudgetSettings(bytes_per_minute=6000, burst_s=10), clock=clock)
    assert budget.wait_s(Lane.LIVE, 5000) == 0
    budget.charge(5000)
    assert budget.wait_s(Lane.LIVE, 100) == pytest.approx(41.0)


@pytest.mark.parametrize("lane", list(Lane), ids=str)
@pytest.mark.parametrize("cap", ["day_bytes", "month_bytes"])
def test_budget_near_a_cap_at_the_end_of_its_period_stops_each_lane_at_its_share(lane: Lane, cap: str) -> None:
    clock = _at("2026-07-31T23:30:00")
    budget = Budget(BudgetSettings(**{cap: 100_000}), clock=clock)  # type: ignore[arg-type]  # the name is the parameter
    budget.charge(SHARES[lane] * 1000 - 50)
    assert budget.wait_s(lane, 50) == 0
    assert math.isinf(budget.wait_s(lane, 51))


def test_budget_backlog_in_the_morning_leaves_what_the_rest_of_the_day_needs() -> None:
    clock = _at("2026-07-10T06:00:00")
    budget = Budget(BudgetSettings(day_bytes=100_000), clock=clock)
    allowed = int(85_000 * (6 / 24 + HEAD_START))
    budget.charge(allowed - 100)
    assert budget.wait_s(Lane.BACKLOG, 99) == 0
    assert budget.wait_s(Lane.BACKLOG, 3600) == pytest.approx(3500 / 85_000 * 86_400, abs=2)
    assert budget.wait_s(Lane.LIVE, 3600) == 0
    clock.advance(3600)
    assert budget.wait_s(Lane.BACKLOG, 3600) == 0


def test_budget_backlog_gets_at_once_what_the_hours_before_have_left() -> None:
    budget = Budget(BudgetSettings(day_bytes=100_000), clock=_at("2026-07-10T18:00:00"))
    assert budget.wait_s(Lane.BACKLOG, 63_000) == 0


def test_budget_backlog_early_in_a_month_leaves_what_the_rest_of_it_needs() -> None:
    budget = Budget(BudgetSettings(month_bytes=310_000), clock=_at("2026-07-02T00:00:00"))
    budget.charge(20_000)
    assert 0 < budget.wait_s(Lane.BACKLOG, 1000) < 86_400
    assert budget.wait_s(Lane.LIVE, 1000) == 0


def test_budget_backlog_without_a_date_may_use_its_whole_share() -> None:
    budget = Budget(BudgetSettings(day_bytes=100_000), clock=_at("1970-01-05", synchronised=False, error_ms=None))
    assert budget.wait_s(Lane.BACKLOG, 85_000) == 0
    assert math.isinf(budget.wait_s(Lane.BACKLOG, 85_001))


def test_budget_keeps_more_for_control_than_for_live_than_for_backlog() -> None:
    assert SHARES[Lane.CONTROL] > SHARES[Lane.LIVE] > SHARES[Lane.BACKLOG]


def test_budget_on_a_new_day_begins_the_day_and_keeps_the_month() -> None:
    clock = _at("2026-07-10T23:59:59")
    budget = Budget(BudgetSettings(day_bytes=1000, month_bytes=5000), clock=clock)
    budget.charge(1000)
    assert math.isinf(budget.wait_s(Lane.CONTROL, 10))
    clock.advance(2)
    assert budget.wait_s(Lane.CONTROL, 10) == 0
    assert (budget.spending().day_bytes, budget.spending().month_bytes) == (0, 1000)


def test_budget_day_begins_at_local_midnight() -> None:
    clock = _at("2026-07-10T21:59:59")  # 23:59:59 in Berlin
    budget = Budget(BudgetSettings(day_bytes=1000, timezone="Europe/Berlin"), clock=clock)
    budget.charge(1000)
    clock.advance(2)
    assert budget.spending().day_bytes == 1000
    assert budget.wait_s(Lane.CONTROL, 10) == 0


def test_budget_month_begins_on_the_billing_day() -> None:
    clock = _at("2026-07-14T12:00:00")
    budget = Budget(BudgetSettings(month_bytes=1000, billing_day=15), clock=clock)
    budget.charge(1000)
    clock.advance(11 * 3600)
    assert math.isinf(budget.wait_s(Lane.CONTROL, 1))
    clock.advance(2 * 3600)
    assert budget.wait_s(Lane.CONTROL, 1) == 0


def test_budget_with_the_clock_unset_keeps_counting_in_the_current_period() -> None:
    clock = _at("2026-07-10T12:00:00")
    saved = Budget(BudgetSettings(day_bytes=1000), clock=clock)
    saved.charge(900)
    unset = _at("1970-01-05T00:00:00", synchronised=False, error_ms=None)
    budget = Budget(BudgetSettings(day_bytes=1000), clock=unset, saved=saved.export(ahead_bytes=0))
    for _ in range(3):
        unset.advance(86_400)
        assert math.isinf(budget.wait_s(Lane.CONTROL, 200))
    assert budget.wait_s(Lane.CONTROL, 50) == 0


def test_budget_before_any_date_was_known_counts_and_keeps_it_when_one_is() -> None:
    clock = _at("1970-01-01T00:10:00", synchronised=False, error_ms=None)
    budget = Budget(BudgetSettings(day_bytes=1000), clock=clock)
    budget.charge(400)
    clock.utc, clock.synchronised = _at("2026-07-10T12:00:00").utc, True
    assert budget.spending().day_bytes == 400
    budget.charge(100)
    assert budget.spending().day_bytes == 500


def test_budget_when_the_clock_steps_back_a_day_keeps_what_was_counted() -> None:
    clock = _at("2026-07-10T12:00:00")
    budget = Budget(BudgetSettings(day_bytes=1000, month_bytes=1000), clock=clock)
    budget.charge(800)
    clock.utc = _at("2026-06-01T12:00:00").utc
    budget.charge(100)
    assert (budget.spending().day_bytes, budget.spending().month_bytes) == (900, 900)


def test_budget_in_holdover_with_a_known_bound_follows_the_calendar() -> None:
    clock = _at("2026-07-10T23:59:59", synchronised=False, error_ms=1200)
    budget = Budget(BudgetSettings(day_bytes=1000), clock=clock)
    budget.charge(1000)
    clock.advance(2)
    assert budget.wait_s(Lane.CONTROL, 10) == 0


def test_budget_after_a_restart_goes_on_where_it_was() -> None:
    clock = FakeClock()
    first = Budget(BudgetSettings(month_bytes=10_000), clock=clock)
    first.charge(4000)
    second = Budget(BudgetSettings(month_bytes=10_000), clock=clock, saved=first.export(ahead_bytes=0))
    assert second.spending() == first.spending()


def test_budget_after_a_crash_counts_too_much_rather_than_too_little() -> None:
    clock = FakeClock()
    first = Budget(BudgetSettings(month_bytes=10_000_000), clock=clock)
    saved = b""
    for _ in range(1000):
        first.charge(1234)
        if first.export_due:
            saved = first.export()
    crashed = Budget(BudgetSettings(month_bytes=10_000_000), clock=clock, saved=saved)
    spent = first.spending().month_bytes
    assert spent <= crashed.spending().month_bytes <= spent + Budget.AHEAD_BYTES


def test_budget_without_caps_is_exported_exactly() -> None:
    budget = Budget(BudgetSettings(), clock=FakeClock())
    budget.charge(10)
    assert json.loads(budget.export())["month_bytes"] == 10


def test_budget_refund_takes_back_what_was_not_sent() -> None:
    budget = Budget(BudgetSettings(day_bytes=1000), clock=FakeClock())
    budget.charge(700)
    budget.refund(600)
    assert budget.spending().day_bytes == 100


@given(st.binary(max_size=200))
def test_budget_with_any_saved_bytes_begins_with_counts_from_zero(saved: bytes) -> None:
    """Whatever was saved, the budget opens and no count is negative."""
    spending = Budget(BudgetSettings(day_bytes=1000), clock=FakeClock(), saved=saved).spending()
    assert min(spending.day_bytes, spending.month_bytes, spending.messages, spending.total_bytes) >= 0


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3),
)


@given(
    st.dictionaries(
        st.sampled_from(["format", "day", "day_bytes", "month", "month_bytes", "messages", "total_bytes"]), _JSON
    )
)
def test_budget_with_any_saved_fields_takes_all_or_nothing(fields: dict[str, object]) -> None:
    """Fields that are not what export writes change nothing; a valid set is taken whole."""
    whole = {
        "format": 1,
        "day": None,
        "day_bytes": 0,
        "month": None,
        "month_bytes": 0,
        "messages": 0,
        "total_bytes": 0,
    }
    budget = Budget(BudgetSettings(), clock=FakeClock(), saved=json.dumps(whole | fields).encode())
    spending = budget.spending()
    assert min(spending.day_bytes, spending.month_bytes, spending.messages, spending.total_bytes) >= 0


@given(st.lists(st.integers(1, 400), max_size=60), st.integers(500, 5000))
def test_budget_that_is_asked_before_each_message_never_passes_a_cap(sizes: list[int], cap: int) -> None:
    """Who sends only when `wait_s` is 0 never spends more than the cap."""
    budget = Budget(BudgetSettings(day_bytes=cap), clock=FakeClock())
    for number, size in enumerate(sizes):
        if budget.wait_s(list(Lane)[number % 3], size) == 0:
            budget.charge(size)
    assert budget.spending().day_bytes <= cap


def test_budget_that_has_counted_as_far_as_it_can_is_read_again() -> None:
    settings, clock = BudgetSettings(day_bytes=1000), _at("2026-07-10T12:00")
    saved = json.dumps(
        {
            "format": 1, "day": "2026-07-10", "day_bytes": 1 << 62, "month": "2026-07-01", "month_bytes": 1 << 62,
            "messages": 1 << 62, "total_bytes": 1 << 62,
        }
    ).encode()  # fmt: skip
    budget = Budget(settings, clock=clock, saved=saved)
    budget.charge(1000)
    again = Budget(settings, clock=clock, saved=budget.export())
    assert again.wait_s(Lane.CONTROL, 1) == math.inf
    assert (again.spending().day_bytes, again.spending().total_bytes) == (1 << 62, 1 << 62)


@pytest.mark.parametrize("saved", [b"", b"{", b'{"format":1}', b"[" * 9000, b'{"format":2}'])
def test_budget_tells_that_its_counters_cannot_be_read(saved: bytes, caplog: pytest.LogCaptureFixture) -> None:
    Budget(BudgetSettings(), clock=FakeClock(), saved=saved)
    (told,) = caplog.messages
    assert "begins from nothing" in told


def test_budget_without_counters_tells_nothing(caplog: pytest.LogCaptureFixture) -> None:
    Budget(BudgetSettings(), clock=FakeClock())
    assert caplog.messages == []
