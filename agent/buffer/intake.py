"""What has arrived for the outbox and is not committed: bounded, and nothing is dropped uncounted.

In: rows and notes. Out: the work of the next transaction. Never: more than a bounded number of rows in memory.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from agent.buffer.packed import pack
from agent.buffer.work import Group, Loss, MakeEntry, Reception, Rows, Work, joined, windows_of

Future = asyncio.Future[Any]

MOST_ROWS: Final = 4096
"""Rows in memory, beside those of the commit under way."""
MOST_ALARMS: Final = 256
"""Alarms in memory whose rows had to go."""
COMMIT_ROWS: Final = 512
"""Rows of one transaction, about."""
_COMMIT_BYTES: Final = 128 * 1024


def commit_bytes(max_bytes: int) -> int:
    """Return how many bytes of rows one transaction may hold: the WAL's part of a small store is small too."""
    return min(_COMMIT_BYTES, max_bytes // 32)


@dataclass(slots=True)
class Taken:
    """What one transaction took from the intake, so that it can be put back."""

    work: Work
    groups: list[tuple[Group, Future]]


@dataclass(slots=True)
class Intake:
    """Rows and notes in the order of their arrival. The lock is the worker's.

    Attributes:
        most_bytes: how many bytes of rows one transaction holds, about.
        rows: how many rows wait.
        size: how many bytes they have.
        complete: one of them is the last of its batch.
    """

    most_bytes: int = _COMMIT_BYTES
    groups: deque[tuple[Group, Future]] = field(default_factory=deque)
    rows: int = 0
    size: int = 0
    complete: bool = False
    lost: dict[tuple[str, int, bool], Loss] = field(default_factory=dict)
    receipts: list[Reception] = field(default_factory=list)
    accepted: list[int] = field(default_factory=list)
    counters: dict[str, bytes] = field(default_factory=dict)
    entries: list[MakeEntry] = field(default_factory=list)
    notes: list[tuple[str, bytes]] = field(default_factory=list)
    alarms: list[tuple[str, bytes, bytes]] = field(default_factory=list)

    @property
    def waits(self) -> bool:
        """Whether anything is to be committed."""
        said = self.entries or self.notes or self.alarms
        return bool(self.groups or self.lost or self.receipts or self.accepted or self.counters or said)

    @property
    def fills_one(self) -> bool:
        """Whether the rows that wait are as many as one transaction should hold, or more."""
        return self.rows >= COMMIT_ROWS or self.size >= self.most_bytes

    def add(self, rows: Rows, future: Future, *, failing: bool = False) -> list[Future]:
        """Take rows; return the futures of those that had to go for them, the oldest first.

        While nothing can be stored (`failing`), and behind as many as one transaction holds, they are packed.
        """
        waits_long = failing or self.rows >= COMMIT_ROWS
        group = pack(rows, behind=self.groups[-1][0] if self.groups else None) if waits_long else rows
        self.groups.append((group, future))
        self._weigh([group])
        self.complete |= rows.completes
        return self._trim()

    def _trim(self) -> list[Future]:
        dropped = []
        while self.rows > MOST_ROWS and len(self.groups) > 1:
            group, future = self.groups.popleft()
            self._weigh([group], sign=-1)
            self._lose(group.unpacked())
            dropped.append(future)
        return dropped

    def _weigh(self, groups: Iterable[Group], *, sign: int = 1) -> None:
        for group in groups:
            self.rows += sign * group.count
            self.size += sign * group.size

    def _lose(self, rows: Rows) -> None:
        """Count rows that go; what they have crossed stays, the newest of it."""
        self.alarms += [(stream, rows.declaration, content) for stream, content in rows.alarms]
        del self.alarms[:-MOST_ALARMS]
        for row in rows.rows:
            self._count(Loss(stream=row.stream, count=1, windows=windows_of(row)), row.step_ms)

    def _count(self, loss: Loss, step_ms: int) -> None:
        key = (loss.stream, step_ms, loss.windows is None)
        before = self.lost.get(key)
        if before is not None:
            count, windows = before.count + loss.count, joined(before.windows, loss.windows)
            loss = Loss(stream=loss.stream, count=count, windows=windows)
        self.lost[key] = loss

    def take(self) -> Taken:
        """Return the next transaction's work: everything, but not too many rows at once."""
        work = Work(
            lost=list(self.lost.values()),
            receipts=self.receipts,
            accepted=self.accepted,
            counters=self.counters,
            entries=self.entries,
            notes=self.notes,
            alarms=self.alarms,
        )
        self.lost, self.receipts, self.accepted, self.counters = {}, [], [], {}
        self.entries, self.notes, self.alarms = [], [], []
        groups: list[tuple[Group, Future]] = []
        rows, size = self.rows - COMMIT_ROWS, self.size - self.most_bytes
        while self.groups and not (groups and (self.rows <= rows or self.size <= size)):
            group = self.groups.popleft()
            self._weigh([group[0]], sign=-1)
            groups.append(group)
            work.rows.append(group[0])
        self.complete = self.complete and bool(self.groups)
        return Taken(work, groups)

    def put_back(self, taken: Taken) -> list[Future]:
        """Take back what could not be committed; return the futures of rows that there is no room for any more."""
        work = taken.work
        self.groups.extendleft(reversed(taken.groups))
        self._weigh(group for group, _ in taken.groups)
        self.complete |= any(group.completes for group in work.rows)
        self.receipts = _standing(work.receipts + self.receipts)
        self.accepted = list(dict.fromkeys(work.accepted + self.accepted))
        self.counters = work.counters | self.counters
        self.entries = work.entries + self.entries
        self.notes = work.notes + self.notes
        self.alarms = work.alarms + self.alarms
        for loss in work.lost:
            self._count(loss, loss.windows[1] if loss.windows else 0)
        return self._trim()


def _standing(receipts: Iterable[Reception]) -> list[Reception]:
    """Return the receipts, in their order, that no later one covers: while the disk refuses they come again."""
    standing: list[Reception] = []
    for reception in receipts:
        standing = [earlier for earlier in standing if not reception.covers(earlier)]
        standing.append(reception)
    return standing
