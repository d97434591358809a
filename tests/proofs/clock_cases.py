"""The cases of `tests.proofs.clock`: what happens to a unit's clock, and what its rows must come to."""

import asyncio
import datetime as dt
import json
import sqlite3
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from agent.boots import FORGET
from tests.proofs.clock_scene import Line, Outcome, budget
from tests.support.process import until

DAY_S = 86_400
CLOCK_UNSET, CLOCK_HOLDOVER = 2, 1
LEAD_S = 20
"""An agent has started by then, on a machine that is busy."""
PHASE_ROWS = 3
"""Windows in each phase of a case."""
_JANUARY_1970_ENDS_S = 31 * DAY_S - 5

Rows = list[dict[str, Any]]
Play = Callable[[Line], Awaitable[None]]
Check = Callable[[Line, Outcome, Rows], list[str]]


def _date(text: str) -> float:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC).timestamp()


def _must(holds: object, what: str) -> list[str]:
    return [] if holds else [what]


def all_dated(_line: Line, outcome: Outcome, rows: Rows) -> list[str]:
    """Every row has a date."""
    return _must(rows and not outcome.undated, f"{outcome.undated} rows without a date")


def some_placed(line: Line, outcome: Outcome, rows: Rows) -> list[str]:
    """Every row has a date, and some of them were found afterwards."""
    return all_dated(line, outcome, rows) + _must(outcome.placed, "no row was placed")


def none_dated(_line: Line, outcome: Outcome, rows: Rows) -> list[str]:
    """No row has a date; each carries its boot."""
    del outcome
    dated = [row for row in rows if row["time"]["utc_ms"] is not None or row["boot"] is None]
    return _must(rows and not dated, f"{len(dated)} rows have a date, and nobody knew it") + _must(
        all(row["clock"] == CLOCK_UNSET for row in rows), "a row whose clock is not told to be unset"
    )


def _few_withheld(line: Line, outcome: Outcome, rows: Rows) -> list[str]:
    """A step back costs itself and the windows that it falls into, and no more."""
    most = 2 * (2 + 3 * line.window_ms / 1000)
    return all_dated(line, outcome, rows) + _must(outcome.withheld <= most, f"{outcome.withheld} frames withheld")


# -- what happens to the clock


async def _unset_then_ntp(line: Line) -> None:
    line.shows_date(10)
    await line.start()
    await line.rows(PHASE_ROWS)
    line.ntp_before()
    await line.rows(PHASE_ROWS)
    await line.stop()


async def _never(line: Line) -> None:
    line.shows_date(10)
    await line.start()
    await line.rows(2 * PHASE_ROWS)
    await line.stop()


def _wrong_rtc(date: str) -> Play:
    async def play(line: Line) -> None:
        line.shows_date(_date(date) - 12)
        await line.start()
        line.shows_date(_date(date) - 2)
        await line.rows(PHASE_ROWS)
        line.ntp_before()
        await line.rows(PHASE_ROWS)
        await line.stop()

    return play


def _over_2038(line: Line, outcome: Outcome, rows: Rows) -> list[str]:
    after = [row for row in rows if (row["time"]["utc_ms"] or 0) >= 2**31 * 1000]
    return all_dated(line, outcome, rows) + _must(0 < len(after) < len(rows), "not on both sides of that second")


async def _right_in_2038(line: Line) -> None:
    end_s = _date("2038-01-19T03:14:08")
    line.ntp(end_s - 3600 - time.time())
    await line.start()
    await line.rows(1)
    line.ntp(end_s - 5 - time.time())
    await line.rows(PHASE_ROWS)
    await line.until_true(end_s)
    await line.rows(PHASE_ROWS)
    await line.stop()


def _step(by_s: float) -> Play:
    """The clock is set by so much; windows that come again after a step back are withheld."""

    async def play(line: Line) -> None:
        line.ntp(0.0)
        await line.start()
        await line.rows(PHASE_ROWS)
        line.ntp(by_s)
        if by_s < 0:  # the step is noticed at the end of a window, and the next one has begun then
            line.spare(after_s=-by_s + 3 * line.window_ms / 1000)
        await line.rows(PHASE_ROWS)
        await line.stop()

    return play


