"""SHDLC, Sensirion's protocol on serial lines: frames between flags, byte stuffing, length, checksum. Pure.

In: bytes as they arrive, in any portions; commands. Out: replies, each once, in order; the bytes of commands. Never:
input, output, a clock, memory for more than one unfinished frame.

A frame lies between two flags, and no flag can be inside it, so what noise spoils is that frame alone: the next flag
begins a new one. Whatever lies between two flags is tried as a frame, since noise may bring flags of its own. Noise
is taken for a reply only if its stuffing, its address, its length and its checksum hold by accident.

Source: Sensirion, SPS30 data sheet, version 2.0, June 2023, section 5.2: frames, table 5 (stuffing), state, table 6
(errors), checksum.
"""

from dataclasses import dataclass
from typing import Final

FLAG: Final = 0x7E
_FLAG: Final = bytes([FLAG])
_ESCAPE: Final = 0x7D
_STUFFED: Final = {0x7E: 0x5E, 0x7D: 0x5D, 0x11: 0x31, 0x13: 0x33}
_PLAIN: Final = {stuffed: plain for plain, stuffed in _STUFFED.items()}
_ADDRESS: Final = 0
"""The only one."""
_HEADER_BYTES: Final = 4
"""Address, command, state, length."""
_SHORTEST: Final = _HEADER_BYTES + 1
_LONGEST_STUFFED: Final = 2 * (_SHORTEST + 255)
_FRESH_BYTES: Final = _SHORTEST + 2
"""A whole frame with both its flags."""

NOT_NOW: Final = 0x43
"""Error: command not allowed in current state."""
_ERRORS: Final = {
    0x01: "wrong data length for this command",
    0x02: "unknown command",
    0x03: "no access right for command",
    0x04: "illegal parameter",
    0x28: "internal argument out of range",
    NOT_NOW: "not allowed in the sensor's present state",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One reply.

    Attributes:
        command: what was asked.
        state: the sensor's state byte.
        data: what it says.
    """

    command: int
    state: int
    data: bytes

    @property
    def error(self) -> int:
        """Why the command was not carried out, 0 if it was."""
        return self.state & 0x7F

    @property
    def failing(self) -> bool:
        """Whether an error is set in the device status register."""
        return bool(self.state & 0x80)


def error_text(error: int) -> str:
    """Return an execution error in words."""
    return _ERRORS.get(error, f"error 0x{error:02x}")


def checksum(content: bytes) -> int:
    """Return the inverted low byte of the sum."""
    return ~sum(content) & 0xFF


def request(command: int, data: bytes = b"") -> bytes:
    """Return the bytes that send a command."""
    content = bytes([_ADDRESS, command, len(data)]) + data
    return _FLAG + _stuff(content + bytes([checksum(content)])) + _FLAG


def _stuff(content: bytes) -> bytes:
    return b"".join(bytes([_ESCAPE, _STUFFED[byte]]) if byte in _STUFFED else bytes([byte]) for byte in content)


def _unstuff(chunk: bytes) -> bytes | None:
    """Return what was stuffed, but for a last byte that has not come yet; None for what nobody stuffs like that."""
    content, escaped = bytearray(), False
    for byte in chunk:
        if escaped:
            if byte not in _PLAIN:
                return None
            content.append(_PLAIN[byte])
            escaped = False
        elif byte == _ESCAPE:
            escaped = True
        elif byte in _STUFFED:
            return None
        else:
            content.append(byte)
    return bytes(content)


class ReplyParser:
    """Finds replies in a stream of bytes.

    Attributes:
        noise_bytes: bytes so far that belong to no reply, flags left out.
        bad_checksums: pieces so far that had the form of a reply and failed its checksum.
    """

    def __init__(self) -> None:
        self.noise_bytes = 0
        self.bad_checksums = 0
        self._pending = b""
        self._flagged = False

    @property
    def needed(self) -> int:
        """At least this many more bytes must come before `feed` can return a reply; never less than 1."""
        if not self._flagged:
            return _FRESH_BYTES
        content = _unstuff(self._pending)
        if content is None:
            return _FRESH_BYTES
        length = content[_HEADER_BYTES - 1] if len(content) >= _HEADER_BYTES else 0
        missing = _SHORTEST + length - len(content)
        return min(missing + 1, _FRESH_BYTES) if missing >= 0 else _FRESH_BYTES

    def feed(self, data: bytes) -> list[Reply]:
        """Return the replies that `data` completes; what remains is kept for the next call."""
        *chunks, rest = (self._pending + data).split(_FLAG)
        replies: list[Reply] = []
        for chunk in chunks:
            reply = self._reply(chunk) if self._flagged else None
            self._flagged = True
            if reply is None:
                self.noise_bytes += len(chunk)
            else:
                replies.append(reply)
        if len(rest) > _LONGEST_STUFFED:
            self.noise_bytes += len(rest)
            rest, self._flagged = b"", False
        self._pending = rest
        return replies

    def _reply(self, chunk: bytes) -> Reply | None:
        content = _unstuff(chunk)
        if content is None or chunk.endswith(bytes([_ESCAPE])) or len(content) < _SHORTEST:
            return None
        address, command, state, length = content[:_HEADER_BYTES]
        if address != _ADDRESS or length != len(content) - _SHORTEST:
            return None
        if content[-1] != checksum(content[:-1]):
            self.bad_checksums += 1
            return None
        return Reply(command=command, state=state, data=content[_HEADER_BYTES:-1])
