"""Finds identifiers in anything that was written: raw or reversed, in hexadecimal, base64 or decimal, or hashed.

In: identifiers, then bytes. Out: which of them are there, and in which reading of the bytes. Never: a pattern for
every spelling; instead the bytes are read in every way that they could be meant (`tests.support.written`), and each
reading is searched for

- the six bytes of addresses, and the same backwards;
- identifiers that are text, in capitals and without what people write between the characters, and the same backwards;
- the first eight bytes of their unkeyed hashes.

An identifier of six bytes is an address; a longer one is text as somebody has written it. Text is looked for by its
shape (letters, digits, an ``@``), so identifiers should come in few shapes.

With 100,000 identifiers one false alarm is expected in some 300 megabytes of noise; they take some 600 MB of memory.
"""

import base64
import hashlib
import random
import re
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.written import readings

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
"""How an address may be written, and what may be hashed of it."""

_BETWEEN = b" -./()_+\t\r\n"
_SMALL = bytes.maketrans(bytes(range(ord("a"), ord("z") + 1)), bytes(range(ord("A"), ord("Z") + 1)))

TEXT_FORMS: Mapping[str, Callable[[bytes], bytes]] = {
    "as written": bytes,
    "capitals": bytes.upper,
    "small": bytes.lower,
    "bare": lambda text: bare(text),  # noqa: PLW0108 - it is defined below
    "bare small": lambda text: bare(text).lower(),
}
NUMBER_FORMS: Mapping[str, Callable[[bytes], bytes]] = {
    "as written": bytes,
    "bare": lambda text: bare(text),  # noqa: PLW0108 - it is defined below
    "international": lambda text: b"+" + bare(text),
    "groups of four": lambda text: b" ".join(_cut(bare(text), 4)),
}
"""How an identifier that is text, or one of digits, may be written, and what may be hashed of it."""

SPELLINGS: Mapping[str, Callable[[bytes], bytes]] = {
    "raw": bytes,
    "hex": lambda data: data.hex().encode(),
    "HEX": lambda data: data.hex().upper().encode(),
    "base64": base64.b64encode,
    "base64url": lambda data: base64.urlsafe_b64encode(data).rstrip(b"="),
}
"""How bytes, those of a hash for example, may be written."""


def bare(text: bytes) -> bytes:
    """Return a text in capitals, without what people write between its characters and without leading zeros."""
    plain = text.replace(b"%40", b"@").translate(_SMALL, _BETWEEN)
    return plain.lstrip(b"0") if plain.isdigit() else plain


def forms_of(identifier: bytes) -> Mapping[str, Callable[[bytes], bytes]]:
    """Return how an identifier may be written."""
    if len(identifier) == ID_BYTES:
        return FORMS
    return NUMBER_FORMS if bare(identifier).isdigit() else TEXT_FORMS


def _cut(text: bytes, size: int) -> list[bytes]:
    return [text[at : at + size] for at in range(0, len(text), size)]


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
    """What is looked for. Building it costs up to 120 hashes for each identifier.

    Attributes:
        identifiers: the identifiers, in order: a hit's number is the place here.
    """

    def __init__(self, identifiers: Collection[bytes]) -> None:
        self.identifiers = tuple(identifiers)
        self._raw: dict[bytes, int] = {}
        self._texts: dict[bytes, int] = {}
        self._hashed: dict[bytes, int] = {}
        for number, identifier in enumerate(self.identifiers):
            if len(identifier) == ID_BYTES:
                self._raw[identifier] = self._raw[identifier[::-1]] = number
            else:
                key = _key(identifier)
                self._texts[key] = self._texts[key[::-1]] = number
            for written in {form(identifier) for form in forms_of(identifier).values()}:
                for digest in HASHES.values():
                    self._hashed[digest(written)[:HASH_BYTES]] = number
        self._shapes = [re.compile(b"(?=(%b))" % shape) for shape in sorted({*map(_shape, self._texts)})]

    @property
    def patterns(self) -> int:
        """How many byte patterns are looked for in every reading."""
        return len(self._raw) + len(self._texts) + len(self._hashed)

    def search(self, data: bytes) -> set[Hit]:
        """Return what is found in `data`."""
        return {hit for reading, content in readings(data) for hit in self._look(reading, content)}

    def search_file(self, path: Path) -> set[Hit]:
        """Return what is found in a file."""
        return self.search(path.read_bytes())

    def _look(self, reading: str, content: bytes) -> Iterator[Hit]:
        for what, size, known in (("identifier", ID_BYTES, self._raw), ("hash", HASH_BYTES, self._hashed)):
            places = range(len(content) - size + 1)
            if known and not known.keys().isdisjoint(content[at : at + size] for at in places):
                for found in {content[at : at + size] for at in places if content[at : at + size] in known}:
                    yield Hit(known[found], reading, what)
        if self._shapes:
            plain = content.replace(b"%40", b"@").translate(_SMALL, _BETWEEN)
            for shape in self._shapes:
                for found in {match[1] for match in shape.finditer(plain)} & self._texts.keys():
                    yield Hit(self._texts[found], reading, "identifier")


