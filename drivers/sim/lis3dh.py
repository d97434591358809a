"""A simulated LIS3DH: it stands somehow, trembles, and is knocked.

In: g along three axes, a trembling, knocks (`Lis3dhChip`) and I2C messages. Out: register contents, and in
`Lis3dhChip.presented` the integers that a right driver must make of them. Never: anything of the driver; typed again
from DocID17530 Rev 2 (pages 16, 17, 22, 23) and ST's ``lis3dh_reg.h`` and ``lis3dh_reg.c``.

Trembling goes to and fro along x with every sample, so that its root mean square and its peak are its size.
"""

import math
import time
from collections import deque
from collections.abc import Callable, Mapping
from fractions import Fraction

from drivers.sim.physical import Physical, half_up
from drivers.sim.register_chip import RegisterChip

Shown = Mapping[str, int | None]
"""Channel name to integer: x, y, z and vibration in 1e-3 m/s2, tilt in 0.1 deg, knocks."""

_RATES_HZ = {1: 1, 2: 10, 3: 25, 4: 50, 5: 100, 6: 200, 7: 400}
_MG_PER_DIGIT = (1, 2, 4, 12)
_THRESHOLD_STEP_MG = (16, 32, 62, 186)
_DEPTH = 32
_TURNING_ON_SAMPLES = 3
_END_DIGITS = 2044
_GRAVITY_MG = (800, 1200)
_CTRL_REG1, _STREAM = 0x20, 0b10
_CLICK_SRC, _FIFO_SRC, _OUT, _FIFO_CTRL = 0x39, 0x2F, 0x28, 0x2E
_READ_ONLY = {0x0F, 0x27, *range(0x28, 0x2E), _FIFO_SRC, _CLICK_SRC}


