"""Finds the answer to one request in what a line brings: past echoes, noise and frames of others.

In: one request; bytes as they arrive, in any portions. Out: the answer's frame, and what else was there. Never:
input, output, a clock, more than two frames of memory, an answer that another slave gave.

What counts as a frame has the form of an answer (`frames.answer_length`) and a CRC that holds; bytes that belong to
no frame are noise and are skipped. As soon as the head of what was asked for is there (slave, function and the very
byte count), nothing inside it is looked at until it is whole or its CRC fails: registers may hold anything, a frame
as well.

An adapter that hears itself brings the request back before the answer. The answer to functions 5 and 6 is the request
once more, so whether the line does this has to be known before: see `drivers.modbus.line`.
"""

from dataclasses import dataclass
from typing import Final

from drivers.modbus import frames
from drivers.modbus.frames import Request

_MEMORY_BYTES: Final = 2 * frames.LONGEST


@dataclass(frozen=True, slots=True)
class _Found:
    """A piece of the buffer."""

    start: int
    end: int
    echo: bool = False


class Exchange:
    """One request and what comes after it.

    Attributes:
        request: what was asked.
        answer: the whole frame of the answer, an exception included; None until it has come.
        others: slaves whose frames came meanwhile, in order; the asked one if it was no answer to this request.
        echoed: the request itself came back.
        damaged: what looked like the answer did not hold.
        noise_bytes: how many bytes belonged to nothing.
        heard: whether anything came at all.
    """

    def __init__(self, request: Request, *, echoes: bool | None) -> None:
        """Begin to wait.

        Args:
            request: what was asked.
            echoes: whether the line brings back what is sent; None if that is not known yet.
        """
        self.request = request
        self.answer: bytes | None = None
        self.others: list[int] = []
        self.echoed = self.damaged = self.heard = False
        self.noise_bytes = 0
        self._echoes = echoes
        self._wire = request.wire
        self._heads = _heads(request)
        self._echo_possible = echoes is not False or not request.repeated
        self._buffer = b""

    @property
    def needed(self) -> int:
        """At least this many more bytes must come before `feed` can find the answer; at least 1."""
        if not self._buffer:
            return frames.SHORTEST
        if not self._begun(self._buffer):
            return 1  # noise that looks like the head of a long frame must not keep the answer waiting
        whole = any(self._buffer.startswith(head) for head in self._heads)
        length = frames.answer_length(self._buffer) if whole else None  # half a head may be noise as well
        return max(1, (length or frames.SHORTEST) - len(self._buffer))

    @property
    def began(self) -> bool:
        """Whether the head of the answer is there and the rest is not."""
        return len(self._buffer) > 1 and self._begun(self._buffer)

    def feed(self, data: bytes) -> None:
        """Take what has arrived; what comes after the answer is left alone."""
        self.heard = self.heard or bool(data)
        for start in range(0, len(data), frames.LONGEST):
            self._take(data[start : start + frames.LONGEST])

    def _take(self, data: bytes) -> None:
        self._buffer = (self._buffer + data)[-_MEMORY_BYTES:]
        while self.answer is None and (found := self._find()) is not None:
            piece = self._buffer[found.start : found.end]
            self.noise_bytes += found.start
            self._buffer = self._buffer[found.end :]
            if found.echo:
                self.echoed, self._echo_possible = True, False
            elif self._answers(piece):
                self.answer = piece
            else:
                self.others.append(piece[0])

    def _find(self) -> _Found | None:
        """Return the first echo or frame; without one drop the noise before what may become one."""
        buffer, keep = self._buffer, len(self._buffer)
        for start in range(len(buffer)):
            rest = buffer[start:]
            if self._is_echo(rest):
                return _Found(start, start + len(self._wire), echo=True)
            length = frames.answer_length(rest)
            begins_echo = self._echo_possible and self._wire.startswith(rest)
            if length is None and not begins_echo:
                continue
            if begins_echo or length is None or len(rest) < length:
                keep = min(keep, start)
                if begins_echo or self._begun(rest):
                    break
            elif frames.valid(rest[:length]):
                return _Found(start, start + length)
            elif self._begun(rest):
                self.damaged = True
        self.noise_bytes += keep
        self._buffer = buffer[keep:]
        return None

    def _is_echo(self, rest: bytes) -> bool:
        """Return whether `rest` begins with the request that has come back.

        An answer of two registers can begin with every byte of the request. Its CRC then ends with 0, and nothing
        that follows an echo begins with 0: unless the line is known to echo, that byte is waited for.
        """
        if not self._echo_possible or not rest.startswith(self._wire):
            return False
        doubtful = not self._echoes and self._begun(rest) and frames.answer_length(rest) == len(self._wire) + 1
        return not doubtful or rest[len(self._wire) :][:1] not in {b"", b"\0"}

    def _begun(self, head: bytes) -> bool:
        """Return whether `head` begins as the answer must."""
        return any(head.startswith(form[: len(head)]) for form in self._heads)

    def _answers(self, frame: bytes) -> bool:
        """Return whether a whole frame is the answer: what was written is told again in it."""
        if self.request.function.reads or frame[1] & frames.EXCEPTION:
            return self._begun(frame)
        told = frames.WRITTEN_BYTES - frames.CRC_BYTES
        return frame[:told] == self._wire[:told]


def _heads(request: Request) -> tuple[bytes, bytes]:
    """Return how an answer begins: slave and function, then byte count or address; and how a refusal does."""
    wanted = bytes([request.slave, request.function])
    wanted += bytes([request.data_bytes]) if request.function.reads else request.wire[2:4]
    return wanted, bytes([request.slave, request.function | frames.EXCEPTION])


def strays(data: bytes) -> tuple[list[int], int]:
    """Return the slaves whose frames are in `data`, which came unasked for, and how many bytes are noise."""
    slaves: list[int] = []
    noise_bytes = start = 0
    while start < len(data):
        length = frames.answer_length(data[start:])
        if length is not None and len(data) - start >= length and frames.valid(data[start : start + length]):
            slaves.append(data[start])
            start += length
        else:
            noise_bytes += 1
            start += 1
    return slaves, noise_bytes
