"""What simulated Sensirion sensors on I2C have in common: commands that take their time, words with checksums.

In: the messages of a transaction. Out: replies. Never: anything of the drivers; the CRC-8 is typed again here
(Sensirion SHT3x-DIS data sheet, version 6, page 14: polynomial x8 + x5 + x4 + 1, start 0xFF).
"""

import struct
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import ClassVar, Generic, TypeVar

from drivers.sim.chip import NotAcknowledged
from drivers.sim.physical import half_up

Shown = Mapping[str, int | None]
"""Channel name to the integer that a right driver must report, None for not available."""
_NS_PER_MS = 1_000_000

Ticks = TypeVar("Ticks")


def checksum(high: int, low: int) -> int:
    """Return the CRC-8 of one word."""
    remainder = 0xFF
    for byte in (high, low):
        remainder ^= byte
        for _ in range(8):
            carry = remainder & 0x80
            remainder = remainder << 1 & 0xFF
            if carry:
                remainder ^= 0x31
    return remainder


def word(value: Fraction) -> int:
    """Return the nearest word, the ends of the scale beyond it."""
    return max(0, min(0xFFFF, half_up(value)))


def single_words(value: float) -> tuple[int, int]:
    """Return the two words of an IEEE 754 single, the high one first."""
    bits = int.from_bytes(struct.pack(">f", value), "big")
    return bits >> 16, bits & 0xFFFF


def text_words(text: str, *, count: int) -> tuple[int, ...]:
    """Return an ASCII text in `count` words, filled up with zeros."""
    data = text.encode("ascii").ljust(2 * count, b"\0")
    return tuple(int.from_bytes(data[at : at + 2], "big") for at in range(0, 2 * count, 2))


class SensirionChip:
    """A sensor that takes commands; a chip fills in `times_ms` and `obey`.

    Attributes:
        times_ms: how long a command takes, by its code and its number of argument words; no others are acknowledged.
        code_bytes: bytes of a command code.
        keeps_reply: a reply can be read again and again, until another command.
        bad_checksums: how many words from now on are sent with a wrong checksum.
        mono_ns: the time by which it measures.
    """

    times_ms: ClassVar[Mapping[tuple[int, int], float]] = {}
    code_bytes: ClassVar[int] = 2
    keeps_reply: ClassVar[bool] = False

    def __init__(self, *, mono_ns: Callable[[], int] = time.monotonic_ns) -> None:
        self.mono_ns = mono_ns
        self.bad_checksums = 0
        self.lock = threading.RLock()
        self._busy_until_ns = 0
        self._reply: tuple[int, ...] = ()
        self._code = 0

    def write(self, data: bytes) -> None:
        """Take a command; it is not acknowledged while busy, unknown, or with a wrong checksum.

        Raises:
            NotAcknowledged: one of these, or the chip refuses it now.
        """
        with self.lock:
            now = self.mono_ns()
            self.advance(now)
            if now < self._busy_until_ns:
                raise NotAcknowledged
            if not data:
                return
            code = int.from_bytes(data[: self.code_bytes], "big")
            arguments = _arguments(data[self.code_bytes :])
            if len(data) < self.code_bytes or (code, len(arguments)) not in self.times_ms:
                raise NotAcknowledged
            self._reply, self._code = (), code
            self._reply = tuple(self.obey(code, arguments, now))
            self._busy_until_ns = now + round(self.times_ms[code, len(arguments)] * _NS_PER_MS)

    def read(self, length: int) -> bytes:
        """Return the reply to the last command.

        Raises:
            NotAcknowledged: the command is not done, or has no reply.
        """
        with self.lock:
            now = self.mono_ns()
            self.advance(now)
            if not self._reply or length > 3 * len(self._reply):
                raise NotAcknowledged
            content = b"".join(self._frame(each) for each in self._reply)[:length]
            if now < self._busy_until_ns:
                return self.too_early(content)
            if not self.keeps_reply:
                self._reply = ()
            self.was_read(self._code)
            return content

    def stop(self) -> None:
        """Do nothing: a command and its reply are two transactions."""

    def advance(self, now_ns: int) -> None:
        """Take the samples that became due. A chip that measures by itself overrides this."""

    def obey(self, code: int, arguments: Sequence[int], now_ns: int) -> Sequence[int]:
        """Do what a command says and return its reply.

        Raises:
            NotAcknowledged: not now.
        """
        raise NotImplementedError

    def too_early(self, content: bytes) -> bytes:  # noqa: ARG002 - what a stretched clock would spoil
        """Return what a host gets that reads before the command is done: by default no acknowledge.

        Raises:
            NotAcknowledged: always. A chip that stretches the clock overrides this.
        """
        raise NotAcknowledged

    def was_read(self, code: int) -> None:
        """Take note that the reply to `code` was read. A chip whose reads have effects overrides this."""

    def _frame(self, value: int) -> bytes:
        high, low = value >> 8, value & 0xFF
        wrong = self.bad_checksums > 0
        self.bad_checksums -= wrong
        return bytes([high, low, checksum(high, low) ^ (0x01 if wrong else 0x00)])


