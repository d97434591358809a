"""What would make a Modbus example come out as it says: another order, another type, the register beside it.

In: where a channel is, what the registers hold, what should come of them. Out: a sentence for whoever writes the
file. Never: certainty; a guess that was not tried on the example.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from agent.tomlfile import quoted
from drivers.declared.fields import Field, Kind, Order
from drivers.declared.registers import Contents, RegisterChannel, Table, sampled

_WORDS: Final[Mapping[Order, str]] = {
    Order.ABCD: 'byte_order = "big" and word_order = "big"',
    Order.BADC: 'byte_order = "little"',
    Order.CDAB: 'word_order = "little"',
    Order.DCBA: 'byte_order = "little" and word_order = "little"',
}
_DATA_MODEL: Final = 10_000
"""Manuals write 40001 for the first holding register, 30001 for the first input register."""


@dataclass(frozen=True, slots=True)
class Guess:
    """Another description of a channel, and how it is written."""

    place: RegisterChannel
    words: str


def better(place: RegisterChannel, contents: Contents, wanted: int) -> str | None:
    """Return what would give the value that is wanted, None where nothing is found that does; 0 tells nothing."""
    if not wanted or place.field is None:
        return None
    for guess in _guesses(place, place.field):
        if sampled((guess.place,), contents).values.get(place.name) == wanted:
            return f"this would give it: {guess.words}"
    return None


def _guesses(place: RegisterChannel, field: Field) -> Iterator[Guess]:
    for order in Order:
        if order is not field.order:
            yield Guess(replace(place, field=replace(field, order=order)), _WORDS[order])
    for kind in Kind:
        if kind is not field.kind and kind.length % 2 == 0 and field.bits is None:
            yield Guess(replace(place, field=replace(field, kind=kind)), f"type = {quoted(kind)}")
    for address in (place.address - 1, place.address + 1):
        yield Guess(replace(place, address=address), f"register = {address}")
    for kind in (Kind.F32, Kind.U32, Kind.I32):
        other = replace(field, kind=kind, order=Order.CDAB, bits=None)
        yield Guess(replace(place, field=other), f'type = {quoted(kind)} and word_order = "little"')


def stretch(contents: Contents) -> str:
    """Return which registers an example reads, in words."""
    tables: dict[Table, list[int]] = {}
    for table, address in contents:
        tables.setdefault(table, []).append(address)
    return " and ".join(f"{table} {_ends(addresses)}" for table, addresses in tables.items()) or "nothing"


def places(channels: Sequence[RegisterChannel]) -> str:
    """Return where channels are, in words."""
    return ", ".join(
        f"{channel.name} at {channel.table} {_ends([channel.address, channel.address + channel.count - 1])}"
        for channel in channels
    )


def nearer(channels: Sequence[RegisterChannel], contents: Contents) -> str | None:
    """Return how registers are numbered, or which table is read, where that is what is wrong."""
    places = {(channel.table, channel.address) for channel in channels}
    for table, address in sorted(places):
        if any((other, address) in contents for other in Table if other is not table):
            return "these registers are read from another table: look at the second byte of what is sent"
        short = address % _DATA_MODEL - 1
        if address > _DATA_MODEL and (table, short) in contents:
            return f"{address} in a manual is register {short} on the wire"
        if (table, address - 1) in contents:
            return (
                f"register {address} in a manual may be {address - 1} on the wire: see bytes 3 and 4 of what is sent"
            )
    return None


def _ends(addresses: Sequence[int]) -> str:
    first, last = min(addresses), max(addresses)
    return str(first) if first == last else f"{first} to {last}"
