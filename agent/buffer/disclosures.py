"""The disclosure log: what left this unit, what was kept back, what was lost, and on whose order.

In: what the other parts of the outbox do. Out: entries, in the same transaction. Never: a measured value, or an
envelope that can leave and is not in it.

An envelope is entered by the transaction that seals it: whatever the network may have seen, the log knows. Losses
are entered when their gap record is sealed, which coalesces them; what is purged, and envelopes of an earlier epoch,
whose seq no gap record can name, at once. Values that were kept back are entered with the batch that says so.
"""

from collections.abc import Callable
from typing import Final

from agent.buffer.logbook import Logbook, Numbered
from agent.buffer.records import Limits, Link, LogHead, StoredRow, StoredRows
from agent.buffer.store import Database
from agent.buffer.work import MakeEntry
from agent.quality import Quality
from agent.wire.disclosure import decode_entry, encode_entry
from agent.wire.entries import (
    ConfigurationEntry,
    DamageEntry,
    Entry,
    EnvelopeEntry,
    LostEntry,
    Moment,
    ReceiptEntry,
    WithheldEntry,
)
from agent.wire.errors import WireError
from agent.wire.messages import ClockQuality, GapReason, Kind

KEPT_BACK: Final = (Quality.SUPPRESSED, Quality.WITHHELD, Quality.PARTIAL, Quality.BUDGET_SPENT)
"""Why the filter keeps a value back; every other code is about the sensor."""
_MOST_SHARE: Final = 8
"""The log takes no more than this part of the store."""
_SLAB: Final = 16
"""What is cut when the log is full, as a part of it: cutting a little each time would cost one more page a commit."""
_DAY_MS: Final = 86_400_000

Outline = tuple[tuple[str, tuple[str, ...]], ...]
"""Names of streams, each with the names of its channels."""


