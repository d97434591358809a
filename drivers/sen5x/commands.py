"""The SEN5x's commands as data.

Source: Sensirion, SEN5x data sheet, version 2, March 2022, pages 17 to 25, table 12; the same in Sensirion's
sensirion-i2c-sen5x 0.1.1, ``sensirion_i2c_sen5x/commands/generated.py``.
"""

from typing import Final

from drivers.sensirion import Command
from drivers.sensirion_fan import Cycle

CHIP: Final = "sen5x"
ADDRESS: Final = 0x69

_DONE_S: Final = 0.02
READ_PRODUCT_NAME: Final = Command(name="read product name", code=0xD014, delay_s=_DONE_S, reply_words=16)
READ_STATUS: Final = Command(name="read device status", code=0xD206, delay_s=_DONE_S, reply_words=2)
CYCLE: Final = Cycle(
    start=Command(name="start measurement", code=0x0021, delay_s=0.05),
    stop=Command(name="stop measurement", code=0x0104, delay_s=0.2),
    ready=Command(name="read data-ready flag", code=0x0202, delay_s=_DONE_S, reply_words=1),
    read=Command(name="read measured values", code=0x03C4, delay_s=_DONE_S, reply_words=8),
)

PRODUCTS: Final = (0x50, 0x54, 0x55)
"""SEN50, SEN54, SEN55: the two digits of the product name (page 24)."""
