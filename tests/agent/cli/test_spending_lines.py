"""The lines of `lamppost status` about bytes."""

from typing import Any

import pytest

from agent.cli.spending_lines import spending_lines


def _known(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - as in the status file
    known: dict[str, Any] = {
        "budget": {
            "day_bytes": 1_200_000,
            "month_bytes": 20_000_000,
            "day_cap": 5_000_000,
            "month_cap": 100_000_000,
            "day_forecast": 3_000_000,
            "month_forecast": 120_000_000,
            "month_left_s": 12 * 86_400,
            "lanes": {"control": 0.0, "alarm": 0.0, "live": 0.0, "backlog": "period"},
        },
        "outbox": {"lanes": [["control", 0], ["live", 2], ["backlog", 40]], "rows_waiting": 5000},
        "uplink": {"connected": True},
        "flash": {
            "counted": True,
            "day_bytes": 30_000_000,
            "bytes_a_row": 1100,
            "bytes_a_day": 97_000_000,
            "daily_limit": 500_000_000,
            "over": False,
        },
    }
    return known | changes


def _text(known: dict[str, Any]) -> str:
    return "\n".join(spending_lines(known))


def test_lines_tell_what_was_sent_and_where_it_will_end() -> None:
    text = _text(_known())
    assert "1.2 MB of 5 MB today, at this pace 3 MB by midnight, within the budget" in text
    assert (
        "20 MB of 100 MB this month, at this pace 120 MB by the end of the billing month in 12 days, TOO MUCH" in text
    )


def test_lines_without_caps_or_pace_tell_what_was_sent() -> None:
    budget = _known()["budget"] | {"day_cap": None, "day_forecast": None, "month_cap": None, "month_left_s": None}
    text = _text(_known(budget=budget | {"month_forecast": None}))
    assert "wire: 1.2 MB today; 20 MB this month" in text


def test_lines_tell_what_waits_in_each_lane_and_why() -> None:
    text = _text(_known())
    assert "live: 2 messages wait: sent or about to be" in text
    assert "backlog: 40 messages wait: the budget keeps what is left" in text
    assert "control" not in text
    assert "rows: 5000 wait to be sealed: for the rest of their batch" in text


@pytest.mark.parametrize(
    ("connected", "live", "reason"),
    [(False, 0.0, "no connection"), (True, 2.5, "the budget's rate, 2.5 s"), (True, "period", "the budget keeps")],
)
def test_lines_tell_the_reason_that_holds(connected: bool, live: float | str, reason: str) -> None:  # noqa: FBT001 - a parameter
    budget = _known()["budget"] | {"lanes": {"live": live, "backlog": live}}
    lines = list(spending_lines(_known(budget=budget, uplink={"connected": connected})))
    waiting = [line for line in lines if "wait" in line and "flash" not in line]
    assert len(waiting) == 3
    assert all(reason in line for line in waiting)


def test_lines_tell_the_wear_of_the_card() -> None:
    text = _text(_known())
    assert "flash: 30 MB written today of 500 MB allowed, 1,100 bytes a row, 97 MB a day" in text
    assert "a card of 32 GB lasts about 27" in text


def test_lines_of_an_estimate_say_so() -> None:
    flash = _known()["flash"] | {"counted": False, "bytes_a_row": None, "bytes_a_day": None, "daily_limit": None}
    assert "flash: about 30 MB written today" in _text(_known(flash=flash))


def test_lines_of_an_older_status_are_none() -> None:
    assert list(spending_lines({"outbox": None, "uplink": None})) == []
