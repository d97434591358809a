"""From one answer of an MH-Z19B to values: pure, in integers.

In: an answer whose checksum holds. Out: ticks, values by channel name. Never: input, output.

Bytes 4 to 7 have no meaning in the manual's table of answers (page 7); other projects take byte 4 for a temperature.
They are ticks here and nothing else.
"""

import struct

from drivers.errors import InvalidData
from drivers.mhz19b import frames

_ANSWER = struct.Struct(">2xH4Bx")
_STUCK = 0xFFFF


def ticks(frame: bytes) -> dict[str, int]:
    """Return the concentration and the four bytes behind it."""
    co2, *rest = _ANSWER.unpack(frame)
    return {"co2": co2, **{f"byte{number}": byte for number, byte in enumerate(rest, start=4)}}


def values(frame: bytes) -> dict[str, int | None]:
    """Return the concentration in ppm, None while the sensor is warming up.

    An answer that is zero throughout is what it gives then (avaldebe/PyPMS: `SensorWarmingUp`).

    Raises:
        InvalidData: the concentration is 0xFFFF.
    """
    if not any(frame[2:-1]):
        return unavailable()
    co2: int = _ANSWER.unpack(frame)[0]
    if co2 == _STUCK:
        raise InvalidData(frames.CHIP, "the concentration is 0xffff: the sensor is broken; replace it")
    return {"co2": co2}


def unavailable() -> dict[str, int | None]:
    """Return None for every channel."""
    return {"co2": None}
