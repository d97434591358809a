"""What `tests.proofs.reconcile` does to a disclosure log and to the city's store, and who finds it.

In: an honest log, what the city holds. Out: counts of edits that were found and named.
"""

import contextlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agent.wire.entry_text import name_of
from agent.wire.excerpt import Export
from receiver.findings import Finding
from receiver.holdings import Holdings
from receiver.reconcile import reconcile
from tests.support.tampering import EDITS, add, cut_off

BEHIND = "behind the last signed head"


@dataclass
class Tally:
    """How many edits there were, and which were not found."""

    tried: int = 0
    missed: list[str] = field(default_factory=list)

    def count(self, *, found: bool, what: str) -> None:
        """Count one."""
        self.tried += 1
        self.missed += [] if found else [what]

    def __str__(self) -> str:
        """Say so."""
        return f"{self.tried - len(self.missed)} of {self.tried} found"


def tampered(export: Export, held: Holdings, *, most: int) -> dict[str, Tally]:
    """Edit entries, `most` so many all over the log, one at a time; see whether the comparison finds and names each.

    Behind the last signed head it is enough when something is told as under way that was not before.

    Args:
        export: the log.
        held: what the city holds.
        most: a whole comparison is made for each edit.

    Returns:
        What was edited, with how many were found.
    """
    tallies: dict[str, Tally] = {}
    covered = max((head.last for head in held.heads if head.last <= export.header.last), default=0)
    before = len(reconcile(export, held).findings)
    step = max(1, -(-len(export.entries) // most))
    for index in range(0, len(export.entries), step):
        number = export.entries[index].number
        for how, edited, last, remade in _edits(export, index):
            result = reconcile(edited, held)
            if not remade or last <= covered:
                found, tally = _is_named(result.differences, number, remade=remade), how
            else:
                found = bool(result.differences) or len(result.findings) > before
                tally = f"{how}, {BEHIND}"
            tallies.setdefault(tally, Tally()).count(found=found, what=_told(export, index, how))
    return tallies


def missed(tallies: Mapping[str, Tally]) -> list[str]:
    """Return some of the edits that were not found and must be: those that a signed head covers."""
    return [text for how, tally in tallies.items() if BEHIND not in how for text in tally.missed[:3]]


def _edits(export: Export, index: int) -> Iterator[tuple[str, Export, int, bool]]:
    """Yield every edit at an entry: its name, the log after it, the last entry it is about, whether it is remade."""
    number = export.entries[index].number
    for remade in (False, True):
        chain = "the chain made good" if remade else "the chain left"
        for what, edit in EDITS.items():
            last = number + (edit is add)  # what is added stands behind it
            yield f"{what}, {chain}", edit(export, index, remade=remade), last, remade
    yield "the end cut off", cut_off(export, index), number, True


def _is_named(found: Sequence[Finding], number: int, *, remade: bool) -> bool:
    """Tell whether findings name an entry: by its number, or by a head that was signed at it or behind it."""
    for finding in found:
        word, _, where = finding.where.partition(" ")
        if word == "entry" and int(where) in ({number, number + 1} if not remade else range(number, 1 << 53)):
            return True
    return False


def _told(export: Export, index: int, how: str) -> str:
    numbered = export.entries[index]
    return f"entry {numbered.number} ({name_of(numbered.entry)}): {how}"


CITY: Mapping[str, tuple[str, ...]] = {
    "an envelope deleted": (
        "DELETE FROM row WHERE chain = ? AND seq = ?",
        "DELETE FROM envelope WHERE chain = ? AND seq = ?",
    ),
    "a byte of an envelope changed": (
        "UPDATE envelope SET data = CAST(x'00' || substr(data, 2) AS BLOB) WHERE chain = ? AND seq = ?",
    ),
    "a row deleted": ("DELETE FROM row WHERE chain = ? AND seq = ?",),
    "a value of a row changed": ("UPDATE row SET scaled = replace(scaled, '[', '[1') WHERE chain = ? AND seq = ?",),
    "a row's code changed": ("UPDATE row SET quality = '[6' || substr(quality, 3) WHERE chain = ? AND seq = ?",),
}
"""What may be done to the city's store; each statement takes a chain and a seq."""
BATCH = (
    "SELECT chain, seq FROM row JOIN chain ON chain.id = chain"
    " WHERE unit = ? AND stream = ? AND quality NOT LIKE '%7%' ORDER BY chain, seq LIMIT 1"
)
"""Chain and seq of a batch of a unit and a stream, of whole windows."""


@contextlib.contextmanager
def copied(store: Path, copy: Path) -> Iterator[sqlite3.Connection]:
    """Return a copy of the city's store to write to."""
    with (
        contextlib.closing(sqlite3.connect(f"{store.absolute().as_uri()}?mode=ro", uri=True)) as source,
        contextlib.closing(sqlite3.connect(copy)) as db,
    ):
        source.backup(db)
        with db:
            yield db
