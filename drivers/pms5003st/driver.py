"""The driver of a PMS5003ST: the family's driver with this model's layout."""

from drivers.plantower_driver import FRAME_TIMEOUT_S, Options, Plantower
from drivers.pms5003st.frames import LAYOUT

__all__ = ["FRAME_TIMEOUT_S", "Options", "Pms5003st"]


class Pms5003st(Plantower):
    """One sensor."""

    layout = LAYOUT
