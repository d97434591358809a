"""The publisher against a real mosquitto: what is sent arrives, and every way of failing is seen."""

import asyncio
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from agent.budget import BudgetSettings
from agent.buffer.records import Lane
from agent.uplink.settings import Delivery, Mqtt
from tests.support.broker import ChaosProxy, Mosquitto, amqtt_broker, free_port, subscriber
from tests.support.uplink import FAST, NS, FakeQueue, digest, publishing, settings_for

pytestmark = pytest.mark.broker

ALL = "lamppost/1/#"
RECEIPT = "lamppost/1/unit-a/receipt/air"


def _receipt_for(queue: FakeQueue, _: str, payload: bytes) -> None:
    """Treat a payload as the row id that is receipted."""
    queue.receipt(int(payload))


async def test_publisher_with_envelopes_delivers_the_same_bytes_on_their_topics(tmp_path: Path) -> None:
    queue = FakeQueue()
    queue.add("air", bytes(range(256)))
    queue.add("old", b"backlog", lane=Lane.BACKLOG)
    queue.add("_declaration", b"declared", lane=Lane.CONTROL)
    async with (
        Mosquitto(tmp_path) as broker,
        subscriber(broker.port, ALL) as city,
        publishing(settings_for(broker.port), queue=queue),
    ):
        heard = await city.expect(4)
    assert [(message.topic, message.payload) for message in heard] == [
        ("lamppost/1/unit-a/status", b"online 1"),
        ("lamppost/1/unit-a/declaration", b"declared"),
        ("lamppost/1/unit-a/live/air", bytes(range(256))),
        ("lamppost/1/unit-a/backlog/old", b"backlog"),
    ]


async def test_publisher_with_a_declaration_leaves_it_retained(tmp_path: Path) -> None:
    queue = FakeQueue()
    queue.add("_declaration", b"declared", lane=Lane.CONTROL)
    async with Mosquitto(tmp_path) as broker, publishing(settings_for(broker.port), queue=queue) as running:
        await running.until(lambda: running.publisher.state().ahead == 1 and not running.publisher.state().in_flight)
        async with subscriber(broker.port, ALL) as late:
            heard = await late.expect(2)
    assert {(message.payload, message.retain) for message in heard} == {(b"declared", True), (b"online 1", True)}


async def test_publisher_on_notify_seals_and_sends(tmp_path: Path) -> None:
    async with (
        Mosquitto(tmp_path) as broker,
        subscriber(broker.port, ALL) as city,
        publishing(settings_for(broker.port)) as running,
    ):
        await running.connected()
        for number in range(3):
            running.queue.add("air", bytes([number]), sealed=False)
            running.publisher.notify()
            (message,) = await city.expect(1, under="/live/")
            assert message.payload == bytes([number])


async def test_publisher_without_a_session_does_not_seal() -> None:
    queue = FakeQueue()
    queue.add("air", b"x", sealed=False)
    async with publishing(settings_for(free_port()), queue=queue) as running:
        await running.until(lambda: running.publisher.state().tries >= 3)
        assert queue.seals == 0
        assert running.publisher.state().trouble == "refused"


async def test_publisher_with_a_receipt_forgets_the_envelope_and_sends_no_more_of_it(tmp_path: Path) -> None:
    async with (
        Mosquitto(tmp_path) as broker,
        subscriber(broker.port, ALL) as city,
        publishing(settings_for(broker.port), receipt_for=_receipt_for) as running,
    ):
        row_id = running.queue.add("air", b"one")
        await city.expect(1, under="/live/")
        await city.publish(RECEIPT, str(row_id).encode())
        await running.until(lambda: running.publisher.state().ahead == 0 and running.publisher.state().sent == 1)
    assert running.received == [(RECEIPT, str(row_id).encode())]


