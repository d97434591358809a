"""Losses, until they are declared and the declaration is receipted.

In: what was evicted, refused or damaged. Out: one open gap per stream and reason. Never: a loss that is not counted.

`count` is the number of rows known to be lost. 0 is possible with `DAMAGED` only: rows may be lost, and it is not
known how many. `windows` spans the losses it counts and may span rows that arrived as well. Rows that were merged
into others (`THINNED`) are counted like lost ones, for windows of every length together: they will never come either.
"""

from math import gcd

from agent.buffer.ledger import Ledger
from agent.buffer.state import Chain, Gap, Stream
from agent.buffer.tables import GAP
from agent.buffer.work import joined
from agent.wire.messages import GapReason

Extent = tuple[int, int, int]
"""First start ms, step ms and number of windows."""


class Gaps:
    """The table `gap`."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def rows_lost(
        self,
        stream: Stream,
        reason: GapReason,
        *,
        count: int,
        windows: tuple[int, int, int] | None = None,
        ended: tuple[bytes, int] | None = None,
    ) -> None:
        """Count rows that never were sealed.

        Args:
            stream: whose.
            reason: why.
            count: how many are known to be lost.
            windows: first start ms, step ms and number; None for rows that are not on wall time.
            ended: after damage, the epoch that has ended and the last seq known in it.
        """
        gap = next(
            (
                g
                for g in self._open(stream, reason)
                if g.sealed is None and _fits(g.windows, windows, reason) and g.ended == ended
            ),
            None,
        )
        if gap is None:
            gap = self._add(stream, reason)
            gap.windows, gap.ended = windows, ended
        elif gap.windows is not None and windows is not None:
            gap.windows = joined(*_on_one_grid(gap.windows, windows))
        gap.count += count
        GAP.write(self._ledger.db, gap)

    def sealed_lost(self, stream: Stream, reason: GapReason, *, seq: int, digest: bytes, rows: int) -> None:
        """Count an envelope of this epoch that will never come."""
        gap = next((g for g in self._open(stream, reason) if g.sealed is not None and g.sealed[1] == seq - 1), None)
        if gap is None:
            gap = self._add(stream, reason)
            gap.sealed = (seq, seq, digest)
        elif gap.sealed is not None:
            gap.sealed = (gap.sealed[0], seq, digest)
        gap.count += rows
        GAP.write(self._ledger.db, gap)

    def _open(self, stream: Stream, reason: GapReason) -> list[Gap]:
        """Return the gaps of a stream and reason that are not declared yet."""
        gaps = self._ledger.gaps.values()
        return [g for g in gaps if g.stream == stream.id and g.reason == reason and g.sealed_seq is None]

    def _add(self, stream: Stream, reason: GapReason) -> Gap:
        gap_id = max(self._ledger.gaps, default=0) + 1
        gap = Gap(id=gap_id, stream=stream.id, reason=int(reason), windows=None, sealed=None, count=0)
        self._ledger.gaps[gap_id] = gap
        return gap

    def due(self) -> list[Gap]:
        """Return the gaps to declare now: those of which no earlier declaration still waits for its receipt.

        Without this rule a receiver that is away would find one gap record per loss and second; with it two per
        stream and reason are the most there can be, and the space for them is reserved.
        """
        gaps = [gap for gap in self._ledger.gaps.values() if self._ledger.by_id[gap.stream].may_leave]
        waiting = {(g.stream, g.reason, g.sealed is None) for g in gaps if g.sealed_seq is not None}
        return [g for g in gaps if g.sealed_seq is None and (g.stream, g.reason, g.sealed is None) not in waiting]

    def declared(self, gap: Gap, *, seq: int) -> None:
        """Note under which seq a gap was declared."""
        gap.sealed_seq = seq
        self._ledger.tally.gaps += 1
        GAP.write(self._ledger.db, gap)

    def receipted(self, chain: Chain, *, seq: int) -> None:
        """Forget what a receipt up to `seq` settles: declared gaps, and envelopes evicted after they had left."""
        if chain.epoch != self._ledger.meta.epoch:
            return
        for gap in [g for g in self._ledger.gaps.values() if g.stream == chain.stream]:
            last = gap.sealed[1] if gap.sealed is not None and gap.sealed_seq is None else None
            if (gap.sealed_seq is not None and gap.sealed_seq <= seq) or (last is not None and last <= seq):
                self._drop(gap)
                if gap.sealed_seq is None:
                    self._ledger.tally.evicted -= gap.count
                    self._ledger.tally.receipted += gap.count

    def accepted(self, chain: Chain, *, seq: int) -> None:
        """Forget a gap whose own envelope a broker has taken."""
        if chain.epoch == self._ledger.meta.epoch:
            for gap in [g for g in self._ledger.gaps.values() if g.stream == chain.stream and g.sealed_seq == seq]:
                self._drop(gap)

    def _drop(self, gap: Gap) -> None:
        GAP.delete(self._ledger.db, gap.id)
        del self._ledger.gaps[gap.id]


def _fits(left: Extent | None, right: Extent | None, reason: GapReason) -> bool:
    """Tell whether two extents are given as one: of rows that were merged, whatever the length of their windows."""
    if left is not None and right is not None and reason is GapReason.THINNED:
        return True
    return _same_grid(left, right)


def _on_one_grid(left: Extent, right: Extent) -> tuple[Extent, Extent]:
    """Return two extents in windows that divide those of both."""
    step = gcd(left[1], right[1], left[0] - right[0])
    return (left[0], step, left[2] * (left[1] // step)), (right[0], step, right[2] * (right[1] // step))


def _same_grid(left: Extent | None, right: Extent | None) -> bool:
    """Tell whether two extents can be given as one."""
    if left is None or right is None:
        return left is right
    return left[1] == right[1] and (left[0] - right[0]) % left[1] == 0
