"""Holds a store against itself: chains, counters, references, the disclosure log.

In: the contents of a store. Out: every fault, by stream, epoch and seq. Never: a verdict about what nobody can know:
a receipted envelope that is not kept is no fault.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from typing import Final

from agent.buffer.contents import Contents, Piece
from agent.buffer.faults import ENVELOPE_LOST, NOT_REMADE, RECOUNTED, ROWS_LOST, Fault
from agent.buffer.state import Chain
from agent.wire.disclosure import genesis, link

_MOST_NAMED: Final = 100


def examine(contents: Contents) -> list[Fault]:
    """Return everything that is wrong with a store, what could not be read first."""
    return [
        *contents.faults,
        *_check_history(contents),
        *_check_streams(contents),
        *_check_references(contents),
        *_check_chains(contents),
        *_check_numbers(contents),
        *_check_declarations(contents),
        *_check_log(contents),
    ]


def _check_history(contents: Contents) -> Iterator[Fault]:
    if contents.meta is not None and not contents.meta.clean and not contents.whole:
        yield Fault(
            what="the newest commits are missing: the write-ahead log (outbox.db-wal) is gone or damaged",
            means="rows of the last minutes are lost; a repair begins a new epoch, so that no seq is given twice",
        )


def _check_streams(contents: Contents) -> Iterator[Fault]:
    """Hold the sums of each stream's backlog against its records."""
    for stream in contents.streams.values():
        runs = [rows for rows in contents.rows if rows.run and rows.stream == stream.id]
        found = (len(runs), sum(run.rows for run in runs), sum(run.size for run in runs))
        said = (stream.runs, stream.rows, stream.size)
        if found != said:
            text = f"the counters say {said[0]} batches with {said[1]} rows, {found[0]} with {found[1]} can be read"
            means = ROWS_LOST if found[1] < said[1] else RECOUNTED
            yield Fault(what=text, means=means, stream=stream.name)


def _check_references(contents: Contents) -> Iterator[Fault]:
    declared = {one.id for one in contents.declared}
    for rows in contents.rows:
        stream = contents.names.get(rows.stream)
        if stream is None or rows.declaration not in declared:
            what = "rows belong to a stream or to a declaration that is not there"
            yield Fault(what=what, means=ROWS_LOST, stream=stream)
    for piece in contents.pieces:
        if piece.chain not in contents.chains and not piece.kept:
            what = f"message number {piece.id} belongs to no chain"
            yield Fault(what=what, means=ENVELOPE_LOST, seq=piece.seq)
    for gap in contents.gaps:
        if gap.stream not in contents.names:
            yield Fault(what="a loss belongs to no stream", means="the city may not learn of it")


# -- chains


@dataclass(frozen=True, slots=True)
class _Place:
    """One chain, as faults name it."""

    stream: str
    epoch: bytes

    def fault(self, what: str, means: str, seq: int | None = None) -> Fault:
        return Fault(what=what, means=means, stream=self.stream, epoch=self.epoch, seq=seq)


def _check_chains(contents: Contents) -> Iterator[Fault]:
    pieces: dict[int, list[Piece]] = {}
    for piece in sorted(contents.pieces, key=lambda piece: piece.seq):
        pieces.setdefault(piece.chain, []).append(piece)
    for chain in contents.chains.values():
        stream = contents.names.get(chain.stream)
        if stream is None:
            yield Fault(what="a chain belongs to no stream", means=ENVELOPE_LOST, epoch=chain.epoch)
            continue
        place, found = _Place(stream, chain.epoch), pieces.get(chain.id, [])
        yield from _check_pieces(place, chain, found)
        yield from _check_links(place, chain, found)
        yield from _check_counts(place, chain, found, evicted=_evicted(contents, chain))


