"""From the SPS30's words on I2C to quantities: pure, in integers only.

In: the twenty words of one sample, the words of the status register. Out: values. Never: input, output, a clock.
"""

from collections.abc import Sequence

from drivers import sps30_output
from drivers.sensirion import doubles
from drivers.sensirion_fan import FAN_FAILED, LASER_FAILED


def ticks(words: Sequence[int]) -> dict[str, int]:
    """Return the bits of the ten numbers by channel name."""
    return sps30_output.ticks(doubles(words))


def values(words: Sequence[int], *, status: int) -> dict[str, int | None]:
    """Return the ten quantities, none of them available while the fan or the laser has failed."""
    if status & (FAN_FAILED | LASER_FAILED):
        return sps30_output.unavailable()
    return sps30_output.values(doubles(words))
