"""The DS3231's registers.

Sources, by number:
    [1] Maxim, DS3231 data sheet, 19-5170, page 11, figure 1 (timekeeping registers), as printed for the DS3231S.
    [2] Maxim, DS3231 data sheet, page 13 (control register, conversion of the temperature).
    [3] Maxim, DS3232 data sheet, page 14 (control/status register: when the oscillator stop flag is set; by [1] the
        DS3231 has the same flag at the same place).
"""

from typing import Final

CHIP: Final = "ds3231"
ADDRESS: Final = 0x68

FIRST: Final = 0x00
LENGTH: Final = 0x13
"""[1]: 0x00 to 0x12; read in one burst, because a START copies the time to where it is read from."""

SECONDS: Final = 0x00
MINUTES: Final = 0x01
HOURS: Final = 0x02
DATE: Final = 0x04
MONTH: Final = 0x05
YEAR: Final = 0x06
STATUS: Final = 0x0F
TEMPERATURE: Final = 0x11

TWELVE_HOURS: Final = 0x40
AFTERNOON: Final = 0x20
CENTURY: Final = 0x80
"""[1] page 11: toggles when the year goes from 99 to 00."""
OSCILLATOR_STOPPED: Final = 0x80
"""[3]: the oscillator is or was stopped, so the time may be anything."""

ALWAYS_ZERO: Final = {
    0x00: 0x80,
    0x01: 0x80,
    0x02: 0x80,
    0x03: 0xF8,
    0x04: 0xC0,
    0x05: 0x60,
    0x0F: 0x70,
    0x12: 0x3F,
}
"""[1]: bits that are printed as 0. The chip has no id; these stand for it."""
FIRST_YEAR: Final = 2000
"""What the century bit 0 means is a convention; Adafruit's driver agrees on dates from 2026 to 2031."""