def _evicted(contents: Contents, chain: Chain) -> set[int]:
    """Return the seqs that a gap record names, or will."""
    gaps = [gap.sealed for gap in contents.gaps if gap.stream == chain.stream and gap.sealed is not None]
    return {seq for first, last, _ in gaps for seq in range(first, last + 1)}


def _check_pieces(place: _Place, chain: Chain, pieces: list[Piece]) -> Iterator[Fault]:
    for piece in pieces:
        if piece.glance is None or piece.glance.place != (place.stream, chain.epoch, piece.seq):
            yield place.fault("a message is not what its record says", ENVELOPE_LOST, piece.seq)
        if piece.seq >= chain.next_seq:
            means = "the chain's own record is older than the message; a repair begins a new epoch"
            yield place.fault("a seq that was never given", means, piece.seq)


def _check_links(place: _Place, chain: Chain, pieces: list[Piece]) -> Iterator[Fault]:
    """Follow the hashes: from message to message, and to what the chain knows of its ends."""
    for before, after in pairwise(pieces):
        if after.seq == before.seq:
            means = "the city keeps one of them as evidence; report this"
            yield place.fault("two messages with one seq", means, after.seq)
        elif after.seq == before.seq + 1 and after.glance is not None and after.glance.prev != before.hash:
            yield place.fault("it does not fit the message before it", NOT_REMADE, after.seq)
    for piece in pieces:
        if piece.seq == chain.next_seq - 1 and piece.hash != chain.prev:
            yield place.fault("it is not the last one that was sealed", NOT_REMADE, piece.seq)
        known = chain.receipted_hash if piece.seq == chain.receipted + 1 else None
        if known is not None and piece.glance is not None and piece.glance.prev != known:
            yield place.fault("it does not fit what the city has receipted", NOT_REMADE, piece.seq)


def _check_counts(place: _Place, chain: Chain, pieces: list[Piece], *, evicted: set[int]) -> Iterator[Fault]:
    waiting = [piece for piece in pieces if not piece.kept]
    found = (len(waiting), sum(piece.rows for piece in waiting), sum(piece.size for piece in waiting))
    if found == (chain.envelopes, chain.rows, chain.size):
        return
    text = f"the counters say {chain.envelopes} messages with {chain.rows} rows wait, "
    means = ENVELOPE_LOST if found[0] < chain.envelopes else RECOUNTED
    yield place.fault(f"{text}{found[0]} with {found[1]} can be read", means)
    there = {piece.seq for piece in pieces} | evicted
    missing = [seq for seq in range(chain.receipted + 1, chain.next_seq) if seq not in there]
    if found[0] < chain.envelopes:
        yield from (place.fault("the message is missing", ENVELOPE_LOST, seq) for seq in missing[:_MOST_NAMED])


# -- numbers, declarations, the log


def _check_numbers(contents: Contents) -> Iterator[Fault]:
    tally = contents.tally
    if tally is None:
        return
    waiting = max((piece.id for piece in contents.pieces), default=0)
    if waiting >= tally.next_envelope:
        yield Fault(what=f"message number {waiting} was never given", means=RECOUNTED)


def _check_declarations(contents: Contents) -> Iterator[Fault]:
    for declared in contents.declared:
        if declared.content is not None and sha256(declared.content).digest() != declared.hash:
            yield Fault(what=f"declaration number {declared.id} does not match its hash", means=ROWS_LOST)


def _check_log(contents: Contents) -> Iterator[Fault]:
    """Follow the disclosure log's chain."""
    if not contents.log or contents.meta is None:
        return
    base = contents.base
    last, head = (0, genesis(contents.meta.unit)) if base is None else (base.last, base.hash)
    for entry in contents.log:
        if entry.number != last + 1 or link(head, entry.data) != entry.hash:
            yield Fault(
                what=f"disclosure log: entry {entry.number} does not fit the ones before it",
                means="there the log was changed or is damaged; a repair keeps its longest unbroken part and says so",
            )
        last, head = entry.number, entry.hash
