"""How a PMSx003 is told from others on a serial line, for `lamppost scan`.

A PMS5003T sends frames of the same header and length, with temperature and humidity where this one has the counts of
the two largest sizes. Counts are of everything larger than a size, so they never grow with it.
"""

from typing import Final

from drivers.identity import Certainty, SerialIdentity, sure
from drivers.pmsx003.frames import LAYOUT

_COUNTS = slice(6, 12)


def _hear(data: bytes) -> Certainty | None:
    """Return how sure frames make us: not at all where what would be counts grows with the size."""
    counts = [LAYOUT.words_of(frame)[_COUNTS] for frame in LAYOUT.framer().feed(data)]
    if any(list(each) != sorted(each, reverse=True) for each in counts):
        return None
    return sure(len(counts))


IDENTITY: Final = SerialIdentity(hear=_hear, by="the check codes and the counts of its frames")