async def _an_hour_back(line: Line) -> None:
    """That hour was not observed by this unit, so its windows are given out, once, and then the present goes on."""
    line.ntp(0.0)
    await line.start()
    await line.rows(PHASE_ROWS)
    line.ntp(-3600.0)
    line.spare(after_s=line.window_ms / 1000)
    await line.rows(2 * PHASE_ROWS)
    line.ntp(0.0)
    line.spare(after_s=line.window_ms / 1000)
    await line.rows(2 * PHASE_ROWS)
    await line.stop()


def _both_hours(line: Line, outcome: Outcome, rows: Rows) -> list[str]:
    starts = [row["time"]["utc_ms"] for row in rows if row["time"]["utc_ms"]]
    early = [start for start in starts if start < max(starts) - 1_800_000]
    return all_dated(line, outcome, rows) + _must(
        early and len(early) < len(starts), "one of the two hours is not there"
    )


async def _slew(line: Line) -> None:
    line.ntp(0.0)
    await line.start()
    for number in range(1, 61):
        offset_s = 0.005 * (number if number <= 40 else 80 - number)
        line.slew(offset_s)
        line.truth.append((time.time(), offset_s))
        await asyncio.sleep(0.15)
    await line.rows(2)
    await line.stop()


async def _second_repeated(line: Line) -> None:
    """As a kernel does at a leap second, in the middle of a window."""
    midnight_s = _date("2027-01-01T00:00:00")
    offset_s = midnight_s - LEAD_S - time.time()
    line.ntp(offset_s)
    await line.start()
    await line.until_true(midnight_s + 4.0)  # midnight is the start of a window, and of one of 8 s
    line.slew(offset_s - 1.0)
    line.truth.append((time.time(), offset_s - 1.0))
    await line.rows(2)
    await line.stop()


async def _restart_before(line: Line) -> None:
    assert line.tap is not None
    line.tap.refuse()
    line.shows_date(10)
    for _ in range(2):
        await line.start()
        await line.rows(PHASE_ROWS)
        await line.stop()
    await line.start()
    await line.rows(2)
    line.ntp_before()
    await line.tap.open()
    await line.rows(PHASE_ROWS)
    await line.stop()


async def _restart_after_loss(line: Line) -> None:
    line.ntp(0.0)
    await line.start()
    await line.rows(PHASE_ROWS)
    await line.stop()
    line.shows_date(10)
    await line.start()
    await line.rows(PHASE_ROWS)
    line.shows_date(_date("2031-05-05"))
    await line.rows(PHASE_ROWS)
    await line.stop()


async def _rebooted_and_never(line: Line) -> None:
    assert line.tap is not None
    line.ntp(0.0)
    await line.start()
    await line.rows(PHASE_ROWS)
    await line.stop()
    line.begin_boot()
    line.tap.refuse()
    line.shows_date(10)
    await line.start()
    await line.rows(PHASE_ROWS)
    await line.stop()
    line.begin_boot()
    line.ntp(0.0)
    await line.tap.open()
    await line.start()
    await line.rows(PHASE_ROWS)
    await line.stop()


def _between(line: Line, outcome: Outcome, rows: Rows) -> list[str]:
    """The boot in the middle has no date, and lies between the others."""
    del line
    undated = [row for row in rows if row["time"]["utc_ms"] is None]
    wide = [row for row in undated if row["time"]["after_ms"] is None or row["time"]["before_ms"] is None]
    found = _must(undated and not outcome.placed, "the boot that was never synchronised has dates, or no rows")
    found += _must(not wide, f"{len(wide)} rows without a bound on both sides")
    if found:
        return found
    width_ms = max(row["time"]["before_ms"] - row["time"]["after_ms"] for row in undated)
    return _must(width_ms < 120_000, f"bounds {width_ms} ms apart say nothing")


