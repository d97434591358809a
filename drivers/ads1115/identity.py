"""How an ADS1115 is told from other chips, for `lamppost scan`.

It has no id. Its thresholds after power-up stand for one, as in its driver; an ADS1015 has the same.
"""

from typing import Final

from drivers.ads1115 import registers
from drivers.identity import Certainty, I2cIdentity, register

_LOW, _HIGH = registers.THRESHOLDS

IDENTITY: Final = I2cIdentity(
    steps=(register(registers.LOW_THRESHOLD, _LOW, length=2), register(registers.HIGH_THRESHOLD, _HIGH, length=2)),
    by="its thresholds",
    certainty=Certainty.LIKELY,
)
