"""The tripwire of the filter: a number that is no number, or an implausible one, may be somebody's identifier.

In: the values of one reading. Out: whether the whole reading is stopped; a count by kind. Never: a value kept.

A plausible integer of a listed channel is not looked at. Text and bytes where a number belongs are, and so are
implausible integers with the length of a card number (`drivers.tripwire` says what looks like what). What an
identifier channel holds is not looked at: it leaves as a count only. What no channel lists is dropped anyway.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from agent.privacy.counters import FilterCounters
from drivers.reading import Channel, Sensitivity, Value
from drivers.tripwire import Kind, kind_of

_NUMERIC: Final = frozenset({Sensitivity.MEASUREMENT, Sensitivity.COUNT, Sensitivity.LOCATION})
_FEWEST_DIGITS: Final = 10**12
"""The smallest integer with the digits of a card number."""
_MOST_DIGITS: Final = 10**19


class Tripwire:
    """Looks at the numbers of one sensor."""

    __slots__ = ("_ranges",)

    def __init__(self, sources: Iterable[Channel]) -> None:
        numbers = (source for source in sources if source.sensitivity in _NUMERIC)
        self._ranges = tuple({source.name: (source.minimum, source.maximum) for source in numbers}.items())

    def stops(self, values: Mapping[str, Value], counters: FilterCounters) -> bool:
        """Return whether the reading is dropped; it is counted once, as the first value that trips."""
        for name, (low, high) in self._ranges:
            value: object = values.get(name)
            if value is None or (type(value) is int and low <= value <= high):
                continue
            kind = _kind(value)
            if kind is not None:
                _count(kind, counters)
                return True
        return False


def _kind(value: object) -> Kind | None:
    if isinstance(value, str | bytes):
        return kind_of(value)
    if type(value) is int and _FEWEST_DIGITS <= value < _MOST_DIGITS:
        return kind_of(str(value))
    return None


def _count(kind: Kind, counters: FilterCounters) -> None:
    match kind:
        case Kind.MAC:
            counters.trips_mac += 1
        case Kind.IP:
            counters.trips_ip += 1
        case Kind.EMAIL:
            counters.trips_email += 1
        case Kind.PHONE:
            counters.trips_phone += 1
        case Kind.CARD:
            counters.trips_card += 1
        case Kind.PLATE:
            counters.trips_plate += 1
