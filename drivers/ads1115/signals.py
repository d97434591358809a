"""Signals of industrial transmitters: where they begin and end, and from where on they tell a fault. Pure.

In: nothing. Out: kinds of signal. Never: an input, a converter.

Sources, by number:
    [1] NAMUR recommendation NE 43, as it is retold at industryhub.site/en/standards/namur-ne-43 and
        zeroinstrument.com (the recommendation itself was not opened): below 3.6 mA and above 21 mA a transmitter or
        its wire has failed; from 3.8 to 20.5 mA it measures.
    The limits of the voltage signals are ours, in the same proportion: no recommendation was found for them.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Signal(StrEnum):
    """What is connected to an input."""

    VOLTAGE = "voltage"
    """A voltage that is reported as it is."""
    LOOP_4_20_MA = "4-20mA"
    VOLTS_0_5 = "0-5V"
    VOLTS_0_10 = "0-10V"
    VOLTS_1_5 = "1-5V"
    VOLTS_05_45 = "0.5-4.5V"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A transmitter's signal, in millionths of an ampere or a volt.

    Attributes:
        low: at the low end of the measured range.
        high: at its high end.
        broken_below: below this the wire is broken or the transmitter has no supply; None where zero is measured.
        over_above: above this there is a short circuit, or the transmitter has failed.
        current: it is a current, over a shunt.
    """

    low: int
    high: int
    broken_below: int | None
    over_above: int
    current: bool = False

    @property
    def reach(self) -> tuple[int, int]:
        """From where to where it measures; one that begins at zero goes below it as far as above its high end."""
        beyond = self.over_above - self.high
        return self.low - beyond if self.broken_below is None else self.broken_below, self.over_above


SPANS: Final = {
    Signal.LOOP_4_20_MA: Span(low=4000, high=20_000, broken_below=3600, over_above=21_000, current=True),
    Signal.VOLTS_0_5: Span(low=0, high=5_000_000, broken_below=None, over_above=5_250_000),
    Signal.VOLTS_0_10: Span(low=0, high=10_000_000, broken_below=None, over_above=10_500_000),
    Signal.VOLTS_1_5: Span(low=1_000_000, high=5_000_000, broken_below=900_000, over_above=5_250_000),
    Signal.VOLTS_05_45: Span(low=500_000, high=4_500_000, broken_below=400_000, over_above=4_750_000),
}

SOUND, BROKEN, OVER = 0, 1, 2
"""What the fault channel says."""


class Unit(StrEnum):
    """What a transmitter may measure in: units of SenML that can be nobody's place and no number of people."""

    METRE = "m"
    CENTIMETRE = "cm"
    MILLIMETRE = "mm"
    CELSIUS = "Cel"
    PASCAL = "Pa"
    HECTOPASCAL = "hPa"
    RELATIVE_HUMIDITY = "%RH"
    METRE_PER_SECOND = "m/s"
    KILOMETRE_PER_HOUR = "km/h"
    MILLIMETRE_PER_HOUR = "mm/h"
    CUBIC_METRE = "m3"
    CUBIC_METRE_PER_SECOND = "m3/s"
    WATT_PER_SQUARE_METRE = "W/m2"
    LUX = "lx"
    DECIBEL = "dB"
    PH = "pH"
    NEPHELOMETRIC = "NTU"
    SIEMENS_PER_METRE = "S/m"
    MILLIGRAM_PER_LITRE = "mg/l"
    MICROGRAM_PER_CUBIC_METRE = "ug/m3"
    PPM = "ppm"
    PERCENT = "/100"
    DEGREE = "deg"
    KILOGRAM = "kg"
    NEWTON = "N"
    VOLT = "V"
    AMPERE = "A"
    WATT = "W"
    KILOWATT = "kW"
    HERTZ = "Hz"
