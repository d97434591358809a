"""The disclosure log's tables: numbered entries, each chained to the one before by its hash.

In: the bytes of entries. Out: their numbers, the head of the chain. Never: a number given twice, or an entry changed.

The chain hash is h(n) = SHA-256(h(n-1) || entry), from a genesis that names the unit. The oldest entries may be cut:
the hash of the last one that was is kept as the base, so that what is left can still be verified, and is the same as
in every head that was signed before.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from agent.buffer.errors import StoreDamaged
from agent.buffer.records import LogHead
from agent.buffer.rows import checked, record_sum
from agent.buffer.store import Database, Row
from agent.buffer.tables import Table
from agent.buffer.wal import PAGE_BYTES
from agent.wire.disclosure import genesis, link

_CELL_BYTES: Final = 49
"""What a record takes in its page beside the entry: hash, numbers, header, place."""
_ROOM_BYTES: Final = PAGE_BYTES - 8
_LOCAL_BYTES: Final = 470
"""Longer records continue on pages of their own; https://sqlite.org/fileformat2.html#b_tree_pages."""
COLUMNS: Final = "id, upto, data, hash, sum"
_SELECT: Final = f"SELECT {COLUMNS} FROM disclosure"  # noqa: S608 - a constant
_CUT_AT_ONCE: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What was cut: number, size and hash of the last entry of it; and where the channels were named last."""

    last: int
    upto: int
    hash: bytes
    configured: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """An entry as it is stored."""

    number: int
    upto: int
    data: bytes
    hash: bytes


BASE: Final = Table(
    "disclosure_base",
    ("id", "last", "upto", "hash", "configured"),
    lambda _id, last, upto, digest, configured: Base(last=last, upto=upto, hash=digest, configured=configured),
    lambda base: (1, base.last, base.upto, base.hash, base.configured),
)


def entry_of(record: Row) -> Numbered:
    """Return what a record of `disclosure` holds.

    Raises:
        StoreDamaged: it does not match its checksum.
    """
    number, upto, data, digest = checked(record)[:-1]
    return Numbered(number=number, upto=upto, data=data, hash=digest)


def entry_bytes(data: bytes) -> int:
    """Return what an entry takes in the file: its part of a page that holds others like it, and of those above."""
    cell = len(data) + _CELL_BYTES
    pages = 1 / (_ROOM_BYTES // cell) if cell <= _LOCAL_BYTES else 1 + -(-cell // _ROOM_BYTES)
    return int(PAGE_BYTES * pages * 17 / 16)


class Logbook:
    """The entries of one unit.

    Attributes:
        base: where what is kept begins.
        upto: size of everything that was ever entered.
    """

    def __init__(self, db: Database, *, unit: str) -> None:
        self._db = db
        self._unit = unit
        self.begin_at(Base(last=0, upto=0, hash=genesis(unit), configured=0))

    def begin_at(self, base: Base) -> None:
        """Begin an empty log behind `base`."""
        self.base = base
        self._last, self.upto, self._head = base.last, base.upto, base.hash
        self._unwritten: list[Row] = []
        self._base_written = True

    def load(self) -> None:
        """Read where the log stands, and forget what was not written.

        Raises:
            StoreDamaged: it is not what was written.
        """
        base = BASE.read(self._db)
        self.begin_at(base[0] if base else Base(last=0, upto=0, hash=genesis(self._unit), configured=0))
        record = self._db.one(f"{_SELECT} ORDER BY id DESC LIMIT 1")
        if record is not None:
            newest = entry_of(record)
            if newest.number <= self.base.last:
                raise StoreDamaged("the disclosure log has entries that were cut")
            self._last, self.upto, self._head = newest.number, newest.upto, newest.hash

    @property
    def head(self) -> LogHead:
        """Where the log stands."""
        return LogHead(last=self._last, head=self._head, first=self.base.last + 1, base=self.base.hash)

    @property
    def size(self) -> int:
        """What is kept takes so many bytes."""
        return self.upto - self.base.upto

    @property
    def has_configuration(self) -> bool:
        """Whether an entry that names the channels is still kept."""
        return self.base.configured > self.base.last

    def add(self, data: bytes, *, configures: bool = False) -> None:
        """Append an entry; it is written by `write`."""
        self._last += 1
        self.upto += entry_bytes(data)
        self._head = link(self._head, data)
        cells = (self._last, self.upto, data, self._head)
        self._unwritten.append((*cells, record_sum(*cells)))
        if configures:
            self._move_base(replace(self.base, configured=self._last))

    def move_to(self, base: Base) -> None:
        """Begin an empty log behind `base`, which is written by `write`."""
        self.begin_at(base)
        self._base_written = False

    def _move_base(self, base: Base) -> None:
        self.base, self._base_written = base, False

    def write(self) -> None:
        """Write what was appended into the open transaction."""
        if self._unwritten:
            self._db.many("INSERT INTO disclosure VALUES (?,?,?,?,?)", self._unwritten)
            self._unwritten = []
        if not self._base_written:
            BASE.write(self._db, self.base)
            self._base_written = True

    def cut(self, is_over: Callable[[Numbered], bool | None]) -> bool:
        """Cut the oldest entries up to the last that `is_over`, a few at a time; return whether there may be more.

        `is_over` is asked from the oldest on until it says no; None is neither yes nor no.

        Raises:
            StoreDamaged: one of them is not what was written.
        """
        self.write()
        last, asked = None, 0
        for record in self._db.all(f"{_SELECT} ORDER BY id LIMIT {_CUT_AT_ONCE}"):
            entry, asked = entry_of(record), asked + 1
            over = is_over(entry)
            if over is False:
                asked = 0
                break
            last = entry if over else last
        if last is None:
            return False
        expected = last.number - self.base.last
        self._db.delete("DELETE FROM disclosure WHERE id <= ?", last.number, expected=expected)
        self._move_base(replace(self.base, last=last.number, upto=last.upto, hash=last.hash))
        self.write()
        return asked == _CUT_AT_ONCE
