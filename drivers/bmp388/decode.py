"""From the bytes of a BMP388 or BMP390 to quantities: pure, in integers only.

In: the calibration burst and one data burst. Out: calibration, ticks, values. Never: input, output, a clock.

The formulas are the floating-point ones of Bosch's BMP3_SensorAPI v2.0.1 (``bmp3.c``; the data sheet's appendix has
them too, says Adafruit's driver, sections 9.2 and 9.3). All their constants are powers of two, so here they are
evaluated exactly, over one common denominator, and rounded once at the end. Bosch's own 64-bit version cuts off on
the way; it stays within 0.01 degree and 0.1 Pa of this.
"""

import struct
from dataclasses import dataclass

from drivers.bmp388 import registers
from drivers.decoding import reject_dead, rounded
from drivers.errors import InvalidData

_TEMPERATURE_BITS = 48
"""The temperature is a whole number of 2**-48 degrees."""
_PRESSURE_BITS = 181
"""The pressure is a whole number of 2**-181 Pa: 37 bits of par_p4 and three times 48 of the temperature."""
_OFFSET = 1 << 14
"""What Bosch takes from par_p1 and par_p2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """The trimming words of one chip, named as in Bosch's `bmp3_reg_calib_data`."""

    t1: int
    t2: int
    t3: int
    p1: int
    p2: int
    p3: int
    p4: int
    p5: int
    p6: int
    p7: int
    p8: int
    p9: int
    p10: int
    p11: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticks:
    """What the converters returned; None where nothing was measured."""

    pressure: int | None
    temperature: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """One sample in the units of the model's channels; None is not available.

    Attributes:
        temperature_centi_c: 0.01 degree Celsius.
        pressure_deci_pa: 0.1 Pa.
    """

    temperature_centi_c: int | None
    pressure_deci_pa: int | None


def calibration(block: bytes) -> Calibration:
    """Return the trimming words from the burst at 0x31: least significant bytes first.

    Raises:
        InvalidData: the bytes cannot come from a calibrated chip.
    """
    reject_dead(registers.CHIP, block, "the calibration at 0x31")
    t1, t2, t3, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11 = struct.unpack("<HHbhhbbHHbbhbb", block)
    if t1 == 0 or t2 == 0:
        raise InvalidData(registers.CHIP, "par_t1 or par_t2 is zero: the chip has lost its calibration; replace it")
    return Calibration(
        t1=t1, t2=t2, t3=t3,
        p1=p1, p2=p2, p3=p3, p4=p4, p5=p5, p6=p6, p7=p7, p8=p8, p9=p9, p10=p10, p11=p11,
    )  # fmt: skip


def ticks(data: bytes) -> Ticks:
    """Return the converters' output from the burst at 0x04.

    Raises:
        InvalidData: nobody drove the line.
    """
    reject_dead(registers.CHIP, data, "the data at 0x04")
    return Ticks(pressure=_tick(data[0:3]), temperature=_tick(data[3:6]))


def fine_temperature(cal: Calibration, adc_t: int) -> int:
    """Return the temperature in 2**-48 degree Celsius, exactly: the other formula needs it."""
    above = adc_t - (cal.t1 << 8)
    return (above * cal.t2 << 18) + above * above * cal.t3


def temperature_centi_c(fine: int) -> int:
    """Return the temperature in 0.01 degree Celsius, halves upwards."""
    return rounded(fine * 100, 1 << _TEMPERATURE_BITS)


def pressure_deci_pa(cal: Calibration, *, adc_p: int, fine: int) -> int:
    """Return the pressure in 0.1 Pa, halves upwards.

    A polynomial of third degree in the tick, whose coefficients are polynomials in the temperature.
    """
    square, cube = fine * fine, fine * fine * fine
    constant = (cal.p5 << 184) + (cal.p6 * fine << 127) + (cal.p7 * square << 77) + (cal.p8 * cube << 22)
    linear = (
        ((cal.p1 - _OFFSET) << 161) + ((cal.p2 - _OFFSET) * fine << 104) + (cal.p3 * square << 53) + cal.p4 * cube
    )
    quadratic = (cal.p9 << 133) + (cal.p10 * fine << 85)
    cubic = cal.p11 << 116
    total = constant + adc_p * (linear + adc_p * (quadratic + adc_p * cubic))
    return rounded(total * 10, 1 << _PRESSURE_BITS)


def values(cal: Calibration, sample: Ticks) -> Values:
    """Return the compensated sample; without a temperature nothing can be compensated."""
    if sample.temperature is None:
        return Values(temperature_centi_c=None, pressure_deci_pa=None)
    fine = fine_temperature(cal, sample.temperature)
    pressure = None if sample.pressure is None else pressure_deci_pa(cal, adc_p=sample.pressure, fine=fine)
    return Values(temperature_centi_c=temperature_centi_c(fine), pressure_deci_pa=pressure)


def _tick(three: bytes) -> int | None:
    tick = int.from_bytes(three, "little")
    return None if tick == registers.SKIPPED else tick
