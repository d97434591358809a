"""From the BH1750's count to illuminance: pure, in integers only.

In: the two bytes of a result and the setting they were measured with. Out: counts, lux. Never: input or output.

A count is 1/1.2 lx at the default measurement time, 69 (ROHM, technical note 2009.04 B, page 10); it is worth less
the longer the measurement takes (Linux, ``bh1750.c``: 57.5 lx by the measurement time), and half in H-resolution
mode 2.
"""

from drivers.bh1750.commands import DARK_BELOW, DEFAULT_TIME, TOP, Setting
from drivers.decoding import rounded


def count(result: bytes) -> int:
    """Return the count."""
    return int.from_bytes(result, "big")


def is_dark(bright_count: int) -> bool:
    """Return whether a count of the bright setting calls for the dark one."""
    return bright_count < DARK_BELOW


def is_saturated(counted: int) -> bool:
    """Return whether there was more light than the count can say."""
    return counted == TOP


def illuminance_centi_lux(counted: int, setting: Setting) -> int | None:
    """Return the illuminance in 0.01 lx, halves upwards; None when there was more light than fits."""
    if is_saturated(counted):
        return None
    return rounded(counted * 100 * 10 * DEFAULT_TIME, 12 * setting.time * (2 if setting.double else 1))
