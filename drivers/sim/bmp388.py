"""A simulated BMP388 or BMP390: a register file that measures what it is told.

In: physical values (`Bmp388Chip.set`) and I2C messages. Out: register contents, and in `Bmp388Chip.presented` the
integers that a right driver must make of them. Never: anything of a driver; Bosch's BMP3_SensorAPI v2.0.1 is typed
again here (``bmp3_defs.h``: registers; ``bmp3.c``: quantized calibration, floating-point compensation, measuring
time), in exact fractions.
"""

import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from drivers.sim.bosch import BoschChip, nearest
from drivers.sim.physical import Physical, half_up

Shown = Mapping[str, int | None]
"""Channel name to integer: temperature in 0.01 Cel, pressure in 0.1 Pa; None was not measured."""

_BMP388: Final = 0x50
_ID: Final = 0x00
_STATUS: Final = 0x03
_DATA: Final = 0x04
_DATA_END: Final = 0x0A
_POWER: Final = 0x1B
_OVERSAMPLING: Final = 0x1C
_RATE: Final = 0x1D
_CONFIG: Final = 0x1F
_CALIBRATION: Final = 0x31
_COMMAND: Final = 0x7E
_RESET_WORD: Final = 0xB6
_COMMAND_READY: Final = 0x10
_PRESSURE_READY: Final = 0x20
_TEMPERATURE_READY: Final = 0x40
_MODE: Final = 0x30
_NORMAL: Final = 0x30
_TOP: Final = 0xFFFFFF
_NOTHING: Final = 0x800000


@dataclass(frozen=True, slots=True, kw_only=True)
class Trim:
    """One chip's trimming words: par_t1..3 and par_p1..11."""

    t: tuple[int, int, int]
    p: tuple[int, int, int, int, int, int, int, int, int, int, int]

    def block(self) -> bytes:
        """Return the calibration registers."""
        t1, t2, t3 = self.t
        p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11 = self.p
        words = struct.pack("<HHb", t1, t2, t3) + struct.pack("<hhbb", p1, p2, p3, p4)
        return words + struct.pack("<HH", p5, p6) + struct.pack("<bbhbb", p7, p8, p9, p10, p11)

    def temperature(self, adc: int) -> Fraction:
        """Return the temperature in degrees Celsius."""
        t1, t2, t3 = self.t
        first = adc - Fraction(t1) * 256
        return first * Fraction(t2, 2**30) + first**2 * Fraction(t3, 2**48)

    def pressure(self, adc: int, celsius: Fraction) -> Fraction:
        """Return the pressure in Pa."""
        p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11 = (Fraction(word) for word in self.p)
        out1 = p5 * 8 + p6 / 2**6 * celsius + p7 / 2**8 * celsius**2 + p8 / 2**15 * celsius**3
        slope = (p1 - 16384) / 2**20 + (p2 - 16384) / 2**29 * celsius
        slope += p3 / 2**32 * celsius**2 + p4 / 2**37 * celsius**3
        bend = p9 / 2**48 + p10 / 2**48 * celsius
        return out1 + adc * slope + adc**2 * bend + adc**3 * p11 / 2**65


TYPICAL: Final = Trim(t=(27772, 18980, -7), p=(-1129, -1770, 35, 0, 25150, 29978, -13, -10, 16562, 9, -42))
"""Invented, of the size that chips carry."""
OTHER_SIGNS: Final = Trim(t=(27100, 19500, 5), p=(1200, 1800, -20, 3, 25000, 30500, 11, 8, -9000, -12, 30))
"""Invented: the signed words have the other signs, so that sign bits count."""
TRIMS: Final = (TYPICAL, OTHER_SIGNS)


