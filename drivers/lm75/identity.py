"""How an LM75 is told from other chips, for `lamppost scan`.

It has no id. Bits of its configuration are always zeros, and its thresholds are 80 and 75 degrees unless somebody has
set them. Registers of two bytes are read whole: see the driver.
"""

from typing import Final

from drivers.identity import Certainty, I2cIdentity, register
from drivers.lm75 import registers

_USUAL = 80 << 8
"""80 degrees, with the undefined bits below the ninth left out (SNIS153B, page 11)."""

IDENTITY: Final = I2cIdentity(
    steps=(
        register(registers.CONFIGURATION, 0, mask=registers.RESERVED),
        register(registers.THRESHOLD, _USUAL, length=2, mask=0xFF80),
    ),
    by="its threshold",
    certainty=Certainty.LIKELY,
)
