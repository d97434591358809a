"""A simulated SCD4x: a command interpreter with the chip's times, that measures what it is told.

In: physical values (`Scd4xChip.set`) and I2C messages. Out: replies, and in `Scd4xChip.presented` the integers that
a right driver must make of them. Never: anything of the driver; the data sheet is typed again here (Sensirion SCD4x
1.3: commands and times page 8, stop page 10, checksum page 19; conversions from Sensirion's ``scd4x_i2c.h``).
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from drivers.sim.chip import NotAcknowledged

Physical = int | float | Decimal
Shown = Mapping[str, int | None]
"""Channel name to integer: co2 in ppm (None: not available), temperature in 0.01 Cel, humidity in 0.01 %RH."""

_NS_PER_MS: Final = 1_000_000
_PERIOD_MS: Final = 5_000
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
# Milliseconds until it is done, words of argument, allowed while measuring.
_COMMANDS: Final[Mapping[int, tuple[int, int, bool]]] = {
    _START: (0, 0, False),
    _READ: (1, 0, True),
    _STOP: (500, 0, True),
    _SET_ALTITUDE: (1, 1, False),
    _GET_ALTITUDE: (1, 0, False),
    _SET_PRESSURE: (1, 1, True),
    _SET_SELF_CALIBRATION: (1, 1, False),
    _GET_SELF_CALIBRATION: (1, 0, False),
    _DATA_READY: (1, 0, True),
    _SERIAL: (1, 0, False),
    _REINIT: (20, 0, False),
}


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
        co2=0 if co2_ppm is None else _word(Fraction(co2_ppm)),
        temperature=_word((Fraction(temperature_c) + 45) * 65535 / 175),
        humidity=_word(Fraction(humidity_pct) * 65535 / 100),
    )


def presented_by(ticks: Ticks) -> dict[str, int | None]:
    """Return what the data sheet's formulas make of `ticks`, rounded half up to the channels' units."""
    return {
        "co2": None if ticks.co2 == 0 else ticks.co2,
        "temperature": _half_up(Fraction(175 * ticks.temperature, 65535) * 100 - 4500),
        "humidity": _half_up(Fraction(100 * ticks.humidity, 65535) * 100),
    }


def checksum(high: int, low: int) -> int:
    """Return the CRC-8 of one word: polynomial x8 + x5 + x4 + 1, start 0xFF."""
    remainder = 0xFF
    for byte in (high, low):
        remainder ^= byte
        for _ in range(8):
            carry = remainder & 0x80
            remainder = remainder << 1 & 0xFF
            if carry:
                remainder ^= 0x31
    return remainder


def _half_up(value: Fraction) -> int:
    return (value + Fraction(1, 2)).__floor__()


def _word(value: Fraction) -> int:
    return max(0, min(0xFFFF, _half_up(value)))


class Scd4xChip:
    """An SCD40 as the simulated adapter sees it. Safe to use from two threads.

    Attributes:
        settings: what the host has set.
        measuring: whether periodic measurement runs.
        bad_checksums: how many of the next words are sent with a wrong checksum.
        lame: while True, no sample ever becomes ready.
    """

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
        self.settings = Settings()
        self.measuring = False
        self.bad_checksums = 0
        self.lame = False
        self._serial_number = serial_number
        self._mono_ns = mono_ns
        self._on_readout = on_readout
        self._lock = threading.RLock()
        self._co2_ppm: Physical | None = 420
        self._temperature_c: Physical = 20
        self._humidity_pct: Physical = 50
        self._ticks = ticks_for(co2_ppm=420, temperature_c=20, humidity_pct=50)
        self._sample: Ticks | None = None
        self._next_sample_ns = 0
        self._busy_until_ns = 0
        self._reply: tuple[int, ...] = ()
        self._replies_with_sample = False

    def set(
        self,
        *,
        co2_ppm: Physical | None = None,
        temperature_c: Physical | None = None,
        humidity_pct: Physical | None = None,
    ) -> Shown:
        """Change the air around the chip from now on and return `presented`; what is not given stays."""
        with self._lock:
            self._advance()
            self._co2_ppm = self._co2_ppm if co2_ppm is None else co2_ppm
            self._temperature_c = self._temperature_c if temperature_c is None else temperature_c
            self._humidity_pct = self._humidity_pct if humidity_pct is None else humidity_pct
            return self._surround()

    def lose_co2(self) -> Shown:
        """Make the concentration not available until it is set again; return `presented`."""
        with self._lock:
            self._advance()
            self._co2_ppm = None
            return self._surround()

    @property
    def presented(self) -> Shown:
        """What a driver must report for a sample that is taken now."""
        return presented_by(self._ticks)

    def write(self, data: bytes) -> None:
        """Take a command; it is not acknowledged while busy, unknown, not allowed now, or with a wrong checksum.

        Raises:
            NotAcknowledged: one of these.
        """
        with self._lock:
            now = self._advance()
            if now < self._busy_until_ns:
                raise NotAcknowledged
            if data:
                self._command(int.from_bytes(data[:2], "big"), data[2:], now)

    def read(self, length: int) -> bytes:
        """Return the reply to the last command, once.

        Raises:
            NotAcknowledged: the command is not done, has no reply, or there was no sample.
        """
        with self._lock:
            now = self._advance()
            if now < self._busy_until_ns or not self._reply or length > 3 * len(self._reply):
                raise NotAcknowledged
            content = b"".join(self._frame(word) for word in self._reply)[:length]
            self._reply = ()
            if self._replies_with_sample and self._sample is not None:
                shown, self._sample = presented_by(self._sample), None
                if self._on_readout is not None:
                    self._on_readout(shown)
            return content

    def stop(self) -> None:
        """Do nothing: a command and its reply are two transactions."""

    def _surround(self) -> Shown:
        self._ticks = ticks_for(
            co2_ppm=self._co2_ppm, temperature_c=self._temperature_c, humidity_pct=self._humidity_pct
        )
        return self.presented

    def _advance(self) -> int:
        """Take the sample that became due since the last call, of the air as it was until now; return the time."""
        now = self._mono_ns()
        if self.measuring and not self.lame and now >= self._next_sample_ns:
            self._sample = self._ticks
            periods = (now - self._next_sample_ns) // (_PERIOD_MS * _NS_PER_MS) + 1
            self._next_sample_ns += periods * _PERIOD_MS * _NS_PER_MS
        return now

    def _command(self, code: int, tail: bytes, now: int) -> None:
        duration_ms, arguments, while_measuring = _COMMANDS.get(code, (0, 0, False))
        known = code in _COMMANDS and (while_measuring or not self.measuring)
        if not known or len(tail) != 3 * arguments or (tail and checksum(tail[0], tail[1]) != tail[2]):
            raise NotAcknowledged
        self._busy_until_ns = now + duration_ms * _NS_PER_MS
        self._reply, self._replies_with_sample = (), False
        if tail:
            self._setting(code, tail[0] << 8 | tail[1])
        elif code == _START:
            self.measuring, self._sample = True, None
            self._next_sample_ns = now + _PERIOD_MS * _NS_PER_MS
        elif code == _STOP:
            self.measuring, self._sample = False, None
        elif code == _REINIT:
            self.settings = Settings()
        else:
            self._query(code)

    def _setting(self, code: int, value: int) -> None:
        """Obey a command with an argument; an altitude cancels a pressure, as the chip does."""
        if code == _SET_ALTITUDE:
            self.settings.altitude_m, self.settings.ambient_pressure_hpa = value, None
        elif code == _SET_PRESSURE:
            self.settings.ambient_pressure_hpa = value
        else:
            self.settings.automatic_self_calibration = bool(value)

    def _query(self, code: int) -> None:
        sample = self._sample
        serial = self._serial_number
        if code == _READ:  # without a sample there is no reply to read
            self._replies_with_sample = sample is not None
            self._reply = () if sample is None else (sample.co2, sample.temperature, sample.humidity)
        elif code == _DATA_READY:
            self._reply = (0x8000 if sample is None else 0x8006,)  # only the 11 low bits count
        elif code == _SERIAL:
            self._reply = (serial >> 32 & 0xFFFF, serial >> 16 & 0xFFFF, serial & 0xFFFF)
        elif code == _GET_ALTITUDE:
            self._reply = (self.settings.altitude_m,)
        else:
            self._reply = (int(self.settings.automatic_self_calibration),)

    def _frame(self, word: int) -> bytes:
        high, low = word >> 8, word & 0xFF
        wrong = self.bad_checksums > 0
        self.bad_checksums -= wrong
        return bytes([high, low, checksum(high, low) ^ (0x01 if wrong else 0x00)])
