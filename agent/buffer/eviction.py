"""The byte cap and the free-space floor: what is lost when there is no room, by the policy of each stream.

In: how much is to be stored. Out: room, or a refusal. Never: a loss without its gap, or growth past the cap.

Who loses first: whichever stream has most unsealed bytes waiting, the one that is being stored included. If that
one keeps its oldest rows (`drop_newest`), its new row is refused; one that is thinned has its oldest rows merged, as
long as there are two that can; otherwise its oldest batch goes. Streams that keep
their oldest rows leave half an equal share to each of the others, or they would take the store for good. Receipted
envelopes that are only retained go before everything, sealed ones that wait after every unsealed row that may be
evicted. Below the floor the file does not grow and gives back what is unused; rows are not evicted to make up for
what others have written.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from agent.buffer.disclosures import Disclosures
from agent.buffer.envelopes import Envelopes
from agent.buffer.gaps import Gaps
from agent.buffer.ledger import Ledger
from agent.buffer.records import EnvelopeMaker, Limits, Overflow
from agent.buffer.state import Stream
from agent.buffer.store import Pages
from agent.buffer.waiting import Run, WaitingRows
from agent.buffer.wal import FRAME_BYTES, PAGE_BYTES, size_of
from agent.wire.messages import GapReason

if TYPE_CHECKING:
    from agent.buffer.thinning import Thinning

_WAL_PAGES: Final = 1024
_FILL: Final = 0.6
_NEAR_PAGES: Final = 1024
_SCARCE_BYTES: Final = 4 << 20
_MARGIN_BYTES: Final = 64 * 1024
SLACK_PAGES: Final = 64


def wal_pages(max_bytes: int) -> int:
    """Return how long the WAL may become before it is folded in: long, because each folding writes pages again."""
    return max(16, min(_WAL_PAGES, max_bytes // 8 // FRAME_BYTES))


def wal_bytes(max_bytes: int) -> int:
    """Return the part of the store that is the WAL's: that length, and as much again for the last transaction."""
    return 2 * wal_pages(max_bytes) * FRAME_BYTES


def database_pages(max_bytes: int) -> int:
    """Return how many pages the database may have."""
    return (max_bytes - wal_bytes(max_bytes)) // PAGE_BYTES


