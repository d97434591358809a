"""The SCD4x's commands as data.

Sources, by number:
    [1] Sensirion, SCD4x data sheet, version 1.3, September 2022.
    [2] Sensirion, embedded-i2c-scd4x, ``scd4x_i2c.h`` and ``scd4x_i2c.c`` (2025, model version 2.0).
    [3] Linux, ``drivers/iio/chemical/scd4x.c``.
    [4] Sensirion, SCD4x data sheet, version 1.5, July 2023.
"""

from typing import Final

from drivers.sensirion import Command
from drivers.sensirion_run import Rhythm

CHIP: Final = "scd4x"
ADDRESS: Final = 0x62
"""[4] page 7, table 8: the only one."""

# Codes, times and reply lengths: [1] and [4] page 8, table 9; the same in [2].
STOP_PERIODIC_MEASUREMENT: Final = Command(name="stop_periodic_measurement", code=0x3F86, delay_s=0.5)
GET_SERIAL_NUMBER: Final = Command(name="get_serial_number", code=0x3682, reply_words=3)
SET_SENSOR_ALTITUDE: Final = Command(name="set_sensor_altitude", code=0x2427)
SET_AMBIENT_PRESSURE: Final = Command(name="set_ambient_pressure", code=0xE000)
SET_AUTOMATIC_SELF_CALIBRATION: Final = Command(name="set_automatic_self_calibration_enabled", code=0x2416)
START_PERIODIC_MEASUREMENT: Final = Command(name="start_periodic_measurement", code=0x21B1, delay_s=0.0)
GET_DATA_READY_STATUS: Final = Command(name="get_data_ready_status", code=0xE4B8, reply_words=1)
READ_MEASUREMENT: Final = Command(name="read_measurement", code=0xEC05, reply_words=3)

ALTITUDE_M: Final = (0, 3000)
"""[4] page 11: valid input; the same in [2]."""
AMBIENT_PRESSURE_HPA: Final = (700, 1200)
"""[4] page 12: 70000 to 120000 Pa, sent in hPa; the same in [2]."""

PERIOD_S: Final = 5.0
"""[4] page 9: the signal update interval."""
RHYTHM: Final = Rhythm(
    period_s=PERIOD_S,
    ready=GET_DATA_READY_STATUS,
    mask=0x07FF,
    look_every_s=0.5,
    looks=13,
    stop=STOP_PERIODIC_MEASUREMENT,
)
"""The mask by [4] page 15: data is ready when one or more of the 11 lowest bits are set. The looks are ours: 6 s,
a period and a fifth; a chip with nothing new by then is not measuring."""
