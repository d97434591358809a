"""How a BMP388 or BMP390 is told from other chips, for `lamppost scan`."""

from typing import Final

from drivers.bmp388 import registers
from drivers.identity import I2cIdentity, register

IDENTITY: Final = I2cIdentity(steps=(register(registers.ID, *registers.CHIP_IDS),), by="its identification")
