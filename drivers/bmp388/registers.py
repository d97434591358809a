"""The registers and settings of the BMP388 and BMP390.

Sources, by number:
    [1] Bosch Sensortec, BMP3_SensorAPI v2.0.1, ``bmp3_defs.h``.
    [2] The same, ``bmp3.c``.
    [3] Adafruit, CircuitPython_BMP3XX 1.3.27, which cites the BMP388 data sheet, page 27, table 22.
    [4] Bosch Sensortec, BMP388 data sheet, BST-BMP388-DS001-07, revision 1.7, November 2020.
"""

from typing import Final

from drivers.bosch_chip import Bits, Patience
from drivers.bosch_driver import Part

CHIP: Final = "bmp388"

ID: Final = 0x00
CHIP_IDS: Final = (0x50, 0x60)
"""[1] `BMP3_CHIP_ID` (BMP388), `BMP390_CHIP_ID`."""

ERROR: Final = 0x02
ERROR_FATAL: Final = 0x01
"""[1] `BMP3_ERR_FATAL`."""
STATUS: Final = 0x03
STATUS_COMMAND_READY: Final = 0x10
STATUS_DATA_READY: Final = 0x60
"""[1] `BMP3_CMD_RDY`; `BMP3_DRDY_PRESS` and `BMP3_DRDY_TEMP` together."""

DATA: Final = 0x04
DATA_LENGTH: Final = 6
"""[2] `parse_sensor_data`: pressure (3), temperature (3), least significant byte first."""
SKIPPED: Final = 0x800000
"""[4] table 24: the data registers after a reset."""

CALIBRATION: Final = 0x31
CALIBRATION_LENGTH: Final = 21
"""[1], [3]."""

COMMAND: Final = 0x7E
RESET_WORD: Final = 0xB6
"""[1] `BMP3_SOFT_RESET`."""

POWER: Final = 0x1B
OVERSAMPLING: Final = 0x1C
_PRESSURE_ON: Final = 0x01
_TEMPERATURE_ON: Final = 0x02
_MODE_FORCED: Final = 0x01
"""[1] `BMP3_PRESS_EN_MSK`, `BMP3_TEMP_EN_MSK`; mode in bits 5..4, `BMP3_OP_MODE_POS`."""
MEASURE_SETTING: Final = _MODE_FORCED << 4 | _TEMPERATURE_ON | _PRESSURE_ON
SLEEP_SETTING: Final = 0x00

_X2: Final = 1
_X16: Final = 4
OVERSAMPLING_SETTING: Final = _X2 << 3 | _X16
"""[1] `BMP3_OVERSAMPLING_16X` for pressure in bits 2..0, `BMP3_OVERSAMPLING_2X` for temperature in bits 5..3."""
MARK: Final = Bits(register=OVERSAMPLING, mask=0xFF, wanted=OVERSAMPLING_SETTING)
"""[4] table 24: after power-up it is 0x02."""

RESTARTED: Final = Bits(register=STATUS, mask=STATUS_COMMAND_READY, wanted=STATUS_COMMAND_READY)
STARTUP: Final = Patience(after_s=0.002, retry_s=0.002)
"""[2] `bmp3_soft_reset` waits 2 ms."""
_MEASURE: Final = Patience(after_s=0.042, retry_s=0.005)
"""[4] table 22: with these settings 37.14 ms, and 41.89 ms at most."""

PART: Final = Part(
    chip=CHIP,
    mark=MARK,
    measured=Bits(register=STATUS, mask=STATUS_DATA_READY, wanted=STATUS_DATA_READY),
    measure=_MEASURE,
    data=DATA,
    data_length=DATA_LENGTH,
    sleep=(POWER, SLEEP_SETTING),
)