class Room:
    """Makes room for rows inside a transaction."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        limits: Limits,
        rows: WaitingRows,
        envelopes: Envelopes,
        gaps: Gaps,
        log: Disclosures,
        maker: EnvelopeMaker,
        free_bytes: Callable[[], int],
    ) -> None:
        self._ledger = ledger
        self._maker = maker
        self._thinning: Thinning | None = None
        self._log = log
        self._db = ledger.db
        self._limits = limits
        self._rows = rows
        self._envelopes = envelopes
        self._gaps = gaps
        self._free_bytes = free_bytes
        self._most_pages = database_pages(limits.max_bytes)
        self._slab_bytes = min(16 * 1024, self._most_pages * PAGE_BYTES // 16)
        self._left = 0
        self._squeezed = 0

    @property
    def reserve_pages(self) -> int:
        """Pages kept for gap records, declarations and the state of the streams."""
        return min(SLACK_PAGES + 8 * len(self._ledger.streams), self._most_pages // 4)

    @property
    def _share_bytes(self) -> float:
        """What the streams that keep their oldest rows may take together."""
        capacity = (self._most_pages - self.reserve_pages) * PAGE_BYTES * _FILL
        streams = [stream for stream in self._ledger.streams.values() if not stream.name.startswith("_")]
        others = sum(not stream.keeps_oldest for stream in streams)
        return capacity * (1 - others / (2 * max(1, len(streams))))

    def growth_pages(self, pages: Pages) -> int:
        """Return how many pages the floor lets the database grow by.

        What is set apart: the WAL's own growth, and pages that so far are in the WAL only.
        """
        wal_growth = wal_pages(self._limits.max_bytes) * FRAME_BYTES + _MARGIN_BYTES - size_of(self._db.wal)
        database_growth = pages.total * PAGE_BYTES - size_of(self._db.path)
        apart = max(0, wal_growth) + max(0, database_growth)
        return max(0, self._free_bytes() - self._limits.free_floor_bytes - apart) // PAGE_BYTES

    def can_be_full(self) -> bool:
        """Tell whether the disk or the cap explains that nothing more can be written."""
        pages = self._db.pages()
        return self._free_bytes() < _SCARCE_BYTES or pages.used + _NEAR_PAGES > self._most_pages

    def squeeze(self) -> None:
        """Leave more room from now on: what was counted on was not there."""
        self._squeezed = min(2 * self._squeezed + SLACK_PAGES, self._most_pages // 2)

    def relax(self) -> None:
        """Count on everything again."""
        self._squeezed = 0

    def spare_pages(self) -> int:
        """Return how many unused pages to give back: near the floor all but a few, else those past the cap."""
        pages = self._db.pages()
        if self.growth_pages(pages) < _NEAR_PAGES:
            return max(0, pages.free - SLACK_PAGES)
        return max(0, min(pages.free, pages.total - self._most_pages))

    def measure(self) -> None:
        """Look up how many bytes of rows can still be stored."""
        pages = self._db.pages()
        most = min(self._most_pages - self.reserve_pages, pages.total + self.growth_pages(pages)) - self._squeezed
        self._left = int((most - pages.used) * PAGE_BYTES * _FILL)

    def take(self, stream: Stream, size: int) -> bool:
        """Make room for a row of `size` bytes, or return False: the stream must do without it."""
        if stream.keeps_oldest and self._kept_bytes() + size > self._share_bytes:
            return False
        if self._left < size and not self._evict_for(stream, size):
            return False
        self._left -= size
        return True

    def _kept_bytes(self) -> int:
        return sum(stream.bytes_waiting for stream in self._ledger.streams.values() if stream.keeps_oldest)

    def _evict_for(self, stream: Stream, size: int) -> bool:
        """Evict until there is room for `size` and some more; return False if `stream` is the one that must yield."""
        self._rows.write()
        self.measure()
        wanted = size if self._left >= size else size + self._slab_bytes
        while self._left < wanted:
            if not self._evict_one(stream):
                return self._left >= size
            self.measure()
        return True

    def _evict_one(self, incoming: Stream) -> bool:
        """Evict the one thing that goes next; return False when `incoming` is to be refused instead."""
        if self._envelopes.drop_retained(8):
            return True
        streams = [s for s in self._ledger.streams.values() if s is incoming or not s.keeps_oldest]
        loser = max(streams, key=lambda stream: (stream.bytes_waiting, stream is incoming))
        if loser.keeps_oldest:
            return False
        if loser.policy.overflow is Overflow.THIN and self._thin(loser):
            return True
        if loser.runs:
            self._evict_run(loser)
        elif loser.spans:
            self._evict_span(loser)
        else:
            return self._evict_sealed()
        return True

    def _thin(self, stream: Stream) -> bool:
        """Merge some of a stream's oldest rows; return False if there are none to merge."""
        if self._thinning is None:
            from agent.buffer.thinning import Thinning  # noqa: PLC0415 - only where a stream has the policy

            self._thinning = Thinning(self._ledger, rows=self._rows, gaps=self._gaps, maker=self._maker)
        return self._thinning.thin(stream)

    def _evict_run(self, stream: Stream) -> None:
        run = self._rows.oldest_runs(stream, most_rows=1)[0]
        self._rows.drop_run(stream, run)
        self._lost(stream, run)

    def _evict_span(self, stream: Stream) -> None:
        self._lost(stream, self._rows.take_span(stream, stream.spans[0]))

    def _lost(self, stream: Stream, run: Run) -> None:
        self._ledger.tally.evicted += run.rows
        self._gaps.rows_lost(stream, GapReason.EVICTED, count=run.rows, windows=run.windows)

    def _evict_sealed(self) -> bool:
        """Evict the oldest envelope of the stream that has most of them, unless it keeps its oldest."""
        chains = [
            chain
            for chain in self._ledger.chains.values()
            if chain.rows and not self._ledger.by_id[chain.stream].keeps_oldest
        ]
        if not chains:
            return False
        chain = max(chains, key=lambda chain: chain.size)
        envelope = self._envelopes.evict_oldest(chain)
        if envelope is None:
            return False
        stream = self._ledger.by_id[chain.stream]
        self._ledger.tally.evicted += envelope.rows
        if chain.epoch == self._ledger.meta.epoch:
            self._gaps.sealed_lost(
                stream, GapReason.EVICTED, seq=envelope.seq, digest=envelope.hash, rows=envelope.rows
            )
        else:
            # Its seq is told here, its rows with the gap record that counts them.
            self._log.lose(stream.name, epoch=chain.epoch, reason=GapReason.EVICTED, count=0, seq=envelope.seq)
            self._gaps.rows_lost(stream, GapReason.EVICTED, count=envelope.rows)
        return True

    def refuse(self, stream: Stream, *, windows: tuple[int, int, int] | None) -> None:
        """Count a row that could not be stored."""
        self._ledger.tally.refused += 1
        self._gaps.rows_lost(stream, GapReason.REFUSED, count=1, windows=windows)
