"""What the city's rows of the canaries' unit must be, and where they are not: pure.

In: rows as `lamppost-receiver export` tells them, and what the street knows. Out: what is wrong, in lines.
"""

from collections.abc import Collection, Mapping, Sequence

from tests.support.footfall import FIX, RSSI_DBM, SATELLITES, Crowd, K

Values = Mapping[str, Mapping[str, str | None]]
"""Per channel the value and its quality."""

USUAL_FIXES = {"fix": (str(FIX), "ok"), "satellites": (str(SATELLITES), "ok")}


def mismatches(rows: Mapping[int, Values], *, crowds: Sequence[Crowd], blurred: Collection[int]) -> list[str]:
    """Return where the city's rows of footfall, by start, are not what the street must have given.

    Each crowd's row has the exact number, or nothing; every other row has nothing, but for the `blurred` ones.
    """
    wrong: list[str] = []
    for crowd in crowds:
        told = {name: (one["value"], one["quality"]) for name, one in rows.get(crowd.start_ms, {}).items()}
        expected = _expected(crowd)
        if told != expected:
            wrong.append(f"{crowd.distinct} devices in a window: expected {expected}, the city has {told}")
    for start_ms in rows.keys() - {crowd.start_ms for crowd in crowds} - set(blurred):
        values = rows[start_ms].values()
        if any(one["value"] is not None or one["quality"] not in {"suppressed", "partial"} for one in values):
            wrong.append(f"a window that is none of the proof's gave {rows[start_ms]}")
    return wrong


def _expected(crowd: Crowd) -> dict[str, tuple[str | None, str]]:
    if crowd.distinct < K:
        return dict.fromkeys(("devices", "strength"), (None, "suppressed"))
    return {"devices": (str(crowd.distinct), "ok"), "strength": (str(RSSI_DBM), "ok")}


def strange_fixes(rows: Mapping[int, Values], *, crowds: Sequence[Crowd]) -> list[str]:
    """Return where the city's rows of position fixes tell of a sentence that an intruder was in."""
    wrong: list[str] = []
    for start_ms in {crowd.start_ms for crowd in crowds}:
        told = {name: (one["value"], one["quality"]) for name, one in rows.get(start_ms, {}).items()}
        if told != USUAL_FIXES:
            wrong.append(f"fixes of a window: expected {USUAL_FIXES}, the city has {told}")
    wrong += [
        f"a sentence with an intruder was taken: the city has {values}" for values in rows.values() if strange(values)
    ]
    return wrong


def strange(values: Values) -> bool:
    """Return whether a row of position fixes tells of a sentence that is none of the receiver's."""
    return any(one["value"] not in {None, USUAL_FIXES[name][0]} for name, one in values.items())