class PeriodicChip(SensirionChip, Generic[Ticks]):
    """A sensor that measures by itself while it is told to, and keeps the newest sample.

    Attributes:
        period_ms: time between two samples; the first comes a period after the start.
        measuring: whether it does.
        lame: while True, no sample ever becomes ready.
        sample: the newest sample that has not been read.
    """

    period_ms: int = 1000

    def __init__(self, *, mono_ns: Callable[[], int] = time.monotonic_ns) -> None:
        super().__init__(mono_ns=mono_ns)
        self.measuring = False
        self.lame = False
        self.sample: Ticks | None = None
        self._next_sample_ns = 0

    def surroundings(self) -> Ticks:
        """Return the ticks of a sample that is taken now."""
        raise NotImplementedError

    def start(self, now_ns: int) -> None:
        """Begin to measure."""
        self.measuring, self.sample = True, None
        self._next_sample_ns = now_ns + self.period_ms * _NS_PER_MS

    def halt(self) -> None:
        """Stop measuring and forget what was not read."""
        self.measuring, self.sample = False, None

    def advance(self, now_ns: int) -> None:
        """Take the sample that became due since the last call, of the surroundings as they were until now."""
        if self.measuring and not self.lame and now_ns >= self._next_sample_ns:
            self.sample = self.surroundings()
            period_ns = self.period_ms * _NS_PER_MS
            self._next_sample_ns += ((now_ns - self._next_sample_ns) // period_ns + 1) * period_ns


class FanChip(PeriodicChip[Ticks]):
    """A particle sensor with a fan (SPS30, SEN5x), which share many commands.

    Attributes:
        status: the device status register, but for what the chip itself knows.
        cleaning_until_ns: until then the fan is cleaned, and nothing new comes.
    """

    stop_code: ClassVar[int] = 0x0104
    ready_code: ClassVar[int] = 0x0202
    clean_code: ClassVar[int] = 0x5607
    status_code: ClassVar[int] = 0xD206
    clear_code: ClassVar[int] = 0xD210
    reset_code: ClassVar[int] = 0xD304
    cleaning_s: ClassVar[int] = 10

    def __init__(self, *, mono_ns: Callable[[], int] = time.monotonic_ns) -> None:
        super().__init__(mono_ns=mono_ns)
        self.status = 0
        self.cleaning_until_ns = 0

    def advance(self, now_ns: int) -> None:
        """Take the samples that became due, none of them while the fan is cleaned."""
        if now_ns >= self.cleaning_until_ns:
            super().advance(now_ns)

    def obey(self, code: int, arguments: Sequence[int], now_ns: int) -> Sequence[int]:
        """Do what one of the shared commands says."""
        del arguments
        if code == self.ready_code:
            return (int(self.sample is not None),)
        if code == self.status_code:
            return (self.status >> 16, self.status & 0xFFFF)
        if code == self.clean_code and self.measuring:
            self.sample, self.cleaning_until_ns = None, now_ns + self.cleaning_s * 1000 * _NS_PER_MS
        elif code == self.clear_code:
            self.status = 0
        elif code in (self.stop_code, self.reset_code):
            self.halt()
            self.cleaning_until_ns = 0
        return ()


def _arguments(tail: bytes) -> tuple[int, ...]:
    if len(tail) % 3 or any(checksum(*tail[at : at + 2]) != tail[at + 2] for at in range(0, len(tail), 3)):
        raise NotAcknowledged
    return tuple(tail[at] << 8 | tail[at + 1] for at in range(0, len(tail), 3))