async def _tls_too_early(line: Line) -> None:
    line.shows_date(10)
    await line.start()
    await until(lambda: line.says("not yet valid by this unit's clock"), what="the reason in words", deadline_s=60)
    assert not line.unit.status()["uplink"]["connected"]
    await line.rows(2)
    line.ntp_before()
    await until(lambda: bool(line.unit.status()["uplink"]["connected"]), what="a session", deadline_s=60)
    await line.rows(PHASE_ROWS)
    await line.stop()


@dataclass
class _Spent:
    day: list[int] = field(default_factory=list)
    month: list[int] = field(default_factory=list)
    periods: set[tuple[str | None, str | None]] = field(default_factory=set)


def _spending(line: Line) -> dict[str, Any]:
    """Return the budget's counters as they were committed last."""
    with closing(sqlite3.connect(f"{line.unit.store.absolute().as_uri()}?mode=ro", uri=True)) as db:
        row = db.execute("SELECT value FROM counter WHERE name = 'budget'").fetchone()
    known: dict[str, Any] = {} if row is None else json.loads(row[0])
    return known


async def _months_pass_unset(line: Line) -> None:
    """The unit's clock shows the end of a day, a month and a billing month, and nobody knows what time it is."""
    line.ntp(0.0)
    await line.start()
    await line.rows(PHASE_ROWS)
    await line.stop()
    line.before = _spending(line)
    line.begin_boot()
    line.shows_date(_JANUARY_1970_ENDS_S - 8)
    await line.start()
    line.shows_date(_JANUARY_1970_ENDS_S + 3)
    await line.rows(2 * PHASE_ROWS)
    await line.stop()
    line.after = _spending(line)


def _not_reset(line: Line, outcome: Outcome, rows: Rows) -> list[str]:
    del outcome, rows
    before, after = line.before, line.after
    found = _must(before.get("day") and before["month_bytes"] > 0, "nothing was counted before")
    found += _must(
        all(after.get(name) == before.get(name) for name in ("day", "month")),
        "another period, and nobody knew the date",
    )
    return found + _must(
        all(after.get(name, 0) >= before.get(name, 0) for name in ("day_bytes", "month_bytes")),
        "what was spent was forgotten",
    )


async def _midnight_known(line: Line) -> None:
    """As above, but everybody knows the time: the day and the billing month begin anew."""
    midnight_s = _date("2027-01-01T00:00:00")
    line.ntp(midnight_s - 2 * LEAD_S - time.time())
    await line.start()
    await line.rows(PHASE_ROWS)
    await line.stop()
    line.before = _spending(line)
    await line.start()
    await line.until_true(midnight_s + PHASE_ROWS)
    await line.stop()
    line.after = _spending(line)


def _reset(line: Line, outcome: Outcome, rows: Rows) -> list[str]:
    return all_dated(line, outcome, rows) + _must(
        (line.before.get("day"), line.after.get("day"), line.after.get("month"))
        == ("2026-12-31", "2027-01-01", "2027-01-01"),
        f"the counters are of {line.before.get('day')} and {line.after.get('day')}",
    )


async def _quiet_unset(line: Line) -> None:
    line.shows_date(12 * 3600)
    await line.start_deaf()
    await line.rows(PHASE_ROWS)
    assert not line.unit.status()["readings"], "sampled, although nobody knew whether that was allowed"
    assert "the clock is not set" in json.dumps(line.unit.status()["sensors"]), "the reason is not told"
    line.ntp_before()
    await until(lambda: bool(line.unit.status()["readings"]), what="a reading after the clock was set", deadline_s=60)
    await line.rows(PHASE_ROWS)
    await line.stop()


def _unwatched_then_watched(line: Line, outcome: Outcome, rows: Rows) -> list[str]:
    watched = [row for row in rows if row["values"]["samples"]["value"] not in {None, "0"}]
    early = [row for row in watched if row["clock"] == CLOCK_UNSET]
    return some_placed(line, outcome, rows) + _must(watched and not early, f"{len(early)} windows sampled too early")


