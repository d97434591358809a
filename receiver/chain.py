"""The rules of a stream's hash chain: what an envelope is to what was stored before, and how far the prefix reaches.

In: links and holes of one unit, stream and epoch. Out: a state and a head. Never: input, output, a clock.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """What became of a received envelope."""

    CONTIGUOUS = "contiguous"
    """It continues the prefix; everything up to it is receipted."""
    DECLARED_GAP = "declared gap"
    """It is, or follows, a hole that the unit has signed for."""
    UNDECLARED_GAP = "undeclared gap"
    """Something before it is missing and nothing says why. It is stored; the receipt waits."""
    DUPLICATE = "duplicate"
    """The same bytes as before; answered with the current receipt."""
    FORK = "fork"
    """Another envelope at a place already taken, or one that does not fit its predecessor. Kept as evidence."""
    UNTRUSTED = "untrusted"
    """Refused before it was looked into."""


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the contiguous prefix.

    Attributes:
        next_seq: the seq that would continue it.
        hash: SHA-256 of the last envelope, None before the first.
    """

    next_seq: int = 0
    hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """One stored envelope's place in the chain."""

    seq: int
    prev: bytes | None
    hash: bytes


@dataclass(frozen=True, slots=True)
class Hole:
    """Seqs that will never come.

    Attributes:
        first: first missing seq.
        last: last missing seq.
        hash: SHA-256 of the envelope at `last`; None when nobody signed for the hole.
        declared: the unit signed a gap record for it.
    """

    first: int
    last: int
    hash: bytes | None
    declared: bool


def fits(link: Link, *, before: Link | None, after: Link | None) -> bool:
    """Return whether a new link agrees with its stored neighbours (None: not stored)."""
    if (link.seq == 0) != (link.prev is None):
        return False
    if before is not None and link.prev != before.hash:
        return False
    return after is None or after.prev == link.hash


def advance(head: Head, *, links: Iterable[Link], holes: Iterable[Hole]) -> Head:
    """Return the head after following every stored link and hole that continues it.

    Args:
        head: where the prefix ended.
        links: stored links from `head.next_seq` on, by ascending seq.
        holes: every known hole of the chain.
    """
    known = list(holes)
    for link in links:
        head = _skip(head, known, until=link.seq)
        if link.seq < head.next_seq:
            continue
        if link.seq > head.next_seq or (head.hash is not None and link.prev != head.hash):
            return head
        head = Head(link.seq + 1, link.hash)
    return _skip(head, known, until=None)


def _skip(head: Head, holes: list[Hole], *, until: int | None) -> Head:
    """Jump over the holes that begin at or before the head."""
    moved = True
    while moved and (until is None or head.next_seq < until):
        moved = False
        for hole in holes:
            if hole.first <= head.next_seq <= hole.last:
                head, moved = Head(hole.last + 1, hole.hash), True
    return head
