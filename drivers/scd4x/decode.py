"""From the SCD4x's words to quantities: pure, in integers only.

In: the words of one sample. Out: values. Never: input, output, a clock.

Conversions as in Sensirion's ``scd4x_i2c.h``: temperature -45 + 175 * word / 65535 degrees Celsius, humidity
100 * word / 65535 %RH (the Linux driver and older data sheets divide by 65536, which is at most 0.003 less).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from drivers.sensirion import humidity_centi_pct, temperature_centi_c


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """One sample in the units of the model's channels.

    Attributes:
        co2_ppm: None while the chip has no concentration (it then sends 0).
        temperature_centi_c: 0.01 degree Celsius.
        humidity_centi_pct: 0.01 %RH.
    """

    co2_ppm: int | None
    temperature_centi_c: int
    humidity_centi_pct: int


def values(ticks: Sequence[int]) -> Values:
    """Return the sample behind the words of read_measurement, rounded to the channels' units, halves upwards."""
    co2, temperature, humidity = ticks
    return Values(
        co2_ppm=co2 or None,
        temperature_centi_c=temperature_centi_c(temperature),
        humidity_centi_pct=humidity_centi_pct(humidity),
    )
