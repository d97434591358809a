"""The MS5837's commands, and what is known of its variants.

Sources, by number:
    [1] TE Connectivity, MS5837-02BA data sheet, 09/2017.
    [2] TE Connectivity, MS5837-30BA data sheet, revision C2, 12/2019.
    [3] TE Connectivity, MS5837_Generic_C_Driver, ``ms5837.c``.
    [4] Blue Robotics, ms5837-python, ``ms5837/ms5837.py``.
    [5] Blue Robotics' MS5837 library for Arduino, as many projects have copied it.
"""

from enum import StrEnum
from typing import Final

CHIP: Final = "ms5837"
ADDRESS: Final = 0x76
"""[1] page 9: 1110110x, the only one."""

RESET: Final = 0x1E
ADC_READ: Final = 0x00
ADC_LENGTH: Final = 3
CONVERT_PRESSURE: Final = 0x4A
CONVERT_TEMPERATURE: Final = 0x5A
"""[1] page 9: D1 and D2 at an oversampling of 8192."""
PROM: Final = tuple(range(0xA0, 0xAE, 2))
"""[1] pages 9 and 10: seven words of 16 bits, most significant byte first."""
PROM_WORD_LENGTH: Final = 2

RESET_S: Final = 0.010
"""[4] waits as long for the reset."""
CONVERT_S: Final = 0.021
"""[4]: 2.5 µs times 8192; at most 2.2 µs times 8192 are needed."""


class Variant(StrEnum):
    """Which of the two sensors it is: their calibrations are scaled differently."""

    AUTO = "auto"
    BA30 = "30ba"
    BA02 = "02ba"


VARIANTS: Final = {0x1A: Variant.BA30, 0x15: Variant.BA02}
"""[5]: the product code in bits 11..5 of the first PROM word. It also lists 0x00 for early 02BA, which a chip without
any code would have too: that one is not taken for an answer."""
