"""What the tripwires have stopped, in words for `lamppost status`.

In: the status file's content. Out: a line for each sensor and each stream of which something was stopped. Never: more
than kinds and numbers; nothing else is known.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from drivers.tripwire import Kind

_WORDS: Final[Mapping[str, str]] = {
    Kind.MAC: "MAC addresses",
    Kind.IP: "IP addresses",
    Kind.EMAIL: "e-mail addresses",
    Kind.PHONE: "phone numbers",
    Kind.CARD: "card numbers",
    Kind.PLATE: "licence plates",
}
_PREFIX: Final = "trips_"


def trip_lines(known: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines; none when nothing was stopped."""
    for name, sensor in known["sensors"].items():
        trips = sensor.get("trips", {})
        if any(trips.values()):
            yield (
                f"sensor {name} sent {_number(trips, 'frame')} with what looks like {_kinds(trips)}; "
                "dropped; is the right device on this line?"
            )
    for name, counted in known["streams"].items():
        trips = {key.removeprefix(_PREFIX): count for key, count in counted.items() if key.startswith(_PREFIX)}
        if any(trips.values()):
            yield (
                f"stream {name} was given {_number(trips, 'reading')} with what looks like {_kinds(trips)} in place "
                "of a number; dropped; report it to whoever made the driver"
            )


def _number(trips: Mapping[str, int], thing: str) -> str:
    total = sum(trips.values())
    return f"{total} {thing}" if total == 1 else f"{total} {thing}s"


def _kinds(trips: Mapping[str, int]) -> str:
    """Return the kinds in words, each with its number when there are several."""
    found = {_WORDS.get(kind, kind): count for kind, count in trips.items() if count}
    return ", ".join(found if len(found) == 1 else [f"{words} ({count})" for words, count in found.items()])
