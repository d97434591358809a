"""The sealed envelopes that wait for their receipt.

In: an envelope's bytes. Out: the same bytes, as often as they are asked for. Never: a seq that was given before.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from agent.buffer.disclosures import Disclosures
from agent.buffer.errors import StoreDamaged
from agent.buffer.ledger import Ledger
from agent.buffer.records import Lane, Link, Outgoing
from agent.buffer.rows import record_sum
from agent.buffer.state import LANES, Chain
from agent.buffer.store import Row
from agent.wire.messages import Kind

COLUMNS: Final = "id, chain, seq, lane, rows, hash, sum, data"
_CHAINS_KEPT: Final = 16
_ALARM: Final = LANES.index(Lane.ALARM)
_TELLS: Final = f"(rows > 0 OR lane = {_ALARM})"
"""What holds something measured: batches and alarms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A sealed envelope with its place."""

    id: int
    chain: int
    seq: int
    lane: int
    rows: int
    hash: bytes
    data: bytes


def envelope_of(record: Row) -> Envelope:
    """Return what a record of `envelope` or `retained` holds.

    Raises:
        StoreDamaged: it does not match its checksum or its hash.
    """
    envelope_id, chain, seq, lane, rows, digest, total, data = record
    if record_sum(envelope_id, chain, seq, lane, rows, digest) != total:
        raise StoreDamaged("an envelope's record does not match its checksum")
    if not isinstance(data, bytes) or sha256(data).digest() != digest:
        raise StoreDamaged("an envelope does not match its hash")
    return Envelope(id=envelope_id, chain=chain, seq=seq, lane=lane, rows=rows, hash=digest, data=data)


class Envelopes:
    """The tables `envelope` and `retained`."""

    def __init__(self, ledger: Ledger, *, log: Disclosures, retain_ms: int) -> None:
        self._ledger = ledger
        self._log = log
        self._db = ledger.db
        self._retain_ms = retain_ms

    @property
    def chains_kept(self) -> int:
        """How many ended chains of a stream are kept although nothing waits in them: what is retained is theirs."""
        return _CHAINS_KEPT if self._retain_ms else 0

    def link(self, chain: Chain) -> Link:
        """Return where the next envelope of a chain goes."""
        name = self._ledger.by_id[chain.stream].name
        return Link(epoch=chain.epoch, stream=name, seq=chain.next_seq, prev=chain.prev)

    def add(
        self,
        chain: Chain,
        *,
        lane: Lane,
        kind: Kind,
        data: bytes,
        rows: int = 0,
        channels: int = 0,
        declaration: bytes | None = None,
    ) -> None:
        """Store an envelope made for `link(chain)`: seq, hash, bytes and its log entry in the open transaction."""
        digest = sha256(data).digest()
        self._log.sealed(
            self.link(chain),
            digest=digest,
            size=len(data),
            kind=kind,
            rows=rows,
            channels=channels,
            declaration=declaration,
        )
        self.put(chain, seq=chain.next_seq, lane=LANES.index(lane), rows=rows, digest=digest, data=data)
        chain.next_seq, chain.prev = chain.next_seq + 1, digest
        self._ledger.tally.sealed += 1

    def put(self, chain: Chain, *, seq: int, lane: int, rows: int, digest: bytes, data: bytes) -> None:
        """Store an envelope under a new id, and count it."""
        tally = self._ledger.tally
        envelope_id, tally.next_envelope = tally.next_envelope, tally.next_envelope + 1
        cells = (envelope_id, chain.id, seq, lane, rows, digest)
        self._db.run("INSERT INTO envelope VALUES (?,?,?,?,?,?,?,?)", *cells, record_sum(*cells), data)
        self._count(chain, 1, rows=rows, size=len(data))

    def _count(self, chain: Chain, envelopes: int, *, rows: int, size: int) -> None:
        chain.envelopes, chain.rows, chain.size = chain.envelopes + envelopes, chain.rows + rows, chain.size + size
        self._ledger.touch_chain(chain)

    def outgoing(self, *, after: int, limit: int, max_bytes: int, lane: Lane | None) -> list[Outgoing]:
        """Return committed envelopes by lane, then id; always one, however large, if there is one."""
        found: list[Outgoing] = []
        size = 0
        for wanted in Lane if lane is None else (lane,):
            for envelope in self._waiting(LANES.index(wanted), after=after, limit=limit - len(found)):
                size += len(envelope.data)
                if found and size > max_bytes:
                    return found
                found.append(self._outgoing(envelope, wanted))
        return found

    def _outgoing(self, envelope: Envelope, lane: Lane) -> Outgoing:
        chain = self._ledger.chains[envelope.chain]
        chain.sent = max(chain.sent, envelope.seq)
        name = self._ledger.by_id[chain.stream].name
        return Outgoing(
            row_id=envelope.id, stream=name, epoch=chain.epoch, seq=envelope.seq, lane=lane, data=envelope.data
        )

    def _waiting(self, lane: int, *, after: int, limit: int) -> Iterator[Envelope]:
        """Yield the envelopes of a lane that may leave and that no receipt covers, committed or not."""
        if limit <= 0:
            return
        sql = f"SELECT {COLUMNS} FROM envelope WHERE id > ? AND lane = ? ORDER BY id"  # noqa: S608 - a constant
        for record in self._db.each(sql, after, lane):
            envelope = envelope_of(record)
            chain = self._ledger.chains.get(envelope.chain)
            if chain is None:
                raise StoreDamaged("an envelope belongs to nothing")
            if envelope.seq > chain.pending and self._ledger.by_id[chain.stream].may_leave:
                yield envelope
                limit -= 1
            if limit == 0:
                return

    def by_lane(self) -> tuple[tuple[str, int], ...]:
        """Return how many envelopes wait for their receipt in each lane; the table is bounded, so this is."""
        counted = {row[0]: int(row[1]) for row in self._db.all("SELECT lane, count(*) FROM envelope GROUP BY lane")}
        return tuple((lane.value, counted.get(number, 0)) for number, lane in enumerate(LANES))

    def waits(self, chain: Chain, seq: int) -> bool:
        """Tell whether an envelope waits for its receipt, sent or not."""
        return self._db.one("SELECT 1 FROM envelope WHERE chain = ? AND seq = ?", chain.id, seq) is not None

    def hash_of(self, chain: Chain, seq: int) -> bytes | None:
        """Return the hash of the envelope that took `seq`, None if it is not known any more."""
        if seq == chain.next_seq - 1:
            return chain.prev
        if seq == chain.receipted:
            return chain.receipted_hash
        for table in ("envelope", "retained"):
            row = self._db.one(f"SELECT hash FROM {table} WHERE chain = ? AND seq = ?", chain.id, seq)  # noqa: S608 - constants
            if row is not None:
                return bytes(row[0])
        gaps = self._ledger.gaps.values() if chain.epoch == self._ledger.meta.epoch else ()
        for gap in gaps:
            if gap.stream == chain.stream and gap.sealed is not None and gap.sealed[1] == seq:
                return gap.sealed[2]
        return None

    def receipted(self, chain: Chain, *, seq: int, digest: bytes, now_ms: int) -> None:
        """Delete, or keep for a while, everything of a chain up to `seq`."""
        if seq <= chain.receipted:
            return
        self._release("chain = ? AND seq <= ?", (chain.id, seq), chain=chain, now_ms=now_ms)
        if seq == chain.next_seq - 1 and chain.envelopes:
            raise StoreDamaged("envelopes of a chain are missing")
        chain.receipted, chain.receipted_hash = seq, digest
        chain.pending = max(chain.pending, seq)
        self._ledger.touch_chain(chain)

    def accepted(self, envelope_id: int, *, now_ms: int) -> tuple[Chain, int] | None:
        """Delete one envelope that a broker has taken, and return its chain and seq; None if it is gone."""
        row = self._db.one("SELECT chain, seq FROM envelope WHERE id = ?", envelope_id)
        if row is None:
            return None
        chain = self._ledger.chains[row[0]]
        self._release("id = ?", (envelope_id,), chain=chain, now_ms=now_ms)
        return chain, int(row[1])

    def _release(self, condition: str, cells: tuple[int, ...], *, chain: Chain, now_ms: int) -> None:
        """Take envelopes out of `envelope` because they arrived."""
        count, rows, size = self._db.all(
            f"SELECT count(*), total(rows), total(length(data)) FROM envelope WHERE {condition}",  # noqa: S608 - constants
            *cells,
        )[0]
        if self._retain_ms:
            self._retain(condition, cells, now_ms)
        else:
            self._db.delete(f"DELETE FROM envelope WHERE {condition}", *cells, expected=count)  # noqa: S608 - constants
        self._count(chain, -count, rows=-int(rows), size=-int(size))
        self._ledger.tally.receipted += int(rows)

    def _retain(self, condition: str, cells: tuple[int, ...], now_ms: int) -> None:
        """Move envelopes to `retained`, each into the space of the one before: a full store has no other."""
        for (envelope_id,) in self._db.all(f"SELECT id FROM envelope WHERE {condition} ORDER BY id", *cells):  # noqa: S608 - constants
            record = self._db.one(f"SELECT {COLUMNS} FROM envelope WHERE id = ?", envelope_id) or ()  # noqa: S608 - a constant
            self._db.delete("DELETE FROM envelope WHERE id = ?", envelope_id, expected=1)
            self._db.run("INSERT OR REPLACE INTO retained VALUES (?,?,?,?,?,?,?,?,?)", *record, now_ms)

    def resend(self, chain: Chain, *, first_seq: int) -> None:
        """Give every envelope from `first_seq` on a new id, so that it goes out again with the same bytes."""
        again: dict[int, Envelope] = {}
        for table in ("retained", "envelope"):
            sql = f"SELECT {COLUMNS} FROM {table} WHERE chain = ? AND seq >= ?"  # noqa: S608 - constants
            found = [envelope_of(record) for record in self._db.all(sql, chain.id, first_seq)]
            sql = f"DELETE FROM {table} WHERE chain = ? AND seq >= ?"  # noqa: S608 - constants
            self._db.delete(sql, chain.id, first_seq, expected=len(found))
            again |= {envelope.seq: envelope for envelope in found}
            if table == "envelope":
                size = sum(len(envelope.data) for envelope in found)
                self._count(chain, -len(found), rows=-sum(e.rows for e in found), size=-size)
            else:
                self._ledger.tally.receipted -= sum(envelope.rows for envelope in found)
        for seq, envelope in sorted(again.items()):
            self.put(chain, seq=seq, lane=envelope.lane, rows=envelope.rows, digest=envelope.hash, data=envelope.data)
        lowest = min(again, default=chain.next_seq)
        if lowest <= chain.receipted:
            chain.receipted, chain.receipted_hash = lowest - 1, self.hash_of(chain, lowest - 1)
        chain.pending = min(chain.pending, lowest - 1)
        self._ledger.tally.missing += chain.next_seq - first_seq - len(again)

    def expire(self, now_ms: int) -> None:
        """Delete retained envelopes whose time is over, a few at a time."""
        rows = self._db.all("SELECT id, at_ms FROM retained ORDER BY id LIMIT 16") if self._retain_ms else []
        for envelope_id, at_ms in rows:
            if now_ms - at_ms > self._retain_ms:
                self._db.delete("DELETE FROM retained WHERE id = ?", envelope_id, expected=1)

    def drop_retained(self, most: int) -> int:
        """Delete the oldest retained envelopes and return how many: they have arrived, so nothing is lost."""
        return self._db.run("DELETE FROM retained WHERE id IN (SELECT id FROM retained ORDER BY id LIMIT ?)", most)

    def delete_batches(self, chain: Chain, concerns: Callable[[bytes], bool]) -> list[Envelope]:
        """Delete and return the waiting batches and alarms of a chain that `concerns` says yes to, by seq."""
        sql = f"SELECT {COLUMNS} FROM envelope WHERE chain = ? AND {_TELLS} ORDER BY seq"  # noqa: S608 - a constant
        found = [
            envelope for record in self._db.all(sql, chain.id) if concerns((envelope := envelope_of(record)).data)
        ]
        for envelope in found:
            self._db.delete("DELETE FROM envelope WHERE id = ?", envelope.id, expected=1)
            self._count(chain, -1, rows=-envelope.rows, size=-len(envelope.data))
        return found

    def delete_retained(self, chain: Chain, concerns: Callable[[bytes], bool]) -> int:
        """Delete the retained batches and alarms of a chain that `concerns` says yes to; return how many."""
        sql = f"SELECT {COLUMNS} FROM retained WHERE chain = ? AND {_TELLS}"  # noqa: S608 - a constant
        found = [
            envelope for record in self._db.all(sql, chain.id) if concerns((envelope := envelope_of(record)).data)
        ]
        for envelope in found:
            self._db.delete("DELETE FROM retained WHERE id = ?", envelope.id, expected=1)
        return len(found)

    def evict_oldest(self, chain: Chain) -> Envelope | None:
        """Delete the oldest envelope with rows of a chain and return it; alarms, gaps and declarations stay."""
        return self._evict(chain, "rows > 0")

    def alarms(self, chain: Chain) -> int:
        """Return how many alarms of a chain wait."""
        row = self._db.one("SELECT count(*) FROM envelope WHERE chain = ? AND lane = ?", chain.id, _ALARM)
        return 0 if row is None else int(row[0])

    def evict_alarm(self, chain: Chain) -> Envelope | None:
        """Delete the oldest alarm of a chain that waits and return it."""
        return self._evict(chain, f"lane = {_ALARM}")

    def _evict(self, chain: Chain, condition: str) -> Envelope | None:
        sql = f"SELECT {COLUMNS} FROM envelope WHERE chain = ? AND {condition} ORDER BY seq LIMIT 1"  # noqa: S608 - constants
        row = self._db.one(sql, chain.id)
        if row is None:
            return None
        envelope = envelope_of(row)
        self._db.delete("DELETE FROM envelope WHERE id = ?", envelope.id, expected=1)
        self._count(chain, -1, rows=-envelope.rows, size=-len(envelope.data))
        return envelope
