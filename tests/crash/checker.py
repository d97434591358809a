"""What a store must hold after a power cut, asked of the agent's own code.

In: a folder as a cut left it, and what had been said before. Out: everything that is wrong, in words. Never: a look
at what came after the cut.

The store is opened by `agent.buffer.core`, as the agent does it. Then the checker plays the city: everything that
waits is sealed and taken, receipt by receipt, until nothing is left. So it sees all rows, all numbers and all links
that this store would ever have given.
"""

import logging
import os
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from agent import assembly, keys
from agent.buffer.core import Core
from agent.buffer.files import set_aside
from agent.buffer.records import ReceiptOutcome
from agent.buffer.snapshot import Snapshot
from agent.buffer.work import Reception, Work
from agent.clock import Clock
from agent.config import Settings, load
from agent.control.errors import StateLost
from agent.control.state import look as look_at_control
from agent.errors import StoreError
from agent.wire import excerpt
from agent.wire.entries import EnvelopeEntry
from agent.wire.errors import WireError
from agent.wire.excerpt import Numbered
from agent.wire.keyfile import SigningKey, VerifyKey
from agent.wire.messages import Gap, GapReason
from agent.wire.payload import Payload
from tests.crash.accounts import Accounts
from tests.crash.stores import open_store
from tests.crash.story import Published, Story
from tests.support.evidence import StoreView, look
from tests.support.evidence import opened as opened_once
from tests.support.trace import Chained, Place, Start

UNUSABLE = (StoreError, WireError, sqlite3.Error, LookupError, TypeError, ValueError, AssertionError)
"""What is raised over a store whose tables do not fit each other; nothing but a power cut has been at it."""
_ROUNDS = 1000
_RECEIVER = bytes(8)


@lru_cache(maxsize=4096)
def opened(data: bytes, key: VerifyKey) -> Payload:
    """Open an envelope, or remember what was in it: most are in many states."""
    return opened_once(data, key)


