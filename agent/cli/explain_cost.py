"""What a configuration costs on the wire in a month: an estimate, from messages of typical content.

In: settings. Out: bytes of 30 days. Never: what is really sent; an outage, a resend or a shared session changes it.

A batch is filled with values that wander over a tenth of their range, encoded as the sealer does and put in an
envelope with a signature of the usual length, so its size is that of a real one. Each batch is charged with its
receipt, if receipts are used; the unit is charged with its status messages, a test of the connection in every
keep-alive, and one connection a day.
"""

from dataclasses import dataclass
from typing import Final

from agent import assembly, declaration
from agent.config.plans import Settings, StreamPlan
from agent.privacy.spec import ReleasedChannel
from agent.quality import Quality
from agent.uplink.cost import WireCost
from agent.uplink.settings import Delivery
from agent.wire import cose, payload
from agent.wire.messages import (
    EPOCH_BYTES,
    HASH_BYTES,
    Batch,
    ClockQuality,
    ClockStamp,
    Column,
    Kind,
    Presence,
    Receipt,
    Status,
)
from agent.wire.topics import Lane, Topics

DAYS: Final = 30
_DAY_MS: Final = 86_400_000
_MONTH_MS: Final = DAYS * _DAY_MS
_SOME_DAY_MS: Final = 1_767_225_600_000
_SEQ: Final = 100_000
_CONNECT_BYTES: Final = 300
_WANDER: Final = (0, 3, 5, 2, -1, -4, -2, 1)
"""Where a typical value is in each window, in tenths of a tenth of its range from the middle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamCost:
    """What one stream costs.

    Attributes:
        stream: its name.
        batch_bytes: a signed batch.
        month_bytes: all of its batches in a month on the wire, their receipts included.
    """

    stream: str
    batch_bytes: int
    month_bytes: int


class _Stamp:
    """Signs nothing, in as many bytes as Ed25519 (RFC 8032) does."""

    kid = bytes(8)
    alg = cose.ED25519

    def sign(self, message: bytes) -> bytes:
        del message
        return bytes(cose.SIGNATURE_BYTES)


def stream_costs(settings: Settings) -> tuple[StreamCost, ...]:
    """Return what each stream costs, in the order of the file."""
    return tuple(_stream(settings, plan) for plan in settings.streams)


def unit_bytes(settings: Settings) -> int:
    """Return what a month costs without any stream: status, tests of the connection, a connection a day."""
    cost = _prices(settings)
    topic = Topics(settings.uplink.topic_root).topic(settings.unit.id, Lane.STATUS)
    status = cost.publish(len(topic), len(_signed(_status(settings), Kind.STATUS)))
    messages = round(_MONTH_MS / (settings.uplink.status_s * 1000))
    pings = _MONTH_MS // (settings.uplink.keepalive_s * 1000)
    return messages * status + pings * cost.ping() + DAYS * cost.connection(_CONNECT_BYTES)


def _prices(settings: Settings) -> WireCost:
    tls = settings.uplink.tls
    return WireCost(tls=tls is not None, client_certificate=tls is not None and tls.client_certificate is not None)


def _stream(settings: Settings, plan: StreamPlan) -> StreamCost:
    cost, topics, unit = _prices(settings), Topics(settings.uplink.topic_root), settings.unit.id
    envelope = typical_batch(settings, plan)
    each = cost.publish(len(topics.topic(unit, Lane.LIVE, plan.name)), len(envelope))
    if settings.uplink.delivery is Delivery.RECEIPT:
        receipt = _signed(_receipt(unit, plan.name), Kind.RECEIPT)
        each += cost.publish(len(topics.topic(unit, Lane.RECEIPT, plan.name)), len(receipt))
    batches = _MONTH_MS / (plan.spec.window_ms * plan.policy.batch_rows)
    return StreamCost(stream=plan.name, batch_bytes=len(envelope), month_bytes=round(batches * each))


def typical_batch(settings: Settings, plan: StreamPlan) -> bytes:
    """Return the envelope of a batch with typical values; its signature is empty."""
    rows = plan.policy.batch_rows
    batch = Batch(
        epoch=bytes(EPOCH_BYTES),
        stream=plan.name,
        seq=_SEQ,
        prev=bytes(HASH_BYTES),
        start_ms=_SOME_DAY_MS,
        step_ms=plan.spec.window_ms,
        boot_id=None,
        columns=tuple(_column(index, channel, rows) for index, channel in enumerate(plan.spec.channels)),
        declaration=bytes(HASH_BYTES),
        clock=ClockStamp(quality=ClockQuality.SYNCHRONISED, error_ms=50),
        simulated=False,
        padded_to=assembly.stream_formats(settings)[plan.name].padded_to,
    )
    return _signed(batch, Kind.BATCH)


def _column(index: int, channel: ReleasedChannel, rows: int) -> Column:
    middle, tenth = (channel.minimum + channel.maximum) // 2, (channel.maximum - channel.minimum) // 10
    values = (middle + tenth * _WANDER[row % len(_WANDER)] // 10 for row in range(rows))
    return Column(
        channel=index,
        exponent=channel.exponent,
        values=tuple(value // channel.resolution * channel.resolution for value in values),
        quality=(Quality.OK,) * rows,
    )


def _receipt(unit: str, stream: str) -> Receipt:
    return Receipt(
        receiver=bytes(8),
        receiver_epoch=bytes(8),
        counter=_SEQ,
        unit=unit,
        stream=stream,
        epoch=bytes(EPOCH_BYTES),
        seq=_SEQ,
        hash=bytes(HASH_BYTES),
    )


def _status(settings: Settings) -> Status:
    return Status(
        unit=settings.unit.id,
        presence=Presence.ONLINE,
        session=_SEQ,
        software=declaration.software(),
        boot_id=bytes(16),
        uptime_ms=_MONTH_MS,
        utc_ms=_SOME_DAY_MS,
        clock=ClockQuality.SYNCHRONISED,
        sensors={sensor.name: "ok" for sensor in settings.sensors},
        suspended={},
        rows_waiting=100,
        simulated=False,
    )


def _signed(message: Batch | Receipt | Status, kind: Kind) -> bytes:
    return cose.sign(payload.encode(message), kind=kind, signer=_Stamp())