def _ran_ahead(*, told: bool) -> Play:
    """A clock that was synchronised to a wrong date, decades ahead; then a boot in which it is right."""

    async def play(line: Line) -> None:
        ahead_s = _date("2099-06-01") - time.time()
        line.ntp(ahead_s)
        if line.tap is not None:
            line.tap.refuse()
        await line.start()
        await line.rows(PHASE_ROWS)
        await line.stop()
        line.begin_boot()
        line.ntp(0.0)
        if line.tap is not None:
            await line.tap.open()
        if told:
            (line.unit.folder / "store" / FORGET).touch()
        await line.start()
        if not told:
            await until(lambda: line.says("the clock had run ahead"), what="the floor's release", deadline_s=60)
        await line.rows(PHASE_ROWS)
        await line.stop()

    return play


def _right_again(line: Line, outcome: Outcome, rows: Rows) -> list[str]:
    this_year = [row for row in rows if row["boot"] is None and row["time"]["utc_ms"] < _date("2098-01-01") * 1000]
    return all_dated(line, outcome, rows) + _must(this_year, "no row of the right date after the wrong one")


def _held_over(line: Line, outcome: Outcome, rows: Rows) -> list[str]:
    held = [row for row in rows if row["clock"] == CLOCK_HOLDOVER]
    return all_dated(line, outcome, rows) + _must(len(held) >= PHASE_ROWS, f"{len(held)} rows in holdover")


@dataclass(frozen=True, kw_only=True)
class Case:
    """What happens, what must come of it, and how the unit is made."""

    play: Play
    check: Check
    make: Mapping[str, Any] = field(default_factory=dict)


def quiet_elsewhere() -> str:
    """Return an hour of the day that is far from now, in UTC."""
    hour = dt.datetime.now(tz=dt.UTC).hour
    return f"{(hour + 11) % 24:02}:00-{(hour + 12) % 24:02}:00"


_CAPS = budget(daily="200MB", monthly="2GB")
CASES: Mapping[str, Case] = {
    "1970 at boot, then NTP": Case(play=_unset_then_ntp, check=some_placed),
    "1970 for the whole boot": Case(play=_never, check=none_dated),
    "restart before NTP, same boot": Case(play=_restart_before, check=some_placed),
    "restart after NTP was lost": Case(play=_restart_after_loss, check=_held_over),
    "reboot, never synchronised": Case(play=_rebooted_and_never, check=_between),
    "RTC in 2036, era ends": Case(play=_wrong_rtc("2036-02-07T06:28:16"), check=some_placed),
    "RTC in 2038, 31 bits end": Case(play=_wrong_rtc("2038-01-19T03:14:08"), check=some_placed),
    "RTC in 2099": Case(play=_wrong_rtc("2099-12-31T23:59:59"), check=some_placed),
    "synchronised over 2038-01-19": Case(play=_right_in_2038, check=_over_2038),
    "step back 1 h, and forward": Case(play=_an_hour_back, check=_both_hours),
    "step back 2 s": Case(play=_step(-2.0), check=_few_withheld),
    "step back 1 s": Case(play=_step(-1.0), check=all_dated),
    "step forward 1 day": Case(play=_step(float(DAY_S)), check=all_dated),
    "slewed by 0.2 s and back": Case(play=_slew, check=all_dated),
    "a second that comes twice": Case(play=_second_repeated, check=all_dated, make={"window": "8s"}),
    "certificate not yet valid": Case(play=_tls_too_early, check=some_placed, make={"tls": True}),
    "day and month end while unset": Case(play=_months_pass_unset, check=_not_reset, make={"extra": _CAPS}),
    "day and month end": Case(play=_midnight_known, check=_reset, make={"extra": _CAPS}),
    "quiet hours while unset": Case(play=_quiet_unset, check=_unwatched_then_watched, make={"quiet": "?"}),
    "2099, then right, by TLS": Case(play=_ran_ahead(told=False), check=_right_again, make={"tls": True}),
    "2099, then right, by hand": Case(play=_ran_ahead(told=True), check=_right_again),
}
SHORT = ("1970 at boot, then NTP", "1970 for the whole boot", "restart before NTP, same boot")
CONTROL = "1970 for the whole boot"