class Lis3dhChip(RegisterChip):
    """A LIS3DH as the simulated adapter sees it. Safe to use from two threads.

    Attributes:
        hung: while True, there are no new samples.
    """

    def __init__(self, *, chip_id: int = 0x33, mono_ns: Callable[[], int] = time.monotonic_ns) -> None:
        """Power the chip up, lying flat."""
        super().__init__(mono_ns=mono_ns)
        self.hung = False
        self._chip_id = chip_id
        self._g: tuple[Fraction, Fraction, Fraction] = (Fraction(0), Fraction(0), Fraction(1))
        self._tremble = Fraction(0)
        self._knocked = False
        self.power_up()

    def power_up(self) -> None:
        """Lose every setting, as after a loss of power."""
        self.registers = {0x0F: self._chip_id, 0x20: 0x07, 0x1E: 0x10, _FIFO_SRC: 0x20}
        self._fifo: deque[bytes] = deque(maxlen=_DEPTH)
        self._counting = False
        self._latched = self._settled = False
        self._started_ns, self._taken = self.mono_ns(), 0

    def set(
        self,
        *,
        x: Physical | None = None,
        y: Physical | None = None,
        z: Physical | None = None,
        tremble: Physical | None = None,
    ) -> None:
        """Change how it stands and trembles from now on, in g; what is not given stays."""
        with self._lock:
            self.advance()
            given = [old if new is None else Fraction(new) for old, new in zip(self._g, (x, y, z), strict=True)]
            self._g = (given[0], given[1], given[2])
            if tremble is not None:
                self._tremble = Fraction(tremble)

    def knock(self, *, g: Physical = 1, ms: Physical = 10) -> None:
        """Strike it: so hard, beyond gravity, and so long."""
        with self._lock:
            self.advance()
            step_mg = _THRESHOLD_STEP_MG[self.registers.get(0x23, 0) >> 4 & 0b11]
            hard = Fraction(g) * 1000 > (self.registers.get(0x3A, 0) & 0x7F) * step_mg
            rate = self._rate()
            short = rate > 0 and Fraction(ms) * rate <= self.registers.get(0x3B, 0) * 1000
            if self.registers.get(0x38, 0) & 0x15 and hard and short:
                self._latched = self._knocked = True

    @property
    def presented(self) -> Shown:
        """What a driver must report of a whole block of how it stands now; `knocks` as the next read will tell."""
        even, odd = self._sample(0), self._sample(1)
        if any(abs(axis) >= _END_DIGITS for sample in (even, odd) for axis in sample):
            gone = dict.fromkeys(("x", "y", "z", "tilt", "vibration_rms", "vibration_peak"))
            return {**gone, "knocks": int(self._knocked)}
        mg = _MG_PER_DIGIT[self.registers.get(0x23, 0) >> 4 & 0b11]
        mean = [Fraction(one + other, 2) * mg for one, other in zip(even, odd, strict=True)]
        away = [Fraction(one - other, 2) * mg for one, other in zip(even, odd, strict=True)]
        length = math.hypot(*mean)
        shake = round(math.hypot(*away) * 9.80665)
        tilt = math.degrees(math.atan2(math.hypot(mean[0], mean[1]), mean[2]))
        return {
            **{name: half_up(axis * Fraction("9.80665")) for name, axis in zip("xyz", mean, strict=True)},
            "tilt": round(tilt * 10) if _GRAVITY_MG[0] <= length <= _GRAVITY_MG[1] else None,
            "vibration_rms": shake,
            "vibration_peak": shake,
            "knocks": int(self._knocked),
        }

    def write(self, data: bytes) -> None:
        """Take a register's number, its highest bit for counting up, and values."""
        with self._lock:
            self.advance()
            if not data:
                return
            self._pointer, self._counting = data[0] & 0x7F, bool(data[0] & 0x80)
            for offset, value in enumerate(data[1:]):
                self.written(self._pointer + offset if self._counting else self._pointer, value)

    def read(self, length: int) -> bytes:
        """Return registers from the pointer on; with the FIFO on, its samples one after the other."""
        with self._lock:
            self.advance()
            if self._pointer == _OUT and self._counting and self._streams() and length:
                return self._drain(length)
            self._show_output()
            step = 1 if self._counting else 0
            content = bytes(self.registers.get(self._pointer + step * at & 0x7F, 0) for at in range(length))
            if self._pointer == _CLICK_SRC and length:
                self._latched = self._knocked = False
                self.registers[_CLICK_SRC] = 0
            return content

    def written(self, register: int, value: int) -> None:
        """Take a setting; another rate starts afresh."""
        if register in _READ_ONLY:
            return
        changed = self.registers.get(register) != value
        self.registers[register] = value
        if register == _FIFO_CTRL and not value >> 6:
            self._fifo.clear()
        if register == _CTRL_REG1 and changed:
            self._started_ns, self._taken = self.mono_ns(), 0
            self._settled = False

    def advance(self) -> None:
        """Take the samples that are due, and take turning on for a click."""
        rate = 0 if self.hung else self._rate()
        due = (self.mono_ns() - self._started_ns) * rate // 10**9
        if due > self._taken and self._streams():
            for number in range(max(self._taken, due - _DEPTH), due):
                self._fifo.append(_pack(self._sample(number)))
        self._taken = max(self._taken, due)
        if rate and not self._settled and due >= _TURNING_ON_SAMPLES:
            self._settled = True
            self._latched |= bool(self.registers.get(0x38, 0))
        self.registers[_CLICK_SRC] = 0x55 if self._latched else 0
        level = len(self._fifo)
        self.registers[_FIFO_SRC] = min(level, 31) | (0x20 if level == 0 else 0) | (0x40 if level == _DEPTH else 0)

    def _rate(self) -> int:
        return _RATES_HZ.get(self.registers.get(0x20, 0) >> 4, 0)

    def _streams(self) -> bool:
        return bool(self.registers.get(0x24, 0) & 0x40) and self.registers.get(_FIFO_CTRL, 0) >> 6 == _STREAM

    def _sample(self, number: int) -> tuple[int, int, int]:
        """Return x, y, z in digits of 12 bits."""
        mg = _MG_PER_DIGIT[self.registers.get(0x23, 0) >> 4 & 0b11]
        to_and_fro = self._tremble if number % 2 == 0 else -self._tremble
        x, y, z = self._g
        digits = [max(-2048, min(2047, half_up(axis * 1000 / mg))) for axis in (x + to_and_fro, y, z)]
        return digits[0], digits[1], digits[2]

    def _show_output(self) -> None:
        if self._rate():
            for offset, byte in enumerate(_pack(self._sample(max(self._taken - 1, 0)))):
                self.registers[_OUT + offset] = byte

    def _drain(self, length: int) -> bytes:
        whole = -(-length // 6)
        taken = [self._fifo.popleft() if self._fifo else bytes(6) for _ in range(whole)]
        return b"".join(taken)[:length]


def _pack(sample: tuple[int, int, int]) -> bytes:
    return b"".join((digits << 4).to_bytes(2, "little", signed=True) for digits in sample)
