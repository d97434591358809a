"""Cuts a byte stream into lines of text and hands out what a sensor's own rule finds in them. Pure.

In: bytes as they arrive, in any portions; a rule that takes one line. Out: items, each once, in order. Never: a line
in an error or a log; memory for more than one unfinished line of `longest` bytes.

A rule returns what it has found in a line, and the part of the line that is odd: not what the sensor sends. Noise in
front of what it found is odd, so is a whole line of another form. What is odd is counted and given to the tripwire:
it may look like somebody's identifier, and then another device is on the line, and the item that came with it is
dropped too.

A line without end is cut: its first `longest` bytes are looked at and counted once, its last `longest` bytes are
kept, so that what follows a long noise is found.
"""

import re
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from drivers.tripwire import Tally

Item = TypeVar("Item")

FIELDS: Final = re.compile(rb"[,;\t|]")
"""What stands between the fields of a line of another form, as far as the tripwire is concerned."""


class LineParser(Generic[Item]):
    """Items out of the lines of one sensor.

    Attributes:
        malformed: lines so far in which something was odd.
        bad_checksums: always 0, lines have none.
    """

    bad_checksums = 0

    def __init__(
        self,
        take: Callable[[bytes], tuple[Item | None, bytes]],
        *,
        end: bytes,
        longest: int,
        shortest: int,
        tally: Tally | None = None,
        between: re.Pattern[bytes] = FIELDS,
    ) -> None:
        """Make a parser.

        Args:
            take: the rule: what is in a line without its end and without space around it, and what is odd in it.
            end: the one byte that ends a line.
            longest: more than the bytes of the longest line that the sensor sends.
            shortest: bytes of the shortest line with an item, its end included.
            tally: counts the lines with something that looks like somebody's identifier.
            between: what separates the fields of what is odd.
        """
        self._take = take
        self._end = end
        self._longest = longest
        self._shortest = shortest
        self._tally = tally or Tally()
        self._between = between
        self._pending = b""
        self._overlong = self._tripped = False
        self.malformed = 0

    @property
    def needed(self) -> int:
        """At least this many more bytes must come before `feed` can return an item; never less than 1."""
        return max(1, self._shortest - len(self._pending))

    def feed(self, data: bytes) -> list[Item]:
        """Return the items that `data` completes; an unfinished line is kept for the next call."""
        *lines, tail = (self._pending + data).split(self._end)
        items = [item for line in lines if (item := self._finish(line)) is not None]
        self._pending = self._cut(tail)
        return items

    def _finish(self, line: bytes) -> Item | None:
        item, odd = self._take(self._cut(line).strip())
        if self._overlong:
            stopped = self._tripped
            self._overlong = self._tripped = False
        else:
            stopped = bool(odd) and self._stops(odd)
        return None if stopped else item

    def _cut(self, line: bytes) -> bytes:
        """Return the end of a line; the first time that one is too long its beginning is looked at."""
        if len(line) <= self._longest:
            return line
        if not self._overlong:
            self._overlong, self._tripped = True, self._stops(line[: self._longest])
        return line[-self._longest :]

    def _stops(self, odd: bytes) -> bool:
        self.malformed += 1
        return self._tally.stops(self._between.split(odd))
