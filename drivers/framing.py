"""Cuts a byte stream into frames of one length, found by their first bytes and proven by a check.

In: bytes as they arrive, in any portions. Out: whole frames, each once, in order. Never: input, output, a clock,
memory for more than one unfinished frame.

What noise does: bytes that belong to no frame are skipped and counted. A false header inside noise opens a
candidate; when the check rejects it, the search goes on at the byte after that header, so a frame that began inside
the candidate is still found. Only a candidate that *passes* the check by accident can hide a frame that overlaps
it: that takes a false header and then a checksum that happens to hold (1 in 65,536 for 16 bits of check).
"""

import re
from collections.abc import Callable


class FixedFramer:
    """Frames of `length` bytes that begin with one of `headers` and for which `valid` holds.

    Attributes:
        noise_bytes: bytes so far that belong to no frame.
        bad_checksums: candidates so far that had a header and failed the check.
    """

    def __init__(self, *headers: bytes, length: int, valid: Callable[[bytes], bool]) -> None:
        self._header = re.compile(b"|".join(map(re.escape, headers)))
        beginnings = {header[:size] for header in headers for size in range(1, len(header))}
        self._beginnings = sorted(beginnings, key=len, reverse=True)
        self._length = length
        self._valid = valid
        self._pending = b""
        self.noise_bytes = 0
        self.bad_checksums = 0

    @property
    def needed(self) -> int:
        """At least this many more bytes must come before `feed` can return a frame; never less than 1."""
        return self._length - len(self._pending)

    def feed(self, data: bytes) -> list[bytes]:
        """Return the frames that `data` completes; what remains is kept for the next call."""
        buffer = self._pending + data
        frames: list[bytes] = []
        position = 0
        while (found := self._header.search(buffer, position)) and len(buffer) - found.start() >= self._length:
            start = found.start()
            candidate = buffer[start : start + self._length]
            if self._valid(candidate):
                frames.append(candidate)
                self.noise_bytes += start - position
                position = start + self._length
            else:
                self.bad_checksums += 1
                self.noise_bytes += start + 1 - position
                position = start + 1
        keep = found.start() if found else self._beginning(buffer, position)
        self.noise_bytes += keep - position
        self._pending = buffer[keep:]
        return frames

    def _beginning(self, buffer: bytes, position: int) -> int:
        """Return where a header may have begun at the end of `buffer`, or its length."""
        for beginning in self._beginnings:
            if buffer.endswith(beginning, position):
                return len(buffer) - len(beginning)
        return len(buffer)
