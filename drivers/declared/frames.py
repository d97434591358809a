"""Cuts a byte stream into the frames that a file declares, and reads their fields. Pure.

In: bytes as they arrive, in any portions. Out: samples, each frame once, in order. Never: a frame whose check does
not hold, memory for more than one unfinished frame.

Noise: bytes that belong to no frame are skipped. A candidate that is refused, for its length or for its check, costs
one byte: the search goes on behind the first byte of its header, so a frame that began inside it is still found.
"""

from dataclasses import dataclass

from drivers.declared.checks import Check
from drivers.declared.fields import Field
from drivers.declared.samples import Identifier, Number, Requirement, Sample, decoded


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthRule:
    """How long a frame is, by one of its own fields: the field's number and `plus` more bytes."""

    field: Field
    plus: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameCheck:
    """The checksum of a frame.

    Attributes:
        check: its kind.
        first: offset of the first byte that it covers.
        at: offset of its own first byte, from the end of the frame when negative; it covers what is before.
        low_first: whether the low byte of a checksum of two bytes comes first.
    """

    check: Check
    first: int
    at: int
    low_first: bool = False

    def holds(self, frame: bytes) -> bool:
        """Return whether the checksum holds."""
        at = self.at if self.at >= 0 else len(frame) + self.at
        found = frame[at : at + self.check.length]
        return int.from_bytes(found, "little" if self.low_first else "big") == self.check.of(frame[self.first : at])


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameForm:
    """What a frame looks like.

    Attributes:
        header: its first bytes.
        length: its whole length in bytes, or the rule for it.
        shortest, longest: bounds of that length.
        footer: its last bytes, maybe none.
        check: its checksum, None where the maker gave it none.
        requirements: what must hold besides; a frame for which it does not is another message.
        channels: what to read.
    """

    header: bytes
    length: int | LengthRule
    shortest: int
    longest: int
    footer: bytes = b""
    check: FrameCheck | None = None
    requirements: tuple[Requirement, ...] = ()
    channels: tuple[Number | Identifier, ...]

    def length_of(self, begun: bytes) -> int | None:
        """Return how long the frame that has begun is, 0 for no length that it can have, None if it is not known."""
        if isinstance(self.length, int):
            return self.length
        if len(begun) < self.length.field.end:
            return None
        told = self.length.field.read(begun)
        length = told + self.length.plus if isinstance(told, int) else 0
        return length if self.shortest <= length <= self.longest else 0

    def proven(self, frame: bytes) -> bool:
        """Return whether a frame of the right length ends as it must and its check holds."""
        return frame.endswith(self.footer) and (self.check is None or self.check.holds(frame))


class FrameParser:
    """Samples out of a byte stream.

    Attributes:
        bad_checksums: candidates so far that were refused.
        others: frames so far that are right, but not the message that is asked for.
        passed_over: what the newest of them means, in the words of the file.
    """

    def __init__(self, form: FrameForm) -> None:
        self._form = form
        self._pending = b""
        self.bad_checksums = 0
        self.others = 0
        self.passed_over = ""

    @property
    def needed(self) -> int:
        """At least this many more bytes must come before `feed` can return anything; at least 1."""
        form, begun = self._form, self._pending
        length = form.length_of(begun) if begun.startswith(form.header) else None
        return max(1, (form.shortest if length is None else length) - len(begun))

    def feed(self, data: bytes) -> list[Sample]:
        """Return the samples that `data` completes; an unfinished frame is kept for the next call."""
        buffer, samples, form = self._pending + data, [], self._form
        at = self._next(buffer, 0)
        while (
            buffer.startswith(form.header, at)
            and (length := form.length_of(buffer[at : at + form.longest])) is not None
        ):
            frame = buffer[at : at + length]
            if length and len(frame) < length:
                break
            if not length or not form.proven(frame):
                self.bad_checksums += 1
                at = self._next(buffer, at + 1)
                continue
            at = self._next(buffer, at + length)
            if self._is_wanted(frame):
                samples.append(decoded(form.channels, frame))
        self._pending = buffer[at:]
        return samples

    def _is_wanted(self, frame: bytes) -> bool:
        for requirement in self._form.requirements:
            if not requirement.holds(frame):
                self.others += 1
                self.passed_over = requirement.otherwise
                return False
        return True

    def _next(self, buffer: bytes, start: int) -> int:
        """Return where the next header is, or may have begun, or the buffer's end."""
        header = self._form.header
        found = buffer.find(header, start)
        if found >= 0:
            return found
        for size in range(len(header) - 1, 0, -1):
            if buffer.endswith(header[:size], start):
                return len(buffer) - size
        return len(buffer)
