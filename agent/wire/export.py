"""Exports of the disclosure log: what `lamppost disclosures` writes and `lamppost-receiver reconcile` reads.

In: a header and numbered entries, or the bytes of an export. Out: JSON Lines or a CBOR sequence (RFC 8742), or header
and entries again. Never: a verdict about what is not there: an excerpt is told as one.

Both forms hold the entries completely, so that the chain can be verified from the export alone. The first line or
item is the header, every other one an entry:

    JSON   {"lamppost": "disclosures", "version": 1, "unit": ..., "first": ..., "base": hex, "last": ...}
           {"number": ..., "hash": hex, "what": kind, "entry": {...}}
    CBOR   [unit, first, base, last]
           [number, bytes of the entry, hash]

`first` to `last` are the numbers that the unit holds, `base` is the chain's hash before `first`.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from agent.wire import cbor, fields
from agent.wire.disclosure import decode_entry, link
from agent.wire.entries import Entry
from agent.wire.entry_text import entry_object, name_of, object_bytes
from agent.wire.errors import MalformedPayload
from agent.wire.messages import HASH_BYTES

_VERSION: Final = 1
_KIND: Final = "disclosures"


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Whose log it is and what the unit holds of it.

    Attributes:
        unit: the unit's id.
        first: number of the oldest entry that is kept.
        base: hash of the chain before it.
        last: number of the newest entry; below `first` for an empty log.
    """

    unit: str
    first: int
    base: bytes
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """One entry, as it is in the chain."""

    number: int
    data: bytes
    hash: bytes

    @property
    def entry(self) -> Entry:
        """What it says."""
        return decode_entry(self.data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A whole log, or an excerpt of it."""

    header: Header
    entries: tuple[Numbered, ...]

    @property
    def is_excerpt(self) -> bool:
        """Whether entries that the unit holds are left out."""
        held = range(self.header.first, self.header.last + 1)
        return [numbered.number for numbered in self.entries] != list(held)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What following the chain has shown.

    Attributes:
        entries: how many there are.
        first, last: numbers of the first and the last of them, None for none.
        head: hash of the chain at the last one; the base for none.
        broken: number of the first entry that does not fit what stands before it, None when all do.
        unlinked: entries whose predecessor is left out, so that they prove nothing about what stands before.
        complete: every entry that the unit holds is there.
    """

    entries: int
    first: int | None
    last: int | None
    head: bytes
    broken: int | None
    unlinked: int
    complete: bool


class Chain:
    """Follows the chain, entry by entry, in the order of their numbers.

    Args:
        header: what the unit holds.
    """

    def __init__(self, header: Header) -> None:
        self._header = header
        self._count = self._unlinked = 0
        self._first: int | None = None
        self._last, self._head = header.first - 1, header.base
        self._broken: int | None = None

    def take(self, numbered: Numbered) -> bool:
        """Return whether an entry fits the ones before it; nothing may be taken behind one that does not."""
        follows = numbered.number == self._last + 1
        in_order = self._last < numbered.number <= self._header.last
        if not in_order or (follows and link(self._head, numbered.data) != numbered.hash):
            self._broken = numbered.number
            return False
        self._count, self._unlinked = self._count + 1, self._unlinked + (not follows)
        self._first = numbered.number if self._first is None else self._first
        self._last, self._head = numbered.number, numbered.hash
        return True

    @property
    def verdict(self) -> Verdict:
        """What was found so far."""
        whole = self._broken is None and not self._unlinked and self._last == self._header.last
        return Verdict(
            entries=self._count,
            first=self._first,
            last=self._last if self._count else None,
            head=self._head,
            broken=self._broken,
            unlinked=self._unlinked,
            complete=whole,
        )


def verify(header: Header, entries: Iterable[Numbered]) -> Verdict:
    """Follow the chain through entries in the order of their numbers, until one does not fit."""
    chain = Chain(header)
    for numbered in entries:
        if not chain.take(numbered):
            break
    return chain.verdict


# -- JSON Lines


def json_lines(header: Header, entries: Iterable[Numbered]) -> Iterator[str]:
    """Yield the lines of a JSON export, without their ends."""
    base = {"base": header.base.hex(), "last": header.last}
    yield _dumps({"lamppost": _KIND, "version": _VERSION, "unit": header.unit, "first": header.first, **base})
    for numbered in entries:
        entry = numbered.entry
        place = {"number": numbered.number, "hash": numbered.hash.hex()}
        yield _dumps(place | {"what": name_of(entry), "entry": entry_object(entry)})


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _parse_json(data: bytes) -> Export:
    header, entries = None, []
    for number, line in enumerate(data.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            value = _loads(line)
            if header is None:
                header = _json_header(value)
            else:
                entries.append(_json_entry(value))
        except (MalformedPayload, ValueError, RecursionError) as error:
            detail = error if isinstance(error, MalformedPayload) else "not JSON, or cut off"
            raise MalformedPayload(f"line {number}: {detail}") from error
    if header is None:
        raise MalformedPayload("line 1: expected the header of an export")
    return Export(header=header, entries=tuple(entries))


def _loads(line: bytes) -> dict[str, Any]:
    value = json.loads(line, object_pairs_hook=_distinct)
    if not isinstance(value, dict):
        raise MalformedPayload("expected an object")
    return value


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise MalformedPayload("a name occurs twice")
    return dict(pairs)


def _json_header(value: dict[str, Any]) -> Header:
    names = {"lamppost", "version", "unit", "first", "base", "last"}
    if set(value) != names or value["lamppost"] != _KIND or value["version"] != _VERSION:
        raise MalformedPayload("expected the header of an export of the disclosure log, version 1")
    return _header(value["unit"], value["first"], _hash(value["base"]), value["last"])


def _json_entry(value: dict[str, Any]) -> Numbered:
    if set(value) != {"number", "hash", "what", "entry"} or not isinstance(value["what"], str):
        raise MalformedPayload("expected number, hash, what and entry")
    number = fields.uint(value["number"], "number", least=1)
    return Numbered(number=number, data=object_bytes(value["what"], value["entry"]), hash=_hash(value["hash"]))


def _hash(text: object) -> bytes:
    if not isinstance(text, str) or text != text.lower():
        raise MalformedPayload("hash: expected hexadecimal in lower case")
    return fields.sized(bytes.fromhex(text), "hash", HASH_BYTES)


def _header(unit: object, first: object, base: object, last: object) -> Header:
    return Header(
        unit=fields.name(unit, "unit"),
        first=fields.uint(first, "first", least=1),
        base=fields.octets(base, "base", HASH_BYTES),
        last=fields.uint(last, "last"),
    )


# -- CBOR sequence


def cbor_items(header: Header, entries: Iterable[Numbered]) -> Iterator[bytes]:
    """Yield the items of a CBOR export."""
    yield cbor.dumps([header.unit, header.first, header.base, header.last])
    for numbered in entries:
        yield cbor.dumps([numbered.number, numbered.data, numbered.hash])


def _parse_cbor(data: bytes) -> Export:
    header, entries = None, []
    for number, item in enumerate(_items(data), start=1):
        try:
            value = cbor.loads(item)
            if header is None:
                header = _header(*fields.array(value, "header", least=4, most=4))
            else:
                entries.append(_cbor_entry(value))
        except MalformedPayload as error:
            raise MalformedPayload(f"item {number}: {error}") from error
    if header is None:
        raise MalformedPayload("item 1: expected the header of an export")
    return Export(header=header, entries=tuple(entries))


def _cbor_entry(value: object) -> Numbered:
    number, data, digest = fields.array(value, "entry", least=3, most=3)
    if type(data) is not bytes:
        raise MalformedPayload("entry: expected a byte string")
    decode_entry(data)
    return Numbered(
        number=fields.uint(number, "number", least=1), data=data, hash=fields.octets(digest, "hash", HASH_BYTES)
    )


_ARRAY: Final = 4
_WITH_CONTENT: Final = (2, 3)
_LENGTHS: Final = {24: 1, 25: 2, 26: 4, 27: 8}
"""Additional information, and how many bytes of argument follow: RFC 8949 section 3."""


def _items(data: bytes) -> Iterator[bytes]:
    """Yield the items of a sequence; what is in them is for the decoder to judge."""
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


def parse_export(data: bytes) -> Export:
    """Return header and entries of an export in either form.

    Raises:
        MalformedPayload: it is none; the text names the line or the item.
    """
    return _parse_json(data) if data.lstrip()[:1] == b"{" else _parse_cbor(data)
