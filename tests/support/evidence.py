"""What proofs know besides the agent's word: its store after its death, and the receiver's store.

`look` reads a copy of an outbox without touching it. `judge` compares what a unit committed with what the receiver
has, and verifies every signature and every link on its own. The wire is in `tests.support.trace`.
"""

import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from agent.wire.errors import WireError
from agent.wire.keyfile import VerifyKey
from agent.wire.messages import Batch, Gap, GapReason
from tests.support.trace import Chained, Place, Start, opened, place_of, starts_of

__all__ = ["Place", "Start", "StoreView", "Verdict", "judge", "look", "opened"]

# -- the unit's store


@dataclass(frozen=True, kw_only=True)
class StoreView:
    """An outbox as a kill left it.

    Attributes:
        epoch: of the store.
        unsealed: rows that are not in an envelope.
        sealed: rows in envelopes that wait for their receipt.
        envelopes: the places of those, gaps and declarations included.
        chains: next seq and last receipted seq, by stream and epoch.
        evicted, refused: rows, since the store was made.
        torn: the WAL ends in a transaction without its commit mark.
        set_aside: damaged stores beside it.
    """

    epoch: bytes
    unsealed: frozenset[Start]
    sealed: frozenset[Start]
    envelopes: frozenset[Place]
    chains: Mapping[tuple[str, bytes], tuple[int, int]]
    evicted: int
    refused: int
    torn: bool
    set_aside: int

    @property
    def held(self) -> frozenset[Start]:
        """Every row in it."""
        return self.unsealed | self.sealed


_NOTHING = StoreView(
    epoch=b"",
    unsealed=frozenset(),
    sealed=frozenset(),
    envelopes=frozenset(),
    chains={},
    evicted=0,
    refused=0,
    torn=False,
    set_aside=0,
)
"""An outbox that was not made yet."""