class Disclosures:
    """Makes the entries.

    Args:
        db: the store.
        unit: the unit's id.
        destination: the broker, as ``host:port``.
        moment: tells the time.
        limits: bounds of the log.
    """

    def __init__(
        self, db: Database, *, unit: str, destination: str, moment: Callable[[], Moment], limits: Limits
    ) -> None:
        self.book = Logbook(db, unit=unit)
        self._destination = destination
        self._moment = moment
        self._most_bytes = min(limits.log_bytes, limits.max_bytes // _MOST_SHARE)
        self._most_days = limits.log_days
        self._now: Moment | None = None
        self._losses: dict[tuple[str, bytes, GapReason, bool], LostEntry] = {}
        self._aged_day = 0
        self._is_full = False

    def load(self) -> None:
        """Read where the log stands, and forget what was not written.

        Raises:
            StoreDamaged: it is not what was written.
        """
        self.book.load()
        self._now, self._losses = None, {}

    @property
    def head(self) -> LogHead:
        """Where the log stands."""
        return self.book.head

    @property
    def now(self) -> Moment:
        """When this transaction happens: the same for all of its entries."""
        if self._now is None:
            self._now = self._moment()
        return self._now

    # -- entries

    def note(self, make: MakeEntry) -> None:
        """Enter what somebody else has to say."""
        self._add(make(self.now))

    def _add(self, entry: Entry) -> None:
        self.book.add(encode_entry(entry), configures=isinstance(entry, ConfigurationEntry))

    def sealed(
        self,
        link: Link,
        *,
        digest: bytes,
        size: int,
        kind: Kind,
        rows: int,
        channels: int,
        declaration: bytes | None,
    ) -> None:
        """Enter an envelope that can leave from now on."""
        self._add(
            EnvelopeEntry(
                at=self.now,
                stream=link.stream,
                epoch=link.epoch,
                seq=link.seq,
                hash=digest,
                kind=kind,
                rows=rows,
                channels=channels,
                declaration=declaration,
                size=size,
                destination=self._destination,
            )
        )

    def received(self, stream: str, *, epoch: bytes, seq: int, receiver: bytes | None) -> None:
        """Enter a receipt, or (`receiver` None) that a broker has taken an envelope."""
        self._add(ReceiptEntry(at=self.now, stream=stream, epoch=epoch, seq=seq, receiver=receiver))

    def withheld(self, stream: str, rows: StoredRows) -> None:
        """Enter what the filter kept back of a batch: one entry for each reason."""
        starts: dict[Quality, list[int]] = {code: [] for code in KEPT_BACK}
        for row in rows:
            if any(row.quality):
                for code in KEPT_BACK:
                    if _keeps_back(row, code):
                        starts[code].append(row.start_ms)
        for code, found in starts.items():
            if found:
                self._add(WithheldEntry(at=self.now, stream=stream, code=code, windows=len(found), start_ms=found[0]))

    def configured(self, *, before: bytes | None, after: bytes, streams: Outline) -> None:
        """Enter that something else is declared from now on; the same hash twice repeats what was cut."""
        self._add(ConfigurationEntry(at=self.now, before=before, after=after, local=True, streams=streams))

    def damaged(self, *, epoch: bytes, entries: int | None) -> None:
        """Enter that a new epoch begins, because the store was damaged."""
        self._add(DamageEntry(at=self.now, epoch=epoch, entries=entries))

    def lost(
        self, stream: str, *, epoch: bytes, reason: GapReason, count: int, sealed: tuple[int, int] | None
    ) -> None:
        """Enter rows that will never come."""
        self._add(LostEntry(at=self.now, stream=stream, epoch=epoch, reason=reason, count=count, sealed=sealed))

    def lose(self, stream: str, *, epoch: bytes, reason: GapReason, count: int, seq: int | None = None) -> None:
        """Count a loss of this transaction: rows that were not sealed, or the envelope with `seq`.

        Several in a row become one entry.
        """
        key = (stream, epoch, reason, seq is None)
        before = self._losses.pop(key, None)
        first = seq
        if before is not None and before.sealed is not None and before.sealed[1] + 1 != seq:
            self._add(before)
            before = None
        if before is not None:
            count += before.count
            first = before.sealed[0] if before.sealed is not None else None
        self._losses[key] = LostEntry(
            at=self.now,
            stream=stream,
            epoch=epoch,
            reason=reason,
            count=count,
            sealed=None if first is None or seq is None else (first, seq),
        )

    # -- the end of a transaction

    def write(self) -> None:
        """Write the entries into the open transaction, and cut what is too old or too much."""
        for loss in self._losses.values():
            self._add(loss)
        self._losses = {}
        self.book.write()
        self._cut_full()
        self._cut_old()
        self._now = None

    def _cut_full(self) -> None:
        most, slab = self._most_bytes, self._most_bytes // _SLAB
        self._is_full = self.book.size > most - slab * self._is_full
        if self._is_full:
            limit = self.book.upto - (most - slab)
            self.book.cut(lambda entry: entry.upto <= limit)

    def _cut_old(self) -> None:
        """Once a day, by a clock that is synchronised: a wrong one must not cut anything."""
        now = self._now
        if now is None or now.quality is not ClockQuality.SYNCHRONISED or now.utc_ms is None:
            return
        today = now.utc_ms // _DAY_MS
        if today != self._aged_day and not self.book.cut(lambda entry: _is_before(entry, today - self._most_days)):
            self._aged_day = today


def _keeps_back(row: StoredRow, code: Quality) -> bool:
    return any(found is code and value is None for found, value in zip(row.quality, row.values, strict=True))


def _is_before(entry: Numbered, day: int) -> bool | None:
    """Tell whether an entry was made before a day; None for one without a date, or of a kind that is not known."""
    try:
        utc_ms = decode_entry(entry.data).at.utc_ms
    except WireError:
        return None
    return None if utc_ms is None else utc_ms // _DAY_MS < day
