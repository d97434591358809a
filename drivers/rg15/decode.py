"""From two answers of an RG-15 to values: pure, in integers.

In: an answer, and the one before it. Out: ticks, values by channel name, in hundredths of a millimetre. Never: input,
output.
"""

from drivers.errors import InvalidData
from drivers.rg15.lines import CHIP, Rain

_TOO_COLD, _LENS_BAD, _SATURATED = b"TooCold", b"LensBad", b"EmSat"
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
    line has disturbed. A total that is smaller than before is that of a sensor that restarted unheard; then `Acc` is
    what is known.

    Raises:
        InvalidData: it counts in inches.
    """
    if not rain.metric:
        raise InvalidData(CHIP, "it counts in inches although it was told to use millimetres: is its RX connected?")
    blind = not rain.words.isdisjoint(_BLIND)
    grown = rain.total - before.total if before is not None and rain.total >= before.total else rain.acc
    return {
        "rain": None if blind else grown,
        "event": rain.event,
        "total": rain.total,
        "intensity": None if blind else rain.intensity,
    }
