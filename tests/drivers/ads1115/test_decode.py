"""The ADS1115's arithmetic: exact at the ends of every signal, and where a fault begins."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.ads1115.channels import channels, exponent
from drivers.ads1115.decode import ticks, values
from drivers.ads1115.options import Input, Options
from drivers.ads1115.signals import SPANS, Signal, Unit


def _probe() -> Input:
    return Input(
        signal=Signal.LOOP_4_20_MA,
        name="level",
        unit=Unit.METRE,
        low=Decimal(0),
        high=Decimal(5),
        shunt_ohm=Decimal(100),
    )


def _steps(milliamperes: str, ohm: int = 100, range_mv: int = 4096) -> int:
    return int(Fraction(milliamperes) * ohm * 32_768 / range_mv)


@pytest.mark.parametrize(("word", "number"), [(0, 0), (1, 1), (0x7FFF, 32_767), (0x8000, -32_768), (0xFFFF, -1)])
def test_ticks_are_signed(word: int, number: int) -> None:
    assert ticks(word) == number


@pytest.mark.parametrize(
    ("milliamperes", "level", "fault"),
    [("4", 0, 0), ("12", 2500, 0), ("20", 5000, 0), ("3.61", -122, 0), ("20.99", 5309, 0)],
)
def test_values_of_a_loop_follow_its_current(milliamperes: str, level: int, fault: int) -> None:
    found = values("a0", _probe(), _steps(milliamperes))
    assert abs((found["level"] or 0) - level) <= 1
    assert found["level_fault"] == fault


@pytest.mark.parametrize(("milliamperes", "fault"), [("0", 1), ("3.59", 1), ("-1", 1), ("21.01", 2), ("25", 2)])
def test_values_of_a_faulty_loop_have_the_current_and_no_level(milliamperes: str, fault: int) -> None:
    found = values("a0", _probe(), _steps(milliamperes))
    assert (found["level"], found["level_fault"]) == (None, fault)
    assert abs((found["a0"] or 0) - Fraction(milliamperes) * 1000) <= 2


def test_values_at_full_scale_have_neither() -> None:
    assert values("a0", _probe(), 32_767) == {"a0": None, "level": None, "level_fault": 2}
    assert values("a0", Input(), 32_767) == {"a0": None}


def test_values_of_a_signal_without_a_live_zero_have_no_broken_wire() -> None:
    entry = Input(signal=Signal.VOLTS_0_5, name="flow", unit=Unit.METRE_PER_SECOND, low=Decimal(0), high=Decimal(2))
    assert values("a1", entry, -20) == {"a1": -37, "flow": -1, "flow_fault": 0}


@pytest.mark.parametrize("signal", [Signal.VOLTS_0_5, Signal.VOLTS_0_10])
def test_values_of_a_signal_that_begins_at_zero_may_be_a_little_below_it(signal: Signal) -> None:
    """An empty tank and a converter whose zero is three steps off: told as it is, and not out of range."""
    entry = Input(
        signal=signal,
        name="level",
        unit=Unit.METRE,
        low=Decimal(0),
        high=Decimal(5),
        divider_ohm=(Decimal(3), Decimal(1)),
    )
    (level,) = (channel for channel in channels(Options(a1=entry)) if channel.name == "level")
    found = values("a1", entry, -3)["level"]
    assert found is not None
    assert level.minimum < found < 0


def test_values_at_negative_full_scale_have_neither() -> None:
    assert values("a0", Input(full_scale_mv=256), -32_768) == {"a0": None}
    assert values("a0", _probe(), -32_768) == {"a0": None, "level": None, "level_fault": 1}


def test_values_of_a_direction_end_at_its_ends() -> None:
    vane = Input(
        signal=Signal.LOOP_4_20_MA,
        name="wind",
        unit=Unit.DEGREE,
        low=Decimal(0),
        high=Decimal(360),
        shunt_ohm=Decimal(100),
    )
    assert values("a0", vane, _steps("3.9"))["wind"] == 0
    assert values("a0", vane, _steps("20.2"))["wind"] == 3600


@given(
    steps=st.integers(-32_767, 32_766),
    signal=st.sampled_from([signal for signal in Signal if signal is not Signal.VOLTAGE]),
    low=st.decimals(-1000, 1000, places=2),
    width=st.decimals(Decimal("0.5"), 1000, places=3),
    top=st.integers(1, 100_000),
)
def test_values_of_any_transmitter_are_within_half_a_step_of_the_exact_ones(
    steps: int, signal: Signal, low: Decimal, width: Decimal, top: int
) -> None:
    """Compared with the same sums in fractions: fault by its limits, value by its line."""
    span = SPANS[signal]
    entry = Input(
        signal=signal,
        name="x",
        unit=Unit.METRE,
        low=low,
        high=low + width,
        shunt_ohm=Decimal(100) if span.current else None,
        divider_ohm=None if span.current else (Decimal(top), Decimal(top) / 2),
    )
    factor = Fraction(1, 100) if span.current else Fraction(3)
    micro = Fraction(steps, 32_768) * entry.range_mv * 1000 * factor
    found = values("a0", entry, steps)
    broken = span.broken_below is not None and micro < span.broken_below
    assert found["x_fault"] == (1 if broken else 2 if micro > span.over_above else 0)
    exact = Fraction(low) + Fraction(width) * (micro - span.low) / (span.high - span.low)
    if found["x"] is None:
        assert found["x_fault"]
    else:
        assert abs(found["x"] - exact / Fraction(10) ** exponent(entry)) <= Fraction(1, 2)
