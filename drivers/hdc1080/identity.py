"""How an HDC1080 is told from other chips, for `lamppost scan`.

The device's id before the maker's: its number, 0xFF, means nothing to an HTU21D, which has the same address and takes
0xFE for a reset (ESP-IDF examples, ``HTU21_SOFT_RESET``).
"""

from typing import Final

from drivers.hdc1080 import registers
from drivers.identity import I2cIdentity, register

IDENTITY: Final = I2cIdentity(
    steps=(
        register(registers.DEVICE_ID, registers.HDC1080, length=2),
        register(registers.MANUFACTURER_ID, registers.TEXAS_INSTRUMENTS, length=2),
    ),
    by="its identification",
)
