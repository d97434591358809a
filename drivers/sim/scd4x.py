"""A simulated SCD4x: a command interpreter with the chip's times, that measures what it is told.

In: physical values (`Scd4xChip.set`) and I2C messages. Out: replies, and in `Scd4xChip.presented` the integers that
a right driver must make of them. Never: anything of the driver; the data sheet is typed again here (Sensirion SCD4x
1.3: commands and times page 8, stop page 10, checksum page 19; conversions from Sensirion's ``scd4x_i2c.h``).
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Final

from drivers.sim.chip import NotAcknowledged
from drivers.sim.physical import Physical, half_up
from drivers.sim.sensirion_chip import PeriodicChip, Shown, word

_SERIAL_NUMBER: Final = 0xF896_9F07_3BBE

_START: Final = 0x21B1
_READ: Final = 0xEC05
_STOP: Final = 0x3F86
_SET_ALTITUDE: Final = 0x2427
_GET_ALTITUDE: Final = 0x2322
_SET_PRESSURE: Final = 0xE000
_SET_SELF_CALIBRATION: Final = 0x2416
_GET_SELF_CALIBRATION: Final = 0x2313
_DATA_READY: Final = 0xE4B8
_SERIAL: Final = 0x3682
_REINIT: Final = 0x3646
_WHILE_MEASURING: Final = frozenset({_READ, _STOP, _SET_PRESSURE, _DATA_READY})


@dataclass(slots=True)
class Settings:
    """What has been set; lost at `reinit`, nothing here is stored."""

    altitude_m: int = 0
    ambient_pressure_hpa: int | None = None
    automatic_self_calibration: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticks:
    """The three words of one sample."""

    co2: int
    temperature: int
    humidity: int


def ticks_for(*, co2_ppm: Physical | None, temperature_c: Physical, humidity_pct: Physical) -> Ticks:
    """Return the words nearest to the physical values, the ends of the scale beyond it; None ppm is sent as 0."""
    return Ticks(
        co2=0 if co2_ppm is None else word(Fraction(co2_ppm)),
        temperature=word((Fraction(temperature_c) + 45) * 65535 / 175),
        humidity=word(Fraction(humidity_pct) * 65535 / 100),
    )


def presented_by(ticks: Ticks) -> dict[str, int | None]:
    """Return what the data sheet's formulas make of `ticks`, rounded half up to the channels' units."""
    return {
        "co2": None if ticks.co2 == 0 else ticks.co2,
        "temperature": half_up(Fraction(175 * ticks.temperature, 65535) * 100 - 4500),
        "humidity": half_up(Fraction(100 * ticks.humidity, 65535) * 100),
    }


class Scd4xChip(PeriodicChip[Ticks]):
    """An SCD40 as the simulated adapter sees it. Safe to use from two threads.

    Attributes:
        settings: what the host has set.
    """

    times_ms: ClassVar[Mapping[tuple[int, int], float]] = {
        (_START, 0): 0,
        (_READ, 0): 1,
        (_STOP, 0): 500,
        (_SET_ALTITUDE, 1): 1,
        (_GET_ALTITUDE, 0): 1,
        (_SET_PRESSURE, 1): 1,
        (_SET_SELF_CALIBRATION, 1): 1,
        (_GET_SELF_CALIBRATION, 0): 1,
        (_DATA_READY, 0): 1,
        (_SERIAL, 0): 1,
        (_REINIT, 0): 20,
    }
    period_ms = 5_000

    def __init__(
        self,
        *,
        serial_number: int = _SERIAL_NUMBER,
        mono_ns: Callable[[], int] = time.monotonic_ns,
        on_readout: Callable[[Shown], None] | None = None,
    ) -> None:
        """Power the chip up, idle, in air of 420 ppm, 20 degrees Celsius and 50 %RH.

        Args:
            serial_number: 48 bits.
            mono_ns: the time by which it measures.
            on_readout: called with what was shown, each time the host reads a whole sample.
        """
        super().__init__(mono_ns=mono_ns)
        self.settings = Settings()
        self._serial_number = serial_number
        self._on_readout = on_readout
        self._co2_ppm: Physical | None = 420
        self._temperature_c: Physical = 20
        self._humidity_pct: Physical = 50
        self._ticks = ticks_for(co2_ppm=420, temperature_c=20, humidity_pct=50)

    def set(
        self,
        *,
        co2_ppm: Physical | None = None,
        temperature_c: Physical | None = None,
        humidity_pct: Physical | None = None,
    ) -> Shown:
        """Change the air around the chip from now on and return `presented`; what is not given stays."""
        with self.lock:
            self.advance(self.mono_ns())
            self._co2_ppm = self._co2_ppm if co2_ppm is None else co2_ppm
            self._temperature_c = self._temperature_c if temperature_c is None else temperature_c
            self._humidity_pct = self._humidity_pct if humidity_pct is None else humidity_pct
            return self._surround()

    def lose_co2(self) -> Shown:
        """Make the concentration not available until it is set again; return `presented`."""
        with self.lock:
            self.advance(self.mono_ns())
            self._co2_ppm = None
            return self._surround()

    @property
    def presented(self) -> Shown:
        """What a driver must report for a sample that is taken now."""
        return presented_by(self._ticks)

    def surroundings(self) -> Ticks:
        """Return the ticks of the air as it is now."""
        return self._ticks

    def _surround(self) -> Shown:
        self._ticks = ticks_for(
            co2_ppm=self._co2_ppm, temperature_c=self._temperature_c, humidity_pct=self._humidity_pct
        )
        return self.presented

    def obey(self, code: int, arguments: Sequence[int], now_ns: int) -> Sequence[int]:
        """Do what a command says; most of them only while the chip is idle."""
        if self.measuring and code not in _WHILE_MEASURING:
            raise NotAcknowledged
        if arguments:
            self._setting(code, arguments[0])
        elif code == _START:
            self.start(now_ns)
        elif code == _STOP:
            self.halt()
        elif code == _REINIT:
            self.settings = Settings()
        else:
            return self._answer(code)
        return ()

    def was_read(self, code: int) -> None:
        """Empty the buffer: a sample is read once."""
        if code == _READ and self.sample is not None:
            shown, self.sample = presented_by(self.sample), None
            if self._on_readout is not None:
                self._on_readout(shown)

    def _setting(self, code: int, value: int) -> None:
        """Obey a command with an argument; an altitude cancels a pressure, as the chip does."""
        if code == _SET_ALTITUDE:
            self.settings.altitude_m, self.settings.ambient_pressure_hpa = value, None
        elif code == _SET_PRESSURE:
            self.settings.ambient_pressure_hpa = value
        else:
            self.settings.automatic_self_calibration = bool(value)

    def _answer(self, code: int) -> tuple[int, ...]:
        sample = self.sample
        serial = self._serial_number
        if code == _READ:  # without a sample there is no reply to read
            return () if sample is None else (sample.co2, sample.temperature, sample.humidity)
        if code == _DATA_READY:
            return (0x8000 if sample is None else 0x8006,)  # only the 11 low bits count
        if code == _SERIAL:
            return (serial >> 32 & 0xFFFF, serial >> 16 & 0xFFFF, serial & 0xFFFF)
        if code == _GET_ALTITUDE:
            return (self.settings.altitude_m,)
        return (int(self.settings.automatic_self_calibration),)