async def test_publisher_without_a_receipt_sends_the_same_bytes_again(tmp_path: Path) -> None:
    settings = settings_for(1, timing=replace(FAST, receipt_s=0.1, receipt_max_s=0.2))
    queue = FakeQueue()
    queue.add("air", b"again")
    async with (
        Mosquitto(tmp_path) as broker,
        subscriber(broker.port, ALL) as city,
        publishing(replace(settings, port=broker.port), queue=queue) as running,
    ):
        heard = await city.expect(3, under="/live/")
        assert {message.payload for message in heard} == {b"again"}
        assert running.publisher.state().resent >= 2


async def test_publisher_with_a_retained_receipt_in_a_new_session_does_not_resend(tmp_path: Path) -> None:
    queue = FakeQueue()
    async with Mosquitto(tmp_path) as broker, subscriber(broker.port, ALL) as city:
        row_id = queue.add("air", b"one")
        async with publishing(settings_for(broker.port), queue=queue):
            await city.expect(1, under="/live/")
        await city.publish(RECEIPT, str(row_id).encode(), retain=True)
        queue.add("air", b"two")
        settings = settings_for(broker.port, timing=replace(FAST, grace_s=1.0))
        async with publishing(settings, queue=queue, receipt_for=_receipt_for) as running:
            (message,) = await city.expect(1, under="/live/")
            assert message.payload == b"two"
            assert running.publisher.state().sent == 1


async def test_publisher_with_a_long_backlog_never_has_more_ahead_than_allowed(tmp_path: Path) -> None:
    queue = FakeQueue()
    sent = [b"%03d" % number for number in range(100)]
    for data in sent:
        queue.add("air", data, lane=Lane.BACKLOG)
    most = 0

    async with (
        Mosquitto(tmp_path) as broker,
        subscriber(broker.port, ALL) as city,
        publishing(settings_for(broker.port, ahead=32), queue=queue, receipt_for=_receipt_for) as running,
    ):
        heard = []
        for number in range(100):
            (message,) = await city.expect(1, under="/backlog/")
            heard.append(message.payload)
            most = max(most, running.publisher.state().ahead)
            await city.publish(RECEIPT, str(number + 1).encode())
    assert digest(heard) == digest(sent)
    assert most <= 24


@pytest.mark.parametrize("delivery", list(Delivery), ids=str)
async def test_publisher_with_a_refused_puback_counts_a_failure_and_tries_again(
    tmp_path: Path, delivery: Delivery
) -> None:
    acl = tmp_path / "acl"
    acl.write_text("topic readwrite lamppost/1/unit-a/status\ntopic read lamppost/1/#\n")
    acl.chmod(0o600)
    lines = ("allow_anonymous true", f"acl_file {acl}")
    queue = FakeQueue()
    queue.add("air", b"denied")
    async with (
        Mosquitto(tmp_path, lines=lines) as broker,
        subscriber(broker.port, ALL) as city,
        publishing(settings_for(broker.port, delivery=delivery), queue=queue) as running,
    ):
        await running.until(lambda: running.publisher.state().refused >= 2)
        state = running.publisher.state()
        assert state.blocked == ("air",)
        assert state.problem is not None
        assert "not authorised (0x87)" in state.problem
        assert queue.taken == []
        acl.write_text("topic readwrite lamppost/1/#\n")
        broker.reload()
        (message,) = await city.expect(1, under="/live/")
        assert message.payload == b"denied"
        await running.until(lambda: running.publisher.state().problem is None)


async def test_publisher_with_one_stream_refused_still_sends_the_others(tmp_path: Path) -> None:
    acl = tmp_path / "acl"
    acl.write_text("topic readwrite lamppost/1/unit-a/status\ntopic readwrite lamppost/1/unit-a/live/air\n")
    acl.chmod(0o600)
    queue = FakeQueue()
    for _ in range(200):
        queue.add("noise", b"denied")
    queue.add("air", b"through")
    async with (
        Mosquitto(tmp_path, lines=("allow_anonymous true", f"acl_file {acl}")) as broker,
        subscriber(broker.port, ALL) as city,
        publishing(settings_for(broker.port), queue=queue),
    ):
        (message,) = await city.expect(1, under="/live/")
        assert message.payload == b"through"


