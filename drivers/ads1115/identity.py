"""How an ADS1115 is told from other chips, for `lamppost scan`.

It has no id. Its thresholds after power-up stand for one, as in its driver; an ADS1015 has the same.
"""

from typing import Final

from drivers.ads1115 import registers
from drivers.identity import Certainty, I2cIdentity, register

IDENTITY: Final = I2cIdentity(
    steps=tuple(register(number, content, length=2) for number, content in registers.THRESHOLDS.items()),
    by="its thresholds",
    certainty=Certainty.LIKELY,
)
