"""How an RG-15 is told from others on a serial line, for `lamppost scan`.

It is silent unless it is asked. To ask begins a new count of the rain since the last question; its totals stay.
"""

from typing import Final

from drivers.identity import Certainty, Question, SerialIdentity
from drivers.rg15 import lines
from drivers.rg15.lines import Rain


def _hear(data: bytes) -> Certainty | None:
    """Return how sure an answer makes us: four numbers with their units are no accident."""
    rains = [item for item in lines.parser().feed(data) if isinstance(item, Rain)]
    return Certainty.CERTAIN if rains else None


IDENTITY: Final = SerialIdentity(
    hear=_hear, by="the form of its answer", questions=(Question(send=b"\n" + lines.READ, wait_s=1.0),)
)
