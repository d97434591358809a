"""From one frame of a PMSx003 to values: pure, in integers.

In: a frame whose check code holds. Out: ticks by the manual's names, values by channel name. Never: input, output.
"""

from drivers.errors import InvalidData
from drivers.pmsx003 import frames

CHANNELS = (
    "pm1_0_cf1",
    "pm2_5_cf1",
    "pm10_cf1",
    "pm1_0",
    "pm2_5",
    "pm10",
    "n0_3",
    "n0_5",
    "n1_0",
    "n2_5",
    "n5_0",
    "n10",
)
"""Data 1 to data 12, in order (manual, appendix I; avaldebe/PyPMS `ObsData` has the same order)."""

_FIELDS = tuple(f"data{number}" for number in range(1, 14))
_NOTHING = (0,) * 13
_STUCK = (0xFFFF,) * 12


def ticks(frame: bytes) -> dict[str, int]:
    """Return data 1 to data 13 of a frame. Data 13 is reserved (version and error code on newer models)."""
    return dict(zip(_FIELDS, frames.WORDS.unpack(frame), strict=True))


def values(frame: bytes) -> dict[str, int | None]:
    """Return a value for every channel, None for all of them while the sensor is warming up.

    A sensor that has just been powered sends frames whose thirteen words are all zero (avaldebe/PyPMS takes these for
    `SensorWarmingUp`). Zeros beside a data 13 that is not zero are a measurement.

    Raises:
        InvalidData: all twelve words are 0xFFFF.
    """
    words = frames.WORDS.unpack(frame)
    if words == _NOTHING:
        return unavailable()
    if words[:12] == _STUCK:
        raise InvalidData(frames.CHIP, "every value is 0xffff: the sensor is broken; replace it")
    return dict(zip(CHANNELS, words[:12], strict=True))


def unavailable() -> dict[str, int | None]:
    """Return None for every channel."""
    return dict.fromkeys(CHANNELS)
