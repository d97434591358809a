"""Cuts a byte stream into NMEA 0183 sentences whose checksum holds. Pure.

In: bytes as they arrive, in any portions. Out: what stands between ``$`` and ``*``, each sentence once, in order.
Never: a sentence without a checksum, memory for more than one unfinished sentence.

A sentence is whole with the second digit of its checksum; the line feed is not waited for, so bare line feeds,
noise or nothing may follow. A ``$`` always begins a new sentence: noise cannot swallow the sentence after it. Noise
*inside* a sentence costs that sentence. Noise that has the whole form of a sentence passes the checksum once in 256
times; no parser can tell.

Sources:
    gpsd: ntpsec/gpsd, include/gpsd.h: "NMEA 3.01, Section 5.3 says the max sentence length shall be 82 chars,
        including the leading $ and terminating CR LF", followed by the receivers that send up to 119, and NMEA_MAX
        130.
"""

import re
from functools import reduce
from operator import xor
from typing import Final

LONGEST: Final = 130
"""Characters from ``$`` to the line feed that are accepted, gpsd's NMEA_MAX; the standard says 82. What is longer is
noise."""

_SHORTEST: Final = len("$GPGGA*00")
_LONGEST_BODY: Final = LONGEST - len("$*hh\r\n")
_PRINTABLE: Final = rb"[\x20-\x23\x25-\x29\x2b-\x7e]"  # but neither $ nor *
_SENTENCE: Final = re.compile(rb"\$([A-Z]%b{4,%d}+)\*([0-9A-Fa-f]{2})" % (_PRINTABLE, _LONGEST_BODY - 1))
_UNFINISHED: Final = re.compile(rb"\$(?:[A-Z]%b{0,%d}+)?(?:\*[0-9A-Fa-f]?)?" % (_PRINTABLE, _LONGEST_BODY - 1))
_LINE_ENDS: Final = b"\r\n"


class SentenceParser:
    """Sentences out of a byte stream.

    Attributes:
        noise_bytes: bytes so far outside of sentences, line ends not counted.
        bad_checksums: sentences so far whose checksum did not hold.
        skipped: sentences so far that nobody wants; their checksum was not looked at.
    """

    def __init__(self, wanted: frozenset[bytes] | None = None) -> None:
        """Make a parser.

        Args:
            wanted: three-letter types to return, from any talker but ``P`` (proprietary sentences, whose letters mean
                something else); None returns every sentence. Skipping is safe: a type that noise has changed into
                another one would fail its checksum anyway.
        """
        self._wanted = wanted
        self._pending = b""
        self.noise_bytes = 0
        self.bad_checksums = 0
        self.skipped = 0

    @property
    def needed(self) -> int:
        """At least this many more bytes must come before `feed` can return a sentence; never less than 1."""
        return max(1, _SHORTEST - len(self._pending))

    def feed(self, data: bytes) -> list[bytes]:
        """Return the bodies of the sentences that `data` completes; an unfinished one is kept for the next call."""
        buffer = self._pending + data
        bodies: list[bytes] = []
        position = 0
        for match in _SENTENCE.finditer(buffer):
            self._count_noise(buffer[position : match.start()])
            position = match.end()
            body = match[1]
            if not self._is_wanted(body):
                self.skipped += 1
            elif reduce(xor, body) == int(match[2], 16):
                bodies.append(body)
            else:
                self.bad_checksums += 1
        start = buffer.rfind(b"$", position)
        if start < 0 or not _UNFINISHED.fullmatch(buffer, start):
            start = len(buffer)
        self._count_noise(buffer[position:start])
        self._pending = buffer[start:]
        return bodies

    def _is_wanted(self, body: bytes) -> bool:
        if self._wanted is None:
            return True
        return body[2:5] in self._wanted and body[5:6] == b"," and not body.startswith(b"P")

    def _count_noise(self, gap: bytes) -> None:
        self.noise_bytes += len(gap.translate(None, _LINE_ENDS))
