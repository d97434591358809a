"""A simulated BH1750: it measures the light that it is told.

In: illuminance (`Bh1750Chip.set`) and I2C messages. Out: results, and in `Bh1750Chip.presented` the integer that a
right driver must make of them. Never: anything of the driver; the commands are typed again (ROHM, technical note
2009.04 B, pages 2 and 10; codes as in Linux' ``bh1750.c`` and google/cyanobyte).
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from drivers.sim.chip import NotAcknowledged
from drivers.sim.physical import Physical, half_up

_TYPICAL_US: Final = {0x0: 120_000, 0x1: 120_000, 0x3: 16_000}
_ONE_TIME: Final = 0x20
_TIME_HIGH: Final = 0x40
_TIME_LOW: Final = 0x60
_TOP: Final = 0xFFFF


@dataclass(frozen=True, slots=True)
class _Result:
    """What the data register holds, and by which measurement time and mode."""

    count: int = 0
    time: int = 69
    mode: int = 0


class Bh1750Chip:
    """A BH1750 as the simulated adapter sees it. Safe to use from two threads.

    Attributes:
        powered: whether it is in another state than power down.
    """

    def __init__(self, *, mono_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self._mono_ns = mono_ns
        self._lock = threading.RLock()
        self._lux = Fraction(0)
        self.restart()
        self.set(illuminance_lux=250)

    def restart(self) -> None:
        """Restart the chip, as a power failure does."""
        self.powered = False
        self._time = 69
        self._mode: int | None = None
        self._result = _Result()
        self._due_ns = 0

    def set(self, *, illuminance_lux: Physical) -> None:
        """Change the light from now on."""
        with self._lock:
            self._advance()
            self._lux = Fraction(illuminance_lux)

    @property
    def presented(self) -> Mapping[str, int | None]:
        """What a right driver must make of the newest result: 0.01 lx, None where there was too much light."""
        result = self._result
        if result.count == _TOP:
            return {"illuminance": None}
        lux = Fraction(result.count * 10, 12) * Fraction(69, result.time) / (2 if result.mode & 0xF == 1 else 1)
        return {"illuminance": half_up(lux * 100)}

    def write(self, data: bytes) -> None:
        """Take one command.

        Raises:
            NotAcknowledged: there are two of them, or it is none.
        """
        with self._lock:
            self._advance()
            if len(data) > 1:
                raise NotAcknowledged
            if data:
                self._command(data[0])

    def read(self, length: int) -> bytes:
        """Return the newest result, whatever is being measured."""
        with self._lock:
            self._advance()
            return self._result.count.to_bytes(2, "big").ljust(length, b"\xff")[:length]

    def stop(self) -> None:
        """Do nothing: a command and its result are two transactions."""

    def _command(self, code: int) -> None:
        if code in (0x00, 0x01):
            self.powered, self._mode = bool(code), None
        elif code == 0x07:  # noqa: PLR2004 - reset
            if self.powered:
                self._result = _Result()
        elif code & 0xF8 == _TIME_HIGH:
            self._time = self._time & 0x1F | (code & 0x07) << 5
        elif code & 0xE0 == _TIME_LOW:
            self._time = self._time & 0xE0 | code & 0x1F
        elif code >> 4 in (0x1, 0x2) and code & 0xF in _TYPICAL_US:
            self.powered, self._mode = True, code
            self._due_ns = self._mono_ns() + self._duration_ns()
        else:
            raise NotAcknowledged

    def _duration_ns(self) -> int:
        return _TYPICAL_US[(self._mode or 0) & 0xF] * 1000 * self._time // 69

    def _advance(self) -> None:
        """Take the measurement that became due; a single one ends in power down."""
        if self._mode is None or self._mono_ns() < self._due_ns:
            return
        doubled = 2 if self._mode & 0xF == 1 else 1
        count = self._lux * Fraction(12, 10) * Fraction(self._time, 69) * doubled
        self._result = _Result(min(max(round(count), 0), _TOP), self._time, self._mode)
        if self._mode & _ONE_TIME:
            self.powered, self._mode = False, None
        else:
            self._due_ns = self._mono_ns() + self._duration_ns()
