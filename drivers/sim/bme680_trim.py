"""The trimming words of simulated BME680 and BME688, and what their ticks mean.

In: ticks. Out: physical values as exact fractions. Never: anything of a driver; Bosch's BME68x_SensorAPI
(``bme68x.c``, floating point) is typed again here. Only the temperature is its integer version: it is what the others
are computed from.
"""

import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from drivers.sim.bosch import nearest

_K1: Final = ["0", "0", "0", "0", "0", "-1", "0", "-0.8", "0", "0", "-0.2", "-0.5", "0", "-1", "0", "0"]
_K2: Final = ["0", "0", "0", "0", "0.1", "0.7", "0", "-0.8", "-0.1", "0", "0", "0", "0", "0", "0", "0"]
_GAS_TOP: Final = 1023
_RANGES: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Trim:
    """One chip's words: par_t1..3, par_p1..10, par_h1..7, par_gh1..3, and what is told of heater and range.

    Attributes:
        heat: res_heat_val, res_heat_range, range_sw_err.
    """

    t: tuple[int, int, int]
    p: tuple[int, int, int, int, int, int, int, int, int, int]
    h: tuple[int, int, int, int, int, int, int]
    g: tuple[int, int, int]
    heat: tuple[int, int, int]

    def blocks(self) -> dict[int, bytes]:
        """Return the calibration registers: first address to content."""
        t1, t2, t3 = self.t
        p1, p2, p3, p4, p5, p6, p7, p8, p9, p10 = self.p
        h1, h2, h3, h4, h5, h6, h7 = self.h
        g1, g2, g3 = self.g
        value, heat_range, error = self.heat
        low = struct.pack("<hbB", t2, t3, 0) + struct.pack("<HhbB", p1, p2, p3, 0)
        low += struct.pack("<hhbbH", p4, p5, p7, p6, 0) + struct.pack("<hhB", p8, p9, p10)
        high = bytes([h2 >> 4, (h2 & 0x0F) << 4 | h1 & 0x0F, h1 >> 4])
        high += struct.pack("<bbbBb", h3, h4, h5, h6, h7) + struct.pack("<Hhbb", t1, g2, g1, g3)
        heat = struct.pack("<bBBBB", value, 0, heat_range << 4, 0, (error & 0x0F) << 4)
        return {0x00: heat, 0x8A: low, 0xE1: high}

    def t_fine(self, adc: int) -> int:
        """Return t_fine, 1/5120 degree Celsius."""
        t1, t2, t3 = self.t
        first = (adc >> 3) - 2 * t1
        return (first * t2 >> 11) + (((first >> 1) ** 2 >> 12) * 16 * t3 >> 14)

    def pressure(self, adc: int, t_fine: int) -> Fraction:
        """Return the pressure in Pa; 0 where Bosch avoids a division by zero."""
        p1, p2, p3, p4, p5, p6, p7, p8, p9, p10 = (Fraction(word) for word in self.p)
        var1 = Fraction(t_fine, 2) - 64000
        var2 = var1**2 * p6 / 131072 + var1 * p5 * 2
        var2 = var2 / 4 + p4 * 65536
        var1 = (p3 * var1**2 / 16384 + p2 * var1) / 524288
        var1 = (1 + var1 / 32768) * p1
        if var1 == 0:
            return Fraction(0)
        p = (1048576 - adc - var2 / 4096) * 6250 / var1
        bend = p9 * p**2 / 2147483648 + p * p8 / 32768 + (p / 256) ** 3 * p10 / 131072
        return p + (bend + p7 * 128) / 16

    def humidity(self, adc: int, t_fine: int) -> Fraction:
        """Return the relative humidity in percent, not clamped."""
        h1, h2, h3, h4, h5, h6, h7 = (Fraction(word) for word in self.h)
        celsius = Fraction(t_fine, 5120)
        var1 = adc - (h1 * 16 + h3 / 2 * celsius)
        var2 = var1 * (h2 / 262144 * (1 + h4 / 16384 * celsius + h5 / 1048576 * celsius**2))
        return var2 + (h6 / 16384 + h7 / 2097152 * celsius) * var2**2

    def gas(self, adc: int, gas_range: int, *, high: bool) -> Fraction:
        """Return the gas resistance in ohm; `high` is the BME688's formula."""
        if high:
            return Fraction(1_000_000 * (262144 >> gas_range), 4096 + 3 * (adc - 512))
        var2 = (1340 + 5 * self.heat[2]) * (1 + Fraction(_K1[gas_range]) / 100)
        var3 = 1 + Fraction(_K2[gas_range]) / 100
        return 1 / (var3 * Fraction("0.000000125") * (1 << gas_range) * ((adc - 512) / var2 + 1))

    def gas_ticks(self, ohm: Fraction, *, high: bool) -> tuple[int, int]:
        """Return tick and range whose resistance is nearest to `ohm`."""
        found = [(self._gas_tick(ohm, gas_range=at, high=high), at) for at in range(_RANGES)]
        return min(found, key=lambda pair: abs(self.gas(*pair, high=high) - ohm))

    def _gas_tick(self, ohm: Fraction, *, gas_range: int, high: bool) -> int:
        return nearest(lambda adc: self.gas(adc, gas_range, high=high), ohm, top=_GAS_TOP)

    def heater_c(self, setting: int, ambient_c: Fraction) -> Fraction:
        """Return the temperature at which the heater has the resistance that `setting` stands for."""
        value, heat_range, _ = self.heat
        var1 = Fraction(self.g[0], 16) + 49
        var2 = Fraction(self.g[1], 32768) * Fraction("0.0005") + Fraction("0.00235")
        var3 = Fraction(self.g[2], 1024)
        var5 = (setting / Fraction("3.4") + 25) * (4 + heat_range) / 4 * (1 + value * Fraction("0.002"))
        return ((var5 - var3 * ambient_c) / var1 - 1) / var2


TYPICAL: Final = Trim(
    t=(26041, 26469, 3),
    p=(35860, -10326, 88, 7110, -98, 30, 31, -1070, -2563, 30),
    h=(793, 1013, 0, 45, 20, 120, -100),
    g=(-30, -6083, 18),
    heat=(45, 1, 2),
)
"""Invented, of the size that chips carry."""
OTHER_SIGNS: Final = Trim(
    t=(26325, 26012, -4),
    p=(36490, -10520, 84, -3200, 120, -22, -15, 900, 2100, 12),
    h=(652, 1034, 7, -40, -18, 100, 90),
    g=(25, 4100, -12),
    heat=(-40, 2, -5),
)
"""Invented: the signed words have the other signs, so that sign bits count."""
TRIMS: Final = (TYPICAL, OTHER_SIGNS)
