"""How a BMP280 is told from other chips, for `lamppost scan`."""

from typing import Final

from drivers.bmp280 import registers
from drivers.identity import I2cIdentity, register

IDENTITY: Final = I2cIdentity(steps=(register(registers.ID, *registers.CHIP_IDS),), by="its identification")
