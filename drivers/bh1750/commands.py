"""The BH1750's commands, settings and times. Each command is one byte, and one transaction.

Sources, by number:
    [1] ROHM, BH1750FVI technical note, 2009.04, revision B (pages 2 and 10).
    [2] Linux, ``drivers/iio/light/bh1750.c``.
    [3] google/cyanobyte, ``BH1750FVI.md``, and Adafruit_CircuitPython_BH1750 1.1.19: names and codes of the commands.
"""

from dataclasses import dataclass
from typing import Final

CHIP: Final = "bh1750"

POWER_DOWN: Final = 0x00
POWER_ON: Final = 0x01
RESET: Final = 0x07
"""[3]: clears the last result; not taken in power down."""
ONE_TIME_H: Final = 0x20
ONE_TIME_H2: Final = 0x21
"""[3]: one measurement, then power down; the second counts half steps."""
TIME_HIGH: Final = 0x40
TIME_LOW: Final = 0x60
"""[2]: the upper three and the lower five bits of the measurement time."""

DEFAULT_TIME: Final = 69
TIMES: Final = (31, 254)
"""[2]: the measurement time register after power-up, and its range."""

RESULT_LENGTH: Final = 2
TOP: Final = 0xFFFF
"""More light than fits."""

H_RESOLUTION_S: Final = 0.18
"""[1] page 2: at most, at the default measurement time, to which it is proportional ([2])."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How to measure.

    Attributes:
        time: the measurement time register: sensitivity and duration are proportional to it.
        double: count half steps (H-resolution mode 2).
    """

    time: int
    double: bool = False

    @property
    def codes(self) -> tuple[int, int, int]:
        """The commands that set the time and begin one measurement."""
        start = ONE_TIME_H2 if self.double else ONE_TIME_H
        return TIME_HIGH | self.time >> 5, TIME_LOW | self.time & 0x1F, start

    @property
    def duration_s(self) -> float:
        """How long the measurement takes at most."""
        return H_RESOLUTION_S * self.time / DEFAULT_TIME


BRIGHT: Final = Setting(time=31)
"""To 121 000 lx in steps of 1.9 lx: more than the sun."""
DARK: Final = Setting(time=254, double=True)
"""To 7400 lx in steps of 0.11 lx."""
DARK_BELOW: Final = 2000
"""Ours: counts of `BRIGHT`, 3700 lx, under which `DARK` has room for twice as much light."""
