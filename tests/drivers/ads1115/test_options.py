"""What may be said about an input, and which channels follow from it."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from agent.wire.units import DISCOURAGED, is_unit
from drivers.ads1115 import MODEL, registers
from drivers.ads1115.options import Input, Options
from drivers.ads1115.signals import SPANS, Signal, Unit

_PROBE = Input(
    signal=Signal.LOOP_4_20_MA,
    name="level",
    unit=Unit.METRE,
    low=Decimal(0),
    high=Decimal(5),
    shunt_ohm=Decimal(150),
)
_SENDER = Input(signal=Signal.VOLTS_1_5, name="flow", unit=Unit.METRE_PER_SECOND, low=Decimal(0), high=Decimal(3))


def _channels(a0: Input | None = None, a2: Input | None = None) -> dict[str, tuple[str, int, int, int]]:
    fitted = MODEL.fitted(Options(a0=a0, a2=a2))
    return {entry.name: (entry.unit, entry.exponent, entry.minimum, entry.maximum) for entry in fitted.channels}


def test_units_are_those_of_senml_and_none_is_a_place_or_a_number_of_people() -> None:
    symbols = {unit.value for unit in Unit}
    assert all(is_unit(symbol) for symbol in symbols)
    assert not symbols & {"lat", "lon", "count", "beats", "EL"}
    assert symbols & DISCOURAGED == {"deg"}


def test_channels_without_options_are_four_voltages() -> None:
    assert _channels() == dict.fromkeys(registers.INPUTS, ("V", -4, -40960, 40960))


def test_channels_of_a_level_probe_are_its_current_its_level_and_its_fault() -> None:
    assert _channels(a0=_PROBE) == {
        "a0": ("mA", -3, -27_307, 27_307),
        "level": ("m", -3, -125, 5313),
        "level_fault": ("/", 0, 0, 2),
    }


def test_channels_of_a_divided_voltage_are_told_at_the_terminal() -> None:
    assert _channels(a2=Input(divider_ohm=(Decimal(30_000), Decimal(10_000)))) == {"a2": ("V", -4, -163_840, 163_840)}


@pytest.mark.parametrize(
    ("low", "high", "exponent"),
    [("0", "5", -3), ("0", "2", -3), ("0", "1.9", -4), ("-40", "60", -2), ("0", "16", -3), ("0", "250000", 2)],
)
def test_channel_step_is_the_power_of_ten_that_divides_its_span_finely(low: str, high: str, exponent: int) -> None:
    probe = replace(_PROBE, low=Decimal(low), high=Decimal(high))
    assert _channels(a0=probe)["level"][1] == exponent


def test_channel_of_a_falling_transmitter_has_its_range_the_right_way_round() -> None:
    probe = replace(_PROBE, low=Decimal(5), high=Decimal(0))
    assert _channels(a0=probe)["level"] == ("m", -3, -313, 5125)


def test_channel_of_a_wind_vane_is_a_bearing() -> None:
    vane = replace(_PROBE, name="wind", unit=Unit.DEGREE, high=Decimal(360))
    assert _channels(a0=vane)["wind"] == ("deg", -1, 0, 3600)


@pytest.mark.parametrize(
    ("entry", "range_mv"),
    [
        (_PROBE, 4096),
        (replace(_PROBE, shunt_ohm=Decimal(100)), 4096),
        (replace(_PROBE, shunt_ohm=Decimal(97)), 2048),
        (replace(_PROBE, shunt_ohm=Decimal("49.9")), 2048),
        (replace(_PROBE, shunt_ohm=Decimal(10)), 256),
        (replace(_PROBE, shunt_ohm=Decimal(250)), 6144),
        (_SENDER, 6144),
        (Input(), 4096),
        (Input(full_scale_mv=256), 256),
    ],
)
def test_range_is_the_smallest_that_holds_the_signal(entry: Input, range_mv: int) -> None:
    assert entry.range_mv == range_mv


def test_factor_of_written_resistors_is_exact() -> None:
    numerator, denominator = replace(_PROBE, shunt_ohm=Decimal("149.7")).factor
    assert numerator * 1497 == denominator * 10


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"shunt_ohm": None}, "needs shunt_ohm"),
        ({"shunt_ohm": Decimal(0)}, "shunt_ohm must be above 0"),
        ({"shunt_ohm": Decimal(300)}, "shunt_ohm is too large: .* 6300 mV"),
        ({"full_scale_mv": 2048}, "shunt_ohm is too large: .* 3150 mV"),
        ({"full_scale_mv": 3300}, "full_scale_mv must be one of 6144"),
        ({"divider_ohm": (Decimal(1), Decimal(1))}, "divider_ohm goes with a voltage"),
        ({"name": ""}, "name is missing"),
        ({"unit": None}, "unit is missing"),
        ({"low": None}, "low is missing"),
        ({"high": None}, "high is missing"),
        ({"high": Decimal(0)}, "must differ"),
        ({"high": Decimal("1e10")}, "ordinary numbers"),
        ({"high": Decimal("Infinity")}, "ordinary numbers"),
        ({"name": "Level"}, "lower-case letter"),
        ({"name": "a1"}, "none of a0 to a3"),
        ({"signal": Signal.VOLTAGE}, 'name says how a transmitter measures; signal = "voltage" has none'),
        ({"signal": Signal.VOLTS_0_5}, "shunt_ohm goes with"),
        ({"signal": Signal.VOLTS_0_10, "shunt_ohm": None}, "divider_ohm lets too much through: .* 10500 mV"),
    ],
)
def test_input_whose_keys_do_not_fit_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        replace(_PROBE, **changes)


@pytest.mark.parametrize("other", ["level", "level_fault"])
def test_options_with_one_name_twice_are_refused_at_an_input(other: str) -> None:
    with pytest.raises(ValueError, match=r"a[03] has the same name as another input"):
        Options(a0=_PROBE, a3=replace(_PROBE, name=other))


def test_options_whose_signal_ends_above_the_supply_are_refused_at_the_input() -> None:
    """The chip's protection would hold it at the supply: a possible number, and a wrong one."""
    probe = replace(_PROBE, shunt_ohm=Decimal(250))
    with pytest.raises(ValueError, match=r"a1 would get 5250 mV at the end of its signal, and supply_mv is 3300"):
        Options(a1=probe)
    assert Options(a1=probe, supply_mv=5500).used == ((1, probe),)
    assert Options(a1=_PROBE).used == ((1, _PROBE),)


@pytest.mark.parametrize("supply_mv", [1999, 5501])
def test_options_with_an_impossible_supply_are_refused(supply_mv: int) -> None:
    with pytest.raises(ValueError, match="supply_mv must be 2000 to 5500"):
        Options(supply_mv=supply_mv)


def test_spans_tell_faults_outside_of_the_signal_only() -> None:
    for span in SPANS.values():
        assert span.low < span.high < span.over_above
        assert span.broken_below is None or 0 < span.broken_below < span.low
