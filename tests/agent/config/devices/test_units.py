"""Units as manuals write them: each is answered with the one that SenML has."""

import pytest

from agent.wire.units import is_unit
from tests.agent.config.devices.test_mistakes import problems
from tests.support.devices import THERMOMETER


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("°C", "Cel"),
        ("degC", "Cel"),
        ("Celsius", "Cel"),
        ("µg/m³", "ug/m3"),
        ("μg/m3", "ug/m3"),
        ("m/s²", "m/s2"),
        ("mbar", "hPa"),
        ("dB(A)", "dB"),
        ("Lux", "lx"),
        ("Ω", "Ohm"),
        ("kmh", "km/h"),
        ("celcius", "Cel"),
    ],
)
def test_unit_as_a_manual_writes_it_is_answered_with_that_of_senml(written: str, meant: str) -> None:
    assert is_unit(meant)
    ((problem,), _) = problems(THERMOMETER.replace('unit = "Cel"', f'unit = "{written}"'))
    assert (problem.code, problem.hint) == ("unknown-unit", f'did you mean "{meant}"?')


@pytest.mark.parametrize("unit", ["°F", "degF", "Fahrenheit"])
def test_degrees_fahrenheit_are_answered_with_the_scale_that_makes_them_celsius(unit: str) -> None:
    ((problem,), _) = problems(THERMOMETER.replace('unit = "Cel"', f'unit = "{unit}"'))
    assert problem.hint is not None
    scale, offset = 'scale = "5/9"', 'offset = "-160/9"'
    assert scale in problem.hint
    assert offset in problem.hint
    text = THERMOMETER.replace('scale = "1/16"', f"{scale}\n{offset}").replace(
        "range = [-40, 125]", "range = [0, 50]"
    )
    found, model = problems(text.replace("19 10", "06 80").replace("= 25.06", "= 40.0"))  # 104 °F
    assert found == []
    assert model is not None


@pytest.mark.parametrize(("unit", "name"), [("C", "coulomb"), ("F", "farad")])
def test_temperature_in_coulombs_or_farads_is_refused(unit: str, name: str) -> None:
    ((problem,), _) = problems(THERMOMETER.replace('unit = "Cel"', f'unit = "{unit}"'))
    assert (problem.code, problem.source) == ("wrong-unit", f'unit = "{unit}"')
    assert name in problem.message


def test_charge_in_coulombs_is_a_charge() -> None:
    text = THERMOMETER.replace('unit = "Cel"', 'unit = "C"').replace("temperature", "charge")
    assert problems(text.replace("Air charge", "Charge of the battery"))[0] == []


def test_range_below_zero_of_unsigned_bits_is_refused() -> None:
    ((problem,), _) = problems(THERMOMETER.replace('type = "i16"', 'type = "u16"'))
    assert (problem.code, problem.expected) == (
        "beyond-type",
        "inside [0.00, 255.94], or another type, scale or offset",
    )
    assert problem.hint == 'is the number signed? type = "i16"'
