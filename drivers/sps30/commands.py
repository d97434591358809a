"""The SPS30's I2C commands as data.

Source: Sensirion, SPS30 data sheet, version 2.0, June 2023, sections 6.1 to 6.3, table 8; the same in Sensirion's
sensirion-i2c-sps30 1.0.0, ``sensirion_i2c_sps30/commands.py``.
"""

from typing import Final

from drivers.sensirion import Command
from drivers.sensirion_fan import Cycle

CHIP: Final = "sps30"
ADDRESS: Final = 0x69

READ_PRODUCT_TYPE: Final = Command(name="read product type", code=0xD002, reply_words=4)
READ_VERSION: Final = Command(name="read version", code=0xD100, reply_words=1)
READ_STATUS: Final = Command(name="read device status register", code=0xD206, reply_words=2)
WAKE_UP: Final = Command(name="wake-up", code=0x1103, delay_s=0.005)
"""Sent twice: the first one only wakes the interface, and is not acknowledged (section 6.3.6)."""
STATUS_SINCE: Final = 0x0202
"""Firmware 2.2: older ones have no device status register (table 8)."""

FLOATS: Final = 0x0300
"""Output format: IEEE 754 singles, which every firmware knows; then a byte of zero (section 6.3.1)."""
CYCLE: Final = Cycle(
    start=Command(name="start measurement", code=0x0010, delay_s=0.02),
    arguments=(FLOATS,),
    stop=Command(name="stop measurement", code=0x0104, delay_s=0.02),
    ready=Command(name="read data-ready flag", code=0x0202, reply_words=1),
    read=Command(name="read measured values", code=0x0300, reply_words=20),
)
