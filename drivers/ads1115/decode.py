"""Steps of the ADS1115 to volts, milliamperes, and what a transmitter measures. Pure.

In: the converter's number, and what is connected. Out: values by channel. Never: input, output, a clock.
"""

from collections.abc import Mapping

from drivers.ads1115 import registers
from drivers.ads1115.channels import exponent
from drivers.ads1115.options import Input
from drivers.ads1115.signals import BROKEN, OVER, SOUND, Span
from drivers.decoding import rounded, signed

_UV_PER_MV = 1000


def ticks(word: int) -> int:
    """Return the converter's number."""
    return signed(word, 16)


def values(name: str, entry: Input, steps: int) -> Mapping[str, int | None]:
    """Return the channels of one input.

    At full scale, positive or negative, the signal is not available: it may be anything beyond. What a transmitter
    measures is not available while its signal tells a fault, and the fault channel says which.
    """
    numerator, denominator = _signal(entry, steps)
    saturated = not registers.SMALLEST < steps < registers.LARGEST
    span = entry.span
    per_unit = 1 if span is not None and span.current else 100
    own = {name: None if saturated else rounded(numerator, denominator * per_unit)}
    if span is None:
        return own
    fault = _fault(span, numerator, denominator)
    if saturated:
        fault = BROKEN if steps < 0 else OVER
    measured = None if fault != SOUND else _measured(entry, span, numerator=numerator, denominator=denominator)
    return {**own, entry.name: measured, f"{entry.name}_fault": fault}


def _signal(entry: Input, steps: int) -> tuple[int, int]:
    """Return the signal at the terminal in 1e-6 A or V, as an exact fraction."""
    numerator, denominator = entry.factor
    return steps * entry.range_mv * _UV_PER_MV * numerator, registers.STEPS * denominator


def _fault(span: Span, numerator: int, denominator: int) -> int:
    if span.broken_below is not None and numerator < span.broken_below * denominator:
        return BROKEN
    return OVER if numerator > span.over_above * denominator else SOUND


def _measured(entry: Input, span: Span, *, numerator: int, denominator: int) -> int:
    """Return low + (high - low) * (signal - low end) / (width of the signal), in the channel's power of ten."""
    power = exponent(entry)
    low, high = entry.bounds
    scaled_low, scaled_width = low.scaleb(-power), (high - low).scaleb(-power)
    low_n, low_d = scaled_low.as_integer_ratio()
    width_n, width_d = scaled_width.as_integer_ratio()
    over_n = width_n * (numerator - span.low * denominator)
    over_d = width_d * (span.high - span.low) * denominator
    value = rounded(low_n * over_d + over_n * low_d, low_d * over_d)
    if not entry.is_direction:
        return value
    ends = sorted((int(scaled_low), int(high.scaleb(-power))))
    return max(ends[0], min(ends[1], value))
