"""The tripwire: tells whether a field that should be a number or a code looks like somebody's identifier. Pure.

In: one field that is not what it should be. Out: the kind of identifier that it looks like, or None; and how many
frames each kind has stopped. Never: the field's text, in anything that is kept, raised, logged or shown.

It is a second fence: the field that trips would not have left the unit anyway. It stops the other fields of the frame
too, which came together with somebody's identifier, and it lets a technician see that another device is on the line.
It is asked about fields that failed to parse only, and doubts are settled for the number or the code:

- Everything but a plate is looked for anywhere in the field; a plate must be the whole field.
- Digits alone are a number. A phone number needs its ``+``, its leading zeros (``00`` or ``0``) or the separators of
  North America; a card number needs the Luhn check; a MAC address without separators needs a hexadecimal letter.
- A plate without separators needs a letter beyond F, or it could be a checksum. Units, months and the names that
  devices give themselves are no plates.
"""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Final

from drivers import identifiers
from drivers.plates import is_plate

LONGEST_LOOK: Final = 256
"""Characters of a field that are looked at; no sentence or line that a driver takes has more."""
_SHORTEST_LOOK: Final = 6
"""Nothing shorter is looked at: the shortest plates have six characters."""
_AROUND: Final = " \t\r\n\0\"'`<>"


class Kind(StrEnum):
    """What a field looks like."""

    MAC = "mac"
    IP = "ip"
    EMAIL = "email"
    PHONE = "phone"
    CARD = "card"
    PLATE = "plate"


_FORMS: Final[tuple[tuple[Kind, Callable[[str], bool]], ...]] = (
    (Kind.EMAIL, identifiers.has_email),
    (Kind.MAC, identifiers.has_mac),
    (Kind.IP, identifiers.has_ip),
    (Kind.PHONE, identifiers.has_phone),
    (Kind.CARD, identifiers.has_card),
    (Kind.PLATE, is_plate),
)
"""In the order in which they decide: a phone number that happens to pass the Luhn check is a phone number."""


def kind_of(field: bytes | str) -> Kind | None:
    """Return what a field looks like, None for nothing of the kind; bytes are read as UTF-8.

    Costs some ten microseconds, and 0.3 milliseconds for the worst field of `LONGEST_LOOK` characters, on a desktop.
    """
    text = field[:LONGEST_LOOK]
    if isinstance(text, bytes):
        text = text.decode(errors="replace")
    text = text.strip(_AROUND)
    if len(text) < _SHORTEST_LOOK or identifiers.is_ordinary(text):
        return None
    return next((kind for kind, looks_like in _FORMS if looks_like(text)), None)


class Tally:
    """How many frames were stopped, by kind. It keeps nothing else."""

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    @property
    def counts(self) -> Mapping[str, int]:
        """Frames by kind; kinds that never came are left out."""
        return dict(self._counts)

    def stops(self, fields: Iterable[bytes | str]) -> bool:
        """Return whether a frame with these odd fields is dropped; it is counted once, as the first that trips."""
        for field in fields:
            kind = kind_of(field)
            if kind is not None:
                self._counts[kind] = self._counts.get(kind, 0) + 1
                return True
        return False
