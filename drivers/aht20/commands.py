"""The AHT20's commands, status bits and times.

Sources, by number:
    [1] Aosong, DHT20 data sheet, version 1.0, May 2021: an AHT20 in a case, with the same commands.
    [2] Adafruit, Adafruit_CircuitPython_AHTx0 1.0.30, ``adafruit_ahtx0.py``.
    [3] Linux, ``drivers/hwmon/aht10.c``.
"""

from typing import Final

CHIP: Final = "aht20"
ADDRESS: Final = 0x38
"""[1] page 10. The 0x71 of its reading process is this address with the read bit, no command."""

SOFT_RESET: Final = b"\xba"
"""[2]; a chip that hung in a measurement is idle afterwards."""
INITIALISE: Final = b"\xbe\x08\x00"
"""[2]: loads the calibration; 0xE1, as for the AHT10, is not acknowledged by newer chips."""
MEASURE: Final = b"\xac\x33\x00"
"""[1] page 10, section 7.4."""

BUSY: Final = 0x80
CALIBRATED: Final = 0x08
"""[1] page 10, table 9."""

REPLY_LENGTH: Final = 7
"""[1] page 10: status, 20 bits of humidity, 20 bits of temperature, checksum."""

RESET_S: Final = 0.02
"""[2]."""
INITIALISE_S: Final = 0.01
"""[1] page 10: wait 10 ms before the first measurement."""
MEASURE_S: Final = 0.08
"""[1] page 10, [3]."""
MEASURE_RETRY_S: Final = 0.01
LOOKS: Final = 10
"""Ours: a chip that measures for twice its time has hung."""
