"""From one report of an SDS198 to values: pure, in integers.

In: a frame whose tail and checksum hold. Out: ticks, values by channel name. Never: input, output.
"""

import struct

from drivers.errors import InvalidData
from drivers.sds198 import frames

_WORDS = struct.Struct("<2x2H4x")
_STUCK = 0xFFFF


def ticks(frame: bytes) -> dict[str, int]:
    """Return the two words of a report, low byte first; what the first one means was not found."""
    reserved, pm100 = _WORDS.unpack(frame)
    return {"reserved": reserved, "pm100": pm100}


def values(frame: bytes) -> dict[str, int | None]:
    """Return PM100 in µg/m3, None while the sensor is warming up: then both words are zero.

    Raises:
        InvalidData: the word is 0xFFFF.
    """
    found = ticks(frame)
    if not any(found.values()):
        return unavailable()
    if found["pm100"] == _STUCK:
        raise InvalidData(frames.CHIP, "the value is 0xffff: the sensor is broken; replace it")
    return {"pm100": found["pm100"]}


def unavailable() -> dict[str, int | None]:
    """Return None for every channel."""
    return {"pm100": None}
