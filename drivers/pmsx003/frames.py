"""The frame of a PMSx003: thirteen words, of which twelve are quantities.

Sources: as in `drivers.plantower`; the order of the words from the manual's appendix I and avaldebe/PyPMS `ObsData`.
"""

from typing import Final

from drivers.plantower import ACTIVE_MODE, SLEEP, WAKE, Layout

__all__ = ["ACTIVE_MODE", "LAYOUT", "SLEEP", "WAKE"]

LAYOUT: Final = Layout(
    "pmsx003",
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
        "n5_0",
        "n10",
    ),
)
"""Data 13 is reserved: version, and an error code on newer models."""
