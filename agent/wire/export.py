"""Exports of the disclosure log: what `lamppost disclosures` writes and `lamppost-receiver reconcile` reads.

In: a header and numbered entries, or the bytes of an export. Out: JSON Lines or a CBOR sequence (RFC 8742), or header
and entries again. Never: a verdict on the chain: that is for `agent.wire.excerpt`.

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
from typing import Any, Final

from agent.wire import cbor, fields, sequence
from agent.wire.disclosure import decode_entry
from agent.wire.entry_text import entry_object, name_of, object_bytes
from agent.wire.errors import MalformedPayload
from agent.wire.excerpt import Export, Header, Numbered
from agent.wire.messages import HASH_BYTES

_VERSION: Final = 1
_KIND: Final = "disclosures"


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
    for number, item in enumerate(sequence.items(data), start=1):
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


def parse_export(data: bytes) -> Export:
    """Return header and entries of an export in either form.

    Raises:
        MalformedPayload: it is none; the text names the line or the item.
    """
    return _parse_json(data) if data.lstrip()[:1] == b"{" else _parse_cbor(data)
