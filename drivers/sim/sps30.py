"""A simulated SPS30 on I2C: it measures the particles that it is told about.

In: physical values (`Sps30Chip.set`) and I2C messages. Out: replies, and in `presented` the integers that a right
driver must make of them once the sensor has settled. Never: anything of the driver; typed again here is Sensirion's
SPS30 data sheet, version 2.0, June 2023 (modes and cleaning sections 4.1 and 4.2, output 4.3, status 4.4, commands
6.3).
"""

import struct
import time
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import ClassVar, Final

from drivers.sim.chip import NotAcknowledged
from drivers.sim.physical import half_up
from drivers.sim.sensirion_chip import FanChip, Shown, single_words, text_words

FIELDS: Final = ("pm1_0", "pm2_5", "pm4_0", "pm10", "n0_5", "n1_0", "n2_5", "n4_0", "n10", "typical_size")
"""µg/m3 four times, particles a cm3 five times, µm; the order in which they are sent."""
FAN_FAILED: Final = 0x10
LASER_FAILED: Final = 0x20
PRODUCT_TYPE: Final = "00080000"
_SERIAL_NUMBER: Final = "7ED625EC2CE81EE8"
_START, _SLEEP, _WAKE, _READ = 0x0010, 0x1001, 0x1103, 0x0300
_FLOATS, _INTEGERS = 0x0300, 0x0500
_INTERVAL, _TYPE, _SERIAL, _VERSION = 0x8004, 0xD002, 0xD033, 0xD100
_AWAKE_NS: Final = 100_000_000
_WITH_SLEEP, _WITH_STATUS = 0x0200, 0x0202

Particles = tuple[float, ...]
"""One number for each of `FIELDS`, as singles."""


def particles(values: Mapping[str, float]) -> Particles:
    """Return the numbers that are sent; what is not given is zero."""
    return tuple(struct.unpack(">f", struct.pack(">f", values.get(name, 0.0)))[0] for name in FIELDS)


def presented_by(sample: Particles, *, failed: bool) -> dict[str, int | None]:
    """Return what a right driver makes of ten numbers: hundredths, nanometres, None for all after a failure."""
    if failed:
        return dict.fromkeys(FIELDS)
    factors = [100] * 9 + [1000]
    return {name: half_up(Fraction(each) * by) for name, each, by in zip(FIELDS, sample, factors, strict=True)}


class Sps30Chip(FanChip[Particles]):
    """An SPS30 as the simulated adapter sees it.

    Attributes:
        asleep: in sleep mode, in which it acknowledges nothing but the second of two wake-ups.
        firmware: major and minor version in a word.
        on_readout: called with what was shown, each time the host reads a sample.
    """

    times_ms: ClassVar[Mapping[tuple[int, int], float]] = {
        (_START, 1): 20,
        (FanChip.stop_code, 0): 20,
        (FanChip.ready_code, 0): 0,
        (_READ, 0): 0,
        (_SLEEP, 0): 5,
        (_WAKE, 0): 5,
        (FanChip.clean_code, 0): 5,
        (_INTERVAL, 0): 5,
        (_INTERVAL, 2): 20,
        (_TYPE, 0): 0,
        (_SERIAL, 0): 0,
        (_VERSION, 0): 0,
        (FanChip.status_code, 0): 0,
        (FanChip.clear_code, 0): 5,
        (FanChip.reset_code, 0): 100,
    }
    keeps_reply = True

    def __init__(
        self,
        *,
        firmware: int = 0x0202,
        mono_ns: Callable[[], int] = time.monotonic_ns,
        on_readout: Callable[[Shown], None] | None = None,
    ) -> None:
        """Power the sensor up, idle, in ordinary air."""
        super().__init__(mono_ns=mono_ns)
        self.asleep = False
        self.firmware = firmware
        self.on_readout = on_readout
        self._interval = (0x0009, 0x3A80)
        self._format = _FLOATS
        self._woken_ns = -_AWAKE_NS
        self._air = self._last = particles({})
        self.set(
            pm1_0=5.23, pm2_5=9.46, pm4_0=12.64, pm10=13.28,
            n0_5=26.31, n1_0=37.0, n2_5=41.52, n4_0=42.41, n10=42.54, typical_size=0.83,
        )  # fmt: skip

    def set(self, **values: float) -> Shown:
        """Change the air from now on and return `presented`; what is not given is zero."""
        with self.lock:
            self.advance(self.mono_ns())
            self._air = particles(values)
        return self.presented

    @property
    def presented(self) -> Shown:
        """What a driver must report for a sample that is taken now, once settled."""
        known = self.firmware >= _WITH_STATUS
        return presented_by(self._air, failed=known and bool(self.status & (FAN_FAILED | LASER_FAILED)))

    def surroundings(self) -> Particles:
        """Return the air as it is now."""
        return self._air

    def write(self, data: bytes) -> None:
        """Take a command; asleep, only a second wake-up within 100 ms of a first one, which is not acknowledged.

        Raises:
            NotAcknowledged: it is not taken.
        """
        with self.lock:
            if self.asleep:
                now, woken_ns = self.mono_ns(), self._woken_ns
                self._woken_ns = now
                if now - woken_ns > _AWAKE_NS or data != _WAKE.to_bytes(2, "big"):
                    raise NotAcknowledged
            super().write(data)

    def obey(self, code: int, arguments: Sequence[int], now_ns: int) -> Sequence[int]:
        """Do what a command says; some need another mode or a newer firmware."""
        needs = {
            _SLEEP: _WITH_SLEEP,
            _WAKE: _WITH_SLEEP,
            self.status_code: _WITH_STATUS,
            self.clear_code: _WITH_STATUS,
        }
        if self.firmware < needs.get(code, 0) or (self.measuring and code in (_START, _SLEEP)):
            raise NotAcknowledged
        if code == _START:
            self._format = arguments[0]
            self.start(now_ns)
        elif code in (_SLEEP, _WAKE):
            self.asleep = code == _SLEEP
        elif code == _INTERVAL and arguments:
            self._interval = (arguments[0], arguments[1])
        else:
            return self._answer(code) or super().obey(code, arguments, now_ns)
        return ()

    def was_read(self, code: int) -> None:
        """Take note that a sample was read, which takes back the data-ready flag."""
        if code == _READ and self.sample is not None:
            self.sample = None
            if self.on_readout is not None:
                self.on_readout(self.presented)

    def _answer(self, code: int) -> tuple[int, ...]:
        if code == _READ:
            self._last = self._last if self.sample is None else self.sample
            if self._format == _INTEGERS:
                whole = [*self._last[:-1], self._last[-1] * 1000]
                return tuple(half_up(Fraction(each)) for each in whole)
            return tuple(each for value in self._last for each in single_words(value))
        answers = {
            _TYPE: text_words(PRODUCT_TYPE, count=4),
            _SERIAL: text_words(_SERIAL_NUMBER, count=16),
            _VERSION: (self.firmware,),
            _INTERVAL: self._interval,
        }
        return answers.get(code, ())
