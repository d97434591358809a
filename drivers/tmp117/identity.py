"""How a TMP117 is told from other chips, for `lamppost scan`."""

from typing import Final

from drivers.identity import I2cIdentity, register
from drivers.tmp117 import registers

IDENTITY: Final = I2cIdentity(
    steps=(register(registers.DEVICE_ID, registers.TMP117, length=2, mask=registers.DEVICE_ID_MASK),),
    by="its identification",
)
