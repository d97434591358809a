"""Keeps a session with the broker going: connects, works, and after a loss waits and connects again.

In: a way to open links. Out: sessions, one after the other. Never: two at a time, or a link used twice.
"""

import asyncio
from collections.abc import Callable
from typing import Final, NoReturn

from agent.buffer.records import Lane
from agent.errors import UplinkError
from agent.uplink.backoff import Backoff
from agent.uplink.interfaces import (
    MQTT_5,
    Link,
    LinkRequest,
    OpenLink,
)
from agent.uplink.journal import UplinkState
from agent.uplink.ladder import AskChild, Ladder
from agent.uplink.meter import OPENING, Meter
from agent.uplink.problems import UNSUPPORTED_VERSION, ClosedEarly, Refused, Trouble, Unusable, diagnose
from agent.uplink.services import Services
from agent.uplink.session import BUDGET_NAME, Session
from agent.uplink.settings import Delivery, Mqtt, UplinkSettings
from agent.uplink.versions import Versions

_NS: Final = 1_000_000_000
_CONNECT_BYTES: Final = 200
_RECHECK_S: Final = 60.0


class Runner:
    """The uplink, without the MQTT library: `agent.publisher.Publisher` adds it.

    Args:
        services: what it works with.
        open_link: connects.
        random: from 0 up to 1, for the back-off.
        ask_child: tells whether a new process reaches the broker; None when there is no such step.
    """

    def __init__(
        self,
        services: Services,
        *,
        open_link: OpenLink,
        random: Callable[[], float],
        ask_child: AskChild | None = None,
    ) -> None:
        settings = services.settings
        self._services = services
        self._settings = settings
        self._open_link = open_link
        self._clock = services.clock
        self._backoff = Backoff(settings.backoff, random=random)
        self._versions = Versions(_versions(settings), retry_s=settings.timing.retry_v5_s)
        self._ask_child = ask_child
        self._ladder = Ladder(settings.timing.restart_s, now_ns=services.clock.mono_ns())
        self._link: Link | None = None

    def notify(self) -> None:
        """Say that rows were stored, or envelopes sealed, since the last time."""
        self._services.signals.stored = True
        self._services.signals.wake.set()

    def look(self) -> None:
        """Say that envelopes may have been sealed, or may leave again, without rows that were stored."""
        self._services.signals.sealed = True
        self.notify()

    def announce(self) -> None:
        """Ask for the unit's status to be published soon, because it changed."""
        self._services.signals.announce = True
        self._services.signals.wake.set()

    async def drained(self) -> None:
        """Return when nothing is left that can be sent now; at once while there is no session."""
        if self._link is not None:
            self._services.signals.idle.clear()
            self.look()
            await self._services.signals.idle.wait()

    def state(self) -> UplinkState:
        """Return what `lamppost status` shows."""
        journal, window, now_ns = self._services.journal, self._services.window, self._clock.mono_ns()
        heard_ns = self._ladder.heard_ns if self._link is None else self._link.last_inbound_ns
        return UplinkState(
            connected=journal.version is not None,
            since_s=journal.since_s(now_ns),
            protocol=None if journal.version is None else "5" if journal.version == MQTT_5 else "3.1.1",
            silent_s=None if heard_ns is None else (now_ns - heard_ns) / _NS,
            sessions=journal.sessions,
            tries=journal.tries,
            in_flight=window.in_flight,
            ahead=window.ahead,
            sent=journal.sent,
            resent=window.resent,
            refused=journal.refused,
            unheard=journal.unheard,
            blocked=window.blocked,
            paused=journal.paused,
            trouble=journal.trouble,
            problem=journal.text,
        )

    def last_seq(self, stream: str, epoch: bytes) -> int | None:
        """Return the highest seq of a stream and epoch that this process has sent, None for none."""
        return self._services.window.last_seqs.get((stream, epoch))

    async def run(self) -> NoReturn:
        """Publish until cancelled; then say goodbye, within `settings.timing.goodbye_s`."""
        while True:
            await self._await_budget()
            try:
                await self._one_session()
            except Unusable as problem:
                self._services.journal.lost(problem, self._clock.mono_ns())
            self._services.signals.idle.set()
            await self._climb()
            await self._pause(self._backoff.wait_s(self._clock.mono_ns()))

    async def _climb(self) -> None:
        """Take the last step of the ladder if it is due and can help; see `agent.uplink.ladder`."""
        if self._ask_child is None or not self._ladder.due(self._clock.mono_ns()):
            return
        self._services.beat()
        self._services.budget.charge(self._settings.cost.attempt(), messages=0)
        if await self._ask_child():
            self._services.last_step()

    def _reached(self) -> None:
        self._ladder.reached(self._clock.mono_ns())

    async def _one_session(self) -> NoReturn:
        services = self._services
        link, meter = await self._connect()
        began_ns = self._clock.mono_ns()
        self._link = link
        session = Session(services, link, number=services.journal.sessions, meter=meter)
        try:
            await session.run()
        except asyncio.CancelledError:
            await self._leave(session, link)
            raise
        finally:
            self._link = None
            self._ladder.heard_ns = link.last_inbound_ns
            self._reached()
            services.queue.seal_along(wanted=False)
            link.drop()
            services.window.begin_session(self._clock.mono_ns(), receive_maximum=self._settings.in_flight)
            self._backoff.connected(since_ns=began_ns, until_ns=self._clock.mono_ns())

    async def _leave(self, session: Session, link: Link) -> None:
        """Say goodbye although cancelled: bounded, so that a shutdown does not wait for the network."""
        try:
            async with asyncio.timeout(self._settings.timing.goodbye_s):
                await session.goodbye()
                link.drop()  # all of it is counted then
                budget = self._services.budget
                await self._services.queue.save_counters(BUDGET_NAME, budget.export(ahead_bytes=0))
        except (TimeoutError, UplinkError):
            return  # the last will says the same

    async def _connect(self) -> tuple[Link, Meter]:
        """Return a link, and what counts its bytes.

        Raises:
            Unusable: there is none, and why.
        """
        services = self._services
        cost = self._settings.cost
        version = self._versions.choose(self._clock.mono_ns())
        services.journal.tries += 1
        will = services.status(online=False, session=services.journal.sessions + 1)
        meter = Meter(services.budget)
        meter.hold(OPENING, cost.connection(_CONNECT_BYTES + len(will)))
        if services.budget.export_due:
            await services.queue.save_counters(BUDGET_NAME, services.budget.export())
        services.signals.wake.clear()
        try:
            wake = services.signals.wake.set
            request = LinkRequest(
                version=version, will=will, wake=wake, on_closed=meter.end, on_reached=self._reached
            )
            link = await self._open_link(request)
        except (UplinkError, OSError, ValueError) as error:
            problem = self._failed(error, version)
            if meter.counted is None and (problem.before_tls or problem.trouble is Trouble.LOCAL):
                meter.end(cost.refusal() if isinstance(error, ConnectionRefusedError) else cost.attempt())
            raise problem from error
        self._versions.worked(version, self._clock.mono_ns())
        services.journal.connected(version, self._clock.mono_ns())
        return link, meter

    def _failed(self, error: Exception, version: int) -> Unusable:
        """Draw the conclusions of a try that failed; returns what it means."""
        problem = diagnose(error, where=self._settings.where, tls=self._settings.tls is not None)
        if isinstance(error, Refused) and error.code == UNSUPPORTED_VERSION:
            self._versions.refused(version, self._clock.mono_ns())
            if self._settings.delivery is Delivery.BROKER:
                text = (
                    f"{self._settings.where}: the broker does not speak MQTT 5, which delivery without receipts needs"
                )
                return Unusable(Trouble.VERSION, f"{text}. Use another broker, or delivery by receipt")
        elif isinstance(error, ClosedEarly) and problem.trouble in {Trouble.CLOSED, Trouble.SILENT}:
            self._versions.closed(version)
        return problem

    async def _await_budget(self) -> None:
        """Return when the budget allows a connection."""
        services = self._services
        price = self._settings.cost.connection(_CONNECT_BYTES)
        while (wait_s := services.budget.wait_s(Lane.CONTROL, price)) > 0:
            services.journal.pause(paused=wait_s > _RECHECK_S)
            services.signals.idle.set()
            await self._pause(min(wait_s, _RECHECK_S))
            self._reached()  # or might have been

    async def _pause(self, seconds: float) -> None:
        """Return after `seconds`, beating meanwhile."""
        until_ns = self._clock.mono_ns() + int(seconds * _NS)
        while (left_ns := until_ns - self._clock.mono_ns()) > 0:
            self._services.beat()
            await self._clock.sleep(min(self._settings.timing.beat_s, left_ns / _NS))


def _versions(settings: UplinkSettings) -> Mqtt:
    """Return what may be spoken: MQTT 3.1.1 has no refusals, so broker mode cannot use it."""
    return Mqtt.V5 if settings.delivery is Delivery.BROKER else settings.mqtt
