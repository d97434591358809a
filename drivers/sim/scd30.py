"""A simulated SCD30: a command interpreter that measures what it is told, and stretches the clock.

In: physical values (`Scd30Chip.set`) and I2C messages. Out: replies, and in `Scd30Chip.presented` the integers that a
right driver must make of them. Never: anything of the driver; typed again here are the commands of Sensirion's Python
driver, sensirion-i2c-scd30 1.1.0, and the bounds of Linux' ``scd30_core.c``.

A host that reads within 3 ms of its command makes the sensor stretch the clock. Behind the Raspberry Pi's own
controller it then gets bits that are out of step (advamation.com/knowhow/raspberrypi/rpi-i2c-bug.html): so here.
"""

import struct
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar, Final

from drivers.sim.chip import NotAcknowledged
from drivers.sim.physical import Physical, half_up
from drivers.sim.sensirion_chip import PeriodicChip, Shown, single_words

_START: Final = 0x0010
_STOP: Final = 0x0104
_INTERVAL: Final = 0x4600
_READY: Final = 0x0202
_READ: Final = 0x0300
_SELF_CALIBRATION: Final = 0x5306
_OFFSET: Final = 0x5403
_ALTITUDE: Final = 0x5102
_FIRMWARE: Final = 0xD100
_SERIAL: Final = 0xD033
_RESET: Final = 0xD304
_STRETCH_MS: Final = 3
_SHORTEST_S, _LONGEST_S = 2, 1800
_LEAST_HPA, _MOST_HPA = 700, 1400

Sample = tuple[float, float, float]
"""Carbon dioxide in ppm, degrees Celsius, %RH, as singles."""


@dataclass(slots=True)
class Settings:
    """What outlasts a power cut, as it leaves the factory; `writes` counts how often it was written."""

    interval_s: int = 2
    automatic_self_calibration: int = 0
    altitude_m: int = 0
    temperature_offset_centi_c: int = 0
    writes: int = 0


def presented_by(sample: Sample) -> dict[str, int | None]:
    """Return what a right driver makes of three numbers, rounded half up to the channels' units."""
    co2, temperature, humidity = sample
    return {
        "co2": half_up(Fraction(co2)) if half_up(Fraction(co2)) > 0 else None,
        "temperature": half_up(Fraction(temperature) * 100),
        "humidity": half_up(Fraction(humidity) * 100),
    }


class Scd30Chip(PeriodicChip[Sample]):
    """An SCD30 as the simulated adapter sees it.

    Attributes:
        settings: what is stored.
        ambient_pressure_hpa: what the measurement was started with, 0 for none.
        on_readout: called with what was shown, each time the host reads a whole sample.
    """

    times_ms: ClassVar[Mapping[tuple[int, int], float]] = dict.fromkeys(
        (
            (_START, 1),
            (_STOP, 0),
            (_INTERVAL, 0),
            (_INTERVAL, 1),
            (_READY, 0),
            (_READ, 0),
            (_SELF_CALIBRATION, 0),
            (_SELF_CALIBRATION, 1),
            (_OFFSET, 0),
            (_OFFSET, 1),
            (_ALTITUDE, 0),
            (_ALTITUDE, 1),
            (_FIRMWARE, 0),
            (_SERIAL, 0),
        ),
        _STRETCH_MS,
    ) | {(_RESET, 0): 2000}

    def __init__(
        self,
        *,
        mono_ns: Callable[[], int] = time.monotonic_ns,
        on_readout: Callable[[Shown], None] | None = None,
    ) -> None:
        """Power the chip up, idle, in air of 420 ppm, 20 degrees Celsius and 50 %RH."""
        super().__init__(mono_ns=mono_ns)
        self.settings = Settings()
        self.ambient_pressure_hpa = 0
        self.on_readout = on_readout
        self._air: Sample = (0.0, 0.0, 0.0)
        self.set(co2_ppm=420, temperature_c=20, humidity_pct=50)

    def set(self, *, co2_ppm: Physical, temperature_c: Physical, humidity_pct: Physical) -> Shown:
        """Change the air around the chip from now on and return `presented`; 0 ppm stands for none yet."""
        with self.lock:
            self.advance(self.mono_ns())
            self._air = (_single(co2_ppm), _single(temperature_c), _single(humidity_pct))
        return self.presented

    @property
    def presented(self) -> Shown:
        """What a driver must report for a sample that is taken now."""
        return presented_by(self._air)

    def surroundings(self) -> Sample:
        """Return the air as it is now."""
        return self._air

    def obey(self, code: int, arguments: Sequence[int], now_ns: int) -> Sequence[int]:
        """Do what a command says."""
        if code == _START:
            self._begin(arguments[0], now_ns)
        elif code in (_STOP, _RESET):
            self.halt()
        elif arguments:
            self._store(code, arguments[0])
        else:
            return self._answer(code)
        return ()

    def was_read(self, code: int) -> None:
        """Take note that a sample was read: it is read once."""
        if code == _READ and self.sample is not None:
            shown, self.sample = presented_by(self.sample), None
            if self.on_readout is not None:
                self.on_readout(shown)

    def too_early(self, content: bytes) -> bytes:
        """Return the bits one step late: the clock was stretched, and the host did not notice."""
        late = int.from_bytes(content, "big") >> 1 | 1 << 8 * len(content) - 1
        return late.to_bytes(len(content), "big")

    def _begin(self, pressure_hpa: int, now_ns: int) -> None:
        if pressure_hpa and not _LEAST_HPA <= pressure_hpa <= _MOST_HPA:
            raise NotAcknowledged
        self.ambient_pressure_hpa = pressure_hpa
        self.period_ms = self.settings.interval_s * 1000
        if not self.measuring:
            self.start(now_ns)

    def _store(self, code: int, value: int) -> None:
        if code == _INTERVAL and not _SHORTEST_S <= value <= _LONGEST_S:
            raise NotAcknowledged
        self.settings.writes += 1
        setattr(self.settings, _STORED[code], value)

    def _answer(self, code: int) -> tuple[int, ...]:
        if code == _READ:
            return () if self.sample is None else tuple(w for value in self.sample for w in single_words(value))
        if code == _READY:
            return (int(self.sample is not None),)
        if code == _FIRMWARE:
            return (0x0342,)
        if code == _SERIAL:
            return (0x3132, 0x3334, *(0,) * 14)
        return (int(getattr(self.settings, _STORED[code])),)


_STORED: Final[Mapping[int, str]] = {
    _INTERVAL: "interval_s",
    _SELF_CALIBRATION: "automatic_self_calibration",
    _ALTITUDE: "altitude_m",
    _OFFSET: "temperature_offset_centi_c",
}


def _single(value: Physical) -> float:
    (single,) = struct.unpack(">f", struct.pack(">f", float(value)))
    return float(single)
