"""A simulated BME280: a register file that measures what it is told.

In: physical values (`Bme280Chip.set`) and I2C messages. Out: register contents, and in `Bme280Chip.presented` the
integers that a right driver must make of them. Never: anything of the driver; the data sheet is typed again here
(BST-BME280-DS002-15: compensation pages 25 and 26, memory map page 27, forced mode page 16, measuring time page 51;
several registers in one write as in Bosch's `bme280_set_regs`).
"""

import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from drivers.sim.bosch import nearest
from drivers.sim.physical import Physical, half_up

Shown = Mapping[str, int | None]
"""Channel name to integer: temperature in 0.01 Cel, humidity in 0.01 %RH, pressure in 0.1 Pa; None was skipped."""

_NS_PER_MS: Final = 1_000_000
_RESET_MS: Final = 1
_OVERSAMPLING: Final = (0, 1, 2, 4, 8, 16, 16, 16)
_TOP_20_BIT: Final = 0xFFFFF
_TOP_16_BIT: Final = 0xFFFF
_SKIPPED: Final = (0x80000, 0x80000, 0x8000)
_ID: Final = 0xD0
_RESET: Final = 0xE0
_RESET_WORD: Final = 0xB6
_CTRL_HUM: Final = 0xF2
_STATUS: Final = 0xF3
_CTRL_MEAS: Final = 0xF4
_CONFIG: Final = 0xF5
_DATA: Final = 0xF7
_DATA_END: Final = 0xFF
_MODE: Final = 0x03
_NORMAL: Final = 0x03


