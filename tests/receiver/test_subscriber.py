"""The receiver's session with a real broker: what is acknowledged when, and what survives which end."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from receiver.errors import BrokerError, StorageError
from receiver.subscriber import Arrival, BrokerSettings, Reply, Subscriber, tls_context
from tests.support.broker import DEADLINE_S, Mosquitto, amqtt_broker, subscriber, write_passwords

TOPIC = "lamppost/1/corner/live/air"
RECEIPT = "lamppost/1/corner/receipt/air"
PERSISTENT = ("allow_anonymous true", "max_queued_messages 0")


@dataclass
class Taken:
    """A handler that keeps what it is given, and answers each message with its own bytes."""

    groups: list[list[Arrival]] = field(default_factory=list)
    before: Callable[[], Awaitable[None]] | None = None

    async def handle(self, arrivals: list[Arrival]) -> list[Reply]:
        if self.before is not None:
            await self.before()
        self.groups.append(arrivals)
        return [Reply(RECEIPT, arrival.unverified_data, retain=True) for arrival in arrivals]

    @property
    def data(self) -> list[bytes]:
        return [arrival.unverified_data for group in self.groups for arrival in group]

    async def wait(self, count: int) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while len(self.data) < count:  # noqa: ASYNC110 - the handler is called by the subscriber
                await asyncio.sleep(0.005)


@dataclass
class Serving:
    """A subscriber at work."""

    subscriber: Subscriber
    task: asyncio.Task[None]

    async def ended(self) -> BaseException | None:
        """Return what ended it."""
        async with asyncio.timeout(DEADLINE_S):
            await asyncio.wait([self.task])
        return self.task.exception()

    async def cut(self) -> None:
        """End it."""
        self.task.cancel()
        await asyncio.wait([self.task])


@contextlib.asynccontextmanager
async def serving(settings: BrokerSettings, taken: Taken) -> AsyncIterator[Serving]:
    """Run a subscriber; returns once it is connected."""
    subscribing = Subscriber(settings, topics=["lamppost/1/+/live/+"], handle=taken.handle)
    task = asyncio.create_task(subscribing.run())
    running = Serving(subscribing, task)
    try:
        async with asyncio.timeout(DEADLINE_S):
            await subscribing.connected.wait()
        yield running
    finally:
        await running.cut()


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    """Run mosquitto, which keeps sessions while it runs."""
    async with Mosquitto(tmp_path, lines=PERSISTENT) as broker:
        yield broker


def _settings(port: int, **changes: object) -> BrokerSettings:
    return BrokerSettings(**({"host": "127.0.0.1", "port": port, "tls": False} | changes))  # type: ignore[arg-type]  # the caller's names


@pytest.mark.broker
async def test_replies_are_published_retained_and_messages_are_acknowledged(broker: Mosquitto) -> None:
    taken = Taken()
    async with serving(_settings(broker.port), taken), subscriber(broker.port, RECEIPT) as unit:
        await unit.publish(TOPIC, b"one")
        (reply,) = await unit.expect()
        assert reply.payload == b"one"
    async with subscriber(broker.port, RECEIPT) as later:
        (kept,) = await later.expect()
        assert (kept.payload, kept.retain) == (b"one", True)
    async with serving(_settings(broker.port), again := Taken()), subscriber(broker.port) as unit:
        await unit.publish(TOPIC, b"two")
        await again.wait(1)
    assert again.data == [b"two"], "the first was acknowledged"


@pytest.mark.broker
async def test_messages_that_come_together_are_handled_in_groups_and_in_order(broker: Mosquitto) -> None:
    gate = asyncio.Event()

    async def wait() -> None:
        await gate.wait()

    taken = Taken(before=wait)
    sent = [str(number).encode() for number in range(300)]
    async with serving(_settings(broker.port), taken), subscriber(broker.port) as unit:
        for data in sent:
            await unit.publish(TOPIC, data)
        gate.set()
        await taken.wait(len(sent))
    assert taken.data == sent
    assert 2 <= len(taken.groups) < 10
    assert max(len(group) for group in taken.groups) <= 200


@pytest.mark.broker
async def test_message_that_was_not_handled_yet_comes_again(broker: Mosquitto) -> None:
    reached = asyncio.Event()

    async def hang() -> None:
        reached.set()
        await asyncio.Event().wait()

    async with serving(_settings(broker.port), Taken(before=hang)) as first, subscriber(broker.port) as unit:
        await unit.publish(TOPIC, b"one")
        async with asyncio.timeout(DEADLINE_S):
            await reached.wait()
        await first.cut()
    async with serving(_settings(broker.port), taken := Taken()):
        await taken.wait(1)
    assert taken.data == [b"one"]


@pytest.mark.broker
async def test_handler_that_cannot_store_ends_the_subscriber_and_the_message_comes_again(broker: Mosquitto) -> None:
    async def fail() -> None:
        raise StorageError("the disk is full")

    async with serving(_settings(broker.port), Taken(before=fail)) as first, subscriber(broker.port) as unit:
        await unit.publish(TOPIC, b"one")
        assert isinstance(await first.ended(), StorageError)
    async with serving(_settings(broker.port), taken := Taken()):
        await taken.wait(1)
    assert taken.data == [b"one"]


@pytest.mark.broker
async def test_messages_sent_while_the_receiver_is_away_are_kept_for_it(broker: Mosquitto) -> None:
    async with serving(_settings(broker.port), Taken()):
        pass
    async with subscriber(broker.port) as unit:
        for number in range(50):
            await unit.publish(TOPIC, str(number).encode())
    async with serving(_settings(broker.port), taken := Taken()):
        await taken.wait(50)
    assert taken.data == [str(number).encode() for number in range(50)]


@pytest.mark.broker
async def test_broker_that_goes_away_and_returns_is_told_once_and_found_again(
    broker: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    taken = Taken()
    with caplog.at_level(logging.INFO, logger="receiver.subscriber"):
        async with serving(_settings(broker.port), taken) as running:
            broker.stop()
            async with asyncio.timeout(DEADLINE_S):
                while running.subscriber.connected.is_set():  # noqa: ASYNC110 - only its setting can be waited for
                    await asyncio.sleep(0.005)
                await broker.start()
                await running.subscriber.connected.wait()
            async with subscriber(broker.port) as unit:
                await unit.publish(TOPIC, b"one")
                await taken.wait(1)
    where = f"broker 127.0.0.1:{broker.port}"
    assert [text for text in caplog.messages if text.startswith("connected")] == [f"connected to {where}"] * 2
    assert all(text.endswith("; trying again") for text in caplog.messages if text.startswith(where))


@pytest.mark.broker
async def test_broker_that_refuses_the_account_is_named_and_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_passwords(tmp_path / "passwords", {"receiver": "right"})
    lines = ("allow_anonymous false", f"password_file {tmp_path / 'passwords'}")
    async with Mosquitto(tmp_path, lines=lines) as broker:
        wrong = Subscriber(
            _settings(broker.port, username="receiver", password="wrong"), topics=["a"], handle=Taken().handle
        )
        with caplog.at_level(logging.WARNING, logger="receiver.subscriber"):
            task = asyncio.create_task(wrong.run())
            async with asyncio.timeout(DEADLINE_S):
                while not caplog.messages:  # noqa: ASYNC110 - a log record cannot be waited for
                    await asyncio.sleep(0.005)
            task.cancel()
            await asyncio.wait([task])
        assert "uthorized" in caplog.text
        async with serving(_settings(broker.port, username="receiver", password="right"), Taken()):
            pass


async def test_broker_that_speaks_mqtt_3_only_is_served() -> None:
    async with amqtt_broker() as port:
        taken = Taken()
        async with serving(_settings(port, mqtt5=False), taken), subscriber(port, RECEIPT) as unit:
            await unit.publish(TOPIC, b"one")
            await taken.wait(1)
            (reply,) = await unit.expect()
    assert reply.payload == b"one"


def test_tls_files_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    settings = BrokerSettings(host="mqtt.city.example", port=8883, ca_file=tmp_path / "ca.pem")
    with pytest.raises(BrokerError, match=r"ca\.pem"):
        tls_context(settings)


def test_password_is_not_shown() -> None:
    assert "secret" not in repr(_settings(1, username="receiver", password="secret"))
