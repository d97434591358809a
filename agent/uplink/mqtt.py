"""One MQTT connection: the only module of the agent that imports the MQTT library.

In: publishes and subscriptions. Out: what the broker answered, collected until somebody takes it. Never: decides,
`agent.uplink.session` does; touches the socket, `agent.uplink.transport` does.

aiomqtt 2.5.1 is a thin layer on paho-mqtt. Its `publish()` returns normally when a PUBACK refuses, does not notice
a disconnect until its timeout, and takes a task for each message, so publishes go to paho directly and PUBACKs are
collected where aiomqtt hears of them. Its `__aenter__` connects on the loop's default executor, which a shutdown
must wait for (a name server that is away takes half a minute), so the connection is made on a thread of its own,
which can be abandoned. Both need the library's private methods: `_GUARDED` names them, and a version without them
is refused at import.

paho imports `urllib.request`, with an HTTP client and a mail parser behind it, to look for a SOCKS proxy. It looks
only where PySocks is installed; everywhere else the agent does without, which is 2 MB of its memory.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import nullcontext
from functools import partial
from importlib.util import find_spec
from typing import Any, Final

from agent.clock import Clock
from agent.errors import UplinkError
from agent.uplink.ending import Ending
from agent.uplink.interfaces import MQTT_5, LinkRequest
from agent.uplink.offloop import run_abandonable
from agent.uplink.problems import ClosedEarly, Refused, Trouble, Unusable
from agent.uplink.settings import UplinkSettings
from agent.uplink.sparing import without
from agent.uplink.tls import ContextMaker
from agent.uplink.transport import Transport, largest_packet

with nullcontext() if find_spec("socks") else without("urllib.request"):
    import aiomqtt
    from paho.mqtt.client import Client as PahoClient  # aiomqtt's engine and its callbacks' types; nowhere else
    from paho.mqtt.client import ConnectFlags, DisconnectFlags
    from paho.mqtt.packettypes import PacketTypes
    from paho.mqtt.properties import Properties
    from paho.mqtt.reasoncodes import ReasonCode

_INBOX: Final = 256
_GUARDED: Final = {
    aiomqtt.Client: (
        "_client_connect",
        "_on_connect",
        "_on_disconnect",
        "_on_message",
        "_on_publish",
        "_on_socket_register_write",
        "_on_socket_unregister_write",
        "_on_subscribe",
    ),
    PahoClient: ("_create_socket_connection", "_reset_sockets", "_sock_recv"),
}

if missing := [name for owner, names in _GUARDED.items() for name in names if not hasattr(owner, name)]:
    raise UplinkError(
        f"this version of aiomqtt ({aiomqtt.__version__}) cannot be used: it lacks {', '.join(missing)}"
    )


def _plain(host: str) -> str:
    """Return a name in ASCII as bytes, which sockets and TLS take as they are.

    For text the standard library loads the tables of international names, 0.4 MB, whether or not there is anything
    to translate (socket.getaddrinfo).
    """
    return host.encode() if host.isascii() else host  # type: ignore[return-value]  # handed on as it is


class MqttLink(aiomqtt.Client):
    """One connection to the broker, used once: see `agent.uplink.interfaces.Link`.

    Args:
        settings: the broker.
        request: version, will, and whom to wake.
        clock: monotonic time.
        contexts: makes the TLS context, None for plain TCP.
    """

    def __init__(
        self, settings: UplinkSettings, request: LinkRequest, *, clock: Clock, contexts: ContextMaker | None
    ) -> None:
        self.acks: deque[tuple[int, int]] = deque()
        self.grants: deque[tuple[int, ...]] = deque()
        self.inbox: deque[tuple[str, bytes]] = deque(maxlen=_INBOX)
        self.receive_maximum = 65_535
        self.largest_packet = 268_435_455
        self._settings = settings
        self._contexts = contexts
        self._wake = request.wake
        self._on_closed = request.on_closed
        self._ending = Ending()
        modern = request.version == MQTT_5
        super().__init__(
            _plain(settings.host),
            settings.port,
            logger=self._ending.logger,
            identifier=settings.client_id,
            protocol=aiomqtt.ProtocolVersion.V5 if modern else aiomqtt.ProtocolVersion.V311,
            will=aiomqtt.Will(settings.status_topic, request.will, qos=1, retain=True),
            keepalive=settings.keepalive_s,
            clean_session=None if modern else True,  # with MQTT 5 a client's first connection starts clean
            max_inflight_messages=0,  # the window is ours
            properties=_connect_properties(settings) if modern else None,
        )
        self._client.connect_timeout = settings.timing.tcp_s
        self._transport = Transport(
            self._client, settings, clock=clock, greeted=self._connected, on_reached=request.on_reached
        )
        dial, read = self._client._create_socket_connection, self._client._sock_recv  # noqa: SLF001 - guarded above
        self._client._create_socket_connection = partial(self._transport.dial, dial)  # type: ignore[method-assign]  # noqa: SLF001 - guarded above
        self._client._sock_recv = partial(self._transport.receive, read)  # type: ignore[method-assign]  # noqa: SLF001 - guarded above
        self._disconnected.add_done_callback(lambda _: self._wake())

    @property
    def last_inbound_ns(self) -> int:
        """When the last byte came in."""
        return self._transport.last_inbound_ns

    async def open(self) -> None:
        """Connect and greet.

        Cancellation and the deadline leave nothing behind: a thread that is still connecting closes what it gets.

        Raises:
            Exception: whatever went wrong, for `agent.uplink.problems.diagnose`.
        """
        async with asyncio.timeout(self._settings.timing.connect_s):
            await run_abandonable(
                self._client_connect, name="lamppost-connect", undo=self.drop, orphaned=self._transport.abandon
            )
        try:
            await self._greeted()
        except aiomqtt.MqttCodeError as error:
            self.drop()
            raise Refused(_code(error.rc)) from error
        except BaseException:
            self.drop()
            raise

    def publish(self, topic: str, data: bytes, *, retain: bool = False) -> int:  # type: ignore[override]  # not a coroutine: it waits for nothing
        """Send a message with QoS 1; see `Link`."""
        info = self._client.publish(topic, data, qos=1, retain=retain)
        if info.rc != 0:
            raise self._gone()
        return info.mid

    def subscribe(self, filters: Sequence[str]) -> None:  # type: ignore[override]  # not a coroutine: it waits for nothing
        """Subscribe with QoS 1; see `Link`."""
        result, _ = self._client.subscribe([(text, 1) for text in filters])
        if result != 0:
            raise self._gone()

    def wire_bytes(self) -> int | None:
        """Return what the kernel has counted on this connection; see `Link`."""
        return self._transport.probe.wire_bytes()

    def lost(self) -> Exception | None:
        """Return why the connection ended, None while it has not."""
        return self._ending.why() if self._disconnected.done() else None

    async def goodbye(self, timeout_s: float) -> None:
        """Send what is queued and a DISCONNECT, and close."""
        self._client.disconnect()
        await asyncio.wait([self._disconnected], timeout=timeout_s)
        self.drop()

    def drop(self) -> None:
        """Close at once. May be called twice."""
        for future in (self._connected, self._disconnected):
            if not future.done():
                future.cancel()
            elif not future.cancelled():
                future.exception()  # somebody has now seen it
        spent = self._transport.probe.close()
        self._client._reset_sockets()  # noqa: SLF001 - guarded above
        if spent is not None:
            self._on_closed(spent)

    def _gone(self) -> Unusable:
        return Unusable(Trouble.CLOSED, f"{self._settings.where}: the connection was cut. Retrying")

    async def _greeted(self) -> None:
        try:
            async with asyncio.timeout(self._settings.timing.greet_s):
                await self._connected
        except TimeoutError as error:
            raise ClosedEarly(error) from error

    def _client_connect(self) -> None:
        """Read the secrets and certificates as they are now, and connect. Runs on the connecting thread."""
        settings = self._settings
        if settings.username is not None:
            password = None if settings.password is None else settings.password.read()
            self._client.username_pw_set(settings.username, password)
        if self._contexts is not None:
            self._client.tls_set_context(self._contexts.context())
            self._transport.probe.flight_bytes = self._contexts.flight_bytes
        super()._client_connect()
        if self._contexts is not None:
            self._transport.probe.flight_bytes = self._contexts.flight_bytes

    def _on_connect(
        self,
        client: PahoClient,
        userdata: Any,  # noqa: ANN401 - paho's signature
        flags: ConnectFlags,
        reason_code: ReasonCode,
        properties: Properties | None = None,
    ) -> None:
        self.receive_maximum = getattr(properties, "ReceiveMaximum", self.receive_maximum)
        self.largest_packet = getattr(properties, "MaximumPacketSize", self.largest_packet)
        super()._on_connect(client, userdata, flags, reason_code, properties)

    def _on_disconnect(
        self,
        client: PahoClient,
        userdata: Any,  # noqa: ANN401 - paho's signature
        flags: DisconnectFlags,
        reason_code: ReasonCode,
        properties: Properties | None = None,
    ) -> None:
        if flags.is_disconnect_packet_from_server:
            self._ending.code = reason_code.value
        if not self._connected.done():
            self._connected.set_exception(ClosedEarly(self._ending.error))
        super()._on_disconnect(client, userdata, flags, reason_code, properties)

    def _on_publish(
        self,
        client: PahoClient,  # noqa: ARG002 - paho's signature
        userdata: Any,  # noqa: ANN401, ARG002 - paho's signature
        mid: int,
        reason_code: ReasonCode,
        properties: Properties,  # noqa: ARG002 - paho's signature
    ) -> None:
        self.acks.append((mid, reason_code.value))
        self._wake()

    def _on_subscribe(
        self,
        client: PahoClient,  # noqa: ARG002 - paho's signature
        userdata: Any,  # noqa: ANN401, ARG002 - paho's signature
        mid: int,  # noqa: ARG002 - paho's signature
        reason_codes: list[ReasonCode],
        properties: Properties | None = None,  # noqa: ARG002 - paho's signature
    ) -> None:
        self.grants.append(tuple(code.value for code in reason_codes))
        self._wake()

    def _on_message(self, client: PahoClient, userdata: Any, message: Any) -> None:  # noqa: ANN401, ARG002 - paho's signature
        try:
            topic = message.topic
        except UnicodeDecodeError:
            return
        self.inbox.append((topic, bytes(message.payload)))
        self._wake()

    def _on_socket_register_write(self, client: PahoClient, userdata: Any, sock: Any) -> None:  # noqa: ANN401, ARG002 - paho's signature
        self._transport.write_soon()

    def _on_socket_unregister_write(self, client: PahoClient, userdata: Any, sock: Any) -> None:  # noqa: ANN401, ARG002 - paho's signature
        self._transport.stop_writing(sock)


def _connect_properties(settings: UplinkSettings) -> Properties:
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho's
    properties.MaximumPacketSize = largest_packet(settings)
    properties.ReceiveMaximum = 64
    return properties


def _code(rc: int | ReasonCode | None) -> int:
    return rc.value if isinstance(rc, ReasonCode) else rc or 0