def _key(identifier: bytes) -> bytes:
    """Return what is looked for of a text: of an e-mail address the part up to the ``@`` only."""
    plain = bare(identifier)
    local, at, _domain = plain.partition(b"@")
    return local + at


def _shape(key: bytes) -> bytes:
    """Return the pattern of a key's shape: which characters are letters, which are digits."""
    letters_and_digits = re.sub(rb"[A-Z]", b"A", re.sub(rb"[0-9]", b"9", key))
    return letters_and_digits.replace(b"A", b"[A-Z]").replace(b"9", b"[0-9]")


def spellings(identifier: bytes) -> dict[str, bytes]:
    """Return everything that an identifier must be recognised by, by name: the positive control of a search."""
    forms = forms_of(identifier)
    found = {f"written {name}": form(identifier) for name, form in forms.items()}
    found |= _spelled_address(identifier) if forms is FORMS else _spelled_text(identifier)
    for name, form in forms.items():
        for algorithm, digest in HASHES.items():
            hashed = digest(form(identifier))
            for spelling, spell in SPELLINGS.items():
                found[f"{algorithm} of {name} as {spelling}"] = spell(hashed)
                found[f"{algorithm} of {name} as {spelling}, first bytes"] = spell(hashed[:HASH_BYTES])
    return found


def _spelled_address(identifier: bytes) -> dict[str, bytes]:
    return {
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


def _spelled_text(identifier: bytes) -> dict[str, bytes]:
    return {
        "written backwards": identifier[::-1],
        "written with spaces": b" ".join(_cut(identifier, 1)),
        "written with hyphens": b"-".join(_cut(bare(identifier), 3)),
        "written in a URL": identifier.replace(b"@", b"%40"),
        "written base64": base64.b64encode(identifier),
        "written base64 of text": base64.b64encode(b"seen " + identifier),
        "written as hex": identifier.hex().encode(),
        "written as HEX with colons": identifier.hex(":").upper().encode(),
        "written as JSON": '"{}"'.format("".join(f"\\u00{byte:02x}" for byte in identifier)).encode(),
        "written as list": str(list(identifier)).encode(),
        "written compressed": zlib.compress(b"sightings: " + identifier),
    }


def plant(copy: bytes, *flocks: Sequence[bytes], chance: random.Random) -> tuple[bytes, dict[bytes, str]]:
    """Return a copy of something with one decoy after the other hidden in it, each spelled in another way.

    Also returned is the spelling of each that was hidden. Of each flock as many are as it has spellings, or decoys.
    The decoys of a flock are of one kind.
    """
    spelled: dict[bytes, str] = {}
    parts: list[bytes] = []
    last = 0
    pairs = [pair for decoys in flocks for pair in zip(spellings(decoys[0]), decoys, strict=False)]
    chance.shuffle(pairs)
    places = sorted(chance.randrange(len(copy) + 1) for _ in pairs)
    for (name, decoy), place in zip(pairs, places, strict=True):
        parts += [copy[last:place], b"\n", spellings(decoy)[name], b"\n"]
        spelled[decoy], last = name, place
    return b"".join([*parts, copy[last:]]), spelled
