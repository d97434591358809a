"""From one frame of a PMSx003 to values: pure, in integers. The family's decoder with this model's layout."""

from drivers.pmsx003.frames import LAYOUT

ticks = LAYOUT.ticks
values = LAYOUT.values
unavailable = LAYOUT.unavailable
