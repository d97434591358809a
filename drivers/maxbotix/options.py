"""What a technician says of a MaxBotix sensor: which kind it is, and how high it hangs."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Unit(StrEnum):
    """What a model counts in."""

    MM = "mm"
    CM = "cm"

    @property
    def millimetres(self) -> int:
        """How many millimetres one is."""
        return 1 if self is Unit.MM else 10

    @property
    def digits(self) -> int:
        """How many digits a number has: all models that count in it write as many, with zeros before."""
        return 4 if self is Unit.MM else 3


_NOTHING_AT: Final = {Unit.MM: 5000, Unit.CM: 765}
_HIGHEST_MM: Final = 20_000
_MOST: Final = 9999


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `[sensor.NAME.options]` may say.

    Attributes:
        unit: "mm" or "cm": what the model counts in.
        no_target: what the model sends when nothing reflects; 0 means 5000 for "mm" and 765 for "cm". A 10 m model
            that counts in millimetres sends 9999.
        height_mm: height of the sensor's face above the zero of the gauge, for the level; 0 for none.
    """

    unit: Unit = Unit.MM
    no_target: int = 0
    height_mm: int = 0

    def __post_init__(self) -> None:
        """Refuse what no sensor sends, and no pole has."""
        if not 0 <= self.no_target <= _MOST:
            raise ValueError(f"no_target: expected 0 to {_MOST}, found {self.no_target}")
        if not 0 <= self.height_mm <= _HIGHEST_MM:
            raise ValueError(f"height_mm: expected 0 to {_HIGHEST_MM} mm, found {self.height_mm}")

    @property
    def nothing_at(self) -> int:
        """The number from which on nothing reflects."""
        return self.no_target or _NOTHING_AT[self.unit]
