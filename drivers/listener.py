"""Reads a serial line into a parser and hands out what the parser finds, with the time of the read.

In: a line, a parser without I/O. Out: items, each with CLOCK_MONOTONIC taken right after the read that completed it
and before it was interpreted. Never: interpretation, a task of its own, more memory than one read and one
unfinished item.
"""

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Generic, Protocol, TypeVar

from drivers.bus.api import KEPT_BYTES, SerialLine
from drivers.errors import BusTimeout, ChecksumMismatch, ChipError, InvalidData
from drivers.reading import Clock

_NS_PER_S = 1_000_000_000

Item = TypeVar("Item")
ItemOut_co = TypeVar("ItemOut_co", covariant=True)


class Parser(Protocol[ItemOut_co]):
    """A parser without I/O."""

    @property
    def needed(self) -> int:
        """At least this many more bytes must come before `feed` can return anything; at least 1."""
        ...

    @property
    def bad_checksums(self) -> int:
        """How many pieces so far had the form of an item and failed its check."""
        ...

    def feed(self, data: bytes) -> Sequence[ItemOut_co]:
        """Return the items that `data` completes."""
        ...


class Listener(Generic[Item]):
    """Waits for the items of one line.

    Cancelling `next` loses nothing that was read: items wait in the queue, an unfinished one in the parser.
    """

    def __init__(self, chip: str, line: SerialLine, clock: Clock, *, parser: Callable[[], Parser[Item]]) -> None:
        self._chip = chip
        self._line = line
        self._clock = clock
        self._make_parser = parser
        self._parser = parser()
        self._items: deque[tuple[int, Item]] = deque()
        self._largest_read = 0

    @property
    def parser(self) -> Parser[Item]:
        """The parser since the last `open`, with its counters."""
        return self._parser

    async def open(self) -> None:
        """Open the line and forget everything that came before."""
        await self._line.open()
        await self.forget()

    async def forget(self) -> None:
        """Forget everything that came until now, so that no old answer is taken for that to the next question."""
        await self._line.discard_input()
        self._items.clear()
        self._parser = self._make_parser()

    async def next(self, *, timeout_s: float) -> tuple[int, Item]:
        """Return the next item and when it was read; items that are waiting cost no read.

        Raises:
            BusTimeout: the line stayed silent.
            ChecksumMismatch: something came, but its checksums did not hold.
            InvalidData: something came that has not the form of an item.
            BusGone: the port was unplugged.
        """
        if not self._items:
            await self._fill(timeout_s)
        return self._items.popleft()

    async def newest(self, *, timeout_s: float) -> tuple[int, Item]:
        """Return the last item of those that have come, as `next` does; the ones before it are dropped.

        For sensors that send more than anybody wants: what has arrived meanwhile costs one read. Where that is so
        much that the line has dropped what came after it, the last of it is old: everything is forgotten, and the
        next item is waited for.
        """
        if not self._items:
            await self._fill(timeout_s)
            if self._largest_read >= KEPT_BYTES:
                await self.forget()
                await self._fill(timeout_s)
        newest = self._items[-1]
        self._items.clear()
        return newest

    async def waiting(self) -> list[Item]:
        """Return the items that have come already, for sensors that also speak when they are not asked."""
        with suppress(BusTimeout):
            self._take(await self._line.read(timeout_s=0))
        items = [item for _, item in self._items]
        self._items.clear()
        return items

    async def _fill(self, timeout_s: float) -> None:
        now_ns = self._clock.mono_ns()
        deadline_ns = now_ns + int(timeout_s * _NS_PER_S)
        bad_before, heard, self._largest_read = self._parser.bad_checksums, False, 0
        while not self._items:
            left_s = (deadline_ns - now_ns) / _NS_PER_S
            if left_s <= 0:
                raise self._failure(bad_before)
            try:
                data = await self._line.read(at_least=self._parser.needed, timeout_s=left_s)
            except BusTimeout as silence:
                if heard:
                    raise self._failure(bad_before) from silence
                raise
            now_ns, heard = self._take(data), True

    def _take(self, data: bytes) -> int:
        now_ns = self._clock.mono_ns()
        self._largest_read = max(self._largest_read, len(data))
        self._items.extend((now_ns, item) for item in self._parser.feed(data))
        return now_ns

    def _failure(self, bad_before: int) -> ChipError:
        if self._parser.bad_checksums > bad_before:
            return ChecksumMismatch(self._chip, "every frame that came")
        return InvalidData(self._chip, "bytes arrive, but nothing this sensor sends: check model and baud rate")
