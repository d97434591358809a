"""From the data burst of a BME680 or BME688 to quantities: pure, in integers only.

In: calibration and one data burst. Out: ticks, values. Never: input, output, a clock.

The temperature is Bosch's integer formula, the BME280's (``drivers.bosch_pressure``) with 16 times par_t3. Pressure,
humidity and gas resistance are the floating-point formulas of Bosch's BME68x_SensorAPI (``bme68x.c``). Their
constants are whole numbers over powers of two and of ten: here they are evaluated exactly, as fractions, and rounded
once. Bosch's 32-bit versions stay within 0.1 %RH, 12 Pa and 1 part in 1000 of these: the tests compare.
"""

from dataclasses import dataclass

from drivers.bme680 import registers
from drivers.bme680.calibration import Calibration
from drivers.bosch_pressure import (
    fine_temperature,
    measured,
    temperature_centi_c,
    tick_20_bit,
)
from drivers.decoding import reject_dead, rounded

_K1_PER_MILLE = (0, 0, 0, 0, 0, -10, 0, -8, 0, 0, -2, -5, 0, -10, 0, 0)
_K2_PER_MILLE = (0, 0, 0, 0, 1, 7, 0, -8, -1, 0, 0, 0, 0, 0, 0, 0)
"""`lookup_k1_range` and `lookup_k2_range`, in tenths of a percent."""
_T_FINE_PER_DEGREE = 5120


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticks:
    """What the converters returned; None where the chip did not measure.

    Attributes:
        gas: 10 bits; None unless the conversion is valid and the heater had reached its temperature.
        gas_range: which of the 16 ranges `gas` is in.
    """

    pressure: int | None
    temperature: int | None
    humidity: int | None
    gas: int | None
    gas_range: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """One sample in the units of the model's channels; None is not available.

    Attributes:
        temperature_centi_c: 0.01 degree Celsius.
        humidity_centi_pct: 0.01 %RH, 0 to 10000.
        pressure_deci_pa: 0.1 Pa.
        gas_ohm: ohm.
    """

    temperature_centi_c: int | None = None
    humidity_centi_pct: int | None = None
    pressure_deci_pa: int | None = None
    gas_ohm: int | None = None


def ticks(data: bytes, *, gas_high: bool) -> Ticks:
    """Return the converters' output from the burst at 0x1D; `gas_high` is the BME688, which keeps its gas elsewhere.

    Raises:
        InvalidData: nobody drove the line.
    """
    reject_dead(registers.CHIP, data, "the data at 0x1d")
    at = registers.GAS_HIGH_AT if gas_high else registers.GAS_LOW_AT
    word = int.from_bytes(data[at : at + 2], "big")
    good = registers.GAS_VALID | registers.HEATER_STABLE
    humidity = int.from_bytes(data[8:10], "big")
    return Ticks(
        pressure=measured(tick_20_bit(data[2:5])),
        temperature=measured(tick_20_bit(data[5:8])),
        humidity=None if humidity == registers.SKIPPED_16_BIT else humidity,
        gas=word >> 6 if word & good == good else None,
        gas_range=word & registers.GAS_RANGE,
    )


def pressure_deci_pa(cal: Calibration, *, adc_p: int, t_fine: int) -> int | None:
    """Return the pressure in 0.1 Pa, None where the formula would divide by zero.

    The pressure before its own curvature is corrected is ``p / d``; what corrects it is a polynomial of third degree.
    """
    v = t_fine - 128_000
    n = ((1_048_576 - adc_p) << 33) - (v * v * cal.p6 + (v * cal.p5 << 19) + (cal.p4 << 37))
    d = cal.p1 * ((1 << 50) + v * v * cal.p3 + (v * cal.p2 << 15))
    if d == 0:
        return None
    p, d = (n * 6250 << 17, d) if d > 0 else (-n * 6250 << 17, -d)
    linear = p * d * d * ((1 << 45) + (cal.p8 << 26))
    total = linear + (p * p * d * cal.p9 << 10) + p * p * p * cal.p10 + (d * d * d * cal.p7 << 48)
    return rounded(total * 10, d * d * d << 45)


def humidity_centi_pct(cal: Calibration, *, adc_h: int, t_fine: int) -> int:
    """Return the relative humidity in 0.01 %RH, clamped to 0 and 100 %RH as Bosch does.

    The humidity before its curvature is corrected is ``h / d``.
    """
    offset = adc_h * 10_240 - cal.h1 * 163_840 - cal.h3 * t_fine
    slope = (_T_FINE_PER_DEGREE**2 << 20) + (cal.h4 * t_fine * _T_FINE_PER_DEGREE << 6) + cal.h5 * t_fine * t_fine
    h, d = offset * cal.h2 * slope, 10_240 * _T_FINE_PER_DEGREE**2 << 38
    bend, bend_d = (cal.h6 * _T_FINE_PER_DEGREE << 7) + cal.h7 * t_fine, _T_FINE_PER_DEGREE << 21
    total = h * d * bend_d + bend * h * h
    return min(max(rounded(total * 100, d * d * bend_d), 0), 10_000)


def gas_low_ohm(cal: Calibration, *, adc: int, gas_range: int) -> int:
    """Return the gas resistance that a BME680 has measured, in ohm."""
    scale = (1340 + 5 * cal.range_sw_err) * (1000 + _K1_PER_MILLE[gas_range])
    divisor = ((adc - 512) * 1000 + scale) * (1000 + _K2_PER_MILLE[gas_range]) << gas_range
    return rounded(8_000_000_000 * scale, divisor)


def gas_high_ohm(*, adc: int, gas_range: int) -> int:
    """Return the gas resistance that a BME688 has measured, in ohm."""
    return rounded(1_000_000 * (262_144 >> gas_range), 4096 + 3 * (adc - 512))


def values(cal: Calibration, sample: Ticks, *, gas_high: bool) -> Values:
    """Return the compensated sample; without a temperature nothing of the air can be compensated."""
    gas = None if sample.gas is None else _gas_ohm(cal, sample.gas, sample.gas_range, gas_high=gas_high)
    if sample.temperature is None:
        return Values(gas_ohm=gas)
    t_fine = fine_temperature(cal.t1, cal.t2, cal.t3 << 4, sample.temperature)
    pressure = None if sample.pressure is None else pressure_deci_pa(cal, adc_p=sample.pressure, t_fine=t_fine)
    humidity = None if sample.humidity is None else humidity_centi_pct(cal, adc_h=sample.humidity, t_fine=t_fine)
    return Values(
        temperature_centi_c=temperature_centi_c(t_fine),
        humidity_centi_pct=humidity,
        pressure_deci_pa=pressure,
        gas_ohm=gas,
    )


def _gas_ohm(cal: Calibration, adc: int, gas_range: int, *, gas_high: bool) -> int:
    if gas_high:
        return gas_high_ohm(adc=adc, gas_range=gas_range)
    return gas_low_ohm(cal, adc=adc, gas_range=gas_range)
