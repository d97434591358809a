"""The frame of a PMS5003ST: that of a PMS5003 with formaldehyde, temperature and humidity behind the counts.

Sources:
    manual: Plantower "PMS5003ST series data manual", V2.6, 2017-02-01 (by its text at scribd.com/document/394399779:
        what it measures; its table of the frame was not readable there).
    pypms: avaldebe/PyPMS, src/pms/sensors/plantower/pms5003st.py and pms5003s.py (order, sign, scale).
"""

from typing import Final

from drivers.plantower import Layout

LAYOUT: Final = Layout(
    "pms5003st",
    words=17,
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
        "n5_0",
        "n10",
        "formaldehyde",
        "temperature",
        "humidity",
    ),
    signed=frozenset({"temperature"}),
)
"""Data 16 and 17 are no quantities; formaldehyde in thousandths of a milligram, the last two in tenths."""
