"""What a store holds, counted per stream: for `lamppost buffer ls`.

In: the contents of a store. Out: counts, sizes, ages, seqs. Never: a value of a row.
"""

from dataclasses import dataclass, field

from agent.buffer.contents import Contents, Piece
from agent.buffer.state import Chain
from agent.wire.messages import GapReason


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainLine:
    """One stream in one epoch.

    Attributes:
        epoch: which.
        next_seq: the seq that comes next.
        receipted: the last one that the city has receipted, -1 for none.
        waiting, kept: envelopes without a receipt, and those that are kept after it.
    """

    epoch: bytes
    next_seq: int
    receipted: int
    waiting: int
    kept: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GapLine:
    """Losses of one kind that the city has not receipted: `declared` ones are sealed, the others will be."""

    reason: str
    rows: int
    declared: bool


@dataclass(slots=True, kw_only=True)
class StreamLine:
    """One stream.

    Attributes:
        name: of the stream; those that begin with `_` are the unit's own messages.
        overflow: what it loses when the store is full; empty where that is unreadable.
        rows: not sealed yet.
        waiting, sealed_rows: envelopes that wait for their receipt, and the rows in them.
        kept: envelopes that have their receipt and are kept for a while.
        size: bytes of all of it, about.
        oldest_ms: the earliest window that waits, ms since 1970; None for none, or none on wall time.
    """

    name: str
    overflow: str
    rows: int = 0
    waiting: int = 0
    sealed_rows: int = 0
    kept: int = 0
    size: int = 0
    oldest_ms: int | None = None
    gaps: list[GapLine] = field(default_factory=list)
    chains: list[ChainLine] = field(default_factory=list)

    def saw(self, start_ms: int | None) -> None:
        """Take note of a window that waits."""
        if start_ms is not None:
            self.oldest_ms = start_ms if self.oldest_ms is None else min(self.oldest_ms, start_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """A whole store; `unit`, `epoch` and `session` are None where the header cannot be read."""

    unit: str | None
    epoch: bytes | None
    session: int | None
    closed: bool
    streams: tuple[StreamLine, ...]
    log_entries: int


def survey(contents: Contents) -> Survey:
    """Return what a store holds."""
    lines: dict[int, StreamLine] = {}
    for number, name in sorted(contents.names.items(), key=lambda item: item[1]):
        known = contents.streams.get(number)
        lines[number] = StreamLine(name=name, overflow="" if known is None else str(known.policy.overflow))
    _count_rows(contents, lines)
    _count_pieces(contents, lines)
    for gap in contents.gaps:
        if gap.stream in lines:
            reason = GapReason(gap.reason).name.lower()
            declared = gap.sealed_seq is not None
            lines[gap.stream].gaps.append(GapLine(reason=reason, rows=gap.count, declared=declared))
    meta = contents.meta
    return Survey(
        unit=None if meta is None else meta.unit,
        epoch=None if meta is None else meta.epoch,
        session=None if meta is None else meta.session,
        closed=meta is not None and meta.clean,
        streams=tuple(lines.values()),
        log_entries=len(contents.log),
    )


def _count_rows(contents: Contents, lines: dict[int, StreamLine]) -> None:
    for rows in contents.rows:
        line = lines.get(rows.stream)
        if line is not None:
            line.rows += rows.rows
            line.size += rows.size
            line.saw(rows.start_ms)


def _count_pieces(contents: Contents, lines: dict[int, StreamLine]) -> None:
    by_chain: dict[int, list[Piece]] = {number: [] for number in contents.chains}
    for piece in contents.pieces:
        by_chain.setdefault(piece.chain, []).append(piece)
    for chain in contents.chains.values():
        line = lines.get(chain.stream)
        if line is not None:
            _count_chain(line, chain, by_chain[chain.id])


def _count_chain(line: StreamLine, chain: Chain, pieces: list[Piece]) -> None:
    waiting = [piece for piece in pieces if not piece.kept]
    for piece in waiting:
        line.sealed_rows += piece.rows
        line.saw(None if piece.glance is None else piece.glance.start_ms)
    line.waiting += len(waiting)
    line.kept += len(pieces) - len(waiting)
    line.size += sum(piece.size for piece in pieces)
    line.chains.append(
        ChainLine(
            epoch=chain.epoch,
            next_seq=chain.next_seq,
            receipted=chain.receipted,
            waiting=len(waiting),
            kept=len(pieces) - len(waiting),
        )
    )
