"""The HDC1080's registers and settings. Each register has two bytes, high byte first.

Sources, by number:
    [1] Texas Instruments, HDC1080 data sheet, SNAS672A, January 2016.
    [2] Linux, ``drivers/iio/humidity/hdc100x.c``.
    [3] Texas Instruments, SBOA631, August 2025, on the HDC family: table 2-2 (configuration register of the HDC1x).
"""

from typing import Final

CHIP: Final = "hdc1080"
ADDRESS: Final = 0x40
"""The only one (circuitpython-hdc1080 1.0.0, ``hdc1080.py``)."""

TEMPERATURE: Final = 0x00
"""[1] page 14, table 1. Pointing here starts a measurement; humidity follows temperature ([2], dual read)."""
DATA_LENGTH: Final = 4
"""[2] `hdc100x_trigger_handler`."""

CONFIGURATION: Final = 0x02
RESET_WORD: Final = 0x8000
"""[3]: software reset, bit 15, which clears itself."""
MEASURE_BOTH: Final = 0x1000
"""[1] page 14: the value after power-up; [2]: bit 12 measures temperature, then humidity, both of 14 bits."""

MANUFACTURER_ID: Final = 0xFE
TEXAS_INSTRUMENTS: Final = 0x5449
DEVICE_ID: Final = 0xFF
HDC1080: Final = 0x1050
"""[1] page 14, table 1."""

STARTUP_S: Final = 0.02
"""Ours: the start-up time is at least 15 ms (unverified: so says Digilent's manual of a board with this chip)."""
MEASURE_S: Final = 0.03
"""[2]: 6.35 ms for 14 bits of temperature and 6.5 ms for 14 bits of humidity; more than twice as much, since TI's
forum speaks of up to 20 ms and a read that comes too early is not acknowledged."""
