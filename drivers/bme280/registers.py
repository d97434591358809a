"""The BME280's registers and settings.

Sources, by number:
    [1] Bosch Sensortec, BME280 data sheet, BST-BME280-DS002-15, revision 1.6, September 2018.
    [2] Bosch Sensortec, BMP280 data sheet, BST-BMP280-DS001-23, revision 1.23: the BME280 is register compatible with
        it ([1] page 26).
    [3] Bosch Sensortec, BME280_SensorAPI v3.5.0, ``bme280_defs.h`` and ``bme280.c``.
    [4] Linux, ``drivers/iio/pressure/bmp280-core.c``.
"""

from typing import Final

from drivers.bosch_chip import Bits, Patience
from drivers.bosch_driver import Part

CHIP: Final = "bme280"

ID: Final = 0xD0
"""[1] page 27, section 5.4.1."""
CHIP_ID: Final = 0x60
"""[1] page 27: the BME280."""
BMP280_IDS: Final = (0x56, 0x57, 0x58)
"""[1] page 26, table 17: the BMP280, samples and mass production. It has no humidity sensor."""

RESET: Final = 0xE0
RESET_WORD: Final = 0xB6
"""[1] page 27, section 5.4.2: the complete power-on-reset procedure."""

CTRL_HUM: Final = 0xF2
"""[1] page 27, section 5.4.3: effective only after a write to `CTRL_MEAS`."""
STATUS: Final = 0xF3
STATUS_MEASURING: Final = 0x08
"""[2] page 25, section 4.3.3, bit 3: a conversion is running."""
STATUS_IM_UPDATE: Final = 0x01
"""[2] page 25, section 4.3.3, bit 0: the calibration is being copied from non-volatile memory."""
CTRL_MEAS: Final = 0xF4
"""[2] page 25, section 4.3.4: osrs_t in bits 7..5, osrs_p in bits 4..2, mode in bits 1..0."""

CALIBRATION_LOW: Final = 0x88
CALIBRATION_LOW_LENGTH: Final = 26
"""[1] page 27, table 18: calib00..calib25; 0xA0 is reserved, 0xA1 is dig_H1. Length as in [3]."""
CALIBRATION_HIGH: Final = 0xE1
CALIBRATION_HIGH_LENGTH: Final = 7
"""[1] page 27, table 18: calib26.. up to dig_H6 at 0xE7. Length as in [3]."""

DATA: Final = 0xF7
DATA_LENGTH: Final = 8
"""[1] page 27, table 18: pressure (3), temperature (3), humidity (2), 0xF7..0xFE in one burst."""

SKIPPED_16_BIT: Final = 0x8000
"""[1] page 27, reset state 0x80 0x00; used as "skipped" in [4]: humidity was not measured."""

OVERSAMPLING_X2: Final = 2
OVERSAMPLING_X16: Final = 5
"""[2] page 25, table 21."""
MODE_SLEEP: Final = 0
MODE_FORCED: Final = 1
"""[1] page 16, section 3.3.3: one measurement, then sleep."""

HUMIDITY_SETTING: Final = OVERSAMPLING_X16
MEASURE_SETTING: Final = OVERSAMPLING_X2 << 5 | OVERSAMPLING_X16 << 2 | MODE_FORCED
"""Pressure 16 times (20 bit, 0.16 Pa) with temperature 2 times, as [2] page 12, table 4 recommends and [4] sets."""
SLEEP_SETTING: Final = MODE_SLEEP
MARK: Final = Bits(register=CTRL_MEAS, mask=0xFC, wanted=MEASURE_SETTING & 0xFC)
"""The oversampling can be read back while it sleeps ([3] `put_device_to_sleep`); after a reset it is zero."""

RESTARTED: Final = Bits(register=STATUS, mask=STATUS_IM_UPDATE)
STARTUP: Final = Patience(after_s=0.002, retry_s=0.002)
"""[3] `bme280_soft_reset` and [4] wait 2 ms, [3] up to five times."""
_MEASURE: Final = Patience(after_s=0.081, retry_s=0.005)
"""[3] `bme280_cal_meas_delay`, longest: 1.25 + 2.3 * 2 + (2.3 * 16 + 0.575) + (2.3 * 16 + 0.575) = 80.6 ms. A chip
still measuring after as many looks as a reset is given has hung."""

PART: Final = Part(
    chip=CHIP,
    mark=MARK,
    measured=Bits(register=STATUS, mask=STATUS_MEASURING),
    measure=_MEASURE,
    data=DATA,
    data_length=DATA_LENGTH,
    sleep=(CTRL_MEAS, SLEEP_SETTING),
)
