"""What became of every row that a store ever numbered: it waits, has left, or signed gap records account for it.

In: what had left and what the store has to give, which is all that a city would ever get; what was reported stored.
Out: everything that does not add up, in words. Never: the store's own counters of what it lost: only what is signed
counts, and the number of the last row.

A row is known by its windows of `WINDOW_MS`: one that was merged holds each of those it was made of. Then, as
DESIGN asks of a loss (a gap record) and of a merge (counted like a loss, one row for each pair):

* a reported row that is nowhere lies inside the extent of a gap record for evicted rows;
* no stream has more of these than such records count;
* in a stream without evictions, as many rows are counted as thinned as merged ones hold windows more than one;
* rows numbered = rows that left or would leave + rows counted by gap records. Nothing is lost or counted twice.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from agent.wire.messages import Batch, Gap, GapReason
from tests.crash.story import WINDOW_MS, Published
from tests.support.trace import Place, Start

_GONE = (GapReason.EVICTED, GapReason.THINNED, GapReason.DAMAGED)
"""Why a row that was numbered never comes; one that is refused has no number."""


@dataclass
class Accounts:
    """The signed side of one store.

    Attributes:
        rows: how many rows are in envelopes.
        merged: by stream, how many windows more than one its rows hold.
        counts: what gap records count, by stream and reason.
        evictions: gap records for evicted rows.
    """

    rows: int = 0
    merged: Counter[str] = field(default_factory=Counter)
    counts: Counter[tuple[str, GapReason]] = field(default_factory=Counter)
    evictions: list[Gap] = field(default_factory=list)

    @classmethod
    def of(cls, envelopes: Mapping[Place, Published]) -> "Accounts":
        """Read what was signed; each envelope counts once, however often it was sent."""
        accounts = cls()
        for one in envelopes.values():
            if isinstance(one.content, Batch):
                accounts._batch(one.content)
            elif isinstance(one.content, Gap):
                accounts._gap(one.content)
        return accounts

    def _batch(self, batch: Batch) -> None:
        self.rows += batch.rows
        self.merged[batch.stream] += batch.rows * (batch.step_ms // WINDOW_MS - 1)

    def _gap(self, gap: Gap) -> None:
        self.counts[gap.stream, gap.reason] += gap.count
        if gap.reason is GapReason.EVICTED:
            self.evictions.append(gap)

    def count(self, reason: GapReason) -> int:
        """Return how many rows are counted as gone for a reason."""
        return sum(count for (_, why), count in self.counts.items() if why is reason)

    def uncovered(self, missing: Collection[Start]) -> set[Start]:
        """Return which of these rows lie in no extent of evicted ones."""
        return {row for row in missing if not any(_covers(gap, row) for gap in self.evictions)}

    def wrong(self, missing: Collection[Start], *, numbered: int) -> Iterator[str]:
        """Yield what does not add up.

        Args:
            missing: reported rows that have not left and would not leave.
            numbered: how many rows the store has given a number.
        """
        for stream, gone in Counter(stream for stream, _ in missing).items():
            count = self.counts[stream, GapReason.EVICTED]
            if count < gone and not self.counts[stream, GapReason.THINNED]:
                yield f"{stream}: {gone} evicted rows, and gap records count {count}"
        for stream, merged in self.merged.items():
            thinned, evicted = (self.counts[stream, why] for why in (GapReason.THINNED, GapReason.EVICTED))
            if merged > thinned or (merged < thinned and not evicted):
                yield f"{stream}: {merged} rows were merged into others, and gap records count {thinned}"
        gone = sum(map(self.count, _GONE))
        if numbered != self.rows + gone:
            yield f"the store numbered {numbered} rows, {self.rows} leave, and gap records count {gone}"


def _covers(gap: Gap, row: Start) -> bool:
    """Tell whether a row lies in the extent of a gap record."""
    if gap.stream != row[0] or gap.windows is None:
        return False
    start_ms, step_ms, windows = gap.windows
    return start_ms <= row[1] < start_ms + windows * step_ms
