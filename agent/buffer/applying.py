"""What one transaction does with a piece of work, in its order: losses and receipts first, since they make room.

In: work, inside a transaction. Out: what was stored, sealed and deleted. Never: begins or commits.
"""

from collections.abc import Sequence

from agent.buffer.opening import Parts, Setup
from agent.buffer.rows import checked, record_sum
from agent.buffer.waiting import row_bytes
from agent.buffer.work import Done, Group, Loss, Work, windows_of
from agent.wire.messages import GapReason


class Applying:
    """Applies work to the parts of an open store."""

    def __init__(self, parts: Parts, setup: Setup) -> None:
        self._parts = parts
        self._setup = setup

    def apply(self, work: Work, *, pressed: bool) -> Done:
        """Do a piece of work inside the open transaction; `pressed` for space, one batch is sealed at most."""
        now_ms = self._setup.now_ms()
        for make in work.entries:
            self._parts.log.note(make)
        for loss in work.lost:
            self._lose(loss)
        for content in work.declarations:
            self._parts.sealing.declare_content(content)
        for reception in work.receipts:
            self._parts.settling.release(reception, now_ms)
        for envelope_id in work.accepted:
            self._parts.settling.accept(envelope_id, now_ms)
        self._parts.envelopes.expire(now_ms)
        done = Done(purged=[self._parts.purge(order) for order in work.purges])
        self._store(work.rows, done)
        for stream, declaration, content in work.all_alarms():
            self._parts.sealing.alarm(stream, content, declaration=declaration)
        for stream, content in work.notes:
            self._parts.sealing.tell(stream, content)
        if work.seal:
            self._parts.sealing.seal(done, partial=work.partial, backlog_bytes=work.backlog_bytes, pressed=pressed)
        for name, value in work.all_counters().items():
            self._save_counter(name, value)
        self._parts.log.write()
        return done

    def _store(self, groups: Sequence[Group], done: Done) -> None:
        if groups:
            self._parts.room.measure()
        for packed in groups:
            group = packed.unpacked()
            declared = self._parts.ledger.find_declared(group.declaration)
            if declared is None:
                declared = self._parts.ledger.add_declared(group.declaration, None)
            clock_group = self._setup.maker.clock_group(group.clock)
            for row, data in zip(group.rows, group.data, strict=True):
                stream = self._parts.ledger.streams[row.stream]
                if not self._parts.room.take(stream, row_bytes(data)):
                    self._parts.room.refuse(stream, windows=windows_of(row))
                    continue
                context = self._parts.ledger.context(
                    declaration=declared.id,
                    boot_id=row.boot_id,
                    step_ms=row.step_ms,
                    clock=group.clock,
                    clock_group=clock_group,
                )
                number = self._parts.rows.add(stream, context=context, start_ms=row.start_ms, data=data)
                done.stored.append((row.stream, number, row.start_ms))
        self._parts.rows.write()

    def _lose(self, loss: Loss) -> None:
        self._parts.ledger.tally.evicted += loss.count
        stream = self._parts.ledger.streams[loss.stream]
        self._parts.gaps.rows_lost(stream, GapReason.EVICTED, count=loss.count, windows=loss.windows)

    def load_counter(self, name: str) -> bytes | None:
        """Return saved counters, None if none were saved under that name."""
        row = self._parts.db.one("SELECT id, name, value, sum FROM counter WHERE name = ?", name)
        return None if row is None else bytes(checked(row)[2])

    def _save_counter(self, name: str, value: bytes) -> None:
        row = self._parts.db.one("SELECT id FROM counter WHERE name = ?", name)
        counter_id = (
            row[0] if row else (self._parts.db.one("SELECT coalesce(max(id), 0) + 1 FROM counter") or (1,))[0]
        )
        cells = (counter_id, name, value)
        self._parts.db.run("INSERT OR REPLACE INTO counter VALUES (?,?,?,?)", *cells, record_sum(*cells))
