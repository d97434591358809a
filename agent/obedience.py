"""Carries out what the city orders: the desk of control joined to the outbox and to the windows.

In: messages on the control topic, unverified; documents that came by hand. Out: streams that run, are held or are
suspended, purges, entries of the disclosure log, acknowledgements. Never: a decision; the desk makes them.

Messages are only put down by `take`, so that nobody who is cancelled half-way leaves an order half obeyed: one task,
`run`, does them one after the other. What it does in which order, and why a kill in between is no harm, stands in
`agent.control.desk`. What the outbox cannot do now is tried again, every second, until it can.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Protocol, TypeVar

from agent.buffer.orders import Orders
from agent.buffer.records import Purged
from agent.clock import Clock
from agent.control.answer import Published
from agent.control.desk import Desk, Duty, clocks
from agent.errors import StoreError
from agent.wire import payload
from agent.wire.entries import Entry, Moment, OrderEntry, StateEntry
from agent.wire.errors import WireError
from agent.wire.fields import INT_MAX
from agent.wire.messages import ClockQuality
from agent.wire.orders import ACKNOWLEDGEMENTS, Order

_LOG = logging.getLogger(__name__)
NAME: Final = "control"
"""Under this name the outbox keeps the highest version, for the day on which the control state is lost."""
_LOOK_S: Final = 1.0
_MESSAGES: Final = 64
_REASONS: Final = 64

_SOME_TIME: Final = Moment(quality=ClockQuality.UNSET, utc_ms=None, boot_id=bytes(16), mono_ms=0)
"""Entries get their time from the outbox, in the transaction that writes them."""

_T = TypeVar("_T")


class Ledger(Protocol):
    """As much of `agent.buffer.outbox.Outbox` as control needs."""

    @property
    def epoch(self) -> bytes:
        """Of the store."""
        ...

    async def govern(self, orders: Orders) -> None:
        """Have streams run, be held or suspended."""
        ...

    async def purge(self, stream: str, *, until_ms: int | None) -> Purged:
        """Delete the payloads of a stream."""
        ...

    async def heads(self) -> dict[str, int]:
        """Return the last seq that was given in this epoch, by stream."""
        ...

    async def record(self, make: Callable[[Moment], Entry], *, at_once: bool = True) -> None:
        """Enter something into the disclosure log."""
        ...

    async def tell(self, stream: str, content: bytes) -> None:
        """Seal an acknowledgement."""
        ...

    async def flush(self) -> None:
        """Commit everything that waits."""
        ...

    async def save_counters(self, name: str, data: bytes) -> None:
        """Store counters."""
        ...

    async def load_counters(self, name: str) -> bytes | None:
        """Return the counters stored under a name."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What an order reaches besides the outbox.

    Attributes:
        streams: names of the streams that are configured or have something buffered.
        suspend: suspends these streams and no others, and closes the sensors that feed no other one.
        last_seq: the highest seq of a stream and epoch that this process has sent, None for none.
        wake: tells the publisher that there may be something to send.
        simulated: whether a simulated bus is behind any sensor.
    """

    streams: Callable[[], Collection[str]]
    suspend: Callable[[frozenset[str]], Awaitable[None]]
    last_seq: Callable[[str, bytes], int | None]
    wake: Callable[[], None]
    simulated: Callable[[], bool]


class Obedience:
    """Obeys.

    Attributes:
        refused: messages that had no effect.
    """

    def __init__(self, desk: Desk, *, outbox: Ledger, clock: Clock, reach: Reach) -> None:
        self._desk = desk
        self._outbox = outbox
        self._clock = clock
        self._reach = reach
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="control")
        self._messages: deque[bytes] = deque(maxlen=_MESSAGES)
        self._arrived = asyncio.Event()
        self._told: set[str] = set()
        self._owes = True
        self._loose = False
        self._noted: list[OrderEntry | StateEntry] = []
        self._before: tuple[bytes, Mapping[str, int]] = (b"", {})
        self.refused = 0

    async def begin(self) -> None:
        """Take up the states that hold, and what a kill left undone.

        Await it before the first sensor opens and before anything is sent.

        Raises:
            StoreError: the outbox cannot be read.
        """
        self._before = self._outbox.epoch, await self._outbox.heads()
        kept = await self._outbox.load_counters(NAME)
        self._desk.believe(_version(kept))
        await self._work()

    def take(self, unverified_data: bytes) -> None:
        """Put a message down; of too many the oldest is forgotten, the newest is what the city means."""
        self._messages.append(unverified_data)
        self._arrived.set()

    async def run(self, beat: Callable[[], None] = lambda: None) -> None:
        """Obey until cancelled."""
        while True:
            beat()
            await self._work()
            self._arrived.clear()
            if not self._messages:
                look = asyncio.create_task(self._clock.sleep(_LOOK_S))
                arrival = asyncio.create_task(self._arrived.wait())
                try:
                    await asyncio.wait({look, arrival}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    look.cancel()
                    arrival.cancel()

    async def close(self) -> None:
        """Let the control state go; after the outbox is closed."""
        await self._apart(self._desk.close)
        self._thread.shutdown(wait=False)

    async def _work(self) -> None:
        """Do what is owed, what has arrived and what waits. A medium that fails keeps nobody from being suspended."""
        if self._owes:
            await self._carry(await self._apart(lambda: self._desk.owed(streams=self._reach.streams())))
        while (duty := await self._next()) is not None:
            await self._carry(duty)
        if self._loose:
            await self._finish()

    async def _next(self) -> Duty | None:
        now, streams = clocks(self._clock.instant()), self._reach.streams()
        while self._messages:
            take = partial(self._desk.take, self._messages.popleft(), now=now, streams=streams)
            try:
                duty = await self._apart(take)
            except WireError as error:
                self._refuse(str(error))
            else:
                if duty is not None:
                    return duty
        return await self._apart(partial(self._desk.poll, now=now, streams=streams))

    async def _carry(self, duty: Duty) -> None:
        """Carry a duty out; what cannot be done now stays owed."""
        self._owes = True
        try:
            await self._outbox.govern(Orders(streams=duty.states, others=duty.others))
            suspended = (stream for stream, order in duty.states.items() if order is Order.SUSPEND)
            await self._reach.suspend(frozenset(suspended))
            await self._note(duty)
            for stream, until_ms in duty.purges.items():
                await self._outbox.purge(stream, until_ms=until_ms)
            content = await self._answer(duty) if duty.answered else None
        except StoreError as error:
            self._tell(f"an order of the city cannot be carried out to its end now; it is tried again: {error}")
            return
        self._owes, self._loose = False, True
        if content is not None:
            with contextlib.suppress(StoreError):  # the outbox keeps it, and tries again
                await self._outbox.tell(ACKNOWLEDGEMENTS, content)
        self._reach.wake()
        await self._finish()

    async def _answer(self, duty: Duty) -> bytes:
        """Return the answer to the city, made after nothing more can leave than it says."""
        epoch = self._outbox.epoch
        heads = await self._outbox.heads()
        published = Published(epoch=epoch, last={stream: (epoch, self._last(stream, epoch)) for stream in heads})
        now = clocks(self._clock.instant())
        content = duty.acknowledgement(published=published, now=now, simulated=self._reach.simulated())
        return payload.encode_ack_content(content)

    def _last(self, stream: str, epoch: bytes) -> int | None:
        """Return the highest seq that may have been sent: by this process, or by one before, which nobody can ask."""
        before = self._before[1].get(stream) if self._before[0] == epoch else None
        sent = self._reach.last_seq(stream, epoch)
        return before if sent is None or (before is not None and before > sent) else sent

    async def _note(self, duty: Duty) -> None:
        """Hand the entries to the outbox, once: what it cannot commit it keeps and tries again."""
        entries = duty.entries(_SOME_TIME)
        if entries and entries != self._noted:
            self._noted = entries
            for entry in entries:
                await self._outbox.record(partial(_at, entry), at_once=False)
        if self._desk.version is not None:
            await self._outbox.save_counters(NAME, str(self._desk.version).encode())

    async def _finish(self) -> None:
        """Have it all committed, and remember that it is done; unless something is still owed."""
        if self._owes:
            return
        try:
            await self._outbox.flush()
        except StoreError as error:
            self._tell(f"what the city has ordered is done, and cannot be logged now; it is tried again: {error}")
            return
        await self._apart(self._desk.finish)
        self._loose = False

    def _refuse(self, reason: str) -> None:
        self.refused += 1
        self._tell(f"a control document was not believed and had no effect: {reason}")

    def _tell(self, text: str) -> None:
        if text not in self._told and len(self._told) < _REASONS:
            self._told.add(text)
            _LOG.warning("%s", text)

    async def _apart(self, work: Callable[[], _T]) -> _T:
        """Return what `work` returns on the thread of control, on which it may wait for the medium."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _version(kept: bytes | None) -> int | None:
    """Return the highest version that was obeyed; None where none was, or what was kept of it is damaged."""
    if kept is None:
        return None
    if kept.isdigit() and len(kept) <= len(str(INT_MAX)) and int(kept) <= INT_MAX:
        return int(kept)
    _LOG.warning("what was kept of the version of the city's orders is damaged and left out; the orders are not")
    return None


def _at(entry: OrderEntry | StateEntry, at: Moment) -> Entry:
    return replace(entry, at=at)
