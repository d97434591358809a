"""The disclosure log of a unit, whole or an excerpt of it, and what following its chain shows.

In: what the unit holds, and numbered entries as they are in the chain. Out: a verdict: which entry is the first that
does not fit, what proves nothing about its predecessor, whether all is there. Never: a file or its form
(`agent.wire.export`), a guess about what is not there: an excerpt is told as one.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from agent.wire.disclosure import decode_entry, link
from agent.wire.entries import Entry


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
