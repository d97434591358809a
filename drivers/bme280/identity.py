"""How a BME280 is told from other chips, for `lamppost scan`."""

from typing import Final

from drivers.bme280 import registers
from drivers.identity import I2cIdentity, register

IDENTITY: Final = I2cIdentity(steps=(register(registers.ID, registers.CHIP_ID),), by="its identification")
