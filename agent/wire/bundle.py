"""Envelopes in a file, for when a person carries them: what `lamppost buffer export` writes and a receiver takes in.

In: envelopes, or the bytes of a file. Out: a CBOR sequence (RFC 8742) of byte strings, one envelope each; or the
envelopes again. Never: a judgement: whoever reads them verifies each as if a broker had brought it.

A file that was cut off, or has rubbish at its end, still gives every envelope before that.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from agent.wire.errors import MalformedPayload

_BYTES: Final = 0x40
_MAJOR: Final = 0xE0
_INFORMATION: Final = 0x1F
_TAGGED_SIGN1: Final = 0xD2
"""The first byte of an envelope that stands alone: tag 18, RFC 9052 section 4.2."""
_WIDTHS: Final = {24: 1, 25: 2, 26: 4}
MAX_ENVELOPE_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """What was found in a file.

    Attributes:
        envelopes: in their order, unverified.
        rest: bytes at its end that are no whole envelope.
    """

    envelopes: tuple[bytes, ...]
    rest: int


def pack(envelopes: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the items of a file.

    Raises:
        MalformedPayload: one is larger than any envelope.
    """
    for envelope in envelopes:
        if len(envelope) > MAX_ENVELOPE_BYTES:
            raise MalformedPayload("an envelope is larger than 1 MiB")
        yield _head(len(envelope)) + envelope


def _head(size: int) -> bytes:
    """Return the head of a byte string in its shortest form: RFC 8949 section 4.2.1."""
    if size < min(_WIDTHS):
        return bytes([_BYTES | size])
    information = next(key for key, width in _WIDTHS.items() if size < 1 << (8 * width))
    return bytes([_BYTES | information]) + size.to_bytes(_WIDTHS[information], "big")


def unpack(data: bytes) -> Bundle:
    """Return the envelopes in a file: one that stands alone, or a sequence of byte strings."""
    if data[:1] == bytes([_TAGGED_SIGN1]):
        return Bundle(envelopes=(data,), rest=0)
    found, at = [], 0
    while at < len(data):
        item = _item(data, at)
        if item is None:
            break
        begin, end = item
        found.append(data[begin:end])
        at = end
    return Bundle(envelopes=tuple(found), rest=len(data) - at)


def _item(data: bytes, at: int) -> tuple[int, int] | None:
    """Return where the byte string at `at` begins and ends; None where there is no whole one."""
    information = data[at] & _INFORMATION
    width = 0 if information < min(_WIDTHS) else _WIDTHS.get(information)
    if data[at] & _MAJOR != _BYTES or width is None:
        return None
    begin = at + 1 + width
    size = int.from_bytes(data[at + 1 : begin], "big") if width else information
    end = begin + size
    return None if size > MAX_ENVELOPE_BYTES or end > len(data) else (begin, end)