def look(store: Path, *, key: VerifyKey) -> StoreView:
    """Return what is in an outbox that nobody writes to; only a copy is opened."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy.db"
        if not store.exists():
            return _NOTHING
        shutil.copyfile(store, copy)
        wal = store.with_name(store.name + "-wal")
        log = wal.read_bytes() if wal.exists() else b""
        copy.with_name("copy.db-wal").write_bytes(log)
        with closing(sqlite3.connect(copy)) as db:
            return _view(db, key=key, torn=_is_torn(log), set_aside=len(list(store.parent.glob("*.damaged-*"))))


def _is_torn(wal: bytes) -> bool:
    """Tell whether the WAL ends in the midst of a transaction; https://sqlite.org/fileformat2.html#walformat.

    Its last frame under the salts of its header is no commit then, or there is none: the header was just written.
    """
    step = 24 + int.from_bytes(wal[8:12], "big")
    torn = bool(wal)
    for at in range(32, len(wal) - step + 1, step):
        if wal[at + 8 : at + 16] != wal[16:24]:
            break
        torn = wal[at + 4 : at + 8] == bytes(4)
    return torn


def _view(db: sqlite3.Connection, *, key: VerifyKey, torn: bool, set_aside: int) -> StoreView:
    streams = dict(db.execute("SELECT id, name FROM stream"))
    chains = {row[0]: row for row in db.execute("SELECT id, stream, epoch, next_seq, receipted FROM chain")}
    unsealed = {(streams[stream], start) for stream, start in db.execute("SELECT stream, start_ms FROM fresh")}
    for number, start, step, rows in db.execute("SELECT id, start_ms, step_ms, rows FROM run"):
        unsealed |= {(streams[number >> 40], start + index * step) for index in range(rows)}
    sealed: set[Start] = set()
    envelopes: set[Place] = set()
    for chain, seq, data in db.execute("SELECT chain, seq, data FROM envelope"):
        envelopes.add((streams[chains[chain][1]], chains[chain][2], seq))
        content = opened(data, key)
        if isinstance(content, Batch):
            sealed |= set(starts_of(content))
    tally = db.execute("SELECT evicted, refused FROM tally").fetchone() or (0, 0)
    return StoreView(
        epoch=db.execute("SELECT epoch FROM meta").fetchone()[0],
        unsealed=frozenset(unsealed),
        sealed=frozenset(sealed),
        envelopes=frozenset(envelopes),
        chains={(streams[row[1]], row[2]): (row[3], row[4]) for row in chains.values()},
        evicted=tally[0],
        refused=tally[1],
        torn=torn,
        set_aside=set_aside,
    )


# -- the receiver's store


@dataclass(kw_only=True)
class Verdict:
    """One unit, compared.

    Attributes:
        stored: rows that the agent said it had stored, or that its store was found to hold.
        delivered: different rows in the receiver's store.
        declared: rows that signed gap records say will never come.
        gaps: those records.
        problems: everything that must not be, in words; none when the proof holds.
    """

    stored: int
    delivered: int
    declared: int
    gaps: int
    problems: list[str] = field(default_factory=list)


def judge(
    name: str,
    *,
    key: VerifyKey,
    reported: Iterable[Start],
    found: Collection[Start] = (),
    exported: Iterable[Mapping[str, Any]],
    receiver_store: Path,
) -> Verdict:
    """Compare what a unit committed with what the receiver has.

    Args:
        name: the unit.
        key: its public key.
        reported: the rows that its agent reported, in order.
        found: rows that its store held after a kill, reported or not.
        exported: the receiver's rows, as `export` tells them.
        receiver_store: the receiver's store, for the envelopes themselves.
    """
    said = Counter(reported)
    committed = set(said) | set(found)
    delivered = Counter(
        (row["stream"], row["start_ms"]) for row in exported if row["unit"] == name and row["boot"] is None
    )
    chains = _Chains(name, key)
    with closing(sqlite3.connect(f"{receiver_store.absolute().as_uri()}?mode=ro", uri=True)) as db:
        chains.check(db)
    problems = [f"{name}: {problem}" for problem in chains.problems]
    problems += _shown(name, "stored twice", [row for row, count in said.items() if count > 1])
    problems += _shown(name, "delivered twice", [row for row, count in delivered.items() if count > 1])
    problems += _shown(name, "delivered, never stored", delivered.keys() - committed)
    problems += _losses(name, committed - delivered.keys(), chains.gaps)
    evicted = [gap for gap in chains.gaps if gap.reason == GapReason.EVICTED]
    return Verdict(
        stored=len(committed),
        delivered=len(delivered),
        declared=sum(gap.count for gap in evicted),
        gaps=len(chains.gaps),
        problems=problems,
    )


def _losses(name: str, missing: Collection[Start], gaps: Iterable[Gap]) -> list[str]:
    """Hold the rows that did not arrive against the signed gap records: extent and exact number."""
    problems: list[str] = []
    declared = [gap for gap in gaps if gap.reason == GapReason.EVICTED]
    lost = [row for row in missing if not any(_covers(gap, row) for gap in declared)]
    problems += _shown(name, "lost, and no gap record covers it", lost)
    for stream in sorted({row[0] for row in missing} | {gap.stream for gap in declared}):
        gone = sum(row[0] == stream for row in missing)
        count = sum(gap.count for gap in declared if gap.stream == stream)
        if gone != count:
            problems.append(f"{name}: {stream}: {gone} rows did not arrive, and gap records declare {count}")
    return problems


def _covers(gap: Gap, row: Start) -> bool:
    if gap.stream != row[0]:
        return False
    if gap.windows is None:
        return gap.sealed is not None
    start, step, windows = gap.windows
    return start <= row[1] < start + windows * step and (row[1] - start) % step == 0


def _shown(name: str, what: str, rows: Collection[Start]) -> list[str]:
    if not rows:
        return []
    some = ", ".join(f"{stream} {start}" for stream, start in sorted(rows)[:3])
    return [f"{name}: {len(rows)} rows {what}: {some}{' ...' if len(rows) > 3 else ''}"]


class _Chains:
    """The chains of one unit, followed from their first envelope."""

    def __init__(self, unit: str, key: VerifyKey) -> None:
        self._unit = unit
        self._key = key
        self.gaps: list[Gap] = []
        self.problems: list[str] = []

    def check(self, db: sqlite3.Connection) -> None:
        epochs = set()
        for chain, stream, epoch in db.execute("SELECT id, stream, epoch FROM chain WHERE unit = ?", (self._unit,)):
            epochs.add(epoch)
            records = db.execute("SELECT seq, data FROM envelope WHERE chain = ? ORDER BY seq", (chain,)).fetchall()
            self._follow(stream, epoch, records)
            for table, what in (("fork", "forks"), ("set_aside", "batches without a declaration")):
                count = db.execute(f"SELECT count(*) FROM {table} WHERE chain = ?", (chain,)).fetchone()[0]
                if count:
                    self.problems.append(f"{stream}: {count} {what}")
            undeclared = db.execute("SELECT count(*) FROM hole WHERE chain = ? AND NOT declared", (chain,)).fetchone()
            if undeclared[0]:
                self.problems.append(f"{stream}: {undeclared[0]} undeclared gaps")
        if len(epochs) > 1:
            self.problems.append(f"{len(epochs)} epochs: the store was made anew")
        refused = db.execute("SELECT count(*) FROM rejected WHERE topic LIKE ?", (f"%/{self._unit}/%",)).fetchone()[0]
        if refused:
            self.problems.append(f"the receiver refused {refused} messages")

    def _follow(self, stream: str, epoch: bytes, records: Iterable[tuple[int, bytes]]) -> None:
        """Follow one chain: signatures, hashes and seqs; a hole is bridged by a signed gap record only."""
        contents: dict[int, tuple[Chained, bytes]] = {}
        for seq, data in records:
            try:
                content = opened(data, self._key)
            except WireError as error:
                self.problems.append(f"{stream}: seq {seq} does not verify: {error}")
                continue
            if isinstance(content, Chained) and place_of(content) == (stream, epoch, seq):
                contents[seq] = content, sha256(data).digest()
            else:
                self.problems.append(f"{stream}: seq {seq} is not what it was stored as")
        gaps = [content for content, _ in contents.values() if isinstance(content, Gap)]
        self.gaps += gaps
        bridges = {gap.sealed[0]: gap.sealed for gap in gaps if gap.sealed is not None}
        seq, prev = 0, None
        while seq <= max(contents, default=-1):
            if seq in contents:
                content, digest = contents[seq]
                if content.prev != prev:
                    self.problems.append(f"{stream}: the chain is broken at seq {seq}")
                seq, prev = seq + 1, digest
            elif seq in bridges:
                seq, prev = bridges[seq][1] + 1, bridges[seq][2]
            else:
                self.problems.append(f"{stream}: seq {seq} is missing")
                return
