"""From the BME280's bytes to quantities: pure, in integers only.

In: the two calibration bursts and one data burst. Out: calibration, ticks, values. Never: input, output, a clock.

The formulas are those of BST-BME280-DS002-15, section 4.2.3, pages 25 and 26: fixed point; those for temperature and
pressure are in ``drivers.bosch_pressure``, which other chips share.
Python's integers do not wrap, so a calibration that would overflow the data sheet's 32-bit humidity formula (a
strongly negative dig_H4) comes out right here.

Against the double-precision formulas of appendix 8.1 (page 49) the fixed-point ones, rounding on the way, are within
0.01 degree, 0.02 Pa, and, for words of the size that chips carry (dig_H2 up to 400, dig_H3 up to 5, dig_H6 from -10
to 40, any dig_H1, dig_H4 and dig_H5), 0.01 %RH; 0.1 %RH for any dig_H3 and dig_H6 with dig_H2 up to 700.
"""

import struct
from dataclasses import dataclass

from drivers.bme280 import registers
from drivers.bosch_pressure import (
    PressureTrim,
    fine_temperature,
    measured,
    pressure_deci_pa,
    pressure_q24_8,
    temperature_centi_c,
    tick_20_bit,
    trim_words,
)
from drivers.decoding import reject_dead, signed

_HUMIDITY_LIMIT = 419_430_400
"""100 %RH in Q22.10, 12 bits up: the data sheet's own clamp."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration(PressureTrim):
    """The trimming words of one chip, named as in the data sheet's table 16."""

    h1: int
    h2: int
    h3: int
    h4: int
    h5: int
    h6: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticks:
    """What the converters returned; None where the chip skipped a measurement."""

    pressure: int | None
    temperature: int | None
    humidity: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """One sample in the units of the model's channels; None is not available.

    Attributes:
        temperature_centi_c: 0.01 degree Celsius.
        humidity_centi_pct: 0.01 %RH, 0 to 10000.
        pressure_deci_pa: 0.1 Pa.
    """

    temperature_centi_c: int | None
    humidity_centi_pct: int | None
    pressure_deci_pa: int | None


def calibration(low: bytes, high: bytes) -> Calibration:
    """Return the trimming words from the bursts at 0x88 and 0xE1.

    dig_H4 and dig_H5 share byte 0xE5: bits 3..0 are the low bits of dig_H4, bits 7..4 those of dig_H5 (page 25).

    Raises:
        InvalidData: the bytes cannot come from a calibrated chip.
    """
    reject_dead(registers.CHIP, low, "the calibration at 0x88")
    reject_dead(registers.CHIP, high, "the calibration at 0xe1")
    t1, t2, t3, p1, p2, p3, p4, p5, p6, p7, p8, p9 = trim_words(registers.CHIP, low[:24])
    h1 = low[25]
    h2, h3, h4_high, shared, h5_high, h6 = struct.unpack("<hBBBBb", high)
    return Calibration(
        t1=t1, t2=t2, t3=t3,
        p1=p1, p2=p2, p3=p3, p4=p4, p5=p5, p6=p6, p7=p7, p8=p8, p9=p9,
        h1=h1, h2=h2, h3=h3,
        h4=signed(h4_high << 4 | shared & 0x0F, 12),
        h5=signed(h5_high << 4 | shared >> 4, 12),
        h6=h6,
    )  # fmt: skip


def ticks(data: bytes) -> Ticks:
    """Return the converters' output from the burst at 0xF7.

    Raises:
        InvalidData: nobody drove the line.
    """
    reject_dead(registers.CHIP, data, "the data at 0xf7")
    humidity = int.from_bytes(data[6:8], "big")
    return Ticks(
        pressure=measured(tick_20_bit(data[0:3])),
        temperature=measured(tick_20_bit(data[3:6])),
        humidity=None if humidity == registers.SKIPPED_16_BIT else humidity,
    )


def humidity_q22_10(cal: Calibration, *, adc_h: int, t_fine: int) -> int:
    """Return the relative humidity in 1/1024 %RH, clamped to 0 and 100 %RH as the data sheet does."""
    v = t_fine - 76_800
    linear = ((adc_h << 14) - (cal.h4 << 20) - cal.h5 * v + 16_384) >> 15
    slope = (((((v * cal.h6) >> 10) * (((v * cal.h3) >> 11) + 32_768)) >> 10) + 2_097_152) * cal.h2
    v = linear * ((slope + 8192) >> 14)
    v -= ((((v >> 15) * (v >> 15)) >> 7) * cal.h1) >> 4
    return min(max(v, 0), _HUMIDITY_LIMIT) >> 12


def values(cal: Calibration, sample: Ticks) -> Values:
    """Return the compensated sample; without a temperature nothing can be compensated.

    Pressure is rounded to 0.1 Pa, humidity to 0.01 %RH, halves upwards.
    """
    if sample.temperature is None:
        return Values(temperature_centi_c=None, humidity_centi_pct=None, pressure_deci_pa=None)
    t_fine = fine_temperature(cal.t1, cal.t2, cal.t3, sample.temperature)
    humidity = None if sample.humidity is None else humidity_q22_10(cal, adc_h=sample.humidity, t_fine=t_fine)
    pressure = None if sample.pressure is None else pressure_q24_8(cal, adc_p=sample.pressure, t_fine=t_fine)
    return Values(
        temperature_centi_c=temperature_centi_c(t_fine),
        humidity_centi_pct=None if humidity is None else (humidity * 100 + 512) >> 10,
        pressure_deci_pa=pressure_deci_pa(pressure),
    )
