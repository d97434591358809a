"""The commands of the Si7021, and how long they take.

Sources: adafruit-circuitpython-si7021 4.1.19 (commands, the id and where it stands, that a chip that measures
acknowledges no read, 15 ms after a reset); Linux drivers/iio/humidity/si7020.c, commit 064a7463 (reset, 15 ms). The
times of a measurement are those of the Si7021-A20 data sheet, unverified.
"""

from typing import Final

CHIP: Final = "si7021"
ADDRESS: Final = 0x40

RESET: Final = b"\xfe"
MEASURE_HUMIDITY: Final = b"\xf5"
MEASURE_TEMPERATURE: Final = b"\xf3"
READ_ID: Final = b"\xfc\xc9"
ID_LENGTH: Final = 1
"""The second half of the serial number begins with what the chip is."""
CHIP_ID: Final = 0x15
OTHER_IDS: Final = {0x0D: "a Si7013", 0x14: "a Si7020"}

STARTUP_S: Final = 0.015
MEASURE_S: Final = 0.025
RETRY_S: Final = 0.01
RETRIES: Final = 5
WORD_LENGTH: Final = 3
"""Two bytes, high byte first, and their checksum."""