@dataclass
class Checker:
    """Checks the stores of one unit.

    Attributes:
        settings: as the agent was started with.
        key: the unit's.
        clock: any that has a date.
        checked: rows that were found where they had to be.
        counted: rows that signed gap records account for instead, over all stores, by the reason.
    """

    settings: Settings
    key: SigningKey
    clock: Clock
    checked: int = 0
    counted: Counter[GapReason] = field(default_factory=Counter)
    _story: Story = field(init=False)
    _problems: list[str] = field(init=False)

    def check(self, folder: Path, story: Story) -> list[str]:
        """Return what is wrong with a store. It is used up afterwards."""
        self._story, self._problems = story, []
        with _quiet():
            self._control(folder)
            try:
                self._outbox(folder / "outbox.db")
            except UNUSABLE as error:
                self._bad(f"the store cannot be used: {type(error).__name__}: {error}")
        return self._problems

    def _bad(self, problem: str) -> None:
        self._problems.append(problem)

    def _some(self, what: str, rows: Iterable[object]) -> None:
        found = sorted(map(str, rows))
        if found:
            self._bad(f"{len(found)} {what}: {', '.join(found[:2])}{' ...' if len(found) > 2 else ''}")

    # -- the control state

    def _control(self, folder: Path) -> None:
        """What the unit has answered it must know; what it knows must have been ordered."""
        story = self._story
        try:
            state = look_at_control(folder, unit=self.settings.unit.id)
        except StateLost as error:
            self._bad(f"the control state is lost: {error}")
            return
        version = state.version or 0
        if not story.answered <= version <= max(story.orders, default=0):
            self._bad(f"the control state is that of version {version}, version {story.answered} was answered")
        for stream, order in story.ordered(version).items():
            if state.of(stream).state is not order:
                self._bad(f"stream {stream} is told to {state.of(stream).state.name}, ordered was {order.name}")

    # -- the outbox

    def _outbox(self, path: Path) -> None:
        core = open_store(path, self.settings, key=self.key, clock=self.clock)
        try:
            if set_aside(path):
                self._bad("the store was taken for damaged")
            promised = self._story.stored or self._story.published
            if promised and set(self._story.epochs()) - {core.epoch}:
                self._bad("a new epoch was begun")
            view = look(path, key=self.key.public)
            self._rows(view)
            self._seqs(view)
            numbered = core.stats().rows_stored
            if numbered < max(self._story.stored.values(), default=0):
                self._bad("a row number would be given again")
            self._leave(core, view, numbered=numbered)
        finally:
            core.close()

    def _leave(self, core: Core, view: StoreView, *, numbered: int) -> None:
        """Let everything leave, and take account; of what is there at all, even where that ends in an error."""
        taken: dict[Place, Published] = {}
        try:
            self._log(core)
            self._drain(core, taken)
            self._follow(taken, view)
        finally:
            self._account(taken, view, numbered=numbered)

    def _rows(self, view: StoreView) -> None:
        """What had left does not wait again."""
        story = self._story
        out = story.rows_out
        gone = {row for row, place in out.items() if story.receipted(place)}
        self._some("purged rows are there again", view.held & story.purged)
        self._some("receipted rows are new again", view.unsealed & gone)
        self._some("published rows are unsealed again", view.unsealed & (out.keys() - gone))
        self._some("rows are in the store twice", view.unsealed & view.sealed)

    def _seqs(self, view: StoreView) -> None:
        """What had left has its seq for ever; what is gone was receipted."""
        story = self._story
        for stream, epoch, seq in story.published:
            given, receipted = view.chains.get((stream, epoch), (0, -1))
            if seq >= given:
                self._bad(f"{stream}: seq {seq} had left and would be given again")
            elif seq > receipted and (stream, epoch, seq) not in view.envelopes and not story.was_purged(stream):
                self._bad(f"{stream}: seq {seq} had left, is not receipted, and is gone")
        for place, (_given, receipted) in view.chains.items():
            if receipted > story.receipts.get(place, -1):
                self._bad(f"{place[0]}: receipted up to {receipted}, without a receipt")

    # -- the disclosure log

    def _log(self, core: Core) -> None:
        """Its chain holds, everything that had left is in it, and so is every head that was signed."""
        log = Snapshot.of(core._parts.db)
        entries = list(log.entries())
        if not excerpt.verify(log.header, entries).complete:
            self._bad("the chain of the disclosure log is broken")
            return
        known = {
            (entry.stream, entry.epoch, entry.seq): entry.hash
            for numbered in entries
            if isinstance(entry := numbered.entry, EnvelopeEntry)
        }
        cut = log.header.first > 1
        for place, one in self._story.published.items():
            logged = known.get(place)
            if logged != one.hash and not (cut and logged is None):
                self._bad(f"{place[0]}: seq {place[2]} had left and is not in the disclosure log")
        self._heads({numbered.number: numbered for numbered in entries}, first=log.header.first)

    def _heads(self, entries: Mapping[int, Numbered], *, first: int) -> None:
        for head in self._story.heads:
            if head.last >= first and (head.last not in entries or entries[head.last].hash != head.head):
                self._bad(f"the head of the disclosure log at entry {head.last} had left and does not hold")

    # -- what it would send

    def _drain(self, core: Core, taken: dict[Place, Published]) -> None:
        """Take everything that the store has to give, as a receiver would."""
        for _ in range(_ROUNDS):
            core.transact(Work(seal=True, partial=True))
            waiting = core.outgoing(after=0, limit=1000, max_bytes=1 << 30, lane=None)
            if not waiting:
                return
            last: dict[tuple[str, bytes], tuple[int, bytes]] = {}
            for one in waiting:
                content = opened(one.data, self.key.public)
                assert isinstance(content, Chained)
                taken[one.stream, one.epoch, one.seq] = Published(one.data, content)
                last[one.stream, one.epoch] = max(
                    last.get((one.stream, one.epoch), (-1, b"")), (one.seq, sha256(one.data).digest())
                )
            core.transact(Work(receipts=[self._receipt(core, place, *of) for place, of in last.items()]))
        self._bad("the store is never empty")

    def _receipt(self, core: Core, place: tuple[str, bytes], seq: int, digest: bytes) -> Reception:
        reception = Reception(stream=place[0], epoch=place[1], seq=seq, hash=digest, receiver=_RECEIVER)
        if core.judge(reception) is not ReceiptOutcome.APPLIED:
            self._bad(f"{place[0]}: a receipt for seq {seq} is not taken")
        return reception

    def _follow(self, taken: Mapping[Place, Published], view: StoreView) -> None:
        """Each chain goes on where it stood, a seq has one content, and each row leaves once."""
        story = self._story
        for place, one in taken.items():
            known = story.published.get(place)
            if known is not None and known.data != one.data:
                self._bad(f"{place[0]}: seq {place[2]} is used twice")
        self._links(taken, view)
        rows = [row for place, one in taken.items() if not story.receipted(place) for row in one.rows]
        self._some("rows leave twice", {row for row, count in Counter(rows).items() if count > 1})
        before: dict[Start, Place] = {row: place for row, place in story.rows_out.items() if place not in taken}
        self._some("rows that had left leave again under another seq", before.keys() & set(rows))
        self._some("rows of the store do not leave", view.held - {row for one in taken.values() for row in one.rows})

    def _account(self, taken: Mapping[Place, Published], view: StoreView, *, numbered: int) -> None:
        """What was reported is there, its receipt had come, or it is accounted for; and all of it adds up."""
        story = self._story
        accounts = Accounts.of({**story.published, **taken})
        gone = {row for row, place in story.rows_out.items() if story.receipted(place)}
        there = view.held | gone | {row for one in taken.values() for row in one.rows}
        missing = story.stored.keys() - there - story.excused
        self._some("rows that were reported stored are missing", accounts.uncovered(missing))
        if not any(map(story.purging, story.orders)):  # what a purge takes is not told by its number
            self._problems += accounts.wrong(missing, numbered=numbered)
        self.checked += len(story.stored)
        for (_, reason), count in accounts.counts.items():
            self.counted[reason] += count

    def _links(self, taken: Mapping[Place, Published], view: StoreView) -> None:
        for stream, epoch in {place[:2] for place in taken}:
            known = {place[2]: one for place, one in self._story.published.items() if place[:2] == (stream, epoch)}
            known |= {place[2]: one for place, one in taken.items() if place[:2] == (stream, epoch)}
            bridges = {
                one.content.sealed[0]: one.content.sealed
                for one in known.values()
                if isinstance(one.content, Gap) and one.content.sealed is not None
            }
            seq = view.chains.get((stream, epoch), (0, -1))[1] + 1
            before = known.get(seq - 1)
            prev = None if before is None else before.hash
            for place in sorted(place for place in taken if place[:2] == (stream, epoch)):
                while seq < place[2] and seq in bridges:
                    seq, prev = bridges[seq][1] + 1, bridges[seq][2]
                if seq != place[2] or taken[place].content.prev != prev:
                    self._bad(f"{stream}: the chain is broken at seq {seq}")
                seq, prev = place[2] + 1, taken[place].hash


@contextmanager
def _quiet() -> Iterator[None]:
    """Let what the agent logs pass: that a store was damaged is seen in what it does about it."""
    logger = logging.getLogger("agent")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)


def checker_for(config: Path) -> Checker:
    """Return what checks the stores of the unit with this configuration, in another boot: power was cut."""
    settings = load(config)
    clock, _ = assembly.make_clock(settings)
    clock.boot_id = os.urandom(16)
    return Checker(settings, keys.load(settings.unit.key, os.environ), clock)
