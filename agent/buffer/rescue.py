"""What can be kept of the disclosure log of a damaged store.

In: a wreck. Out: its longest stretch of entries whose chain verifies, numbers and hashes kept. Never: an entry that
does not verify, or a hole between two that are kept: a log with a hole could not be told from one that was rewritten.

What stood before the stretch counts as cut: the hash that the stretch begins with is its base, and heads that were
signed before still fit. If the end of the log is unreadable the numbers behind it are given again: the damage entry
says so.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from agent.buffer.logbook import BASE, COLUMNS, Base, Logbook, Numbered, entry_of
from agent.buffer.wreck import Wreck
from agent.wire.disclosure import genesis, link

_SELECT: Final = f"SELECT {COLUMNS} FROM disclosure"  # noqa: S608 - a constant


@dataclass(slots=True)
class _Stretch:
    """Entries that follow each other, and what they begin behind."""

    base: Base
    last: int

    @property
    def length(self) -> int:
        return self.last - self.base.last


def rescue(wreck: Wreck, book: Logbook, *, unit: str, copy: bool, pause: Callable[[], None]) -> bool:
    """Take over what can be kept, and return whether nothing of the log is missing.

    Args:
        wreck: the damaged store.
        book: the empty log of the new one.
        unit: whose it is.
        copy: otherwise there is no space: the entries count as cut, and only the end of their chain is kept.
        pause: called after every entry, to commit now and then.
    """
    if not wreck.has("disclosure"):
        return True  # made by a version that kept no log
    holes, wreck.holes = wreck.holes, False
    stretch = _longest(wreck, unit)
    if stretch is not None:
        _take(wreck, book, stretch, copy=copy, pause=pause)
    whole, wreck.holes = copy and not wreck.holes, holes
    return whole


def _longest(wreck: Wreck, unit: str) -> _Stretch | None:
    """Return the longest stretch, of several the newest; None where not even one entry is left."""
    found = wreck.one(BASE) if wreck.has("disclosure_base") else None
    start = found or Base(last=0, upto=0, hash=genesis(unit), configured=0)
    stretch, longest = _Stretch(start, start.last), None
    head = start.hash
    for entry in _entries(wreck):
        if entry.number != stretch.last + 1 or link(head, entry.data) != entry.hash:
            wreck.holes = True
            stretch = _Stretch(_behind(entry), entry.number)
        stretch.last, head = entry.number, entry.hash
        if longest is None or stretch.length >= longest.length:
            longest = stretch
    return longest


def _behind(entry: Numbered) -> Base:
    """Return the base of what follows an entry that itself cannot be verified."""
    return Base(last=entry.number, upto=entry.upto, hash=entry.hash, configured=0)


def _take(wreck: Wreck, book: Logbook, stretch: _Stretch, *, copy: bool, pause: Callable[[], None]) -> None:
    if copy:
        named = stretch.base.configured <= stretch.last
        book.move_to(stretch.base if named else replace(stretch.base, configured=0))
    for entry in _entries(wreck, low=stretch.base.last + 1, high=stretch.last):
        if copy:
            book.add(entry.data)
            pause()
        elif entry.number == stretch.last:
            book.move_to(_behind(entry))


def _entries(wreck: Wreck, *, low: int = 0, high: int = 1 << 62) -> Iterator[Numbered]:
    return wreck.readable(_SELECT, entry_of, low=low, high=high)
