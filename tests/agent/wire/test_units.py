from fractions import Fraction

import pytest

from agent.wire import units
from agent.wire.errors import WireError
from drivers import registry
from drivers.reading import Sensitivity
from tests.support import ucum


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


_WITHOUT_UCUM = {"dBm", "var", "vars", "kvar", "varh", "kvarh", "NTU"}
_ALL = units.PRIMARY | units.SECONDARY.keys()


def test_units_without_a_ucum_code_are_those_that_ucum_does_not_have() -> None:
    assert {symbol for symbol in _ALL if not units.ucum(symbol)} == _WITHOUT_UCUM


@pytest.mark.parametrize("symbol", sorted(_ALL - _WITHOUT_UCUM))
def test_ucum_code_is_a_term_of_ucum(symbol: str) -> None:
    assert ucum.meaning(units.ucum(symbol))


@pytest.mark.parametrize("symbol", sorted(units.SECONDARY.keys() - _WITHOUT_UCUM))
def test_ucum_code_of_a_secondary_unit_is_worth_what_senml_says(symbol: str) -> None:
    scale = units.SECONDARY[symbol]
    factor, powers = ucum.meaning(units.ucum(symbol))
    primary_factor, primary_powers = ucum.meaning(units.ucum(scale.primary))
    assert (factor / primary_factor, powers) == (Fraction(scale.numerator, scale.denominator), primary_powers)


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("m/s2", (1, {"m": 1, "s": -2})),
        ("N", (1000, {"g": 1, "m": 1, "s": -2})),
        ("kat", (1, {"mol": 1, "s": -1})),
        ("VA", (1000, {"g": 1, "m": 2, "s": -3})),
        ("J/m", (1000, {"g": 1, "m": 1, "s": -2})),
        ("l", (Fraction(1, 1000), {"m": 3})),
        ("B", (8, {"bit": 1})),
        ("%RH", (Fraction(1, 100), {})),
        ("%EL", (Fraction(1, 100), {})),
        ("EL", (1, {"s": 1})),
        ("lat", (1, {"deg": 1})),
        ("pH", (1, {"[pH]": 1})),
        ("Cel", (1, {"Cel": 1})),
        ("dB", (Fraction(1, 10), {"B": 1})),
        ("dBW", (Fraction(1, 10), {"B[W]": 1})),
        ("count", (1, {})),
        ("beat/min", (Fraction(1, 60), {"s": -1})),
        ("1/min", (Fraction(1, 60), {"s": -1})),
        ("/", (1, {})),
    ],
)
def test_ucum_code_means_what_the_unit_measures(symbol: str, expected: tuple[Fraction, dict[str, int]]) -> None:
    assert ucum.meaning(units.ucum(symbol)) == expected


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("Cel", "Cel"),
        ("%RH", "%"),
        ("Pa", "Pa"),
        ("hPa", "hPa"),
        ("ppm", "[ppm]"),
        ("ug/m3", "ug/m3"),
        ("lat", "deg"),
        ("lon", "deg"),
        ("m", "m"),
        ("s", "s"),
        ("count", "{count}"),
        ("/", "1"),
        ("dBm", ""),
    ],
)
def test_ucum_code_of_what_our_sensors_measure_is_the_one_in_the_specification(symbol: str, expected: str) -> None:
    assert units.ucum(symbol) == expected


@pytest.mark.parametrize("term", ["degC", "°C", "mm Hg", "m//s", "m/", ".m", "kmin", "mdeg", "k%", "{a{b}}", "foo"])
def test_what_is_no_term_of_ucum_is_not_read_as_one(term: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        ucum.meaning(term)


def test_ucum_code_of_what_is_no_unit_is_refused() -> None:
    with pytest.raises(WireError, match="not a unit"):
        units.ucum("degC")
