"""Where the items of a CBOR sequence (RFC 8742) end, for sequences whose items are as simple as ours.

In: bytes. Out: the bytes of one item after the other: a number, a string, or an array of those. Never: what an item
means, memory for what an item only claims to hold.
"""

from collections.abc import Iterator
from typing import Final

from agent.wire.errors import MalformedPayload

_ARRAY: Final = 4
_WITH_CONTENT: Final = (2, 3)
_LENGTHS: Final = {24: 1, 25: 2, 26: 4, 27: 8}
"""Additional information, and how many bytes of argument follow: RFC 8949 section 3."""


def items(data: bytes) -> Iterator[bytes]:
    """Yield the items of a sequence; what is in them is for the decoder to judge.

    Raises:
        MalformedPayload: one is cut off, or no item of ours; the text says which.
    """
    at, count = 0, 0
    while at < len(data):
        count += 1
        try:
            end = _end(data, at, depth=1)
        except IndexError as error:
            raise MalformedPayload(f"item {count}: not CBOR as it is used here, or cut off") from error
        yield data[at:end]
        at = end


def _end(data: bytes, at: int, *, depth: int) -> int:
    """Return where the item at `at` ends: a number, a string, or an array of them.

    Raises:
        IndexError: it is something else, or cut off.
    """
    major, information = data[at] >> 5, data[at] & 31
    width = 0 if information < min(_LENGTHS) else _LENGTHS.get(information)
    if width is None or major > _ARRAY or (major == _ARRAY and not depth):
        raise IndexError(at)
    argument = int.from_bytes(data[at + 1 : at + 1 + width], "big") if width else information
    at += 1 + width
    if major in _WITH_CONTENT:
        at += argument
    elif major == _ARRAY:
        for _ in range(argument):
            at = _end(data, at, depth=depth - 1)
    if at > len(data):
        raise IndexError(at)
    return at
