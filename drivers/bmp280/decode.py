"""From the BMP280's bytes to quantities: pure, in integers only.

In: the calibration burst and one data burst. Out: calibration, ticks, values. Never: input, output, a clock.

The arithmetic is in ``drivers.bosch_pressure``: the BME280 has the same.
"""

from dataclasses import dataclass

from drivers.bmp280 import registers
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
from drivers.decoding import reject_dead


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticks:
    """What the converters returned; None where the chip skipped a measurement."""

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


def calibration(block: bytes) -> PressureTrim:
    """Return the trimming words from the burst at 0x88.

    Raises:
        InvalidData: the bytes cannot come from a calibrated chip.
    """
    t1, t2, t3, p1, p2, p3, p4, p5, p6, p7, p8, p9 = trim_words(registers.CHIP, block)
    return PressureTrim(t1=t1, t2=t2, t3=t3, p1=p1, p2=p2, p3=p3, p4=p4, p5=p5, p6=p6, p7=p7, p8=p8, p9=p9)


def ticks(data: bytes) -> Ticks:
    """Return the converters' output from the burst at 0xF7.

    Raises:
        InvalidData: nobody drove the line.
    """
    reject_dead(registers.CHIP, data, "the data at 0xf7")
    return Ticks(pressure=measured(tick_20_bit(data[0:3])), temperature=measured(tick_20_bit(data[3:6])))


def values(trim: PressureTrim, sample: Ticks) -> Values:
    """Return the compensated sample; without a temperature nothing can be compensated."""
    if sample.temperature is None:
        return Values(temperature_centi_c=None, pressure_deci_pa=None)
    t_fine = fine_temperature(trim.t1, trim.t2, trim.t3, sample.temperature)
    pressure = None if sample.pressure is None else pressure_q24_8(trim, adc_p=sample.pressure, t_fine=t_fine)
    return Values(temperature_centi_c=temperature_centi_c(t_fine), pressure_deci_pa=pressure_deci_pa(pressure))