async def test_publisher_in_broker_mode_with_a_good_puback_hands_the_row_back(tmp_path: Path) -> None:
    queue = FakeQueue()
    rows = [queue.add("air", bytes([number])) for number in range(40)]
    settings = settings_for(1, delivery=Delivery.BROKER)
    async with (
        Mosquitto(tmp_path) as broker,
        subscriber(broker.port, ALL) as city,
        publishing(replace(settings, port=broker.port), queue=queue) as running,
    ):
        await city.expect(40, under="/live/")
        await running.until(lambda: len(queue.taken) == 40)
        assert running.publisher.state().protocol == "5"
    assert sorted(queue.taken) == rows


async def test_publisher_in_broker_mode_without_a_subscriber_keeps_the_row(tmp_path: Path) -> None:
    queue = FakeQueue()
    queue.add("air", b"unheard")
    async with (
        Mosquitto(tmp_path) as broker,
        publishing(settings_for(broker.port, delivery=Delivery.BROKER), queue=queue) as running,
    ):
        await running.until(lambda: running.publisher.state().refused >= 2)
        state = running.publisher.state()
        assert state.problem is not None
        assert "nobody has subscribed" in state.problem
        assert queue.taken == []
        async with subscriber(broker.port, ALL):
            await running.until(lambda: len(queue.taken) == 1)


async def test_publisher_with_a_stalled_broker_detects_it_and_comes_back(tmp_path: Path) -> None:
    settings = settings_for(1, timing=replace(FAST, ack_s=0.5))
    async with Mosquitto(tmp_path) as broker, publishing(replace(settings, port=broker.port)) as running:
        await running.connected()
        broker.pause()
        running.queue.add("air", b"stuck", sealed=False)
        running.publisher.notify()
        await running.until(lambda: running.publisher.state().trouble == "silent")
        broker.resume()
        await running.connected()
        async with subscriber(broker.port, ALL):
            await running.until(lambda: running.publisher.state().sent >= 2)


async def test_publisher_with_an_idle_connection_that_is_half_open_detects_it(tmp_path: Path) -> None:
    settings = settings_for(1, keepalive_s=1, timing=replace(FAST, ack_s=0.5))
    async with (
        Mosquitto(tmp_path) as broker,
        ChaosProxy(broker.port) as proxy,
        publishing(replace(settings, port=proxy.port)) as running,
    ):
        await running.connected()
        await running.until(lambda: running.publisher.state().in_flight == 0)
        proxy.stalled = True
        await running.until(lambda: running.publisher.state().trouble == "silent")


async def test_publisher_with_an_idle_connection_that_is_alive_keeps_it(tmp_path: Path) -> None:
    settings = settings_for(1, keepalive_s=1, timing=replace(FAST, ack_s=5.0))
    async with (
        Mosquitto(tmp_path) as broker,
        ChaosProxy(broker.port) as proxy,
        publishing(replace(settings, port=proxy.port)) as running,
    ):
        await running.connected()
        first = proxy.to_client
        await running.until(lambda: proxy.to_client >= first + 4)  # two PINGRESP
        assert running.publisher.state().sessions == 1


async def test_publisher_when_the_broker_restarts_publishes_within_three_seconds(tmp_path: Path) -> None:
    settings = settings_for(1, timing=replace(FAST, grace_s=0.5), backoff=replace(settings_for(1).backoff))
    settings = replace(settings, backoff=type(settings.backoff)())
    async with Mosquitto(tmp_path) as broker, publishing(replace(settings, port=broker.port)) as running:
        await running.connected()
        broker.stop(signal.SIGKILL)
        await running.until(lambda: not running.publisher.state().connected)
        running.queue.add("air", b"kept", sealed=False)
        running.publisher.notify()
        await broker.start()
        back_ns = time.monotonic_ns()
        await running.until(lambda: running.publisher.state().sent == 1)
        assert (time.monotonic_ns() - back_ns) / NS < 3.0


