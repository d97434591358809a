"""The receiver's composition: subscriber, trust rules, store and receipts.

In: arrivals. Out: replies, after the commit. Never: a receipt for what is not on disk.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from agent.wire import cose, payload
from agent.wire.errors import WireError
from agent.wire.keyfile import SigningKey
from agent.wire.messages import Kind, Receipt
from agent.wire.topics import FROM_UNIT, Lane, Topics
from receiver.chain import State
from receiver.restoring import take_up
from receiver.store import Owed, Refusal, Store
from receiver.subscriber import Arrival, BrokerSettings, Reply, Subscriber
from receiver.trusted import Device, TrustedDevices, Verified

_LOG = logging.getLogger(__name__)
_TOPIC_SHOWN = 300
"""A hostile topic may have 64 kB."""
_TOLD = frozenset({State.FORK, State.UNTRUSTED})
_REASONS_TOLD = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverSettings:
    """What the service needs besides the broker.

    Attributes:
        key: signs receipts.
        devices: unit id to device.
        topics: the topics below the configured root.
        patience_ms: an undeclared hole is asked for this long before it is recorded and passed over.
    """

    key: SigningKey
    devices: Mapping[str, Device]
    topics: Topics
    patience_ms: int


def _utc_ms() -> int:
    return time.time_ns() // 1_000_000


def _untold(_counter: int) -> None:
    """Stand for whoever wants to know which receipts were given."""


class Receiver:
    """Handles groups of arrivals; the store lives on one thread of its own."""

    def __init__(
        self,
        settings: ReceiverSettings,
        *,
        store: Store,
        utc_ms: Callable[[], int] = _utc_ms,
        given: Callable[[int], None] = _untold,
    ) -> None:
        """Take what is needed; `given` is told the counter of the last receipt of each commit."""
        self._given = given
        self._settings = settings
        self._store = store
        self._utc_ms = utc_ms
        self._trusted = TrustedDevices(settings.devices)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._told: dict[str, int] = {}

    async def handle(self, arrivals: list[Arrival]) -> list[Reply]:
        """Verify, store and answer one group.

        Raises:
            StorageError: nothing of it is stored, and nothing may be acknowledged.
        """
        now_ms = self._utc_ms()
        messages = [self._verify(arrival, now_ms) for arrival in arrivals]
        loop = asyncio.get_running_loop()
        states, owed = await loop.run_in_executor(self._thread, lambda: self._commit(messages, now_ms))
        for arrival, message, state in zip(arrivals, messages, states, strict=True):
            if state in _TOLD:
                self._tell(arrival, message, state)
        return [self._reply(receipt) for receipt in owed]

    def ask_again(self) -> list[Reply]:
        """Return what asks every unit for whatever came since the store was copied.

        Only the newest epoch of a stream has a retained receipt at the broker: it is asked for last.
        """
        return [self._reply(owed) for owed in self._store.ask_again()]

    def close(self) -> None:
        """Wait for the store's thread, then close the store."""
        self._thread.shutdown(wait=True)
        self._store.close()

    def _commit(self, messages: list[Verified | Refusal], now_ms: int) -> tuple[list[State], list[Owed]]:
        states, owed = self._store.commit(messages, now_ms=now_ms, patience_ms=self._settings.patience_ms)
        if owed:
            self._given(owed[-1].counter)
        return states, owed

    def _verify(self, arrival: Arrival, now_ms: int) -> Verified | Refusal:
        data = arrival.unverified_data
        try:
            address = self._settings.topics.parse(arrival.topic)
            return self._trusted.verify(address, data, now_ms=now_ms)
        except WireError as error:
            return Refusal(
                topic=arrival.topic[:_TOPIC_SHOWN], rule=type(error).__name__, reason=str(error), data=data
            )

    def _tell(self, arrival: Arrival, message: Verified | Refusal, state: State) -> None:
        reason = (
            message.reason if isinstance(message, Refusal) else f"another envelope at a seq of unit {message.unit}"
        )
        if reason not in self._told and len(self._told) >= _REASONS_TOLD:
            reason = "further reasons"  # whoever sends us keys of their own can make as many as they like
        count = self._told.get(reason, 0) + 1
        self._told[reason] = count
        if count & (count - 1) == 0:  # the first, second, fourth, eighth...: repeats become one counted line
            _LOG.warning("%s: %s on %s (%d times)", state, reason, arrival.topic[:_TOPIC_SHOWN], count)

    def _reply(self, owed: Owed) -> Reply:
        receipt = Receipt(
            receiver=self._settings.key.kid,
            receiver_epoch=self._store.receiver_epoch,
            counter=owed.counter,
            unit=owed.unit,
            stream=owed.stream,
            epoch=owed.epoch,
            seq=owed.seq,
            hash=owed.hash,
            resend_from=owed.resend_from,
        )
        data = cose.sign(payload.encode(receipt), kind=Kind.RECEIPT, signer=self._settings.key)
        return Reply(self._settings.topics.topic(owed.unit, Lane.RECEIPT, owed.stream), data, retain=True)


async def serve(settings: ReceiverSettings, *, broker: BrokerSettings, store: Path, stop: asyncio.Event) -> None:
    """Receive until `stop` is set.

    Raises:
        StorageError: the store cannot be used; systemd starts the service again.
    """
    opened = Store(store)
    witness = take_up(opened, store)
    receiver = Receiver(settings, store=opened, given=witness.note)
    if witness.restored:
        _LOG.warning("%s: restored from an older copy: a new epoch begins, and the units are asked again", store)
    subscriber = Subscriber(
        broker,
        topics=[settings.topics.filter(lane) for lane in FROM_UNIT],
        handle=receiver.handle,
        first=receiver.ask_again() if witness.restored else [],
    )
    serving = asyncio.create_task(subscriber.run())
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            serving.result()
    finally:
        stopping.cancel()
        serving.cancel()
        await asyncio.wait({serving})
        receiver.close()
        witness.close()
