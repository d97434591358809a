"""From the SHT4x's words to quantities: pure, in integers only.

In: the words of one measurement. Out: values. Never: input, output, a clock.

Temperature is -45 + 175 * word / 65535 degrees Celsius. Humidity is -6 + 125 * word / 65535 %RH, cropped to 0..100:
its scale goes beyond the physical range, and the data sheet's pseudo code crops it.
"""

from collections.abc import Sequence

from drivers.decoding import rounded
from drivers.sensirion import FULL_SCALE, temperature_centi_c

_ALL_CENTI_PCT = 10_000


def values(ticks: Sequence[int]) -> dict[str, int]:
    """Return temperature in 0.01 degree Celsius and humidity in 0.01 %RH."""
    temperature, humidity = ticks
    return {"temperature": temperature_centi_c(temperature), "humidity": _humidity(humidity)}


def _humidity(word: int) -> int:
    return max(0, min(_ALL_CENTI_PCT, rounded(word * 12_500, FULL_SCALE) - 600))
