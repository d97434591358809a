"""A unit's disclosure log, sorted by what its entries are about.

In: an export. Out: what it says. Never: whether that is true.
"""

from collections import Counter
from collections.abc import Iterable

from agent.quality import Quality
from agent.wire.entries import (
    ConfigurationEntry,
    DamageEntry,
    EnvelopeEntry,
    LostEntry,
    OrderEntry,
    ReceiptEntry,
    WithheldEntry,
)
from agent.wire.excerpt import Numbered
from receiver.holdings import Place

Chain = tuple[str, bytes]
"""Stream and epoch."""


class Log:
    """What the entries say.

    Attributes:
        envelopes: by place.
        twice: places that are entered more than once.
        withheld: windows that each batch has kept values back in, by reason.
        lost: losses, in order.
        receipts: last receipted seq, by stream and epoch.
        orders: orders, in order.
        declared: hashes of declarations, in order.
        spans: first and last seq that is entered, by stream and epoch.
        epoch: of the store since it was damaged last, None when it never was.
        newest_ms: when the last envelope was entered, 0 when nobody knows.
    """

    def __init__(self, entries: Iterable[Numbered]) -> None:
        self.envelopes: dict[Place, EnvelopeEntry] = {}
        self.twice: list[Place] = []
        self.withheld: dict[Place, Counter[Quality]] = {}
        self.lost: list[LostEntry] = []
        self.receipts: dict[Chain, int] = {}
        self.orders: list[OrderEntry] = []
        self.declared: list[bytes] = []
        self.spans: dict[Chain, tuple[int, int]] = {}
        self.epoch: bytes | None = None
        self.newest_ms = 0
        self._batch: Place = ("", b"", -1)
        for numbered in entries:
            self._sort(numbered)

    def _sort(self, numbered: Numbered) -> None:
        match numbered.entry:
            case EnvelopeEntry() as entry:
                self._enter(entry)
            case WithheldEntry() as entry:  # it stands behind the entry of its batch
                self.withheld.setdefault(self._batch, Counter())[entry.code] += entry.windows
            case LostEntry() as entry:
                self.lost.append(entry)
            case ReceiptEntry() as entry:
                chain = (entry.stream, entry.epoch)
                self.receipts[chain] = max(entry.seq, self.receipts.get(chain, -1))
            case OrderEntry() as entry:
                self.orders.append(entry)
            case ConfigurationEntry() as entry:
                self.declared.append(entry.after)
            case DamageEntry() as entry:
                self.epoch = entry.epoch
            case _:
                pass

    def _enter(self, entry: EnvelopeEntry) -> None:
        chain = (entry.stream, entry.epoch)
        first, last = self.spans.get(chain, (entry.seq, entry.seq))
        self.spans[chain] = min(first, entry.seq), max(last, entry.seq)
        self._batch = (*chain, entry.seq)
        if self._batch in self.envelopes:
            self.twice.append(self._batch)
        self.envelopes[self._batch] = entry
        self.newest_ms = max(self.newest_ms, entry.at.utc_ms or 0)

    def is_lost(self, place: Place) -> bool:
        """Return whether the log says that an envelope will never come."""
        return any(
            loss.sealed is not None
            and (loss.stream, loss.epoch) == place[:2]
            and loss.sealed[0] <= place[2] <= loss.sealed[1]
            for loss in self.lost
        )
