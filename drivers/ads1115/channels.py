"""The channels of an ADS1115, as they follow from its options. Pure.

In: options. Out: channels. Never: a value.

An input's own channel is the signal at its terminal: volts, or milliamperes of a loop, which is what a technician's
meter shows. A transmitter adds the quantity that it measures, in its own unit and under its own name, and a code that
tells its faults.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final

from drivers.ads1115 import registers
from drivers.ads1115.options import Input, Options
from drivers.ads1115.signals import Span
from drivers.decoding import rounded
from drivers.reading import Channel

_PROPERTY: Final = "http://qudt.org/vocab/quantitykind/"
_STEPS_IN_SPAN: Final = 2000
"""A channel's step is a power of ten, and its span has at least this many of them: 5 m are told in millimetres."""
_CONVERTER: Final = (
    "gain ±0.01 % typical, ±0.15 % at most, offset ±3 steps, at ±2.048 V and 25 °C "
    "(ADS1115-Q1 data sheet, SBAS563, page 3)"
)


def channels(options: Options) -> tuple[Channel, ...]:
    """Return the channels of a sensor with these options."""
    return tuple(channel for number, entry in options.used for channel in _of_input(registers.INPUTS[number], entry))


def exponent(entry: Input) -> int:
    """Return the power of ten of a transmitter's channel."""
    low, high = entry.bounds
    span, power = abs(high - low), 0
    while span < _STEPS_IN_SPAN:
        span, power = span * 10, power - 1
    while span >= _STEPS_IN_SPAN * 10:
        span, power = span / 10, power + 1
    return power


def _of_input(name: str, entry: Input) -> list[Channel]:
    span = entry.span
    own = _own(name, entry)
    return [own] if span is None else [own, _quantity(name, entry, span), _fault(name, entry)]


def _own(name: str, entry: Input) -> Channel:
    current = entry.span is not None and entry.span.current
    numerator, denominator = entry.factor
    most = rounded(entry.range_mv * 1000 * numerator, denominator)
    per_unit = 1 if current else 100
    return Channel(
        name=name,
        title=f"{'Current' if current else 'Voltage'} at input {name}",
        property=f"{_PROPERTY}{'ElectricCurrent' if current else 'Voltage'}",
        unit="mA" if current else "V",
        exponent=-3 if current else -4,
        minimum=-(most // per_unit),
        maximum=most // per_unit,
        accuracy=_CONVERTER,
    )


def _quantity(name: str, entry: Input, span: Span) -> Channel:
    low, high = entry.bounds
    power = exponent(entry)
    reached = (low, high) if entry.is_direction else [_at(micro, entry, span) for micro in span.reach]
    ends = [value.scaleb(-power) for value in reached]
    return Channel(
        name=entry.name,
        title=f"{entry.name.replace('_', ' ').capitalize()}, {entry.signal.value} at input {name}",
        unit="" if entry.unit is None else entry.unit.value,
        exponent=power,
        minimum=int(min(ends).to_integral_value(ROUND_FLOOR)),
        maximum=int(max(ends).to_integral_value(ROUND_CEILING)),
        accuracy="the transmitter's, the converter's and the resistors' together",
    )


def _fault(name: str, entry: Input) -> Channel:
    return Channel(
        name=f"{entry.name}_fault",
        title=f"Fault of the signal at input {name}: 0 none, 1 broken wire or no supply, 2 short circuit or failed",
        property=f"{_PROPERTY}Dimensionless",
        unit="/",
        minimum=0,
        maximum=2,
        accuracy="exact: a code",
    )


def _at(micro: int, entry: Input, span: Span) -> Decimal:
    """Return what is measured at a signal."""
    low, high = entry.bounds
    return low + (high - low) * (micro - span.low) / (span.high - span.low)
