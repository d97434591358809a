"""From one data frame of an SDS011 to values: pure, in integers.

In: a frame whose tail and checksum hold. Out: ticks, values by channel name. Never: input, output.
"""

import struct

from drivers.errors import InvalidData
from drivers.sds011 import frames

CHANNELS = ("pm2_5", "pm10")
_WORDS = struct.Struct("<2x2H4x")
_STUCK = 0xFFFF


def ticks(frame: bytes) -> dict[str, int]:
    """Return the two words of a data frame, low byte first: tenths of a microgram per cubic metre."""
    return dict(zip(CHANNELS, _WORDS.unpack(frame), strict=True))


def values(frame: bytes) -> dict[str, int | None]:
    """Return both channels in 0.1 µg/m3, None for both while the sensor is warming up.

    Both words zero is what the sensor sends before it has measured (avaldebe/PyPMS: `SensorWarmingUp`).

    Raises:
        InvalidData: both words are 0xFFFF.
    """
    found = ticks(frame)
    if not any(found.values()):
        return unavailable()
    if all(word == _STUCK for word in found.values()):
        raise InvalidData(frames.CHIP, "both values are 0xffff: the sensor is broken; replace it")
    return dict(found)


def unavailable() -> dict[str, int | None]:
    """Return None for every channel."""
    return dict.fromkeys(CHANNELS)
