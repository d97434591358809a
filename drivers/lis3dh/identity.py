"""How a LIS3DH is told from other chips, for `lamppost scan`."""

from typing import Final

from drivers.identity import I2cIdentity, register
from drivers.lis3dh import registers

IDENTITY: Final = I2cIdentity(steps=(register(registers.WHO_AM_I, registers.CHIP_ID),), by="its identification")
