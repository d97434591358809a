"""Rules about differential privacy: fractions, the day's budget, the declared sensitivity.

In: a `[stream.X]` table and what is released. Out: the noise for the privacy filter, and problems. Never: whether a
stream needs noise; `agent.privacy.legality` decides that.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from agent.privacy.noise_rules import counts_of_an_event
from agent.privacy.spec import Noise, ReleasedChannel
from agent.tomlfile import Duration, Severity, Table

LARGEST_EPSILON: Final = 10
"""At this the noise of a count is zero in all but one of 11,000 windows (2 * exp(-10)): it protects nobody."""
_DAY_MS: Final = 86_400_000


def check_noise(stream: Table, channels: Sequence[ReleasedChannel], *, complete: bool) -> Noise | None:
    """Return the noise of a stream, None when there is none or after reporting what is wrong with it.

    Args:
        stream: the stream's table.
        channels: what it releases.
        complete: every channel of it was understood.
    """
    if "noise" not in stream.values:
        return None
    table = stream.table("noise")
    epsilon, daily = _fraction(table, "epsilon"), _fraction(table, "daily")
    sensitivity = table.get("sensitivity", int)
    fits = _check_epsilon(table, epsilon) & _check_daily(table, epsilon, daily)
    if complete:
        fits &= _check_columns(table, counts_of_an_event(channels), sensitivity)
    if not fits or epsilon is None or daily is None or sensitivity is None:
        return None
    _warn_of_spent_day(stream, epsilon, daily)
    return Noise(epsilon=epsilon.as_integer_ratio(), daily=daily.as_integer_ratio(), sensitivity=sensitivity)


def _fraction(table: Table, key: str) -> Fraction | None:
    written = table.values.get(key)
    return None if written is None else Fraction(written)


def _check_epsilon(table: Table, epsilon: Fraction | None) -> bool:
    if epsilon is None or epsilon <= LARGEST_EPSILON:
        return True
    table.problem(
        "epsilon",
        "too-little-noise",
        "with this epsilon there is hardly any noise",
        expected=f"{LARGEST_EPSILON} or less; 1 is usual",
        found=str(epsilon),
    )
    return False


def _check_daily(table: Table, epsilon: Fraction | None, daily: Fraction | None) -> bool:
    if epsilon is None or daily is None or epsilon <= daily:
        return True
    table.problem(
        "daily",
        "noise-budget",
        "a day's budget is smaller than what one window spends, so no count would ever leave",
        expected=f"at least epsilon, {epsilon}",
        found=str(daily),
    )
    return False


def _check_columns(table: Table, columns: int, sensitivity: int | None) -> bool:
    if columns == 0:
        table.problem(
            None,
            "no-effect",
            "this stream has no count that noise could be added to",
            expected="count, count_distinct, histogram or sum of people or vehicles, or no noise section",
            hint="remove this section",
        )
        return False
    if sensitivity is None or sensitivity >= columns:
        return True
    table.problem(
        "sensitivity",
        "low-sensitivity",
        "one event changes each count of this stream, so together they change by more than this",
        expected=f"{columns} or more: one for each count, the bins of a histogram together one",
        found=str(sensitivity),
    )
    return False


def _warn_of_spent_day(stream: Table, epsilon: Fraction, daily: Fraction) -> None:
    window = stream.get("window", Duration)
    if window is None or _DAY_MS % window:
        return
    windows, enough = _DAY_MS // window, daily // epsilon
    if enough >= windows:
        return
    stream.table("noise").problem(
        "daily",
        "noise-budget",
        f"the day's budget is spent after {enough} of {windows} windows; the rest of the day is withheld",
        expected=f"{windows * epsilon} for all windows of a day",
        found=str(daily),
        hint="make the windows longer, or epsilon smaller",
        severity=Severity.WARNING,
    )
