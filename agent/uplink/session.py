"""One session with the broker: takes what came in, sends what may go out, and ends when the connection is dead.

In: what a link collected, the outbox's envelopes. Out: publishes, messages for the service. Never: parses a
payload, waits for a single round trip, starts a task.

Everything happens in one loop that is woken by the link, by the service (new rows) or by the next deadline.
"""

import math
from typing import Final, NoReturn

from agent.buffer.records import Lane
from agent.uplink.interfaces import Link
from agent.uplink.meter import OPENING, Meter
from agent.uplink.problems import FAILURE, NO_SUBSCRIBERS, Trouble, Unusable, diagnose, reason
from agent.uplink.sender import Sender
from agent.uplink.services import Services, wait_for

_NS: Final = 1_000_000_000
_SHORTEST_S: Final = 0.02
BUDGET_NAME: Final = "budget"


class BudgetSpent(Unusable):
    """Not even control messages may be sent in this period."""


class Session:
    """The work on one link.

    Args:
        services: what outlives the session.
        link: the connection, just opened.
        number: counts the connections, for the status.
        meter: charges the link's bytes; a new one when left out.
    """

    def __init__(self, services: Services, link: Link, *, number: int, meter: Meter | None = None) -> None:
        self._s = services
        self._link = link
        self._meter = meter or Meter(services.budget)
        self._number = number
        self._timing = services.settings.timing
        now_ns = services.clock.mono_ns()
        self._began_ns = now_ns
        self._granted = False
        self._status_ids: dict[int, int] = {}
        self._status_due_ns = now_ns
        self._ping_ns = now_ns
        services.window.begin_session(now_ns, receive_maximum=link.receive_maximum)
        services.signals.stored = True
        self._sender = Sender(services, link, self._meter)

    async def run(self) -> NoReturn:
        """Work until the connection ends.

        Cancellation is safe at every point: what was sent but not receipted is sent again in a later session.

        Raises:
            Unusable: why it ended.
        """
        self._link.subscribe(self._s.settings.subscriptions)
        while True:
            self._s.beat()
            self._s.signals.wake.clear()
            self._meter.read(self._link.wire_bytes())
            self._take_grants()
            await self._take_acks()
            await self._take_messages()
            now_ns = self._s.clock.mono_ns()
            self._check_alive(now_ns)
            self._charge_keepalive(now_ns)
            self._announce(now_ns)
            await self._sender.fill(now_ns)
            await self._save_budget()
            if self._sender.idle:
                self._s.signals.idle.set()
            else:
                self._s.signals.idle.clear()
            await self._wait()

    async def goodbye(self) -> None:
        """Publish that the unit goes offline, and close."""
        self._publish_status(online=False)
        await self._link.goodbye(self._timing.goodbye_s)

    def _take_grants(self) -> None:
        """Note when receipts may begin to arrive.

        Raises:
            Unusable: the broker does not let the unit hear them.
        """
        while self._link.grants:
            codes = self._link.grants.popleft()
            bad = next((code for code in codes if code >= FAILURE), None)
            if bad is not None:
                raise Unusable(
                    Trouble.SUBSCRIPTION,
                    f"{self._s.settings.where}: the broker refused the unit's subscriptions: {reason(bad)}. "
                    "Check the unit's entry in the broker's ACL",
                )
            self._granted = True
            self._meter.settle(OPENING)
            self._sender.subscribed(self._s.clock.mono_ns())

    async def _take_acks(self) -> None:
        while self._link.acks:
            mid, code = self._link.acks.popleft()
            self._meter.settle(mid)
            if self._status_ids.pop(mid, None) is not None:
                self._judge("_status", code)
                continue
            result = self._s.window.acknowledged(mid, code, now_ns=self._s.clock.mono_ns())
            if result is None:
                continue
            if not result.refused:
                self._judge(result.stream, code)
            else:
                self._s.journal.refusal(result.stream, code)
            if result.delivered:
                await self._s.queue.accepted(result.row_id)

    def _judge(self, stream: str, code: int) -> None:
        if code >= FAILURE:
            self._s.journal.refusal(stream, code)
            return
        self._s.journal.acceptance(stream)
        if code == NO_SUBSCRIBERS:
            self._s.journal.unheard += 1

    async def _take_messages(self) -> None:
        cost = self._s.settings.cost
        while self._link.inbox:
            topic, payload = self._link.inbox.popleft()
            self._meter.note(cost.publish(len(topic), len(payload)))
            await self._s.on_message(topic, payload)
            self._sender.receipt(self._s.clock.mono_ns())

    def _check_alive(self, now_ns: int) -> None:
        """End the session when the link did, or when the broker has not answered in time."""
        where = self._s.settings.where
        lost = self._link.lost()
        if lost is not None:
            raise diagnose(lost, where=where, tls=self._s.settings.tls is not None)
        if now_ns >= self._deadline_ns():
            raise Unusable(
                Trouble.SILENT,
                f"{where}: the connection is open but the broker does not answer. Reconnecting; check the signal",
            )

    def _deadline_ns(self) -> int:
        """Return when the connection is dead unless something is acknowledged before."""
        ack_ns = int(self._timing.ack_s * _NS)
        waiting = [self._link.last_inbound_ns + self._s.settings.keepalive_s * _NS]
        waiting += self._status_ids.values()
        oldest_ns = self._s.window.oldest_in_flight_ns()
        if oldest_ns is not None:
            waiting.append(oldest_ns)
        if not self._granted:
            waiting.append(self._began_ns)
        return min(waiting) + ack_ns

    def _charge_keepalive(self, now_ns: int) -> None:
        """Charge a ping per keep-alive interval, and end the session when not even that is left.

        Raises:
            BudgetSpent: nothing may be sent in this period.
        """
        cost = self._s.settings.cost.ping()
        if now_ns - self._ping_ns >= self._s.settings.keepalive_s * _NS:
            self._ping_ns = now_ns
            self._meter.note(cost)
        if math.isinf(self._s.budget.wait_s(Lane.CONTROL, cost)):
            raise BudgetSpent(
                Trouble.BUDGET,
                f"{self._s.settings.where}: the data budget of this period is spent; waiting for the next",
            )

    def _announce(self, now_ns: int) -> None:
        if not self._s.signals.announce and now_ns < self._status_due_ns:
            return
        if self._status_ids and self._status_due_ns > now_ns:
            return  # the last one is still under way
        self._s.signals.announce = False
        self._status_due_ns = now_ns + int(self._timing.status_s * _NS)
        self._publish_status(online=True)

    def _publish_status(self, *, online: bool) -> None:
        settings = self._s.settings
        data = self._s.status(online=online, session=self._number)
        mid = self._link.publish(settings.status_topic, data, retain=True)
        self._meter.hold(mid, settings.cost.publish(len(settings.status_topic), len(data)))
        self._status_ids[mid] = self._s.clock.mono_ns()

    async def _save_budget(self) -> None:
        if self._s.budget.export_due:
            await self._s.queue.save_counters(BUDGET_NAME, self._s.budget.export())

    async def _wait(self) -> None:
        """Return when something happened, or at the next deadline."""
        now_ns = self._s.clock.mono_ns()
        due_ns = [now_ns + int(self._timing.beat_s * _NS), self._status_due_ns, self._deadline_ns()]
        due_ns += self._sender.due_ns(now_ns)
        await wait_for(self._s.signals.wake, max(_SHORTEST_S, (min(due_ns) - now_ns) / _NS))
