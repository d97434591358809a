"""Decides what was heard on a serial line. Pure.

In: bytes, the models that can be recognised. Out: which of them it may be; at which speeds to listen. Never: input,
output; anything of the bytes but which form they have.
"""

from collections.abc import Collection, Sequence
from typing import Final

from agent.scanning.candidates import OnLine
from agent.scanning.findings import Match
from drivers.identity import Certainty
from drivers.modbus import frames

RATES: Final = (9600, 115_200, 19_200, 4800, 38_400, 57_600)
"""Bits a second, the usual ones of sensors first."""
ENOUGH_BYTES: Final = 8192
"""More than this tells nothing new."""


def judged(data: bytes, candidates: Sequence[OnLine], *, rate: int | None) -> tuple[Match, ...]:
    """Return which models say such things, the surest first.

    Args:
        data: what was heard.
        candidates: models that can be recognised.
        rate: bits a second at which it was heard; None where the line has no speed.
    """
    found = [
        Match(each.model.name, certainty, each.identity.by)
        for each in candidates
        if (rate is None or rate in each.rates) and (certainty := each.identity.hear(data)) is not None
    ]
    return tuple(sorted(found, key=lambda match: -match.certainty))


def decided(matches: Sequence[Match]) -> bool:
    """Return whether listening on would tell nothing new: one model is certain, and no other is."""
    return sum(match.certainty is Certainty.CERTAIN for match in matches) == 1


def talking_slaves(data: bytes) -> list[int]:
    """Return which Modbus devices answer a master that is on this line already."""
    found: set[int] = set()
    for start in range(len(data) - frames.SHORTEST + 1):
        length = frames.answer_length(data[start:])
        frame = data[start : start + (length or 0)]
        if length is not None and len(frame) == length and frames.valid(frame):
            found.add(frame[0])
    return sorted(found)


def asked_at(candidates: Sequence[OnLine]) -> Collection[int]:
    """Return the speeds at which some model waits to be asked."""
    return sorted({each.model.baudrate for each in candidates if each.identity.questions})
