"""The receiver's MQTT session: groups of arrivals to a handler, its receipts back, then the acknowledgements.

In: unverified bytes from the broker. Out: receipts to it. Never: an acknowledgement of what the handler has not
committed; the library would acknowledge on arrival, so that is switched off.
"""

import asyncio
import logging
import random
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import aiomqtt
from paho.mqtt.client import MQTT_CLEAN_START_FIRST_ONLY
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from receiver.errors import BrokerError

_LOG = logging.getLogger(__name__)
_GROUP = 200
_LARGEST_PACKET = 2 << 20
_SESSION_EXPIRY_S = 7 * 24 * 3600
_BACKOFF_S = (0.5, 1.0, *(2.0,) * 30, 5.0, 10.0, 30.0)
_STEADY_S = 30.0
"""A session that lasted less counts as another failed try: a second receiver with our name would throw us out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerSettings:
    """How to reach the broker.

    Attributes:
        host: name or address.
        port: TCP port.
        tls: verify the server and encrypt; False only on loopback.
        ca_file: certificates to trust instead of the system's.
        client_cert: certificate to show, with `client_key`.
        client_key: its key.
        username: account at the broker.
        password: its password.
        client_id: names the session that the broker keeps while the receiver is away.
        topic_root: first part of every topic.
        mqtt5: speak MQTT 5, else 3.1.1.
        keepalive_s: seconds between pings.
    """

    host: str
    port: int
    tls: bool = True
    ca_file: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    client_id: str = "lamppost-receiver"
    topic_root: str = "lamppost"
    mqtt5: bool = True
    keepalive_s: int = 30


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message as it came: unverified."""

    topic: str
    unverified_data: bytes
    retained: bool


@dataclass(frozen=True, slots=True)
class Reply:
    """One message to publish, retained or not."""

    topic: str
    data: bytes
    retain: bool


Handler = Callable[[list[Arrival]], Awaitable[list[Reply]]]


class _Client(aiomqtt.Client):
    """The library's client, with acknowledgement by hand and publishing without a round trip."""

    def begin_manual_acknowledgement(self) -> None:
        self._client.manual_ack_set(on=True)

    def acknowledge(self, message: aiomqtt.Message) -> None:
        if message.qos > 0:
            self._client.ack(message.mid, message.qos)

    def send(self, reply: Reply) -> None:
        """Queue a publish at QoS 1. A receipt that is lost is given again when the unit sends its envelope again."""
        self._client.publish(reply.topic, reply.data, qos=1, retain=reply.retain)


class Subscriber:
    """Keeps a session with the broker and feeds the handler."""

    def __init__(
        self, settings: BrokerSettings, *, topics: list[str], handle: Handler, first: Sequence[Reply] = ()
    ) -> None:
        """Take what is needed; `first` is published at the beginning of the first session."""
        self._first = list(first)
        self._settings = settings
        self._topics = topics
        self._handle = handle
        self.connected = asyncio.Event()

    async def run(self) -> None:
        """Serve until cancelled; reconnect for ever, and say once what is wrong.

        Raises:
            StorageError: and whatever else the handler raises: without a store there is nothing to do.
        """
        failures, told = 0, ""
        clock = asyncio.get_running_loop().time
        while True:
            began_s = clock()
            try:
                await self._session()
            except (aiomqtt.MqttError, BrokerError, OSError) as error:
                text = str(error) or type(error).__name__
                if self.connected.is_set() and clock() - began_s > _STEADY_S:
                    failures, told = 0, ""
                self.connected.clear()
                if text != told:
                    _LOG.warning("broker %s:%d: %s; trying again", self._settings.host, self._settings.port, text)
                    told = text
                delay = _BACKOFF_S[min(failures, len(_BACKOFF_S) - 1)]
                failures += 1
                await asyncio.sleep(delay * random.uniform(0.5, 1.0))  # noqa: S311  spreads load, guards nothing

    async def _session(self) -> None:
        async with self._client() as client:
            await client.subscribe([(topic, 1) for topic in self._topics])
            self.connected.set()
            _LOG.info("connected to broker %s:%d", self._settings.host, self._settings.port)
            while self._first:
                client.send(self._first.pop(0))
            async for first in client.messages:
                group = [first]
                while len(client.messages) > 0 and len(group) < _GROUP:
                    group.append(await anext(client.messages))
                replies = await self._handle([_arrival(message) for message in group])
                for reply in replies:
                    client.send(reply)
                for message in group:
                    client.acknowledge(message)

    def _client(self) -> _Client:
        chosen = self._settings
        properties = None
        if chosen.mqtt5:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # the library has no types here
            properties.SessionExpiryInterval = _SESSION_EXPIRY_S
            properties.ReceiveMaximum = _GROUP
            properties.MaximumPacketSize = _LARGEST_PACKET
        client = _Client(
            chosen.host,
            chosen.port,
            username=chosen.username,
            password=chosen.password,
            identifier=chosen.client_id,
            protocol=aiomqtt.ProtocolVersion.V5 if chosen.mqtt5 else aiomqtt.ProtocolVersion.V311,
            clean_session=None if chosen.mqtt5 else False,
            clean_start=False if chosen.mqtt5 else MQTT_CLEAN_START_FIRST_ONLY,  # the latter means nothing before 5
            keepalive=chosen.keepalive_s,
            properties=properties,
            tls_context=tls_context(chosen) if chosen.tls else None,
        )
        client.begin_manual_acknowledgement()
        return client


def tls_context(settings: BrokerSettings) -> ssl.SSLContext:
    """Return how the broker is verified, and what is shown to it.

    Raises:
        BrokerError: a file cannot be used.
    """
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
        if settings.client_cert is not None:
            context.load_cert_chain(settings.client_cert, settings.client_key)
    except (OSError, ssl.SSLError) as error:
        raise BrokerError(
            f"cannot use the TLS files ({settings.ca_file}, {settings.client_cert}): {error}"
        ) from error
    return context


def _arrival(message: aiomqtt.Message) -> Arrival:
    return Arrival(str(message.topic), message.payload, message.retain)
