"""A simulated DS3231: it keeps the time it is set to, unless its battery is taken out.

In: a time and a temperature (`Ds3231Chip`), I2C messages. Out: register contents, and in `Ds3231Chip.presented` the
integers that a right driver must make of them. Never: anything of the driver; typed again from Maxim's data sheet
19-5170 (page 11, figure 1; page 13).
"""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from drivers.sim.register_chip import RegisterChip

Shown = Mapping[str, int | None]
"""Channel name to integer: temperature in 0.01 Cel, utc in ms."""

_FIRST = datetime(2000, 1, 1, tzinfo=UTC)
_LAST_REGISTER = 0x12
_CONTROL, _STATUS = 0x0E, 0x0F
_NOON = 12


class Ds3231Chip(RegisterChip):
    """A DS3231 as the simulated adapter sees it. Safe to use from two threads.

    Attributes:
        twelve_hours: show the hour as on a dial, with a bit for the afternoon.
    """

    def __init__(self, *, mono_ns: Callable[[], int] = time.monotonic_ns) -> None:
        """Power the chip up for the first time: its clock is not set."""
        super().__init__(mono_ns=mono_ns)
        self.twelve_hours = False
        self._set_to, self._set_at_ns = _FIRST, mono_ns()
        self._quarters = 4 * 25
        self.registers = dict.fromkeys(range(_LAST_REGISTER + 1), 0) | {0x0E: 0x1C, 0x0F: 0x88}
        self._show()

    def set(self, *, utc: datetime | None = None, temperature_c: float | None = None) -> Shown:
        """Set the clock, which also clears the flag of its standing still, or the temperature."""
        with self._lock:
            if utc is not None:
                self._set_to, self._set_at_ns = utc.replace(microsecond=0), self.mono_ns()
                self.registers[0x0F] &= 0x7F
            if temperature_c is not None:
                self._quarters = round(temperature_c * 4)
            return self.presented

    def lose_battery(self) -> None:
        """Take the battery out while there is no other supply: the clock stands still and is set to nothing."""
        with self._lock:
            self._set_to, self._set_at_ns = _FIRST, self.mono_ns()
            self.registers[0x0F] |= 0x80

    @property
    def presented(self) -> Shown:
        """What a driver must report now."""
        stopped = bool(self.registers[0x0F] & 0x80)
        seconds = int((self._now() - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
        return {
            "temperature": self._quarters * 25,
            "utc": None if stopped else seconds * 1000,
            "oscillator_stopped": int(stopped),
        }

    def advance(self) -> None:
        """Show the time of now."""
        self._show()

    def written(self, register: int, value: int) -> None:
        """Take a control word, or clear the flag of standing still; the clock is set by `set`."""
        if register == _CONTROL:
            self.registers[register] = value
        elif register == _STATUS:
            kept = self.registers[0x0F] & value & 0x83
            self.registers[0x0F] = kept | value & 0x08

    def _now(self) -> datetime:
        return self._set_to + timedelta(seconds=(self.mono_ns() - self._set_at_ns) // 10**9)

    def _show(self) -> None:
        now = self._now()
        hour = _digits(now.hour)
        if self.twelve_hours:
            hour = 0x40 | (0x20 if now.hour >= _NOON else 0) | _digits((now.hour - 1) % 12 + 1)
        century, year = divmod(now.year - 2000, 100)
        first = [now.second, now.minute, now.hour, now.isoweekday(), now.day, now.month, year]
        self.registers |= {number: _digits(value) for number, value in enumerate(first)}
        self.registers[0x02] = hour
        self.registers[0x05] |= century << 7
        temperature = (self._quarters << 6) & 0xFFFF
        self.registers |= {0x11: temperature >> 8, 0x12: temperature & 0xFF}


def _digits(value: int) -> int:
    return value // 10 << 4 | value % 10
