"""From what a device sends to a channel's integers: exact, in integers only. Pure.

In: raw numbers. Out: integers in units of the channel's ``10 ** exponent``, None where the device says that it has no
value. Never: a float, a clamp: a value beyond the channel's range is handed on, and judged later as out of range.
"""

import re
from dataclasses import dataclass
from typing import Final

from drivers.declared.fields import Ratio, Raw
from drivers.decoding import rounded

_NUMBER: Final = re.compile(rb"([+-]?)([0-9]{0,18})(?:\.([0-9]{0,18}))?(?:[eE]([+-]?[0-9]{1,2}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """``value = (raw * factor + offset) / divisor``, rounded to the nearest integer, halves upwards.

    Attributes:
        factor, offset, divisor: integers; the channel's exponent is already in them; the divisor is above zero.
        unavailable: raw numbers that stand for "no value".
    """

    factor: int = 1
    offset: int = 0
    divisor: int = 1
    unavailable: tuple[int, ...] = ()

    def value(self, raw: Raw) -> int | None:
        """Return the channel's value."""
        if raw is None:
            return None
        numerator, denominator = raw if isinstance(raw, tuple) else (raw, 1)
        if denominator == 1 and numerator in self.unavailable:
            return None
        return rounded(numerator * self.factor + self.offset * denominator, self.divisor * denominator)


def number(text: bytes) -> int | Ratio | None:
    """Return the decimal number that a text is, exactly; None when it is none. Spaces around it do not count."""
    match = _NUMBER.fullmatch(text.strip())
    if match is None or not (match[2] or match[3]):
        return None
    places = len(match[3] or b"")
    whole = int(match[2] + (match[3] or b""))
    if match[1] == b"-":
        whole = -whole
    power = int(match[4] or 0) - places
    return whole * 10**power if power >= 0 else (whole, int(10**-power))
