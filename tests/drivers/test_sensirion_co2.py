"""Options of carbon dioxide sensors: what corrects for air pressure, and within which ranges."""

from dataclasses import dataclass

import pytest

from drivers.sensirion_co2 import Co2Options


@dataclass(frozen=True, slots=True, kw_only=True)
class _Options(Co2Options):
    altitudes_m = (0, 3000)
    pressures_hpa = (700, 1200)


@pytest.mark.parametrize("altitude_m", [0, 3000])
def test_options_with_an_altitude_within_the_models_range_are_taken(altitude_m: int) -> None:
    assert _Options(altitude_m=altitude_m).altitude_m == altitude_m


@pytest.mark.parametrize("pressure_hpa", [700, 1200])
def test_options_with_a_pressure_within_the_models_range_are_taken(pressure_hpa: int) -> None:
    assert _Options(ambient_pressure_hpa=pressure_hpa).ambient_pressure_hpa == pressure_hpa


@pytest.mark.parametrize("altitude_m", [-1, 3001])
def test_options_with_an_altitude_outside_are_refused_and_the_range_is_told(altitude_m: int) -> None:
    with pytest.raises(ValueError, match=f"altitude_m must be 0 to 3000 metres above sea level, found {altitude_m}"):
        _Options(altitude_m=altitude_m)


@pytest.mark.parametrize("pressure_hpa", [699, 1201])
def test_options_with_a_pressure_outside_are_refused_and_the_range_is_told(pressure_hpa: int) -> None:
    with pytest.raises(ValueError, match=f"ambient_pressure_hpa must be 700 to 1200 hPa, found {pressure_hpa}"):
        _Options(ambient_pressure_hpa=pressure_hpa)


def test_options_with_both_an_altitude_and_a_pressure_are_refused() -> None:
    with pytest.raises(ValueError, match="not both"):
        _Options(altitude_m=35, ambient_pressure_hpa=1013)
