"""How a PMS5003T is told from others on a serial line, for `lamppost scan`.

A PMSx003 sends frames of the same header and length: see `drivers.pmsx003.identity`.
"""

from typing import Final

from drivers.identity import Certainty, SerialIdentity, sure
from drivers.pms5003t.frames import LAYOUT

_COUNTS = slice(6, 12)


def _hear(data: bytes) -> Certainty | None:
    """Return how sure frames make us: where counts would grow with the size they are none."""
    counts = [LAYOUT.words_of(frame)[_COUNTS] for frame in LAYOUT.framer().feed(data)]
    grown = sum(list(each) != sorted(each, reverse=True) for each in counts)
    return sure(grown) or (Certainty.POSSIBLE if counts else None)


IDENTITY: Final = SerialIdentity(hear=_hear, by="the check codes of its frames, and what stands for counts")
