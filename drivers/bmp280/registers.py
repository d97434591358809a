"""The BMP280's registers and settings.

Sources, by number:
    [1] Bosch Sensortec, BMP280 data sheet, BST-BMP280-DS001-23, revision 1.23.
    [2] Bosch Sensortec, BME280 data sheet, BST-BME280-DS002-15, revision 1.6: the BME280 is register compatible.
    [3] Bosch Sensortec, BME280_SensorAPI v3.5.0, ``bme280.c``.
    [4] Linux, ``drivers/iio/pressure/bmp280-core.c``.
"""

from typing import Final

from drivers.bosch_chip import Bits, Patience
from drivers.bosch_driver import Part

CHIP: Final = "bmp280"

ID: Final = 0xD0
CHIP_IDS: Final = (0x56, 0x57, 0x58)
"""[2] page 26, table 17: samples, samples, mass production."""
BME280_ID: Final = 0x60
"""[2] page 27."""
BME68X_ID: Final = 0x61
"""Bosch Sensortec, BME68x_SensorAPI, ``bme68x_defs.h``, as quoted in Pimoroni's bme680."""

RESET: Final = 0xE0
RESET_WORD: Final = 0xB6
"""[2] page 27, section 5.4.2."""
STATUS: Final = 0xF3
STATUS_MEASURING: Final = 0x08
STATUS_IM_UPDATE: Final = 0x01
"""[1] page 25, section 4.3.3."""
CTRL_MEAS: Final = 0xF4
"""[1] page 25, section 4.3.4: osrs_t in bits 7..5, osrs_p in bits 4..2, mode in bits 1..0."""

CALIBRATION: Final = 0x88
CALIBRATION_LENGTH: Final = 24
"""[1] page 21, table 17: dig_T1 to dig_P9."""
DATA: Final = 0xF7
DATA_LENGTH: Final = 6
"""[4]: pressure (3), temperature (3)."""

_OVERSAMPLING_X2: Final = 2
_OVERSAMPLING_X16: Final = 5
_MODE_FORCED: Final = 1
MEASURE_SETTING: Final = _OVERSAMPLING_X2 << 5 | _OVERSAMPLING_X16 << 2 | _MODE_FORCED
"""[1] page 12, table 4, "ultra high resolution": pressure 16 times (20 bit, 0.16 Pa), temperature 2 times."""
SLEEP_SETTING: Final = 0
MARK: Final = Bits(register=CTRL_MEAS, mask=0xFC, wanted=MEASURE_SETTING & 0xFC)
"""The oversampling can be read back while it sleeps ([3] `put_device_to_sleep`); after a reset it is zero."""

RESTARTED: Final = Bits(register=STATUS, mask=STATUS_IM_UPDATE)
STARTUP: Final = Patience(after_s=0.002, retry_s=0.002)
"""[3] `bme280_soft_reset` waits 2 ms, up to five times."""
_MEASURE: Final = Patience(after_s=0.044, retry_s=0.005)
"""[3] `bme280_cal_meas_delay`, longest, without humidity: 1.25 + 2.3 * 2 + (2.3 * 16 + 0.575) = 43.2 ms."""

PART: Final = Part(
    chip=CHIP,
    mark=MARK,
    measured=Bits(register=STATUS, mask=STATUS_MEASURING),
    measure=_MEASURE,
    data=DATA,
    data_length=DATA_LENGTH,
    sleep=(CTRL_MEAS, SLEEP_SETTING),
)
