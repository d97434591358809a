"""Where a verified message goes: its chain, its rows, its gap, its declaration, its answer, its log head.

In: verified messages, inside a transaction. Out: what each one is to its chain. Never: a row stored twice.
"""

import hashlib
import json

from agent.wire import payload
from agent.wire.declared import DECLARATIONS, Declaration
from agent.wire.messages import Alarm, Batch, Gap, Kind
from agent.wire.orders import Ack, Log
from receiver import doubles
from receiver.chain import Head, Hole, Link, State, advance, fits
from receiver.database import Database
from receiver.doubles import Place
from receiver.trusted import Verified

Chained = Batch | Gap | Declaration | Ack | Log | Alarm


class Ledger:
    """The chains of all units. Every method runs inside the caller's transaction."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self.wanted: set[int] = set()
        """Chains of declarations that batches cite and that are not here; the caller asks for them."""

    def place(self, message: Verified, content: Chained, *, now_ms: int) -> tuple[int, State]:
        """Store one message; return its chain and what it is to that chain."""
        chain = self.chain(message.unit, content.stream, content.epoch)
        link = Link(content.seq, content.prev, message.hash)
        known = self._db.one("SELECT hash FROM envelope WHERE chain = ? AND seq = ?", (chain, link.seq))
        if known is not None and known["hash"] == message.hash:
            return chain, State.DUPLICATE
        if known is not None or not self._agrees(chain, link):
            self._db.execute(
                "INSERT OR IGNORE INTO fork (chain, seq, hash, received_ms, data) VALUES (?, ?, ?, ?, ?)",
                (chain, link.seq, message.hash, now_ms, message.data),
            )
            return chain, State.FORK
        self._insert(chain, link, message, now_ms)
        self._understand(chain, message.unit, content, now_ms)
        return chain, self.advance(chain, placed=link.seq)

    def chain(self, unit: str, stream: str, epoch: bytes) -> int:
        """Return the chain's number, making it if it is new."""
        name = (unit, stream, epoch)
        self._db.execute("INSERT OR IGNORE INTO chain (unit, stream, epoch) VALUES (?, ?, ?)", name)
        row = self._db.one("SELECT id FROM chain WHERE unit = ? AND stream = ? AND epoch = ?", name)
        return int(row["id"]) if row is not None else 0

    def give_up(self, chain: int, *, first: int, last: int, now_ms: int) -> None:
        """Let the prefix go on behind what nobody signed for: a hole, or (last < first) a link that does not fit."""
        if last < first:
            self._db.execute("UPDATE chain SET head_hash = NULL WHERE id = ?", (chain,))
        else:
            self._note_hole(chain, Hole(first, last, None, declared=False), now_ms)
        self.advance(chain, placed=last)

    def advance(self, chain: int, *, placed: int) -> State:
        """Move the head as far as it goes; return what the envelope at seq `placed` is now."""
        head = self._head(chain)
        rows = self._db.execute(
            "SELECT seq, prev, hash FROM envelope WHERE chain = ? AND seq >= ? ORDER BY seq", (chain, head.next_seq)
        )
        holes = [
            Hole(row["first"], row["last"], row["hash"], bool(row["declared"]))
            for row in self._db.execute("SELECT * FROM hole WHERE chain = ? AND last >= ?", (chain, head.next_seq))
        ]
        moved = advance(head, links=(Link(*row) for row in rows), holes=holes)
        if moved != head:
            self._db.execute(
                "UPDATE chain SET next_seq = ?, head_hash = ? WHERE id = ?", (moved.next_seq, moved.hash, chain)
            )
        if placed >= moved.next_seq:
            return State.UNDECLARED_GAP
        jumped = any(head.next_seq <= hole.last < moved.next_seq for hole in holes)
        return State.DECLARED_GAP if jumped else State.CONTIGUOUS

    def _agrees(self, chain: int, link: Link) -> bool:
        """Return whether a new link fits the head and the neighbours that are stored."""
        around = {
            row["seq"]: Link(*row)
            for row in self._db.execute(
                "SELECT seq, prev, hash FROM envelope WHERE chain = ? AND seq IN (?, ?)",
                (chain, link.seq - 1, link.seq + 1),
            )
        }
        head = self._head(chain)
        if link.seq == head.next_seq and head.hash is not None and link.prev != head.hash:
            return False
        return fits(link, before=around.get(link.seq - 1), after=around.get(link.seq + 1))

    def _insert(self, chain: int, link: Link, message: Verified, now_ms: int) -> None:
        cited = message.payload.declaration if isinstance(message.payload, Batch) else None
        self._db.execute(
            "INSERT INTO envelope (chain, seq, prev, hash, kind, received_ms, data, declaration)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (chain, link.seq, link.prev, link.hash, message.kind, now_ms, message.data, cited),
        )

    def _understand(self, chain: int, unit: str, content: Chained, now_ms: int) -> None:
        if isinstance(content, Batch):
            self._note_boot(unit, content)
        match content:
            case Declaration():
                self._learn(unit, content, now_ms)
            case Gap():
                self._note_gap(chain, content, now_ms)
            case Ack():
                self._note_ack(chain, content, now_ms)
            case Log():
                self._note_log(chain, content, now_ms)
            case Alarm():
                self._note_alarm(chain, unit, content, now_ms)
            case Batch() if self._declared(unit, content.declaration):
                self._expand(chain, unit, content)
            case Batch():
                self._db.execute(
                    "INSERT INTO set_aside VALUES (?, ?, ?, ?)",
                    (chain, content.seq, content.declaration, payload.encode(content)),
                )
                self.wanted.add(self.chain(unit, DECLARATIONS, content.epoch))

    def _declared(self, unit: str, digest: bytes) -> bool:
        return self._db.one("SELECT 1 FROM declaration WHERE unit = ? AND hash = ?", (unit, digest)) is not None

    def _learn(self, unit: str, declaration: Declaration, now_ms: int) -> None:
        """Keep a declaration, and expand the batches that were set aside for want of it."""
        content = payload.content_bytes(declaration.content)
        digest = hashlib.sha256(content).digest()
        self._db.execute(
            "INSERT OR IGNORE INTO declaration (unit, hash, received_ms, content) VALUES (?, ?, ?, ?)",
            (unit, digest, now_ms, content),
        )
        waiting = self._db.all(
            "SELECT set_aside.chain, set_aside.seq, payload FROM set_aside JOIN chain ON chain.id = set_aside.chain"
            " WHERE declaration = ? AND unit = ?",
            (digest, unit),
        )
        for row in waiting:
            batch = payload.decode(Kind.BATCH, row["payload"])
            if isinstance(batch, Batch):
                self._expand(row["chain"], unit, batch)
            self._db.execute("DELETE FROM set_aside WHERE chain = ? AND seq = ?", (row["chain"], row["seq"]))

    def _expand(self, chain: int, unit: str, batch: Batch) -> None:
        """Store the rows of a batch whose declaration is known."""
        scaled = zip(*(column.values for column in batch.columns), strict=True)
        quality = zip(*(column.quality for column in batch.columns), strict=True)
        self._db.executemany(
            "INSERT INTO row (chain, seq, start_ms, step_ms, boot, clock, error_ms, scaled, quality)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (
                    chain,
                    batch.seq,
                    batch.start_ms + index * batch.step_ms,
                    batch.step_ms,
                    batch.boot_id,
                    int(batch.clock.quality),
                    batch.clock.error_ms if batch.boot_id is None else None,
                    json.dumps(values, separators=(",", ":")),
                    json.dumps([int(code) for code in codes], separators=(",", ":")),
                )
                for index, (values, codes) in enumerate(zip(scaled, quality, strict=True))
            ),
        )
        doubles.note(self._db, Place(chain=chain, seq=batch.seq, unit=unit, stream=batch.stream), batch)

    def _note_boot(self, unit: str, batch: Batch) -> None:
        """Keep what a batch says of where a boot lies in time; the latest instant of a boot is the best."""
        if batch.clock.mapping is not None:
            self._db.execute(
                "INSERT INTO boot (unit, boot, mono_ms, utc_ms, error_ms) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE"
                " SET mono_ms = excluded.mono_ms, utc_ms = excluded.utc_ms, error_ms = excluded.error_ms"
                " WHERE mono_ms IS NULL OR mono_ms <= excluded.mono_ms",
                (unit, *batch.clock.mapping),
            )
        if batch.clock.bounds is not None and batch.boot_id is not None:
            self._db.execute(
                "INSERT INTO boot (unit, boot, after_ms, before_ms) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE"
                " SET after_ms = excluded.after_ms, before_ms = coalesce(excluded.before_ms, before_ms)",
                (unit, batch.boot_id, *batch.clock.bounds),
            )

    def _note_gap(self, chain: int, gap: Gap, now_ms: int) -> None:
        first, last, _ = gap.sealed or (None, None, None)
        start, step, windows = gap.windows or (None, None, None)
        self._db.execute(
            "INSERT INTO gap VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (chain, gap.seq, int(gap.reason), gap.count, first, last, start, step, windows),
        )
        if gap.sealed is not None:
            self._note_hole(chain, Hole(*gap.sealed, declared=True), now_ms)

    def _note_ack(self, chain: int, ack: Ack, now_ms: int) -> None:
        told = ack.content
        self._db.execute(
            "INSERT INTO ack (chain, seq, unit, version, document, received_ms, content)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (chain, ack.seq, told.unit, told.version, told.document, now_ms, payload.encode_ack_content(told)),
        )

    def _note_log(self, chain: int, log: Log, now_ms: int) -> None:
        told = log.content
        self._db.execute(
            "INSERT INTO log_head (chain, seq, unit, last, head, received_ms, content) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (chain, log.seq, told.unit, told.last, told.head, now_ms, payload.encode_log_content(told)),
        )

    def _note_alarm(self, chain: int, unit: str, alarm: Alarm, now_ms: int) -> None:
        """Keep an alarm, and ask for the declaration that says what it is if that is not here."""
        self._db.execute(
            "INSERT INTO alarm (chain, seq, name, state, start_ms, step_ms, boot, clock, scaled, quality, number,"
            " declaration, received_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                chain,
                alarm.seq,
                alarm.name,
                int(alarm.state),
                alarm.start_ms,
                alarm.step_ms,
                alarm.boot_id,
                int(alarm.clock.quality),
                alarm.value,
                int(alarm.quality),
                alarm.number,
                alarm.declaration,
                now_ms,
            ),
        )
        if not self._declared(unit, alarm.declaration):
            self.wanted.add(self.chain(unit, DECLARATIONS, alarm.epoch))

    def _note_hole(self, chain: int, hole: Hole, now_ms: int) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO hole (chain, first, last, hash, declared, noted_ms) VALUES (?, ?, ?, ?, ?, ?)",
            (chain, hole.first, hole.last, hole.hash, hole.declared, now_ms),
        )

    def _head(self, chain: int) -> Head:
        row = self._db.one("SELECT next_seq, head_hash FROM chain WHERE id = ?", (chain,))
        return Head(*row) if row is not None else Head()
