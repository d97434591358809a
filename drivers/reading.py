"""What a driver returns, and how its channels are described.

In: nothing. Out: the value types of the sensing side. Never: input, output, a clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

Value = int | bytes | None
"""An integer in units of ``10 ** exponent`` of its channel, an identifier's bytes, or None: not available."""


class Sensitivity(StrEnum):
    """What a channel tells about people; it alone decides which rules may release it.

    `CONTENT` is free text, pictures and sound: no rule can release it in any form.
    """

    MEASUREMENT = "measurement"
    COUNT = "count"
    IDENTIFIER = "identifier"
    LOCATION = "location"
    CONTENT = "content"


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One measured quantity of one sensor model.

    Attributes:
        name: the channel's name within its sensor, lower case with underscores.
        title: what it is, in words a technician uses.
        unit: SenML unit symbol (RFC 8428 section 12.1, RFC 8798), empty for identifiers.
        exponent: values are integers in units of ``10 ** exponent`` of `unit`; this is precision, not accuracy.
        minimum: smallest plausible value, in the same integer units.
        maximum: largest plausible value, in the same integer units.
        sensitivity: what the channel may reveal.
        group: names the group of people- or vehicle-derived channels it belongs to, None for everything else.
        accuracy: the maker's statement with its source, or ``unverified``.
        property: URI of the observed property, empty where no vocabulary names it: of QUDT's quantity kinds, of the
            European Environment Agency's air quality pollutants, or of W3C's WGS 84 terms.
    """

    name: str
    title: str
    unit: str
    exponent: int = 0
    minimum: int = 0
    maximum: int = 0
    sensitivity: Sensitivity = Sensitivity.MEASUREMENT
    group: str | None = None
    accuracy: str = "unverified"
    property: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """All channels of one sample, taken in one burst. Unfiltered: it lives in RAM only.

    Attributes:
        mono_ns: CLOCK_MONOTONIC at the burst, taken once, before anything was interpreted. A reading never
            outlives its boot; the boot id is joined when a window is released.
        values: channel name to value; a channel that is not available is None, never a number.
        raw: the ticks behind the values, by the datasheet's field name.
    """

    mono_ns: int
    values: Mapping[str, Value] = field(repr=False)
    raw: Mapping[str, int] = field(default_factory=dict, repr=False)


class Clock(Protocol):
    """The time a driver sees: monotonic only."""

    def mono_ns(self) -> int:
        """Return CLOCK_MONOTONIC in nanoseconds."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds` of monotonic time; the bus is free meanwhile."""
        ...
