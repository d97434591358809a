"""Identifiers that belong to nobody, and the search for them in what comes out of a filter and in what it holds."""

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Final

from agent.privacy.released import Released

CANARY_BYTES: Final = 6
_HASHES: Final[tuple[Callable[[bytes], bytes], ...]] = (
    lambda data: hashlib.md5(data, usedforsecurity=False).digest(),
    lambda data: hashlib.sha1(data, usedforsecurity=False).digest(),
    lambda data: hashlib.sha256(data).digest(),
    lambda data: hashlib.sha512(data).digest(),
    lambda data: hashlib.sha3_256(data).digest(),
    lambda data: hashlib.blake2b(data).digest(),
    lambda data: hashlib.blake2s(data).digest(),
)
_PREFIX_BYTES: Final = 5
_HASH_START_BYTES: Final = 8
_DEEPEST: Final = 12


def canary(number: int) -> bytes:
    """Return an identifier of the size of a MAC address; different for each number."""
    return hashlib.sha256(b"lamppost canary %d" % number).digest()[:CANARY_BYTES]


def written_forms(identifier: bytes) -> tuple[bytes, ...]:
    """Return an identifier as it might be hashed or written: raw, and in hexadecimal with the usual separators."""
    plain = [identifier.hex(), identifier.hex(":"), identifier.hex("-"), identifier.hex(".", 2)]
    return (identifier, *(text.encode() for text in plain), *(text.upper().encode() for text in plain))


def unkeyed_hashes(identifier: bytes) -> Iterator[bytes]:
    """Yield what the usual hashes make of an identifier's written forms without a key: anybody can undo those."""
    for form in written_forms(identifier):
        for digest in _HASHES:
            yield digest(form)


class Flock:
    """A set of canaries, with everything that they could come out as. Built once; building costs the most."""

    def __init__(self, identifiers: Iterable[bytes]) -> None:
        self._written: set[bytes] = set()
        self._hashes: set[bytes] = set()
        self._texts: set[str] = set()
        self._numbers: set[int] = set()
        for identifier in identifiers:
            self._add(identifier)

    def _add(self, identifier: bytes) -> None:
        written, hashes = written_forms(identifier), [*unkeyed_hashes(identifier)]
        self._written.update(written)
        self._hashes.update(digest[:_HASH_START_BYTES] for digest in hashes)
        self._texts.update(form.decode().lower() for form in written[1:])
        self._texts.add(repr(identifier)[2:-1].lower())
        self._texts.update(digest[:_PREFIX_BYTES].hex() for digest in hashes)
        for form in (identifier, *hashes):
            for size in (CANARY_BYTES, _HASH_START_BYTES):
                self._numbers.add(int.from_bytes(form[:size], "big"))
                self._numbers.add(int.from_bytes(form[:size], "little"))

    def is_seen(self, *, rows: Collection[Released], texts: Collection[str]) -> bool:
        """Return whether any form of them is in the rows' values or in the texts."""
        haystack = "\n".join([*texts, *map(repr, rows)]).lower()
        values = {value for row in rows for value in row.values}
        return not self._numbers.isdisjoint(values) or any(text in haystack for text in self._texts)

    def is_held(self, held: Collection[bytes]) -> bool:
        """Return whether any written form of them, or the start of an unkeyed hash, is among held bytes."""
        haystack = b"\n".join(held)
        starts = {item[:_HASH_START_BYTES] for item in held}
        hexes = {digest.hex().encode() for digest in self._hashes}
        return (
            not self._hashes.isdisjoint(starts)
            or not hexes.isdisjoint(item[: 2 * _HASH_START_BYTES] for item in held)
            or any(form in haystack for form in self._written)
        )


def held_bytes(owner: object) -> frozenset[bytes]:
    """Return every byte string that an object holds, however deep: keys, pseudonyms, or what should not be there."""
    found: set[bytes] = set()
    _collect(owner, found, set(), _DEEPEST)
    return frozenset(found)


def _collect(item: object, found: set[bytes], seen: set[int], depth: int) -> None:
    if depth == 0 or id(item) in seen or isinstance(item, type) or callable(item):
        return
    seen.add(id(item))
    if isinstance(item, bytes | bytearray | memoryview):
        found.add(bytes(item))
    elif isinstance(item, str):
        found.add(item.encode(errors="surrogatepass"))
    elif isinstance(item, dict):
        for part in (*item.keys(), *item.values()):
            _collect(part, found, seen, depth - 1)
    elif isinstance(item, list | tuple | set | frozenset):
        for part in item:
            _collect(part, found, seen, depth - 1)
    else:
        for part in _attributes(item):
            _collect(part, found, seen, depth - 1)


def _attributes(item: object) -> Iterator[object]:
    yield from getattr(item, "__dict__", {}).values()
    for kind in type(item).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for slot in (slots,) if isinstance(slots, str) else slots:
            if hasattr(item, slot):
                yield getattr(item, slot)
