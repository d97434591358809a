"""Reads bytes in every way that they could be meant: as they are, decompressed, in hexadecimal, base64 or decimal.

In: what somebody wrote. Out: its readings, which are searched like the bytes themselves. Never: a pattern.
"""

import base64
import re
import zlib
from collections.abc import Iterator

_ADDRESS_BYTES = 6

_ONLY_BETWEEN_DIGITS = re.compile(rb"\\x|\\u00|0x|[%:\-. _,\[\]'\"(){}\n]")
_HEX_RUN = re.compile(rb"[0-9A-Fa-f]{12,}")
_BASE64_RUN = re.compile(rb"[A-Za-z0-9+/_-]{8,}")
_ESCAPE = re.compile(rb"\\(?:x|u00)([0-9A-Fa-f]{2})|\\([tnr\\'\"0abfv/])")
_PLAIN_ESCAPES = {
    b"t": b"\t",
    b"n": b"\n",
    b"r": b"\r",
    b"0": b"\0",
    b"a": b"\a",
    b"b": b"\b",
    b"f": b"\f",
    b"v": b"\v",
}
_NUMBER = re.compile(rb"(?<![0-9])[0-9]{10,15}(?![0-9])")
_NUMBER_LIST = re.compile(rb"(?<![0-9])[0-9]{1,3}(?:[^0-9A-Za-z]{1,3}[0-9]{1,3}){5,}")
_SPLIT = re.compile(rb"[^0-9]+")
_STREAMS = (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda", b"\x1f\x8b")


def readings(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield every reading of `data`, itself first; what is not different from it is left out."""
    yield "as it is", data
    for number, inflated in enumerate(_inflated(data)):
        yield f"decompressed {number}", inflated
    if b"\\" in data:
        yield "escapes", _ESCAPE.sub(_unescaped, data)
    yield from _numbers(data)
    yield from _digits("hexadecimal", data)
    for shift, decoded in enumerate(_base64(data)):
        yield f"base64 +{shift}", decoded
        yield from _digits(f"hexadecimal in base64 +{shift}", decoded)


def _digits(name: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the bytes that runs of hexadecimal digits stand for, whatever separates them, at both alignments."""
    runs = _HEX_RUN.findall(_ONLY_BETWEEN_DIGITS.sub(b"", data))
    for shift in range(2 if runs else 0):
        yield (
            f"{name} +{shift}",
            b"\n".join(bytes.fromhex(run[shift : len(run) - (len(run) - shift) % 2].decode()) for run in runs),
        )


def _base64(data: bytes) -> Iterator[bytes]:
    """Yield what runs of base64 stand for, at each of the four alignments."""
    runs = [run.replace(b"-", b"+").replace(b"_", b"/") for run in _BASE64_RUN.findall(data)]
    for shift in range(4 if runs else 0):
        yield b"\n".join(base64.b64decode(_whole(run[shift:])) for run in runs)


def _whole(run: bytes) -> bytes:
    """Return a run padded to whole groups of four; a single digit at the end stands for nothing."""
    rest = len(run) % 4
    return run[:-1] if rest == 1 else run + b"=" * (-len(run) % 4)


def _numbers(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield decimal numbers and lists of decimal numbers as bytes."""
    whole = [int(number) for number in _NUMBER.findall(data)]
    fitting = [number.to_bytes(_ADDRESS_BYTES, "big") for number in whole if number < 1 << (8 * _ADDRESS_BYTES)]
    if fitting:
        yield "decimal", b"\n".join(fitting)
    lists = [[int(part) for part in _SPLIT.split(found)] for found in _NUMBER_LIST.findall(data)]
    if lists:
        yield "list of decimals", b"\n".join(bytes(part & 0xFF for part in parts) for parts in lists)


def _inflated(data: bytes) -> Iterator[bytes]:
    """Yield what looks compressed, as far as it can be decompressed."""
    for magic in _STREAMS:
        at = data.find(magic)
        while at >= 0:
            try:
                content = zlib.decompressobj(47).decompress(data[at:], 1 << 24)
            except zlib.error:
                content = b""
            if len(content) >= _ADDRESS_BYTES:
                yield content
            at = data.find(magic, at + 1)


def _unescaped(match: "re.Match[bytes]") -> bytes:
    if match[1] is not None:
        return bytes.fromhex(match[1].decode())
    return _PLAIN_ESCAPES.get(match[2], match[2])
