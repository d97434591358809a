"""What the simulated chips of Bosch Sensortec have in common: writes in pairs, and measurements that take their time.

In: I2C messages, and the chip's own code. Out: register contents. Never: anything of a driver, a particular chip.

On I2C these chips do not count up while they are written: a write is a register address and a value, and maybe more
such pairs (BST-BME680-DS001-00, section 6.2.1; Bosch's ``bme280_set_regs``, ``bmp3_set_regs``, ``bme68x_set_regs``).
"""

import time
from collections.abc import Callable
from fractions import Fraction
from typing import Final

from drivers.sim.register_chip import RegisterChip

NS_PER_US: Final = 1000


class BoschChip(RegisterChip):
    """A chip that measures when it is told to, and needs a while for it.

    Attributes:
        hung: while True, a measurement that has begun does not end.
    """

    def __init__(self, *, mono_ns: Callable[[], int] = time.monotonic_ns) -> None:
        super().__init__(mono_ns=mono_ns)
        self.hung = False
        self._due_ns: int | None = None
        self._resets_until_ns = 0

    def write(self, data: bytes) -> None:
        """Set the register pointer, then write values: one, or more with their register addresses between them."""
        with self._lock:
            self.advance()
            for index in range(0, len(data), 2):
                self._pointer = data[index]
                if index + 1 < len(data):
                    self.written(data[index], data[index + 1])

    def advance(self) -> None:
        """Bring the registers up to now: the end of a measurement, and what shows in the status."""
        if self._due_ns is not None and self.mono_ns() >= self._due_ns and not self.hung:
            self._due_ns = None
            self.finish()
        self.show_status(measuring=self._due_ns is not None, resetting=self.mono_ns() < self._resets_until_ns)

    def fill(self, first: int, content: bytes) -> None:
        """Put bytes into the registers from `first` on."""
        for offset, value in enumerate(content):
            self.registers[first + offset] = value

    def start(self, takes_us: int | None) -> None:
        """Begin a measurement, or (None) end the one that is running without a result."""
        self._due_ns = None if takes_us is None else self.mono_ns() + takes_us * NS_PER_US

    def restart(self, takes_us: int) -> None:
        """Note that a reset has begun."""
        self._due_ns = None
        self._resets_until_ns = self.mono_ns() + takes_us * NS_PER_US

    def finish(self) -> None:
        """Put the result of the measurement that ends now into the registers."""
        raise NotImplementedError

    def show_status(self, *, measuring: bool, resetting: bool) -> None:
        """Set the status bits."""
        raise NotImplementedError


def nearest(value_of: Callable[[int], Fraction | int], target: Fraction, *, top: int, forbidden: int = -1) -> int:
    """Return the tick of 0..top, not `forbidden`, whose value is nearest to `target`.

    `value_of` rises or falls steadily, so the place is found by bisection.
    """
    rising = value_of(0) <= value_of(top)
    low, high = 0, top
    while low < high:
        middle = (low + high) // 2
        if (value_of(middle) < target) == rising:
            low = middle + 1
        else:
            high = middle
    around = [tick for tick in range(max(low - 2, 0), min(low + 2, top) + 1) if tick != forbidden]
    return min(around, key=lambda tick: abs(value_of(tick) - target))
