"""How an INA226 is told from other chips, for `lamppost scan`.

The die's id before the maker's, for the reason given in `drivers.hdc1080.identity`.
"""

from typing import Final

from drivers.identity import I2cIdentity, register
from drivers.ina226 import registers

IDENTITY: Final = I2cIdentity(
    steps=(
        register(registers.DIE_ID, registers.DIE, length=2, mask=0xFFFF & ~registers.REVISION),
        register(registers.MANUFACTURER_ID, registers.MANUFACTURER, length=2),
    ),
    by="its identification",
)
