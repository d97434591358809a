"""What a technician may set of Sensirion's carbon dioxide sensors (SCD30, SCD4x).

In: values of options. Out: the same, checked. Never: input, output, one model's ranges.
"""

from dataclasses import dataclass
from typing import ClassVar

from drivers.sensirion import check_range


@dataclass(frozen=True, slots=True, kw_only=True)
class Co2Options:
    """What a technician may set; a model's own class of options has the ranges.

    Attributes:
        altitudes_m: lowest and highest altitude that the model takes.
        pressures_hpa: lowest and highest air pressure that it takes.
        altitude_m: height of the unit above sea level, by which the sensor corrects for air pressure.
        ambient_pressure_hpa: usual air pressure at the unit; takes the place of `altitude_m`.
        automatic_self_calibration: let the sensor take the lowest concentrations for fresh air. Right for open air;
            to be false where the air is never fresh, as in a tunnel.
    """

    altitudes_m: ClassVar[tuple[int, int]]
    pressures_hpa: ClassVar[tuple[int, int]]

    altitude_m: int = 0
    ambient_pressure_hpa: int | None = None
    automatic_self_calibration: bool = True

    def __post_init__(self) -> None:
        """Check the ranges, and that the sensor is to correct by one of the two.

        Raises:
            ValueError: a value that the sensor does not take, or two that contradict each other; in words for who
                wrote the options.
        """
        check_range("altitude_m", self.altitude_m, self.altitudes_m, "metres above sea level")
        if self.ambient_pressure_hpa is None:
            return
        check_range("ambient_pressure_hpa", self.ambient_pressure_hpa, self.pressures_hpa, "hPa")
        if self.altitude_m:
            raise ValueError("give altitude_m or ambient_pressure_hpa, not both: the sensor uses only one of them")
