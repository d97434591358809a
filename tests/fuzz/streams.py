"""Parsers that are fed bytes in any portions: whole, byte by byte and cut anyhow they must find the same.

In: a parser, an input. Out: what it found. Never: a cut that another run makes elsewhere: it follows from the input.
"""

import random
import zlib
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Protocol

from tests.fuzz.fuzzer import Fuzzer

_BYTE_BY_BYTE_EVERY: Final = 8
_SHORT: Final = 40
_COUNTERS: Final = ("noise_bytes", "bad_checksums", "malformed", "others", "skipped")


class StreamParser(Protocol):
    """A parser without I/O, as `drivers.listener` takes them."""

    @property
    def needed(self) -> int:
        """At least this many more bytes must come before `feed` can return anything."""
        ...

    def feed(self, data: bytes) -> Sequence[Any]:
        """Return the items that `data` completes."""
        ...


class StreamFuzzer(Fuzzer):
    """Portions change nothing: neither what is found, nor what is counted, nor when a reader may go on."""

    most_kept: int = 1024
    """Bytes that may wait for the rest of an item."""
    closing: bytes = b""
    """What ends whatever has begun, so that everything before it is counted."""

    @abstractmethod
    def parser(self) -> StreamParser:
        """Return a fresh parser."""

    def judge(self, data: bytes, items: Sequence[Any]) -> None:
        """Fail unless the items are what the input holds."""

    def run(self, data: bytes) -> bool:
        """Feed the input in three ways."""
        items = consistent(self.parser, data, most_kept=self.most_kept, closing=self.closing)
        self.judge(data, items)
        return bool(items)


def consistent(make: Callable[[], StreamParser], data: bytes, *, most_kept: int, closing: bytes = b"") -> list[Any]:
    """Return what a parser finds in an input, after feeding it in other portions too.

    Raises:
        AssertionError: the portions make a difference, or `needed` asks for more than it takes.
    """
    whole = make()
    items = list(whole.feed(data))
    assert_waits(whole, most_kept)
    digest = zlib.crc32(data)
    cut = make()
    assert items == fed(cut, portions(data, random.Random(digest)), most_kept), "another portion finds other items"
    whole.feed(closing)
    cut.feed(closing)
    assert counters(cut) == counters(whole), "another portion counts otherwise"
    if digest % _BYTE_BY_BYTE_EVERY == 0 or len(data) <= _SHORT:
        single = make()
        assert items == fed(single, (data[at : at + 1] for at in range(len(data))), most_kept), "single bytes differ"
        single.feed(closing)
        assert counters(single) == counters(whole), "single bytes count otherwise"
    return items


def fed(parser: StreamParser, pieces: Iterator[bytes], most_kept: int) -> list[Any]:
    """Return what a parser finds in portions; fail if it comes earlier than `needed` has said."""
    items: list[Any] = []
    given = earliest = 0
    for piece in pieces:
        earliest = max(earliest, given + parser.needed)
        found = parser.feed(piece)
        given += len(piece)
        if found:
            assert given >= earliest, f"needed asked for {earliest - given} bytes more than it took"
            earliest = 0
        items += found
        assert_waits(parser, most_kept)
    return items


def assert_waits(parser: StreamParser, most_kept: int) -> None:
    """Fail if a parser asks for nothing, or keeps more than it may."""
    assert parser.needed >= 1, "needed is never less than 1"
    assert len(parser._pending) <= most_kept, "more is kept than one unfinished item"  # type: ignore[attr-defined]


def portions(data: bytes, chance: random.Random) -> Iterator[bytes]:
    """Yield the input in a few portions."""
    cuts = sorted(chance.randrange(len(data) + 1) for _ in range(4))
    for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
        yield data[start:end]


def counters(parser: object) -> dict[str, object]:
    """Return what a parser has counted."""
    tally = getattr(parser, "_tally", None)
    trips = {} if tally is None else {"trips": dict(tally.counts)}
    return {name: getattr(parser, name) for name in _COUNTERS if hasattr(parser, name)} | trips
