"""Finds identifiers in anything that was written: raw or reversed, in hexadecimal, base64 or decimal, or hashed.

In: identifiers, then bytes. Out: which of them are there, and in which reading of the bytes. Never: a pattern for
every spelling; instead the bytes are read in every way that they could be meant, and each reading is searched for the
identifiers' six bytes and for the first eight bytes of their unkeyed hashes.

With 10,000 identifiers one false alarm is expected in some 3,000 megabytes of noise.
"""

import base64
import hashlib
import random
import re
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HASH_BYTES = 8
ID_BYTES = 6

HASHES: Mapping[str, Callable[[bytes], bytes]] = {
    "md5": lambda data: hashlib.md5(data, usedforsecurity=False).digest(),
    "sha1": lambda data: hashlib.sha1(data, usedforsecurity=False).digest(),
    "sha224": lambda data: hashlib.sha224(data).digest(),
    "sha256": lambda data: hashlib.sha256(data).digest(),
    "sha384": lambda data: hashlib.sha384(data).digest(),
    "sha512": lambda data: hashlib.sha512(data).digest(),
    "sha3-256": lambda data: hashlib.sha3_256(data).digest(),
    "sha3-512": lambda data: hashlib.sha3_512(data).digest(),
    "blake2b": lambda data: hashlib.blake2b(data).digest(),
    "blake2b-256": lambda data: hashlib.blake2b(data, digest_size=32).digest(),
    "blake2b-128": lambda data: hashlib.blake2b(data, digest_size=16).digest(),
    "blake2s": lambda data: hashlib.blake2s(data).digest(),
}


def _text(separator: str, *, upper: bool) -> Callable[[bytes], bytes]:
    def spell(raw: bytes) -> bytes:
        text = raw.hex(separator) if separator else raw.hex()
        return (text.upper() if upper else text).encode()

    return spell


_SEPARATORS = {"colon": ":", "dash": "-", "dot": ".", "nothing": ""}
FORMS: Mapping[str, Callable[[bytes], bytes]] = {
    "raw": bytes,
    "reversed": lambda raw: raw[::-1],
    **{f"lower {name}": _text(separator, upper=False) for name, separator in _SEPARATORS.items()},
    **{f"upper {name}": _text(separator, upper=True) for name, separator in _SEPARATORS.items()},
}
"""How an identifier may be written, and what may be hashed of it."""

SPELLINGS: Mapping[str, Callable[[bytes], bytes]] = {
    "raw": bytes,
    "hex": lambda data: data.hex().encode(),
    "HEX": lambda data: data.hex().upper().encode(),
    "base64": base64.b64encode,
    "base64url": lambda data: base64.urlsafe_b64encode(data).rstrip(b"="),
}
"""How bytes, those of a hash for example, may be written."""

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


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """One identifier that was found.

    Attributes:
        number: which one.
        reading: how the bytes were read.
        what: `identifier` or `hash`.
    """

    number: int
    reading: str
    what: str


class Needles:
    """What is looked for. Building it costs 120 hashes for each identifier.

    Attributes:
        identifiers: the identifiers, in order: a hit's number is the place here.
    """

    def __init__(self, identifiers: Collection[bytes]) -> None:
        self.identifiers = tuple(identifiers)
        self._raw: dict[bytes, int] = {}
        self._hashed: dict[bytes, int] = {}
        for number, identifier in enumerate(self.identifiers):
            self._raw[identifier] = self._raw[identifier[::-1]] = number
            for form in FORMS.values():
                written = form(identifier)
                for digest in HASHES.values():
                    self._hashed[digest(written)[:HASH_BYTES]] = number

    @property
    def patterns(self) -> int:
        """How many byte patterns are looked for in every reading."""
        return len(self._raw) + len(self._hashed)

    def search(self, data: bytes) -> set[Hit]:
        """Return what is found in `data`."""
        return {hit for reading, content in readings(data) for hit in self._look(reading, content)}

    def search_file(self, path: Path) -> set[Hit]:
        """Return what is found in a file."""
        return self.search(path.read_bytes())

    def _look(self, reading: str, content: bytes) -> Iterator[Hit]:
        places = range(len(content) - ID_BYTES + 1)
        for found in self._raw.keys() & {content[at : at + ID_BYTES] for at in places}:
            yield Hit(self._raw[found], reading, "identifier")
        places = range(len(content) - HASH_BYTES + 1)
        if not self._hashed.keys().isdisjoint(content[at : at + HASH_BYTES] for at in places):
            for found in self._hashed.keys() & {content[at : at + HASH_BYTES] for at in places}:
                yield Hit(self._hashed[found], reading, "hash")


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
    fitting = [number.to_bytes(ID_BYTES, "big") for number in whole if number < 1 << (8 * ID_BYTES)]
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
            if len(content) >= ID_BYTES:
                yield content
            at = data.find(magic, at + 1)


def _unescaped(match: "re.Match[bytes]") -> bytes:
    if match[1] is not None:
        return bytes.fromhex(match[1].decode())
    return _PLAIN_ESCAPES.get(match[2], match[2])


def spellings(identifier: bytes) -> dict[str, bytes]:
    """Return everything that an identifier must be recognised by, by name: the positive control of a search."""
    found = {f"written {name}": form(identifier) for name, form in FORMS.items()}
    found |= {
        "written base64": base64.b64encode(identifier),
        "written base64 of text": base64.b64encode(b"seen " + identifier.hex(":").upper().encode()),
        "written as Python": repr(identifier)[2:-1].encode(),
        "written as JSON": '"{}"'.format("".join(f"\\u00{byte:02x}" for byte in identifier)).encode(),
        "written as number": str(int.from_bytes(identifier, "big")).encode(),
        "written as reversed number": str(int.from_bytes(identifier, "little")).encode(),
        "written as list": str(list(identifier)).encode(),
        "written in groups": identifier.hex(".", 2).encode(),
        "written with spaces": identifier.hex(" ").encode(),
        "written compressed": zlib.compress(b"sightings: " + identifier.hex(":").encode() + identifier),
    }
    for name, form in FORMS.items():
        for algorithm, digest in HASHES.items():
            hashed = digest(form(identifier))
            for spelling, spell in SPELLINGS.items():
                found[f"{algorithm} of {name} as {spelling}"] = spell(hashed)
                found[f"{algorithm} of {name} as {spelling}, first bytes"] = spell(hashed[:HASH_BYTES])
    return found


def plant(copy: bytes, decoys: Sequence[bytes], *, chance: random.Random) -> tuple[bytes, dict[bytes, str]]:
    """Return a copy of something with one decoy after the other hidden in it, each spelled in another way.

    Also returned is the spelling of each that was hidden. As many are as there are spellings, or decoys.
    """
    spelled: dict[bytes, str] = {}
    parts: list[bytes] = []
    last = 0
    pairs = list(zip(spellings(decoys[0]), decoys, strict=False))
    places = sorted(chance.randrange(len(copy) + 1) for _ in pairs)
    for (name, decoy), place in zip(pairs, places, strict=True):
        parts += [copy[last:place], b"\n", spellings(decoy)[name], b"\n"]
        spelled[decoy], last = name, place
    return b"".join([*parts, copy[last:]]), spelled
