"""The disclosure log: entries in, bytes out, and back; the chain that holds them together.

In: entries. Out: deterministic CBOR, compact because each entry costs flash, and hashes. Never: a file, a measured
value.

An entry is an array that begins with the number of its kind and the moment it was made. The hash at entry n is
SHA-256 over the hash at entry n-1 and the bytes of entry n, and begins with `genesis`.
"""

import hashlib
from collections.abc import Callable
from typing import Final

from agent.wire import fields
from agent.wire.cbor import capped, dumps, loads
from agent.wire.entries import Entry
from agent.wire.entry_layout import LAYOUTS, check
from agent.wire.errors import MalformedPayload
from agent.wire.messages import HASH_BYTES

_GENESIS: Final = b"lamppost disclosures"


def encode_entry(entry: Entry) -> bytes:
    """Return an entry as bytes: read back, it is the same.

    Raises:
        MalformedPayload: it has no form in the log.
    """
    number = _KINDS.index(type(entry))
    items = [number + 1, *(part.write(getattr(entry, part.name)) for part in LAYOUTS[type(entry)])]
    data = capped(dumps(items))
    if decode_entry(data) != entry:
        raise MalformedPayload("entry: has a field of another type than it must have")
    return data


def decode_entry(data: bytes) -> Entry:
    """Return the entry in bytes from `encode_entry`.

    Raises:
        MalformedPayload: it is none.
    """
    value = loads(data)
    if type(value) is not list or not value:
        raise MalformedPayload("entry: expected an array that begins with the number of its kind")
    kind = _KINDS[fields.uint(value[0], "entry kind", least=1, most=len(_KINDS)) - 1]
    parts = LAYOUTS[kind]
    items = fields.array(value[1:], "entry", least=len(parts), most=len(parts))
    make: Callable[..., Entry] = kind
    entry = make(**{part.name: part.read(item) for part, item in zip(parts, items, strict=True)})
    check(entry)
    return entry


def genesis(unit: str) -> bytes:
    """Return the hash that the log of a unit begins with."""
    return hashlib.sha256(_GENESIS + fields.name(unit, "log unit").encode()).digest()


def link(before: bytes, entry: bytes) -> bytes:
    """Return the hash at an entry.

    Args:
        before: hash at the entry before, `genesis` for the first.
        entry: bytes of the entry.
    """
    return hashlib.sha256(fields.sized(before, "log hash", HASH_BYTES) + entry).digest()


_KINDS: Final = tuple(LAYOUTS)
