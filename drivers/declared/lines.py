"""Reads the lines that a file declares: fields with a separator, a pattern, or JSON. Pure.

In: bytes as they arrive, in any portions. Out: samples. Never: text: a field is a number, one of the words that the
file gives a number, one that stands for "no value", an identifier; or the whole line is dropped and counted. A line
that is dropped is looked at by the tripwire (`drivers.tripwire`); no line is longer than the form allows.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from drivers.declared.checks import Check
from drivers.declared.fields import Raw
from drivers.declared.samples import Sample, somebody
from drivers.declared.scaling import Scaling, number
from drivers.reading import Value
from drivers.tripwire import LONGEST_LOOK, Tally

Key = str | int
Fields = Mapping[Key, bytes | None]
Splitter = Callable[[bytes], Fields | None]
"""From a line to its fields; None for another kind of line, an empty mapping for a message of no interest."""

_BETWEEN: Final = re.compile(rb"[,;\t| ]")
LONGEST_IDENTIFIER: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class LineChannel:
    """A channel of a line.

    Attributes:
        name: of the channel.
        key: its field: a number from 1, a group's name, a path.
        scaling: from the number to the channel's integers; None for an identifier.
        words: what words stand for.
        unavailable: words that stand for "no value"; an empty field always does.
    """

    name: str
    key: Key
    scaling: Scaling | None
    words: tuple[tuple[bytes, int], ...] = ()
    unavailable: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCheck:
    """A checksum in hexadecimal digits behind the text that it covers.

    Attributes:
        check: its kind.
        after: what comes before the text that is covered; empty for the line's beginning.
        before: what comes between that text and the digits.
    """

    check: Check
    after: bytes
    before: bytes

    def covered(self, line: bytes) -> bytes | None:
        """Return the text that is covered, None when the checksum does not hold."""
        start = line.find(self.after) + len(self.after) if self.after in line else -1
        text, found, digits = line[start:].rpartition(self.before) if start >= 0 else (b"", b"", b"")
        if not found or not re.fullmatch(rb"[0-9A-Fa-f]{%d}" % (2 * self.check.length), digits.strip()):
            return None
        return text if int(digits, 16) == self.check.of(text) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineForm:
    """What a line looks like.

    Attributes:
        end: what ends a line; carriage returns and line feeds around it do not count.
        longest: bytes that a line may have.
        begins: what a line of interest begins with; other lines are passed over.
        check: its checksum, None for none.
        requirements: fields and what may stand in them, for a line to be believed.
        channels: what to read.
    """

    end: bytes = b"\n"
    longest: int = 256
    begins: bytes = b""
    check: LineCheck | None = None
    requirements: tuple[tuple[Key, tuple[bytes, ...]], ...] = ()
    channels: tuple[LineChannel, ...]


class _Odd(Exception):
    """A field is nothing that it could be."""

    def __init__(self, field: bytes) -> None:
        super().__init__("a field is nothing that the form knows")
        self.field = field


class LineParser:
    """Samples out of a byte stream.

    A line whose beginning was not seen is passed over where it could be taken for a whole one: ``2.5`` is the rest of
    ``12.5``.

    Attributes:
        bad_checksums: lines so far whose checksum did not hold.
        malformed: lines so far that were nothing that the form knows.
        others: lines so far that are of no interest.
        passed_over: what the newest of them was.
    """

    def __init__(self, form: LineForm, split: Splitter, tally: Tally | None = None, *, midway: bool = False) -> None:
        """Make a parser; `midway` says that the first line has begun already."""
        self._form = form
        self._split = split
        self._tally = tally or Tally()
        self._pending = b""
        self._skipping = midway
        self.bad_checksums = 0
        self.malformed = 0
        self.others = 0
        self.passed_over = ""

    @property
    def needed(self) -> int:
        """One byte may always complete a line."""
        return 1

    def feed(self, data: bytes) -> list[Sample]:
        """Return the samples that `data` completes; an unfinished line is kept for the next call."""
        *lines, tail = (self._pending + data).split(self._form.end)
        if self._skipping and lines:
            del lines[0]
            self._skipping = False
        if len(tail) - self._begun(tail) > self._bound and not self._skipping:
            self._skipping = True
            self._reject(tail[: self._bound])
        self._pending = tail[-len(self._form.end) :] if self._skipping else tail
        return [sample for line in lines if (sample := self._sample(line)) is not None]

    @property
    def _bound(self) -> int:
        """Bytes of a line with what is around it; one that has more is too long, in whatever portions it comes."""
        return self._form.longest + len(self._form.end)

    def _begun(self, tail: bytes) -> int:
        """Return how many bytes at the end of an unfinished line may belong to the end of the line."""
        end = self._form.end
        return next((size for size in range(len(end) - 1, 0, -1) if tail.endswith(end[:size])), 0)

    def _sample(self, line: bytes) -> Sample | None:
        form = self._form
        if len(line) > self._bound:
            return self._reject(line[: self._bound])
        line = line.strip(b"\r\n")
        if not line:
            return None
        if len(line) > form.longest:
            return self._reject(line)
        if not line.startswith(form.begins):
            return self._pass_over("a line that begins otherwise")
        text = line if form.check is None else form.check.covered(line)
        if text is None:
            self.bad_checksums += 1
            return self._reject(line)
        fields = self._split(text)
        return self._reject(line) if fields is None else self._read(fields)

    def _read(self, fields: Fields) -> Sample | None:
        channels = [channel for channel in self._form.channels if fields.get(channel.key) is not None]
        if not channels:
            return self._pass_over("a line without any of the fields")
        for key, allowed in self._form.requirements:
            if fields.get(key) not in allowed:
                return self._pass_over(f"field {key} is not as require says")
        values: dict[str, Value] = {channel.name: None for channel in self._form.channels}
        ticks: dict[str, int] = {}
        try:
            for channel in channels:
                raw = _raw(channel, fields[channel.key] or b"")
                if isinstance(raw, bytes):
                    values[channel.name] = somebody(raw)
                elif channel.scaling is not None:
                    values[channel.name] = channel.scaling.value(raw)
                    ticks |= {channel.name: raw} if isinstance(raw, int) else {}
        except _Odd as odd:
            self.malformed += 1
            self._tally.stops([odd.field])
            return None
        return Sample(values=values, raw=ticks)

    def _pass_over(self, why: str) -> Sample | None:
        self.others += 1
        self.passed_over = why
        return None

    def _reject(self, line: bytes) -> Sample | None:
        """Count a line of another form, and by kind if a field in its beginning trips; it is no sample."""
        self.malformed += 1
        self._tally.stops(_BETWEEN.split(line[:LONGEST_LOOK]))
        return None


def _raw(channel: LineChannel, field: bytes) -> Raw | bytes:
    text = field.strip()
    if not text or text in channel.unavailable:
        return None
    if channel.scaling is None:
        if len(text) > LONGEST_IDENTIFIER:
            raise _Odd(text)
        return text
    for word, meaning in channel.words:
        if text == word:
            return meaning
    found = number(text)
    if found is None:
        raise _Odd(text)
    return found
