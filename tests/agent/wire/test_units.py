from fractions import Fraction

import pytest

from agent.wire import units
from agent.wire.errors import WireError
from drivers import registry
from drivers.reading import Sensitivity


@pytest.mark.parametrize(
    ("value", "symbol", "expected"),
    [
        (100, "ms", (Fraction(1, 10), "s")),
        (10, "dBm", (-20, "dBW")),
        (1013, "hPa", (101_300, "Pa")),
        (36, "km/h", (10, "m/s")),
        (420, "ppm", (Fraction(42, 100_000), "/")),
        (25, "ug/m3", (Fraction(25, 10**9), "kg/m3")),
        (1, "Wh/km", (Fraction(18, 5), "J/m")),
        (1, "MB/s", (8_000_000, "bit/s")),
        (21, "Cel", (21, "Cel")),
    ],
)
def test_to_primary_is_exact(value: int, symbol: str, expected: tuple[Fraction, str]) -> None:
    assert (units.to_primary(value, symbol), units.primary_unit(symbol)) == expected


def test_secondary_units_are_derived_from_primary_ones_and_never_shadow_them() -> None:
    assert {scale.primary for scale in units.SECONDARY.values()} <= units.PRIMARY
    assert not units.PRIMARY & units.SECONDARY.keys()
    assert units.DISCOURAGED <= units.PRIMARY


def test_the_tables_have_as_many_entries_as_their_sources() -> None:
    assert len(units.RFC_8428.split()) == 58
    assert len(units.RFC_8798.split()) == 8


@pytest.mark.parametrize("symbol", ["", "C°", "°C", "degC", "pa", "celsius", "1", "mBar"])
def test_a_symbol_that_is_not_registered_is_no_unit(symbol: str) -> None:
    assert not units.is_unit(symbol)
    with pytest.raises(WireError, match="not a unit"):
        units.primary_unit(symbol)


def test_every_unit_that_a_driver_gives_is_registered() -> None:
    found = {
        (name, channel.name, channel.unit)
        for name in registry.names()
        for channel in registry.load(name).channels
        if channel.unit or channel.sensitivity is not Sensitivity.IDENTIFIER
    }
    assert {entry for entry in found if not units.is_unit(entry[2])} == set()
