"""The TMP117's registers and settings. Each register has two bytes, high byte first.

Sources, by number:
    [1] Texas Instruments, TMP117 data sheet, SNOSD82D, September 2022.
    [2] Adafruit, Adafruit_CircuitPython_TMP117 2.0.0, ``adafruit_tmp117.py``.
"""

from typing import Final

CHIP: Final = "tmp117"

TEMPERATURE: Final = 0x00
"""[1] register map: two's complement of 7.8125 thousandths of a degree."""
NOT_MEASURED: Final = 0x8000
"""[1] register map: what it reads, -256 degrees, from a reset until the first conversion."""

CONFIGURATION: Final = 0x01
SOFT_RESET: Final = 0x0002
"""[2] bit 1."""
MODE_ONE_SHOT: Final = 0b11 << 10
MODE_SHUTDOWN: Final = 0b01 << 10
AVERAGE_8: Final = 0b01 << 5
"""[2] modes in bits 11 and 10, averaging in bits 6 and 5."""
DATA_READY: Final = 0x2000
"""[1] register map, bit 13."""
MEASURE: Final = MODE_ONE_SHOT | AVERAGE_8
SLEEP: Final = MODE_SHUTDOWN | AVERAGE_8

DEVICE_ID: Final = 0x0F
TMP117: Final = 0x117
DEVICE_ID_MASK: Final = 0x0FFF
"""[1] register map; [2]: the four bits above are a revision, by which the TMP119 differs."""

RESET_S: Final = 0.003
"""[2]: 2 ms; half as much again for safety."""
MEASURE_S: Final = 0.14
"""[2]: one conversion takes 15.5 ms, 17.5 ms at most; eight of them are averaged."""
MEASURE_RETRY_S: Final = 0.01
LOOKS: Final = 10
"""Ours: a chip that takes half as long again has hung."""