async def test_publisher_after_a_restart_resends_what_has_no_receipt(tmp_path: Path) -> None:
    queue = FakeQueue()
    queue.add("air", b"one")
    async with Mosquitto(tmp_path) as broker, publishing(settings_for(broker.port), queue=queue) as running:
        await running.until(lambda: running.publisher.state().sent == 1 and running.publisher.state().in_flight == 0)
        broker.stop(signal.SIGKILL)
        await running.until(lambda: not running.publisher.state().connected)
        await broker.start()
        async with subscriber(broker.port, ALL) as city:
            (message,) = await city.expect(1, under="/live/")
        assert message.payload == b"one"


@pytest.mark.parametrize("fault", ["reset", "half_close"])
async def test_publisher_with_a_cut_connection_makes_a_new_one(tmp_path: Path, fault: str) -> None:
    async with (
        Mosquitto(tmp_path) as broker,
        ChaosProxy(broker.port) as proxy,
        publishing(settings_for(proxy.port)) as running,
    ):
        await running.connected()
        proxy.reset() if fault == "reset" else proxy.half_close()
        await running.until(lambda: running.publisher.state().sessions == 2)
        assert running.publisher.state().trouble is None


async def test_publisher_with_lost_pubacks_reconnects_and_loses_nothing(tmp_path: Path) -> None:
    settings = settings_for(1, timing=replace(FAST, ack_s=0.5))
    async with (
        Mosquitto(tmp_path) as broker,
        ChaosProxy(broker.port) as proxy,
        publishing(replace(settings, port=proxy.port)) as running,
    ):
        await running.connected()
        await running.until(lambda: running.publisher.state().in_flight == 0)
        proxy.lose_acks = True
        proxy.reset()  # packets are taken apart from a connection's beginning
        running.queue.add("air", b"unacknowledged")
        await running.until(
            lambda: running.publisher.state().sessions >= 2 and running.publisher.state().in_flight > 0
        )
        await running.until(lambda: running.publisher.state().trouble == "silent")
        proxy.lose_acks = False
        await running.until(lambda: running.publisher.state().connected and running.publisher.state().resent >= 1)


async def test_publisher_with_connections_cut_after_any_byte_gets_everything_through(tmp_path: Path) -> None:
    queue = FakeQueue()
    rows = {queue.add("air", bytes([number]) * 50) for number in range(20)}
    async with (
        Mosquitto(tmp_path) as broker,
        ChaosProxy(broker.port) as proxy,
        subscriber(broker.port, ALL) as city,
        publishing(settings_for(proxy.port), queue=queue) as running,
    ):
        for cut in (1, 20, 90, 150, 200, 333, 1000):
            proxy.cut_after = cut
            proxy.reset()
            sessions = running.publisher.state().tries
            await running.until(lambda before=sessions: running.publisher.state().tries > before)  # type: ignore[misc]  # a default binds it
        proxy.cut_after = None
        proxy.reset()
        seen: set[bytes] = set()
        while len(seen) < len(rows):
            seen |= {message.payload for message in await city.expect(1, under="/live/")}


async def test_publisher_with_a_broker_of_3_1_1_falls_back_and_remembers() -> None:
    settings = settings_for(1, timing=replace(FAST, greet_s=1.0))
    queue = FakeQueue()
    queue.add("air", b"old protocol")
    async with amqtt_broker() as port, publishing(replace(settings, port=port), queue=queue) as running:
        await running.connected()
        assert running.publisher.state().protocol == "3.1.1"
        async with subscriber(port, ALL) as city:
            running.publisher.announce()
            await city.expect(1, under="/status")
        await running.until(lambda: running.publisher.state().sent == 1)


async def test_publisher_with_mqtt_3_1_1_configured_speaks_it(tmp_path: Path) -> None:
    queue = FakeQueue()
    queue.add("air", b"old protocol")
    async with (
        Mosquitto(tmp_path) as broker,
        subscriber(broker.port, ALL) as city,
        publishing(settings_for(broker.port, mqtt=Mqtt.V311), queue=queue) as running,
    ):
        (message,) = await city.expect(1, under="/live/")
        assert message.payload == b"old protocol"
        assert running.publisher.state().protocol == "3.1.1"


