"""What somebody might do to an exported disclosure log: one edit each, with or without making the chain good again.

A chain that is made good is what whoever has the unit's store can make, but not its key: every hash behind the edit
is computed anew, and numbers and header fit. What is left to find him out is what the unit has signed before, and
what the city holds.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from agent.wire.disclosure import encode_entry, link
from agent.wire.entries import (
    ConfigurationEntry,
    DamageEntry,
    Entry,
    EnvelopeEntry,
    LostEntry,
    OrderEntry,
    ReceiptEntry,
    StateEntry,
    WithheldEntry,
)
from agent.wire.excerpt import Export, Numbered

_CHANGES: Final[Mapping[type[Any], Callable[[Any], Any]]] = {
    EnvelopeEntry: lambda entry: replace(entry, size=entry.size + 1),
    ReceiptEntry: lambda entry: replace(entry, seq=entry.seq + 1),
    LostEntry: lambda entry: replace(entry, count=entry.count + 1),
    WithheldEntry: lambda entry: replace(entry, windows=entry.windows + 1),
    OrderEntry: lambda entry: replace(entry, reference=entry.reference + "x"),
    ConfigurationEntry: lambda entry: replace(entry, after=bytes(byte ^ 1 for byte in entry.after)),
    DamageEntry: lambda entry: replace(entry, entries=(entry.entries or 0) + 1),
    StateEntry: lambda entry: replace(entry, version=(entry.version or 0) + 1),
}


def altered(entry: Entry) -> Entry:
    """Return an entry with one field changed."""
    changed: Entry = _CHANGES[type(entry)](entry)
    return changed


def alter(export: Export, index: int, *, remade: bool) -> Export:
    """Change the entry at an index of `entries`."""
    data = encode_entry(altered(export.entries[index].entry))
    return _with(export, [data], index, index + 1, remade=remade)


def take_out(export: Export, index: int, *, remade: bool) -> Export:
    """Take the entry at an index out."""
    return _with(export, [], index, index + 1, remade=remade)


def add(export: Export, index: int, *, remade: bool) -> Export:
    """Add the entry at an index once more, behind itself."""
    return _with(export, [export.entries[index].data], index + 1, index + 1, remade=remade)


def cut_off(export: Export, kept: int) -> Export:
    """Cut the end off behind so many entries, with a header that says so."""
    entries = export.entries[:kept]
    last = entries[-1].number if entries else export.header.first - 1
    return Export(header=replace(export.header, last=last), entries=entries)


EDITS: Final[Mapping[str, Callable[..., Export]]] = {"altered": alter, "taken out": take_out, "added": add}


def _with(export: Export, new: list[bytes], start: int, end: int, *, remade: bool) -> Export:
    """Put entries in place of those from `start` to `end`."""
    before, after = export.entries[:start], export.entries[end:]
    if remade:
        return _chained(export, [*(one.data for one in before), *new, *(one.data for one in after)])
    place = export.entries[min(start, len(export.entries) - 1)]
    middle = [replace(place, data=data) for data in new]
    return Export(header=export.header, entries=(*before, *middle, *after))


def _chained(export: Export, entries: Iterable[bytes]) -> Export:
    """Return an export of these entries whose chain holds."""
    digest, numbered = export.header.base, list[Numbered]()
    for number, data in enumerate(entries, start=export.header.first):
        digest = link(digest, data)
        numbered.append(Numbered(number=number, data=data, hash=digest))
    return Export(header=replace(export.header, last=numbered[-1].number), entries=tuple(numbered))
