"""From the SHT3x's words to quantities: pure, in integers only.

In: the words of one measurement. Out: values. Never: input, output, a clock.

Temperature is -45 + 175 * word / 65535 degrees Celsius, humidity 100 * word / 65535 %RH (Sensirion, SHT3x-DIS data
sheet, version 6, page 14).
"""

from collections.abc import Sequence

from drivers.sensirion import humidity_centi_pct, temperature_centi_c


def values(ticks: Sequence[int]) -> dict[str, int]:
    """Return temperature in 0.01 degree Celsius and humidity in 0.01 %RH."""
    temperature, humidity = ticks
    return {"temperature": temperature_centi_c(temperature), "humidity": humidity_centi_pct(humidity)}