async def test_publisher_with_its_budget_spent_waits_and_keeps_everything(tmp_path: Path) -> None:
    queue = FakeQueue()
    for _ in range(50):
        queue.add("air", bytes(1000))
    async with (
        Mosquitto(tmp_path) as broker,
        publishing(settings_for(broker.port), queue=queue, budget=BudgetSettings(day_bytes=20_000)) as running,
    ):
        await running.until(lambda: running.publisher.state().paused)
        state = running.publisher.state()
        assert 5 <= state.sent <= 15
        assert len(queue.rows) == 50
        assert b'"day_bytes"' in queue.saved["budget"]


async def test_publisher_cancelled_says_goodbye(tmp_path: Path) -> None:
    async with Mosquitto(tmp_path) as broker, subscriber(broker.port, ALL) as city:
        async with publishing(settings_for(broker.port)):
            await city.expect(1, under="/status")
        (message,) = await city.expect(1, under="/status")
    assert message.payload == b"offline 1"


async def test_publisher_that_dies_leaves_its_will(tmp_path: Path) -> None:
    async with (
        Mosquitto(tmp_path) as broker,
        ChaosProxy(broker.port) as proxy,
        subscriber(broker.port, ALL) as city,
        publishing(settings_for(proxy.port)),
    ):
        await city.expect(1, under="/status")
        await proxy.refuse()
        (message,) = await city.expect(1, under="/status")
    assert message.payload == b"offline 1"


async def test_publisher_cancelled_with_a_stalled_broker_ends_in_time(tmp_path: Path) -> None:
    settings = settings_for(1, timing=replace(FAST, goodbye_s=0.2))
    async with Mosquitto(tmp_path) as broker, publishing(replace(settings, port=broker.port)) as running:
        await running.connected()
        broker.pause()
        running.task.cancel()
        async with asyncio.timeout(5):
            await asyncio.wait([running.task])
        assert running.task.cancelled()


@pytest.mark.parametrize("when", ["connecting", "greeting", "idle", "in flight"])
async def test_publisher_cancelled_at_any_time_leaves_no_task_and_no_row_lost(tmp_path: Path, when: str) -> None:
    queue = FakeQueue()
    before = asyncio.all_tasks()
    async with Mosquitto(tmp_path) as broker, ChaosProxy(broker.port) as proxy:
        proxies = asyncio.all_tasks() - before
        proxy.stalled = when == "greeting"
        queue.add("air", b"kept")
        async with publishing(settings_for(proxy.port), queue=queue) as running:
            if when == "connecting":
                await running.until(lambda: running.publisher.state().tries == 1)
            elif when == "greeting":
                await running.until(lambda: proxy.connections == 1)
            else:
                await running.connected()
            if when == "in flight":
                await running.until(lambda: running.publisher.state().ahead == 1)
                await running.publisher.drained()
                proxy.stalled = True
                queue.add("air", b"kept, too", sealed=False)
                running.publisher.notify()
                await running.until(lambda: running.publisher.state().in_flight >= 1)
        proxy.stalled = False
        assert len(queue.rows) == (2 if when == "in flight" else 1)
        await asyncio.sleep(0)
        left = {task for task in asyncio.all_tasks() - before - proxies if "aiomqtt" in repr(task)}
        assert all(task.cancelling() for task in left)


async def test_publisher_drained_returns_when_everything_is_acknowledged(tmp_path: Path) -> None:
    async with Mosquitto(tmp_path) as broker, publishing(settings_for(broker.port)) as running:
        await running.connected()
        for number in range(40):
            running.queue.add("air", bytes([number]), sealed=False)
        async with asyncio.timeout(20):
            await running.publisher.drained()
        assert running.publisher.state().sent == 40
        assert running.publisher.state().in_flight == 0


async def test_publisher_drained_without_a_session_returns_at_once() -> None:
    async with publishing(settings_for(free_port())) as running:
        async with asyncio.timeout(5):
            await running.publisher.drained()