class Bmp388Chip(BoschChip):
    """A BMP388 as the simulated adapter sees it. Safe to use from two threads.

    Attributes:
        fatal: while True, the error register says so.
    """

    def __init__(
        self,
        trim: Trim = TYPICAL,
        *,
        chip_id: int = _BMP388,
        mono_ns: Callable[[], int] = time.monotonic_ns,
        on_readout: Callable[[Shown], None] | None = None,
    ) -> None:
        """Power the chip up at 20 degrees Celsius and 101325 Pa.

        Args:
            trim: its calibration.
            chip_id: what the id register says; 0x60 makes it a BMP390.
            mono_ns: the time by which it measures.
            on_readout: called with what was shown, each time the host reads all data registers in one burst.
        """
        super().__init__(mono_ns=mono_ns)
        self.fatal = False
        self._trim = trim
        self._chip_id = chip_id
        self._on_readout = on_readout
        self._air: dict[str, Physical] = {"temperature_c": 20, "pressure_pa": 101325}
        self._power_up()

    def set(self, *, temperature_c: Physical | None = None, pressure_pa: Physical | None = None) -> Shown:
        """Change the air around the chip from now on and return `presented`; what is not given stays."""
        given = {"temperature_c": temperature_c, "pressure_pa": pressure_pa}
        with self._lock:
            self.advance()
            self._air |= {name: value for name, value in given.items() if value is not None}
            return self.presented

    @property
    def presented(self) -> Shown:
        """What a driver must report for a measurement of both that ends now."""
        return self._meaning(*self._ticks())

    def written(self, register: int, value: int) -> None:
        """Take what may be written: a command, and settings."""
        if register == _COMMAND and value == _RESET_WORD:
            self._power_up()
        elif register in {_OVERSAMPLING, _RATE, _CONFIG}:
            self.registers[register] = value
        elif register == _POWER:
            self.registers[register] = value
            self.start(self._takes_us() if value & _MODE else None)

    def reading(self, register: int, length: int) -> None:
        """Tell what is shown when all data registers are read at once; data that are read are ready no more."""
        if register <= _DATA and register + length >= _DATA_END:
            self._ready = 0
            if self._on_readout is not None:
                self._on_readout(self._shown)

    def show_status(self, *, measuring: bool, resetting: bool) -> None:
        """Set the data ready bits, and bit 4: ready for a command. A measurement does not show."""
        del measuring
        self.registers[_STATUS] = self._ready | (0 if resetting else _COMMAND_READY)
        self.registers[_STATUS - 1] = int(self.fatal)

    def finish(self) -> None:
        """Show the new ticks; go to sleep, or in normal mode measure again."""
        control = self.registers[_POWER]
        pressure_on, temperature_on = control & 1, control >> 1 & 1
        temperature, pressure = self._ticks()
        self._show(temperature if temperature_on else _NOTHING, pressure if pressure_on else _NOTHING)
        self._ready = pressure_on * _PRESSURE_READY | temperature_on * _TEMPERATURE_READY
        if control & _MODE == _NORMAL:
            self.start(self._takes_us())
        else:
            self.registers[_POWER] = control & ~_MODE

    def _power_up(self) -> None:
        self.registers.clear()
        self.registers |= {_ID: self._chip_id, _POWER: 0, _OVERSAMPLING: 0x02}
        self.fill(_CALIBRATION, self._trim.block())
        self._ready = 0
        self._show(_NOTHING, _NOTHING)
        self.restart(1000)

    def _takes_us(self) -> int:
        pressure, temperature = self.registers[_OVERSAMPLING] & 0x07, self.registers[_OVERSAMPLING] >> 3 & 0x07
        return 234 + (392 + (2000 << pressure)) + (313 + (2000 << temperature))

    def _ticks(self) -> tuple[int, int]:
        target = Fraction(self._air["temperature_c"])
        temperature = nearest(self._trim.temperature, target, top=_TOP, forbidden=_NOTHING)
        celsius = self._trim.temperature(temperature)
        target = Fraction(self._air["pressure_pa"])
        return temperature, nearest(
            lambda adc: self._trim.pressure(adc, celsius), target, top=_TOP, forbidden=_NOTHING
        )

    def _meaning(self, temperature: int, pressure: int) -> Shown:
        if temperature == _NOTHING:
            return {"temperature": None, "pressure": None}
        celsius = self._trim.temperature(temperature)
        deci_pa = half_up(self._trim.pressure(pressure, celsius) * 10)
        return {"temperature": half_up(celsius * 100), "pressure": None if pressure == _NOTHING else deci_pa}

    def _show(self, temperature: int, pressure: int) -> None:
        self._shown = self._meaning(temperature, pressure)
        self.fill(_DATA, pressure.to_bytes(3, "little") + temperature.to_bytes(3, "little"))
