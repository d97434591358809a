"""From two answers of an RG-15 to values: pure, in integers.

In: an answer, and the one before it. Out: ticks, values by channel name, in hundredths of a millimetre. Never: input,
output.
"""

from drivers.errors import InvalidData
from drivers.rg15.lines import CHIP, Rain

_TOO_COLD, _LENS_BAD, _SATURATED = b"TooCold", b"LensBad", b"EmSat"
_ROUNDED = 2
"""Hundredths by which the difference of two totals and what fell between may differ: each of the three is rounded."""
_BLIND = frozenset({_TOO_COLD, _LENS_BAD, _SATURATED})
"""With any of these it may rain and nothing is counted."""


def ticks(rain: Rain) -> dict[str, int]:
    """Return the four numbers of an answer, in hundredths, and its flags as 0 or 1."""
    return {
        "acc": rain.acc,
        "event_acc": rain.event,
        "total_acc": rain.total,
        "r_int": rain.intensity,
        "too_cold": int(_TOO_COLD in rain.words),
        "lens_bad": int(_LENS_BAD in rain.words),
        "em_sat": int(_SATURATED in rain.words),
    }


def values(rain: Rain, *, before: Rain | None) -> dict[str, int | None]:
    """Return what fell since the answer before, in this rain and in all, and how hard it rains.

    What fell is the growth of the total: the sensor's own `Acc` is set to zero by each answer, also by one that the
    line has disturbed. A total that is smaller than before is that of a sensor that restarted unheard, and has grown
    from zero.

    Raises:
        InvalidData: it counts in inches.
    """
    if not rain.metric:
        raise InvalidData(CHIP, "it counts in inches although it was told to use millimetres: is its RX connected?")
    blind = not rain.words.isdisjoint(_BLIND)
    grown = rain.acc if before is None else rain.total - (before.total if rain.total >= before.total else 0)
    return {
        "rain": None if blind else grown,
        "event": rain.event,
        "total": rain.total,
        "intensity": None if blind else rain.intensity,
    }


def agrees(rain: Rain, before: Rain) -> bool:
    """Return whether an answer's total has grown by what it says has fallen since the one before.

    Lines have no checksum: a total that has lost a digit, or got one, does not agree. Neither does the first answer
    after one that was lost, or after a restart that nobody heard of.
    """
    return abs(rain.total - before.total - rain.acc) <= _ROUNDED
