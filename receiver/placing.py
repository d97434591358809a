"""Where a row lies in time: its date with a bound of the error, or what it lies between.

In: a row with the record of its boot. Out: a place in time. Never: a date for a row whose boot nobody has placed.

The rule is that of docs/wire-format.md, section 4: a boot's clock may run free, so what lies away from the one
instant that is known of it is charged 500 parts per million.
"""

from typing import Any, Final

from receiver.database import Row

DRIFT_PPM: Final = 500
_PPM: Final = 1_000_000

START: Final = "CASE WHEN row.boot IS NULL THEN row.start_ms ELSE row.start_ms - placed.mono_ms + placed.utc_ms END"
"""SQL: when a row's window began, NULL when that is not known; `JOIN` must be joined."""
JOIN: Final = "LEFT JOIN boot AS placed ON placed.unit = chain.unit AND placed.boot = row.boot"
COLUMNS: Final = (
    f"{START} AS at_ms, placed.mono_ms, placed.error_ms AS boot_error_ms, placed.after_ms, placed.before_ms,"
    " envelope.received_ms"
)


def place(row: Row) -> dict[str, Any]:
    """Return when a row's window began, how wrong that may be, and what an undated one lies between.

    `after_ms` is the earliest time at which the window may have begun, `before_ms` the latest at which it may have
    ended: before it arrived, if nothing better is known.
    """
    if row["at_ms"] is not None:
        error_ms = row["error_ms"] if row["boot"] is None else _error_ms(row)
        return {"utc_ms": row["at_ms"], "error_ms": error_ms, "after_ms": None, "before_ms": None}
    after_ms = None if row["after_ms"] is None else row["after_ms"] + row["start_ms"]
    before_ms = row["received_ms"] if row["before_ms"] is None else min(row["before_ms"], row["received_ms"])
    return {"utc_ms": None, "error_ms": None, "after_ms": after_ms, "before_ms": before_ms}


def _error_ms(row: Row) -> int | None:
    error_ms: int | None = row["boot_error_ms"]
    if error_ms is None:
        return None
    mono_ms: int = row["mono_ms"]
    before_ms = mono_ms - int(row["start_ms"])
    away_ms = max(abs(before_ms), abs(before_ms - int(row["step_ms"])))
    return error_ms - (-away_ms * DRIFT_PPM // _PPM)
