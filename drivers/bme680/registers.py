"""The registers and settings of the BME680 and BME688.

Sources, by number:
    [1] Bosch Sensortec, BME680 data sheet, BST-BME680-DS001-00, revision 1.0, July 2017.
    [2] Bosch Sensortec, BME68x_SensorAPI, ``bme68x.c``.
    [3] Pimoroni, bme680 2.0.0, ``constants.py``, which repeats Bosch's ``bme68x_defs.h``.
    [4] Pimoroni, bme680-python, ``examples/indoor-air-quality.py``.
"""

from typing import Final

from drivers.bosch_chip import Bits, Patience
from drivers.bosch_driver import Part

CHIP: Final = "bme680"

ID: Final = 0xD0
CHIP_ID: Final = 0x61
"""[3] `CHIP_ID`: both chips."""
BME280_ID: Final = 0x60
BMP280_IDS: Final = (0x56, 0x57, 0x58)
"""BST-BME280-DS002-15, pages 26 and 27."""
VARIANT: Final = 0xF0
VARIANT_GAS_HIGH: Final = 0x01
"""[3] `CHIP_VARIANT_ADDR`, `VARIANT_HIGH`: the BME688."""

RESET: Final = 0xE0
RESET_WORD: Final = 0xB6
RESET_S: Final = 0.010
"""[3] `SOFT_RESET_CMD`, `RESET_PERIOD`."""

HEATER_WORDS: Final = 0x00
HEATER_WORDS_LENGTH: Final = 5
"""[1] page 19, table 11, and [3]: res_heat_val, -, res_heat_range in bits 5..4, -, range_sw_err in bits 7..4."""
CALIBRATION_LOW: Final = 0x8A
CALIBRATION_LOW_LENGTH: Final = 23
CALIBRATION_HIGH: Final = 0xE1
CALIBRATION_HIGH_LENGTH: Final = 14
"""[3] `COEFF_ADDR1`, `COEFF_ADDR2` and the indices below them; table 11 of [1] for those of the heater."""

DATA: Final = 0x1D
DATA_LENGTH: Final = 17
"""[1] page 32 and [3] `FIELD0_ADDR`, `FIELD_LENGTH`: status, index, pressure (3), temperature (3), humidity (2); gas
(2) at 0x2A of the BME680, at 0x2C of the BME688."""
NEW_DATA: Final = Bits(register=DATA, mask=0xE0, wanted=0x80)
"""[1] page 33: new_data_0 in bit 7, gas_measuring in bit 6, measuring in bit 5."""
GAS_LOW_AT: Final = 13
GAS_HIGH_AT: Final = 15
GAS_VALID: Final = 0x20
HEATER_STABLE: Final = 0x10
GAS_RANGE: Final = 0x0F
"""[2] `read_field_data`, [3] `GASM_VALID_MSK`, `HEAT_STAB_MSK`, `GAS_RANGE_MSK`."""
SKIPPED_16_BIT: Final = 0x8000
"""[1] page 25: what the humidity registers hold after a reset, as in the BME280; humidity was not measured."""

HEATER_RESISTANCE: Final = 0x5A
GAS_WAIT: Final = 0x64
CTRL_GAS_0: Final = 0x70
CTRL_GAS_1: Final = 0x71
CTRL_HUM: Final = 0x72
CTRL_MEAS: Final = 0x74
CONFIG: Final = 0x75
"""[3] `RES_HEAT0_ADDR`, `GAS_WAIT0_ADDR`, `CONF_HEAT_CTRL_ADDR` and those that follow it."""
HEATER_ON: Final = 0x00
HEATER_OFF: Final = 0x08
RUN_GAS_LOW: Final = 0x10
RUN_GAS_HIGH: Final = 0x20
RUN_GAS_NOT: Final = 0x00
"""[3] `HCTRL_MSK`; `ENABLE_GAS_MEAS_LOW`, `ENABLE_GAS_MEAS_HIGH`, in bits 5..4; profile 0."""
NO_FILTER: Final = 0x00

_X2: Final = 2
_X16: Final = 5
_MODE_FORCED: Final = 1
HUMIDITY_SETTING: Final = _X2
MEASURE_SETTING: Final = _X2 << 5 | _X16 << 2 | _MODE_FORCED
"""[3] `OS_2X`, `OS_16X`: temperature and humidity 2 times, pressure 16 times."""
SLEEP_SETTING: Final = 0
MARK: Final = Bits(register=CTRL_MEAS, mask=0xFC, wanted=MEASURE_SETTING & 0xFC)
"""The oversampling stays when the mode goes back to sleep; after a reset it is zero
([1] page 25)."""

AIR_S: Final = 0.045
"""[2] `bme68x_get_meas_dur`: 20 samples of 1.963 ms, 9 steps of 0.477 ms and 1 ms to wake up: 44.6 ms.
The heater's time is added."""
LOOK_S: Final = 0.010
LOOKS: Final = 10
"""[3] `POLL_PERIOD_MS`; Pimoroni's driver looks as often."""

HEATER_C: Final = (200, 400)
"""[2] `calc_res_heat` caps at 400; 200 as in [3]."""
HEATER_MS: Final = (1, 4032)
"""[1] page 19."""
DEFAULT_HEATER_C: Final = 320
DEFAULT_HEATER_MS: Final = 150
"""[4]."""
FIRST_AMBIENT_C: Final = 25
"""[2] `amb_temp` of its self-test: taken until the first temperature is known."""
BURN_IN_S: Final = 300.0
"""[4] `burn_in_time`: the resistance drifts until then."""


def part(heater_ms: int) -> Part:
    """Return the chip's numbers for a measurement whose heater is on for so long; 0 is not at all."""
    return Part(
        chip=CHIP,
        mark=MARK,
        measured=NEW_DATA,
        measure=Patience(after_s=AIR_S + heater_ms / 1000, retry_s=LOOK_S, looks=LOOKS),
        data=DATA,
        data_length=DATA_LENGTH,
        sleep=(CTRL_MEAS, SLEEP_SETTING),
    )
