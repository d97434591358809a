"""The SCD30's commands as data.

Sources, by number:
    [1] Sensirion, sensirion-i2c-scd30 1.1.0, ``sensirion_i2c_scd30/commands.py`` and ``device.py``.
    [2] Linux, ``drivers/iio/chemical/scd30_i2c.c`` and ``scd30_core.c``.
    [3] Sensirion, Interface Description SCD30, version 1.0, May 2020, as text at pdf.elecfans.com/p/9568823: page 2.
"""

from typing import Final

from drivers.sensirion import Command
from drivers.sensirion_run import Rhythm

CHIP: Final = "scd30"
ADDRESS: Final = 0x61
"""[2], [3]: the only one."""

_DONE_S: Final = 0.01
"""[1] waits that long between a command and its reply; more than 3 ms are asked for (`get_data_ready`)."""

# Codes and lengths: [1]; the same in [2].
READ_FIRMWARE_VERSION: Final = Command(name="read firmware version", code=0xD100, delay_s=_DONE_S, reply_words=1)
START: Final = Command(name="start continuous measurement", code=0x0010, delay_s=_DONE_S)
STOP: Final = Command(name="stop continuous measurement", code=0x0104, delay_s=_DONE_S)
GET_DATA_READY: Final = Command(name="get data ready", code=0x0202, delay_s=_DONE_S, reply_words=1)
READ_MEASUREMENT: Final = Command(name="read measurement", code=0x0300, delay_s=_DONE_S, reply_words=6)

# One code both reads and, with an argument, writes; what is written outlasts a power cut ([1]).
INTERVAL: Final = Command(name="measurement interval", code=0x4600, delay_s=_DONE_S, reply_words=1)
SELF_CALIBRATION: Final = Command(name="automatic self-calibration", code=0x5306, delay_s=_DONE_S, reply_words=1)
ALTITUDE: Final = Command(name="altitude compensation", code=0x5102, delay_s=_DONE_S, reply_words=1)

NO_PRESSURE: Final = 0
"""[1] `start_periodic_measurement`: turns the pressure compensation off, and the altitude counts."""
AMBIENT_PRESSURE_HPA: Final = (700, 1400)
"""[2]: SCD30_PRESSURE_COMP_MIN_MBAR and SCD30_PRESSURE_COMP_MAX_MBAR."""
ALTITUDE_M: Final = (0, 5000)
"""Ours; the maker names no range."""

PERIOD_S: Final = 2
"""[1]: the initial value, and the shortest ([2]: SCD30_MEAS_INTERVAL_MIN_S)."""
RHYTHM: Final = Rhythm(period_s=PERIOD_S, ready=GET_DATA_READY, look_every_s=0.25, looks=13, stop=STOP)
"""Ours: 3 s of looking, a period and a half; a chip with nothing new by then is not measuring."""