@dataclass(frozen=True, slots=True, kw_only=True)
class Trim:
    """One chip's trimming words: dig_T1..3, dig_P1..9, dig_H1..6."""

    t: tuple[int, int, int]
    p: tuple[int, int, int, int, int, int, int, int, int]
    h: tuple[int, int, int, int, int, int]

    def blocks(self) -> dict[int, bytes]:
        """Return the calibration registers: first address to content."""
        h1, h2, h3, h4, h5, h6 = self.h
        low = struct.pack("<Hhh", *self.t) + struct.pack("<H8h", *self.p) + bytes([0, h1])
        shared = (h5 & 0x00F) << 4 | (h4 & 0x00F)
        high = struct.pack("<hB", h2, h3) + bytes([h4 >> 4 & 0xFF, shared, h5 >> 4 & 0xFF, h6 & 0xFF])
        return {0x88: low, 0xE1: high}

    def t_fine(self, adc: int) -> int:
        """Return t_fine, 1/5120 degree Celsius."""
        dig_t1, dig_t2, dig_t3 = self.t
        first = ((adc >> 3) - 2 * dig_t1) * dig_t2 >> 11
        second = (((adc >> 4) - dig_t1) ** 2 >> 12) * dig_t3 >> 14
        return first + second

    def pressure(self, adc: int, t_fine: int) -> int:
        """Return the pressure in 1/256 Pa; 0 where the data sheet avoids a division by zero."""
        p1, p2, p3, p4, p5, p6, p7, p8, p9 = self.p
        centred = t_fine - 128000
        offset = p6 * centred**2 + p5 * centred * 2**17 + p4 * 2**35
        divisor = (2**47 + (p3 * centred**2 // 2**8) + p2 * centred * 2**12) * p1 // 2**33
        if divisor == 0:
            return 0
        p = int(Fraction(((1048576 - adc) * 2**31 - offset) * 3125, divisor))
        square = p9 * (p // 2**13) * (p // 2**13) // 2**25
        return (p + square + p8 * p // 2**19) // 2**8 + p7 * 2**4

    def humidity(self, adc: int, t_fine: int) -> int:
        """Return the relative humidity in 1/1024 %RH."""
        h1, h2, h3, h4, h5, h6 = self.h
        x = t_fine - 76800
        reading = (adc * 2**14 - h4 * 2**20 - h5 * x + 2**14) // 2**15
        bend = (x * h6 // 2**10) * (x * h3 // 2**11 + 2**15) // 2**10
        product = reading * (((bend + 2**21) * h2 + 2**13) // 2**14)
        product -= (product // 2**15) ** 2 // 2**7 * h1 // 2**4
        return max(0, min(419430400, product)) // 2**12


WORKED_EXAMPLE: Final = Trim(
    t=(27504, 26435, -1000),
    p=(36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000),
    h=(75, 362, 0, 333, 0, 30),
)
"""Bosch's worked example for temperature and pressure, as other drivers' tests quote it (the page was not opened);
the humidity words are those that the same tests put beside it."""
TYPICAL: Final = Trim(
    t=(28485, 26735, 50), p=(36738, -10635, 3024, 6980, -4, -7, 9900, -10230, 4285), h=(75, 368, 0, 313, 50, 30)
)
"""Invented, of the size that chips carry."""
NEGATIVE: Final = Trim(
    t=(27009, 26102, -1000), p=(37212, -10531, 3024, 7112, 21, -7, 9900, -10230, 4285), h=(75, 301, 2, -12, -45, -7)
)
"""Invented: every signed humidity word that may be negative is, so that sign bits count."""
TRIMS: Final = (WORKED_EXAMPLE, TYPICAL, NEGATIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticks:
    """What the three converters return."""

    temperature: int
    pressure: int
    humidity: int


def ticks_for(trim: Trim, *, temperature_c: Physical, humidity_pct: Physical, pressure_pa: Physical) -> Ticks:
    """Return the ticks whose compensated values are nearest to the physical ones, the ends of the scale beyond it."""
    temperature = nearest(trim.t_fine, Fraction(temperature_c) * 5120, top=_TOP_20_BIT, forbidden=_SKIPPED[0])
    t_fine = trim.t_fine(temperature)
    return Ticks(
        temperature=temperature,
        pressure=nearest(
            lambda adc: trim.pressure(adc, t_fine),
            Fraction(pressure_pa) * 256,
            top=_TOP_20_BIT,
            forbidden=_SKIPPED[1],
        ),
        humidity=nearest(
            lambda adc: trim.humidity(adc, t_fine),
            Fraction(humidity_pct) * 1024,
            top=_TOP_16_BIT,
            forbidden=_SKIPPED[2],
        ),
    )


def presented_by(trim: Trim, ticks: Ticks) -> dict[str, int | None]:
    """Return what the data sheet's formulas make of `ticks`, rounded half up to the channels' units."""
    t_fine = trim.t_fine(ticks.temperature)
    return {
        "temperature": (t_fine * 5 + 128) >> 8,
        "humidity": half_up(Fraction(trim.humidity(ticks.humidity, t_fine) * 100, 1024)),
        "pressure": half_up(Fraction(trim.pressure(ticks.pressure, t_fine) * 10, 256)),
    }


class Bme280Chip:
    """A BME280 as the simulated adapter sees it. Safe to use from two threads.

    Attributes:
        hung: while True, a measurement that has begun does not end.
    """

    def __init__(
        self,
        trim: Trim = WORKED_EXAMPLE,
        *,
        chip_id: int = 0x60,
        mono_ns: Callable[[], int] = time.monotonic_ns,
        on_readout: Callable[[Shown], None] | None = None,
    ) -> None:
        """Power the chip up at 20 degrees Celsius, 50 %RH and 101325 Pa.

        Args:
            trim: its calibration.
            chip_id: what the id register says; 0x58 makes it a BMP280.
            mono_ns: the time by which it measures.
            on_readout: called with what was shown, each time the host reads all data registers in one burst.
        """
        self.hung = False
        self._trim = trim
        self._chip_id = chip_id
        self._mono_ns = mono_ns
        self._on_readout = on_readout
        self._lock = threading.RLock()
        self._physical: dict[str, Physical] = {"temperature_c": 20, "humidity_pct": 50, "pressure_pa": 101325}
        self._ticks = ticks_for(trim, temperature_c=20, humidity_pct=50, pressure_pa=101325)
        self._registers = bytearray(256)
        self._pointer = 0
        self._reset()

    def set(
        self,
        *,
        temperature_c: Physical | None = None,
        humidity_pct: Physical | None = None,
        pressure_pa: Physical | None = None,
    ) -> Shown:
        """Change the air around the chip from now on and return `presented`; what is not given stays."""
        given = {"temperature_c": temperature_c, "humidity_pct": humidity_pct, "pressure_pa": pressure_pa}
        with self._lock:
            self._advance()
            self._physical |= {name: value for name, value in given.items() if value is not None}
            self._ticks = ticks_for(self._trim, **self._physical)
            return self.presented

    @property
    def presented(self) -> Shown:
        """What a driver must report for a measurement of all three that ends now."""
        return presented_by(self._trim, self._ticks)

    def write(self, data: bytes) -> None:
        """Set the register pointer, then write values: one, or more with their register addresses between them."""
        with self._lock:
            self._advance()
            for index in range(0, len(data), 2):
                self._pointer = data[index]
                if index + 1 < len(data):
                    self._store(data[index], data[index + 1])

    def read(self, length: int) -> bytes:
        """Return `length` registers from the pointer on."""
        with self._lock:
            self._advance()
            first = self._pointer
            self._pointer = (first + length) % 256
            content = bytes(self._registers[(first + offset) % 256] for offset in range(length))
            if first <= _DATA and first + length >= _DATA_END and self._on_readout is not None:
                self._on_readout(self._shown)
            return content

    def stop(self) -> None:
        """Do nothing: the pointer stays where it is."""

    def _reset(self) -> None:
        self._registers[:] = bytes(256)
        self._registers[_ID] = self._chip_id
        for address, block in self._trim.blocks().items():
            self._registers[address : address + len(block)] = block
        self._osrs_h = 0
        self._show(_SKIPPED)
        self._shown: Shown = {"temperature": None, "humidity": None, "pressure": None}
        self._measured_at_ns: int | None = None
        self._resets_until_ns = self._mono_ns() + _RESET_MS * _NS_PER_MS

    def _store(self, register: int, value: int) -> None:
        if register == _RESET and value == _RESET_WORD:
            self._reset()
        elif register in {_CTRL_HUM, _CTRL_MEAS, _CONFIG}:
            self._registers[register] = value
            if register == _CTRL_MEAS:
                self._osrs_h = self._registers[_CTRL_HUM] & 0x07  # only now, page 27
                self._measured_at_ns = self._mono_ns() + self._measuring_ns() if value & _MODE else None

    def _oversampling(self) -> tuple[int, int, int]:
        """Return how often temperature, pressure and humidity are sampled; 0 is skipped."""
        control = self._registers[_CTRL_MEAS]
        return _OVERSAMPLING[control >> 5], _OVERSAMPLING[control >> 2 & 0x07], _OVERSAMPLING[self._osrs_h]

    def _measuring_ns(self) -> int:
        """Return the typical measuring time: 1 ms, 2 ms a sample, and 0.5 ms each for pressure and humidity."""
        temperature, pressure, humidity = self._oversampling()
        halves = 2 + 4 * (temperature + pressure + humidity) + (pressure > 0) + (humidity > 0)
        return halves * _NS_PER_MS // 2

    def _advance(self) -> None:
        """Bring registers up to now: the end of a reset, and of a measurement."""
        now = self._mono_ns()
        due = self._measured_at_ns
        if due is not None and now >= due and not self.hung:
            self._finish()
            if self._registers[_CTRL_MEAS] & _MODE != _NORMAL:  # normal mode goes on and on
                self._registers[_CTRL_MEAS] &= ~_MODE & 0xFF
                self._measured_at_ns = None
        measuring = self._measured_at_ns is not None and (self.hung or now < self._measured_at_ns)
        self._registers[_STATUS] = measuring << 3 | (now < self._resets_until_ns)

    def _finish(self) -> None:
        taken = (self._ticks.temperature, self._ticks.pressure, self._ticks.humidity)
        enabled = self._oversampling()
        self._show(tuple(t if on else none for t, on, none in zip(taken, enabled, _SKIPPED, strict=True)))
        shown = presented_by(self._trim, self._ticks)
        names = ("temperature", "pressure", "humidity")
        self._shown = {
            name: shown[name] if on and enabled[0] else None for name, on in zip(names, enabled, strict=True)
        }

    def _show(self, ticks: tuple[int, ...]) -> None:
        temperature, pressure, humidity = ticks
        self._registers[_DATA:_DATA_END] = (
            (pressure << 4).to_bytes(3, "big") + (temperature << 4).to_bytes(3, "big") + humidity.to_bytes(2, "big")
        )
