"""One message to the broker, retained, and the wait for what comes back: a session of its own, ended at once.

In: a topic and bytes. Out: what the broker said; messages of another topic until somebody has heard enough. Never:
the session of the running receiver: this one has its own name.
"""

import contextlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

import aiomqtt

from receiver.errors import BrokerError
from receiver.subscriber import BrokerSettings, tls_context

_PATIENCE_S: Final = 15.0
_REFUSED: Final = 0x80
_NOBODY: Final = 0x10
"""MQTT 5: accepted, and nobody has subscribed to the topic now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One retained message.

    Attributes:
        topic: where it goes.
        data: what it is.
        answers: topic on which answers come, None if nobody waits for any.
    """

    topic: str
    data: bytes
    answers: str | None


class _Client(aiomqtt.Client):
    """The library's client, which lets the reason in a PUBACK fall (aiomqtt 2.5.1): here it is kept."""

    puback = 0

    def _on_publish(self, client: Any, userdata: Any, mid: int, reason_code: Any, properties: Any) -> None:  # noqa: ANN401  the library's types
        self.puback = int(reason_code.value)
        super()._on_publish(client, userdata, mid, reason_code, properties)


class Posted:
    """A message that the broker has accepted."""

    def __init__(self, client: _Client) -> None:
        self._client = client
        self.heard = client.puback != _NOBODY
        """Whether somebody had subscribed; True where the broker does not tell."""

    async def answers(self) -> AsyncIterator[bytes]:
        """Yield what comes on the topic of answers."""
        async for message in self._client.messages:
            yield bytes(message.payload)


@contextlib.asynccontextmanager
async def posted(broker: BrokerSettings, letter: Letter) -> AsyncIterator[Posted]:
    """Publish a message; the session ends with the context.

    Raises:
        BrokerError: it cannot be reached, or refuses.
    """
    where = f"{broker.host}:{broker.port}"
    client = _client(broker)
    try:
        async with client:
            if letter.answers is not None:  # before the message: the answer may be quick
                await client.subscribe(letter.answers, qos=1)
            await client.publish(letter.topic, letter.data, qos=1, retain=True)
            if client.puback >= _REFUSED:
                raise BrokerError(
                    f"broker {where} refuses the message (reason 0x{client.puback:02x}): "
                    f"may this account write {letter.topic}?"
                )
            yield Posted(client)
    except (aiomqtt.MqttError, OSError) as error:
        raise BrokerError(f"broker {where}: {str(error) or type(error).__name__}") from error


def _client(broker: BrokerSettings) -> _Client:
    return _Client(
        broker.host,
        broker.port,
        username=broker.username,
        password=broker.password,
        identifier=f"{broker.client_id}-control-{os.urandom(4).hex()}",
        protocol=aiomqtt.ProtocolVersion.V5 if broker.mqtt5 else aiomqtt.ProtocolVersion.V311,
        keepalive=broker.keepalive_s,
        timeout=_PATIENCE_S,
        tls_context=tls_context(broker) if broker.tls else None,
    )
