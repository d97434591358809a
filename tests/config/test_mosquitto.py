"""The broker's files that we ship: mosquitto takes them, and the access list holds."""

import getpass
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiomqtt
import pytest

from agent.wire.topics import FROM_UNIT, Lane, Topics
from tests.support.broker import DEADLINE_S, Mosquitto, free_port, write_passwords
from tests.support.certificates import Authority

CONFIG = Path(__file__).parents[2] / "config"
USERS = {name: f"password of {name}" for name in ("unit-a", "unit-b", "receiver", "operator")}


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def _installed(directory: Path, authority: Authority) -> Mosquitto:
    """Return a broker with the shipped files; only paths, the port and the user are changed."""
    pair = authority.issue("broker")
    write_passwords(directory / "lamppost.passwd", USERS)
    shutil.copy(CONFIG / "mosquitto.acl", directory / "lamppost.acl")
    (directory / "lamppost.acl").chmod(0o600)
    port = free_port()
    text = (CONFIG / "mosquitto.conf").read_text()
    for pattern, replacement in (
        (r"^listener 8883$", f"user {getpass.getuser()}\nlistener {port} 127.0.0.1"),
        (r"/etc/mosquitto/certs/broker\.pem$", str(pair.certificate)),
        (r"/etc/mosquitto/certs/broker\.key$", str(pair.key)),
        (r"/etc/mosquitto/certs/units-ca\.pem$", str(authority.certificate)),
        (r"^password_file /etc/mosquitto/", f"password_file {directory}/"),
        (r"^acl_file /etc/mosquitto/", f"acl_file {directory}/"),
        (r"/var/lib/mosquitto/$", f"{directory}/"),
    ):
        text, count = re.subn(pattern, replacement, text, flags=re.MULTILINE)
        assert count == 1, pattern
    config = directory / "mosquitto.conf"
    config.write_text(text)
    return Mosquitto(directory, port=port, config=config)


@asynccontextmanager
async def _client(broker: Mosquitto, authority: Authority, user: str, *filters: str) -> AsyncIterator[aiomqtt.Client]:
    async with aiomqtt.Client(
        "localhost",
        broker.port,
        username=user,
        password=USERS[user],
        timeout=DEADLINE_S,
        tls_params=aiomqtt.TLSParameters(ca_certs=str(authority.certificate)),
    ) as client:
        for text in filters:
            await client.subscribe(text, qos=1)
        yield client


async def _first(client: aiomqtt.Client) -> str:
    async for message in client.messages:
        return message.topic.value
    raise AssertionError("the messages ended")


@pytest.mark.broker
@pytest.mark.parametrize("lane", ["live/air", "backlog/air", "declaration", "status", "alarm/air", "ack"])
async def test_acl_a_unit_publishing_as_another_is_not_heard(tmp_path: Path, authority: Authority, lane: str) -> None:
    async with (
        _installed(tmp_path, authority) as broker,
        _client(broker, authority, "receiver", "lamppost/1/#") as receiver,
        _client(broker, authority, "unit-a") as unit,
    ):
        await unit.publish(f"lamppost/1/unit-b/{lane}", b"forged", qos=1)
        await unit.publish(f"lamppost/1/unit-a/{lane}", b"own", qos=1)
        assert await _first(receiver) == f"lamppost/1/unit-a/{lane}"


@pytest.mark.broker
@pytest.mark.parametrize("topic", ["receipt/air", "control"])
async def test_acl_a_unit_writing_towards_units_is_not_heard(
    tmp_path: Path, authority: Authority, topic: str
) -> None:
    writer = "operator" if topic == "control" else "receiver"
    async with (
        _installed(tmp_path, authority) as broker,
        _client(broker, authority, "unit-a", f"lamppost/1/unit-a/{topic}", "lamppost/1/unit-b/#") as unit,
        _client(broker, authority, "unit-b") as other,
        _client(broker, authority, writer) as city,
    ):
        await unit.publish(f"lamppost/1/unit-a/{topic}", b"forged", qos=1)
        await other.publish(f"lamppost/1/unit-a/{topic}", b"forged", qos=1)
        await city.publish(f"lamppost/1/unit-b/{topic}", b"not for unit-a", qos=1)
        await city.publish(f"lamppost/1/unit-a/{topic}", b"genuine", qos=1)
        async for message in unit.messages:
            assert message.topic.value == f"lamppost/1/unit-a/{topic}"
            assert message.payload == b"genuine"
            break


@pytest.mark.broker
async def test_configuration_without_an_account_lets_nobody_in(tmp_path: Path, authority: Authority) -> None:
    async with _installed(tmp_path, authority) as broker:
        with pytest.raises(aiomqtt.MqttError):
            async with aiomqtt.Client(
                "localhost",
                broker.port,
                timeout=DEADLINE_S,
                tls_params=aiomqtt.TLSParameters(ca_certs=str(authority.certificate)),
            ):
                pass


def test_acl_grants_units_exactly_the_lanes_of_the_wire_format() -> None:
    topics = Topics()
    granted = {
        tuple(line.split()[1:])
        for line in (CONFIG / "mosquitto.acl").read_text().splitlines()
        if line[:7] == "pattern"
    }
    wanted = {("write" if lane in FROM_UNIT else "read", topics.filter(lane, "UNIT")) for lane in Lane}
    assert granted == {(verb, topic.replace("/UNIT/", "/%u/")) for verb, topic in wanted}


@pytest.mark.broker
async def test_configuration_with_a_forged_topic_refuses_the_message_but_keeps_the_connection(
    tmp_path: Path, authority: Authority
) -> None:
    async with (
        _installed(tmp_path, authority) as broker,
        _client(broker, authority, "unit-a", "lamppost/1/unit-a/receipt/+") as unit,
        _client(broker, authority, "receiver") as receiver,
    ):
        await unit.publish("lamppost/1/unit-b/live/air", b"forged", qos=1)
        await receiver.publish("lamppost/1/unit-a/receipt/air", b"still there", qos=1)
        assert await _first(unit) == "lamppost/1/unit-a/receipt/air"


def test_configuration_has_queues_that_do_not_drop_by_number() -> None:
    settings = dict(
        line.split(maxsplit=1)
        for line in (CONFIG / "mosquitto.conf").read_text().splitlines()
        if line and not line.startswith("#")
    )
    assert int(settings["max_queued_messages"]) >= 1_000_000
    assert int(settings["max_queued_bytes"]) > 0
    assert settings["persistence"] == "true"
    assert settings["allow_anonymous"] == "false"
