"""What to write so that the gas sensor's heater becomes as hot, for as long, as wanted: pure, in integers only.

In: calibration, temperatures, a time. Out: register contents. Never: input, output, a clock.

After `calc_res_heat` (floating point) and `calc_gas_wait` of Bosch's BME68x_SensorAPI (``bme68x.c``). The former is
evaluated exactly and rounded once: Bosch's integer version loses what it corrects for the temperature of the air.
"""

from drivers.bme680.calibration import Calibration
from drivers.decoding import rounded

_TOP = 0xFF
_STEPS = 0x3F
"""The time is six bits of milliseconds, times 1, 4, 16 or 64."""


def resistance(cal: Calibration, *, target_c: int, ambient_c: int) -> int:
    """Return the setting at which the heater has `target_c` degrees when the air has `ambient_c`, within 0..255."""
    slope = 327_680_000 + (5 * cal.gh2 + 770_048) * target_c
    ohms = (cal.gh1 + 784) * slope + cal.gh3 * ambient_c * 5_120_000
    scale = 5_242_880_000 * (cal.res_heat_range + 4) * (cal.res_heat_val + 500)
    return min(max(rounded(34 * (2000 * ohms - 25 * scale), 10 * scale), 0), _TOP)


def wait(milliseconds: int) -> int:
    """Return the setting for so many milliseconds, cut off to what the chip can express; 1..4032."""
    factor = 0
    while milliseconds > _STEPS:
        milliseconds //= 4
        factor += 1
    return factor << 6 | milliseconds
