"""The arithmetic that Bosch Sensortec's chips with the words dig_T and dig_P share: pure, in integers only.

In: trimming words and converter ticks. Out: temperatures and pressures in scaled integers. Never: input, output, a
register's address.

The formulas are those of BST-BME280-DS002-15, section 4.2.3, pages 25 and 26, the same as BST-BMP280-DS001-23,
section 3.11.3, page 22: fixed point, pressure in 64 bit. The temperature formula also serves the BME68x, whose par_t3
stands for 16 times as much.
"""

import struct
from dataclasses import dataclass

from drivers.decoding import reject_dead
from drivers.errors import InvalidData

SKIPPED = 0x80000
"""BST-BMP280-DS001-23, page 25, table 21: what a 20-bit data register holds when its quantity was not measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PressureTrim:
    """Trimming words for temperature and pressure, named as in BST-BMP280-DS001-23, page 21, table 17."""

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


def trim_words(chip: str, block: bytes) -> tuple[int, ...]:
    """Return dig_T1..3 and dig_P1..9 from the 24 bytes at 0x88.

    Raises:
        InvalidData: the bytes cannot come from a calibrated chip.
    """
    reject_dead(chip, block, "the calibration at 0x88")
    words = struct.unpack("<HhhHhhhhhhhh", block)
    if words[0] == 0 or words[3] == 0:
        raise InvalidData(chip, "dig_T1 or dig_P1 is zero: the chip has lost its calibration; replace it")
    return words


def tick_20_bit(three: bytes) -> int:
    """Return the tick of three data registers: most significant byte first, the last four bits unused."""
    return int.from_bytes(three, "big") >> 4


def measured(tick: int) -> int | None:
    """Return a tick, None where the chip skipped that measurement."""
    return None if tick == SKIPPED else tick


def fine_temperature(t1: int, t2: int, t3: int, adc_t: int) -> int:
    """Return t_fine, the temperature in 1/5120 degree Celsius that the other formulas need."""
    var1 = (((adc_t >> 3) - (t1 << 1)) * t2) >> 11
    offset = (adc_t >> 4) - t1
    var2 = (((offset * offset) >> 12) * t3) >> 14
    return var1 + var2


def temperature_centi_c(t_fine: int) -> int:
    """Return the temperature in 0.01 degree Celsius."""
    return (t_fine * 5 + 128) >> 8


def pressure_q24_8(trim: PressureTrim, *, adc_p: int, t_fine: int) -> int | None:
    """Return the pressure in 1/256 Pa, None where the formula would divide by zero."""
    var1 = t_fine - 128_000
    var2 = var1 * var1 * trim.p6 + ((var1 * trim.p5) << 17) + (trim.p4 << 35)
    var1 = ((var1 * var1 * trim.p3) >> 8) + ((var1 * trim.p2) << 12)
    var1 = (((1 << 47) + var1) * trim.p1) >> 33
    if var1 == 0:
        return None
    p = divided((((1_048_576 - adc_p) << 31) - var2) * 3125, var1)
    var1 = (trim.p9 * (p >> 13) * (p >> 13)) >> 25
    var2 = (trim.p8 * p) >> 19
    return ((p + var1 + var2) >> 8) + (trim.p7 << 4)


def pressure_deci_pa(q24_8: int | None) -> int | None:
    """Return a pressure of 1/256 Pa in 0.1 Pa, halves upwards; None stays None."""
    return None if q24_8 is None else (q24_8 * 10 + 128) >> 8


def divided(numerator: int, denominator: int) -> int:
    """Return the quotient cut off towards zero, as C does and Bosch's formulas expect."""
    quotient = abs(numerator) // abs(denominator)
    return quotient if (numerator < 0) == (denominator < 0) else -quotient
