"""What is wrong with a store, in words for whoever stands at the unit.

In: places and sentences. Out: faults. Never: a measured value: what a record holds is not told, only which one it is.
"""

from dataclasses import dataclass
from typing import Final

from agent.buffer.store import Row

ROWS_LOST: Final = "the rows in it are lost; a repair declares them"
ENVELOPE_LOST: Final = "a sealed message is lost unless the city has it; a repair keeps the others"
COPIED: Final = "a second copy is kept elsewhere; nothing is lost as long as that can be read"
RECOUNTED: Final = "a repair counts anew; no row is lost by this alone"
NOT_REMADE: Final = "a repair keeps what is behind it; what was lost is declared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong.

    Attributes:
        what: what was found.
        means: what that means.
        stream, epoch, seq: where, as far as that is known.
    """

    what: str
    means: str
    stream: str | None = None
    epoch: bytes | None = None
    seq: int | None = None

    @property
    def where(self) -> str:
        """The place, in words; empty where it concerns the whole store."""
        parts = [] if self.stream is None else [f"stream {self.stream}"]
        parts += [] if self.epoch is None else [f"epoch {self.epoch.hex()}"]
        parts += [] if self.seq is None else [f"seq {self.seq}"]
        return ", ".join(parts)


_LOST: Final = {
    "meta": ("the header", "the unit's name and epoch are unreadable; a repair begins a new epoch"),
    "tally": ("the counters", "totals begin anew; no row is lost by this"),
    "stream": ("the list of streams", COPIED),
    "chain": ("where a chain of messages stands", "a repair begins a new epoch, so that no seq is given twice"),
    "declaration": ("a declaration", COPIED),
    "word": ("a second copy", "no harm as long as the first can be read"),
    "context": ("what rows have in common", ROWS_LOST),
    "fresh": ("a row that is not sealed", ROWS_LOST),
    "run": ("rows that are not sealed", ROWS_LOST),
    "envelope": ("a message that waits for its receipt", ENVELOPE_LOST),
    "retained": ("a message that the city has", "the city cannot get it a second time"),
    "gap": ("a loss that is to be declared", "the city may not learn of an earlier loss"),
    "counter": ("saved counters of a budget or of receipts", "they begin anew, as strict as they can be"),
    "disclosure": ("an entry of the disclosure log", "the log is kept in part; a repair says so in it"),
    "disclosure_base": ("where the disclosure log begins", "the log is kept in part; a repair says so in it"),
}


def unreadable(table: str, before: int, after: int | None) -> Fault:
    """Return the fault of records that could not be reached, behind one id and up to another."""
    what, means = _LOST[table]
    extent = f"behind number {before}" if after is None else f"between numbers {before} and {after + 1}"
    return Fault(what=f"table {table}: pages {extent} cannot be read ({what})", means=means)


def mismatch(table: str, record: Row, *, stream: str | None = None, epoch: bytes | None = None) -> Fault:
    """Return the fault of a record that does not match its checksum."""
    what, means = _LOST[table]
    seq = record[2] if table in {"envelope", "retained"} and isinstance(record[2], int) else None
    return Fault(
        what=f"table {table}: number {record[0]} does not match its checksum ({what})",
        means=means,
        stream=stream,
        epoch=epoch,
        seq=seq,
    )
