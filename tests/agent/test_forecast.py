"""Where the data budget will stand."""

from datetime import UTC, datetime

import pytest

from agent.budget import Budget, BudgetSettings
from agent.buffer.records import Lane
from agent.forecast import Forecast
from tests.support.uplink import NS, FakeClock


def _world(text: str, **settings: int) -> tuple[FakeClock, Budget, Forecast]:
    clock = FakeClock(utc=int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * NS)
    budget = Budget(BudgetSettings(**settings), clock=clock)  # type: ignore[arg-type]  # the names are the caller's
    return clock, budget, Forecast(budget, clock=clock)


def test_forecast_of_a_steady_pace_is_what_comes() -> None:
    clock, budget, forecast = _world("2026-07-10T00:00:00", day_bytes=1_000_000, month_bytes=20_000_000)
    for _ in range(6):
        clock.advance(3600)
        budget.charge(10_000)
        seen = forecast.look()
    assert seen["day_bytes"] == 60_000
    assert seen["day_forecast"] == pytest.approx(240_000, rel=0.01)
    assert seen["month_forecast"] == pytest.approx(240_000 * 22, rel=0.01)
    assert seen["bytes_a_day"] == pytest.approx(240_000, rel=0.01)


def test_forecast_follows_the_last_day_only() -> None:
    clock, budget, forecast = _world("2026-07-10T00:00:00")
    budget.charge(10_000_000)
    for _ in range(30):
        clock.advance(3600)
        budget.charge(1000)
        seen = forecast.look()
    assert seen["bytes_a_day"] == pytest.approx(24_000, rel=0.1)


def test_forecast_of_a_young_process_is_not_known() -> None:
    clock, budget, forecast = _world("2026-07-10T12:00:00")
    clock.advance(599)
    budget.charge(1000)
    seen = forecast.look()
    assert (seen["bytes_a_day"], seen["day_forecast"], seen["month_forecast"]) == (None, None, None)
    assert seen["day_left_s"] == 43_200 - 599


def test_forecast_without_a_date_tells_what_was_spent() -> None:
    clock, budget, forecast = _world("1970-01-01T00:10:00")
    clock.synchronised, clock.error_ms = False, None
    clock.advance(3600)
    budget.charge(1000)
    seen = forecast.look()
    assert (seen["day_bytes"], seen["day_forecast"], seen["month_left_s"]) == (1000, None, None)


def test_forecast_says_which_lanes_the_budget_keeps_back() -> None:
    _, budget, forecast = _world("2026-07-10T12:00:00", day_bytes=1_000_000)
    budget.charge(900_000)
    lanes = forecast.look()["lanes"]
    assert isinstance(lanes, dict)
    assert set(lanes) == {lane.value for lane in Lane}
    assert lanes["backlog"] == "period"
    assert (lanes["live"], lanes["control"]) == (0.0, 0.0)
