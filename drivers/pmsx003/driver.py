"""The driver of a PMSx003: the family's driver with this model's layout."""

from drivers.plantower_driver import FRAME_TIMEOUT_S, Options, Plantower
from drivers.pmsx003.frames import LAYOUT

__all__ = ["FRAME_TIMEOUT_S", "Options", "Pmsx003", "framer"]

framer = LAYOUT.framer


class Pmsx003(Plantower):
    """One sensor."""

    layout = LAYOUT
