"""Messages of typical content, encoded as the unit encodes them, so that their sizes are those of real ones.

In: settings. Out: envelopes with an empty signature of the usual length. Never: a measured value.

A batch is filled with values that wander over a three-hundredth of their range; a unit on its pole stays where it is.
"""

from typing import Final

from agent import assembly, declaration
from agent.config.plans import Settings, StreamPlan
from agent.privacy.spec import ReleasedChannel, Rule
from agent.quality import Quality
from agent.wire import cose, payload
from agent.wire.declared import DECLARATIONS, Declaration
from agent.wire.messages import (
    EPOCH_BYTES,
    HASH_BYTES,
    Alarm,
    AlarmState,
    Batch,
    ClockQuality,
    ClockStamp,
    Column,
    Kind,
    Presence,
    Receipt,
    Status,
)
from agent.wire.orders import LOGS, Log, LogContent

SOME_DAY_MS: Final = 1_767_225_600_000
_SEQ: Final = 100_000
_WANDER: Final = (0, 3, 5, 2, -1, -4, -2, 1)
"""Where a typical value is in each window, in tenths of a three-hundredth of its range from the middle."""


class _Stamp:
    """Signs nothing, in as many bytes as Ed25519 (RFC 8032) does."""

    kid = bytes(8)
    alg = cose.ED25519

    def sign(self, message: bytes) -> bytes:
        del message
        return bytes(cose.SIGNATURE_BYTES)


def typical_row(channels: tuple[ReleasedChannel, ...], row: int) -> tuple[int, ...]:
    """Return the values of one window."""
    return tuple(_value(channel, row) for channel in channels)


def _value(channel: ReleasedChannel, row: int) -> int:
    middle, width = (channel.minimum + channel.maximum) // 2, channel.maximum - channel.minimum
    value = middle if channel.rule is Rule.GRID else middle + width * _WANDER[row % len(_WANDER)] // 3000
    return value // channel.resolution * channel.resolution


def batch(settings: Settings, plan: StreamPlan, *, rows: int | None = None) -> bytes:
    """Return a batch: of the usual number of rows, or of another."""
    count = plan.policy.batch_rows if rows is None else rows
    channels = plan.spec.channels
    columns = [
        Column(
            channel=index,
            exponent=channel.exponent,
            values=tuple(_value(channel, row) for row in range(count)),
            quality=(Quality.OK,) * count,
        )
        for index, channel in enumerate(channels)
    ]
    message = Batch(
        epoch=bytes(EPOCH_BYTES),
        stream=plan.name,
        seq=_SEQ,
        prev=bytes(HASH_BYTES),
        start_ms=SOME_DAY_MS,
        step_ms=plan.spec.window_ms,
        boot_id=None,
        columns=tuple(columns),
        declaration=bytes(HASH_BYTES),
        clock=ClockStamp(quality=ClockQuality.SYNCHRONISED, error_ms=50),
        simulated=False,
        padded_to=assembly.stream_formats(settings)[plan.name].padded_to,
    )
    return _signed(message, Kind.BATCH)


def receipt(unit: str, stream: str) -> bytes:
    """Return a receipt for a stream."""
    message = Receipt(
        receiver=bytes(8),
        receiver_epoch=bytes(8),
        counter=_SEQ,
        unit=unit,
        stream=stream,
        epoch=bytes(EPOCH_BYTES),
        seq=_SEQ,
        hash=bytes(HASH_BYTES),
    )
    return _signed(message, Kind.RECEIPT)


def status(settings: Settings) -> bytes:
    """Return a status, which is also the last will of a connection."""
    message = Status(
        unit=settings.unit.id,
        presence=Presence.ONLINE,
        session=_SEQ,
        software=declaration.software(),
        boot_id=bytes(16),
        uptime_ms=1 << 31,
        utc_ms=SOME_DAY_MS,
        clock=ClockQuality.SYNCHRONISED,
        sensors={sensor.name: "ok" for sensor in settings.sensors},
        suspended={},
        rows_waiting=100,
        simulated=False,
    )
    return _signed(message, Kind.STATUS)


def declared(settings: Settings) -> bytes:
    """Return the unit's declaration."""
    content = declaration.content(settings, thumbprint=bytes(HASH_BYTES), simulated=False)
    message = Declaration(
        epoch=bytes(EPOCH_BYTES), stream=DECLARATIONS, seq=_SEQ, prev=bytes(HASH_BYTES), content=content
    )
    return _signed(message, Kind.DECLARATION)


def log_head(settings: Settings) -> bytes:
    """Return what tells the city once a day where the disclosure log stands."""
    content = LogContent(
        unit=settings.unit.id,
        last=_SEQ,
        head=bytes(HASH_BYTES),
        first=1,
        base=bytes(HASH_BYTES),
        clock=ClockQuality.SYNCHRONISED,
        utc_ms=SOME_DAY_MS,
    )
    message = Log(epoch=bytes(EPOCH_BYTES), stream=LOGS, seq=_SEQ, prev=bytes(HASH_BYTES), content=content)
    return _signed(message, Kind.LOG)


def alarm(plan: StreamPlan, name: str) -> bytes:
    """Return a change of one of a stream's alarms."""
    message = Alarm(
        epoch=bytes(EPOCH_BYTES),
        stream=plan.name,
        seq=_SEQ,
        prev=bytes(HASH_BYTES),
        name=name,
        state=AlarmState.RAISED,
        start_ms=SOME_DAY_MS,
        step_ms=plan.spec.window_ms,
        boot_id=None,
        value=1000,
        quality=Quality.OK,
        number=100,
        declaration=bytes(HASH_BYTES),
        clock=ClockStamp(quality=ClockQuality.SYNCHRONISED, error_ms=50),
        simulated=False,
    )
    return _signed(message, Kind.ALARM)


def _signed(message: Batch | Receipt | Status | Declaration | Log | Alarm, kind: Kind) -> bytes:
    return cose.sign(payload.encode(message), kind=kind, signer=_Stamp())
