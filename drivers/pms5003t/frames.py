"""The frame of a PMS5003T: as long as that of a PMS5003, with temperature and humidity for the two largest counts.

Source: avaldebe/PyPMS, src/pms/sensors/plantower/pms5003t.py (order, sign, scale) and its capture.
"""

from typing import Final

from drivers.plantower import Layout

LAYOUT: Final = Layout(
    "pms5003t",
    words=13,
    channels=(
        "pm1_0_cf1",
        "pm2_5_cf1",
        "pm10_cf1",
        "pm1_0",
        "pm2_5",
        "pm10",
        "n0_3",
        "n0_5",
        "n1_0",
        "n2_5",
        "temperature",
        "humidity",
    ),
    signed=frozenset({"temperature"}),
)
"""Data 13 is version and error code; in tenths: temperature in degrees, humidity in per cent."""
