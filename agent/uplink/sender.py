"""Sends envelopes over one link: when to seal, when to look at the outbox, and what the budget lets out.

In: the outbox's envelopes, the window. Out: publishes. Never: waits for an answer.
"""

from typing import Final

from agent.buffer.records import Lane, Outgoing
from agent.uplink.backlog import Backlog
from agent.uplink.interfaces import Link
from agent.uplink.meter import Meter
from agent.uplink.services import Services

_NS: Final = 1_000_000_000
_FETCH_BYTES: Final = 262_144
_MARGIN_BYTES: Final = 65_536
_MOST_HIDDEN: Final = 512
_TYPICAL_BYTES: Final = 512
_COALESCE_NS: Final = _NS // 4
_RECHECK_S: Final = 60.0
_ONCE_SEALED: Final = {Lane.BACKLOG: Lane.LIVE}
"""The caps hold the backlog back before it is sealed (`agent.uplink.backlog`); after that it must leave, or no
receipt covers what is sealed behind it."""


class Sender:
    """The sending half of a session.

    It looks at the outbox only when there is a reason to: something was sealed, a place became free while more was
    waiting, receipts came, or a wait is over.

    Args:
        services: what outlives the session.
        link: the connection.
        meter: charges what is sent.
    """

    def __init__(self, services: Services, link: Link, meter: Meter) -> None:
        now_ns = services.clock.mono_ns()
        self._s = services
        self._link = link
        self._meter = meter
        self._backlog = Backlog(services)
        self._subscribed_ns: int | None = None
        self._open_ns: int | None = None
        self._seal_due_ns = now_ns
        self._look_ns: int | None = None
        self._looked_ns = now_ns
        self._budget_ns: int | None = None
        self._hidden = 0
        self._pressing = False

    def subscribed(self, now_ns: int) -> None:
        """Take note that receipts may begin to arrive."""
        self._subscribed_ns = now_ns

    def receipt(self, now_ns: int) -> None:
        """Take note that a receipt may have freed something; they come in bunches, and one look serves them all."""
        self._s.signals.stored |= self._s.queue.held_up
        if self._look_ns is None and self._s.window.ahead:
            self._look_ns = now_ns + (0 if self._s.window.tight else _COALESCE_NS)

    @property
    def idle(self) -> bool:
        """Whether all that can be sent now was sent and acknowledged."""
        if self._budget_ns is not None:
            return True
        unsealed = self._s.signals.stored and self._s.window.open
        return self._open_ns is not None and self._look_ns is None and not self._s.window.in_flight and not unsealed

    def due_ns(self, now_ns: int) -> list[int]:
        """Return when `fill` has something to do although nothing happens."""
        window = self._s.window
        if self._open_ns is not None and self._open_ns > now_ns:
            return [self._open_ns]
        if self._budget_ns is not None:
            return [self._budget_ns]
        if not self._has_room or self._open_ns is None:
            return []
        waits = self._look_ns, self._backlog.due_ns, window.next_due_ns(self._looked_ns)
        due = [at_ns for at_ns in waits if at_ns is not None]
        return [*due, self._seal_due_ns] if self._s.signals.stored and window.open else due

    @property
    def _has_room(self) -> bool:
        # Half of the window at a time: not one look at the outbox for each PUBACK, unless it may be for an alarm.
        return self._s.window.room >= (1 if self._pressing else max(1, self._s.window.capacity // 2))

    async def fill(self, now_ns: int) -> None:
        """Seal and send what may go out now."""
        if not self._begun(now_ns):
            return
        self._s.queue.seal_along(wanted=self._s.window.open and not self._s.budget.wait_s(Lane.LIVE, _TYPICAL_BYTES))
        if self._budget_ns is not None and now_ns < self._budget_ns and not self._s.signals.sealed:
            return  # what was just sealed may be an alarm, of a lane that has budget left
        self._budget_ns = None
        await self._seal(now_ns)
        if self._s.signals.sealed:
            self._s.signals.sealed = False
            self._pressing = True
            self._look_ns = now_ns
        for due_ns in (self._backlog.due_ns, self._s.window.next_due_ns(self._looked_ns)):
            if due_ns is not None and due_ns <= now_ns:
                self._look_ns = now_ns
        if self._look_ns is not None and self._look_ns <= now_ns and self._has_room:
            await self._send_round()

    def _begun(self, now_ns: int) -> bool:
        """Return whether envelopes may be sent: receipts and orders that the broker retained come first.

        Orders above all: what waits here may be what the city has ordered not to leave while the unit was away.
        """
        if self._open_ns is None:
            if self._subscribed_ns is None:
                return False
            grace_s = min(1.0, self._s.settings.timing.grace_s)
            self._open_ns = self._subscribed_ns + int(grace_s * _NS)
            self._look_ns = self._open_ns
        return now_ns >= self._open_ns

    async def _seal(self, now_ns: int) -> None:
        signals = self._s.signals
        if not signals.stored or now_ns < self._seal_due_ns or not self._s.window.open:
            return
        if self._paused(self._s.budget.wait_s(Lane.LIVE, _TYPICAL_BYTES)):
            return
        signals.stored = False
        self._seal_due_ns = now_ns + int(self._s.settings.timing.seal_s * _NS)
        if await self._s.queue.seal():
            signals.stored = True  # there may be more than it seals at a time
            self._look_ns = now_ns

    async def _send_round(self) -> None:
        """Look at the outbox once, and publish what the window and the budget allow."""
        window = self._s.window
        self._look_ns, self._pressing = None, False
        limit = window.ahead + window.room + self._hidden
        max_bytes = window.ahead_bytes + _FETCH_BYTES
        sealed = self._s.queue.backlog_sealed
        rows = await self._s.queue.outgoing(after=0, limit=limit, max_bytes=max_bytes)
        complete = len(rows) < limit and sum(len(row.data) for row in rows) < max_bytes - _MARGIN_BYTES
        now_ns = self._looked_ns = self._s.clock.mono_ns()
        window.reconcile(rows, complete=complete, now_ns=now_ns)
        sent = 0
        for row in window.choose(rows, now_ns):
            if not self._send(row, now_ns):
                break
            sent += 1
        if complete:
            unsent = sum(self._cost(row) for row in window.unsent(rows, Lane.BACKLOG))
            self._s.signals.stored |= self._backlog.let(sealed=sealed, unsent=unsent)
        else:
            self._backlog.put_off()
        self._look_again(rows, sent=sent, complete=complete, now_ns=now_ns)

    def _cost(self, row: Outgoing) -> int:
        return self._s.settings.cost.publish(len(self._s.topic_of(row)), len(row.data))

    def _send(self, row: Outgoing, now_ns: int) -> bool:
        """Publish one envelope; returns False when the budget lets nothing more out now."""
        topic = self._s.topic_of(row)
        cost = self._cost(row)
        if self._paused(self._s.budget.wait_s(_ONCE_SEALED.get(row.lane, row.lane), cost)):
            return False
        if len(row.data) + len(topic) + 16 > self._link.largest_packet:
            self._s.window.refuse(row.stream, now_ns)
            self._s.journal.too_large(row.stream, self._link.largest_packet)
            return True
        mid = self._link.publish(topic, row.data, retain=row.stream in self._s.settings.retained_streams)
        self._meter.hold(mid, cost)
        self._s.window.sent(row, mid=mid, now_ns=now_ns)
        self._s.journal.sent += 1
        return True

    def _paused(self, wait_s: float) -> bool:
        self._s.journal.pause(paused=wait_s > _RECHECK_S)
        if wait_s <= 0:
            return False
        self._budget_ns = self._s.clock.mono_ns() + int(min(wait_s, _RECHECK_S) * _NS)
        return True

    def _look_again(self, rows: list[Outgoing], *, sent: int, complete: bool, now_ns: int) -> None:
        """Decide when the next look is due, and whether more must be asked for to see past what must wait."""
        window = self._s.window
        if self._budget_ns is not None:
            self._look_ns = self._budget_ns
        elif window.room == 0:
            self._look_ns = now_ns
        elif complete:
            self._hidden = 0
        elif sent:
            self._look_ns = now_ns
        elif self._hidden < _MOST_HIDDEN:
            self._hidden = min(_MOST_HIDDEN, 2 * max(window.hidden(rows, now_ns), window.capacity))
            self._look_ns = now_ns
