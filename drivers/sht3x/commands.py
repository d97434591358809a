"""The SHT3x's commands as data.

Sources, by number:
    [1] Sensirion, SHT3x-DIS data sheet, version 6, February 2019.
    [2] Sensirion, sensirion-i2c-sht 0.4.0, ``sensirion_i2c_sht/sht3x/commands.py``.
"""

from typing import Final

from drivers.sensirion import Command
from drivers.sht import Repeatability

CHIP: Final = "sht3x"
ADDRESSES: Final = (0x44, 0x45)
"""[1] page 9, table 8: pin ADDR low, high."""

BREAK: Final = Command(name="break", code=0x3093)
"""[1] page 12, table 13: ends a periodic mode that somebody left on; takes 1 ms (page 11)."""
SOFT_RESET: Final = Command(name="soft reset", code=0x30A2, delay_s=0.002)
"""[1] page 12, table 14; 1.5 ms at most (page 7, table 4). Turns the heater off (page 12)."""
READ_SERIAL: Final = Command(name="read serial number", code=0x3780, reply_words=2)
"""[2]; the data sheet does not list it. After any command the chip needs 1 ms ([1] page 9)."""
MEASURE: Final = {
    kind: Command(name=f"measure, {kind} repeatability", code=code, reply_words=2, delay_s=delay_s)
    for kind, code, delay_s in (
        (Repeatability.HIGH, 0x2400, 0.016),
        (Repeatability.MEDIUM, 0x240B, 0.007),
        (Repeatability.LOW, 0x2416, 0.005),
    )
}
"""[1] page 10, table 9: single shot without clock stretching; 15.5, 6.5 and 4.5 ms at most (page 7, table 5)."""
