"""The driver of a PMS5003T: the family's driver with this model's layout."""

from drivers.plantower_driver import FRAME_TIMEOUT_S, Options, Plantower
from drivers.pms5003t.frames import LAYOUT

__all__ = ["FRAME_TIMEOUT_S", "Options", "Pms5003t"]


class Pms5003t(Plantower):
    """One sensor."""

    layout = LAYOUT
