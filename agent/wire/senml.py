"""Batches as resolved SenML packs (RFC 8428 section 4.6), in JSON and CBOR, without loss.

A value that is null has no record; the reason why, and every other quality code, is a record of its own beside the
channel's, so that readers that know nothing of us lose nothing and misread nothing. Only two facts would mislead such
a reader: that the data is simulated, and that time counts from a boot. They are in fields whose label ends in ``_``,
which RFC 8428 section 4.4 makes a reader refuse if it does not know them.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from agent.quality import Quality
from agent.wire import cbor, payload, units
from agent.wire.declared import DeclarationContent, DeclaredStream
from agent.wire.errors import NoSenml
from agent.wire.messages import Batch

SIMULATED: Final = "simulated_"
BOOT: Final = "boot_"
SECONDARY_UNITS: Final = 26
"""The version that allows secondary units (RFC 9100)."""

_LABELS: Final = {"bver": -1, "n": 0, "u": 1, "v": 2, "vs": 3, "vb": 4, "t": 6}
"""RFC 8428 table 4, as far as we use it; every other label stays text in CBOR."""
_LEAST_ABSOLUTE_MS: Final = (1 << 28) * 1000
"""RFC 8428 section 4.5.3: smaller numbers are relative to the moment of reading."""
_NAMESPACE: Final = "lamppost"
_KID_BYTES: Final = 8

Field = str | int | bool | Decimal
Record = Mapping[str, Field]


def to_records(batch: Batch, content: DeclarationContent) -> list[Record]:
    """Return the resolved records of a batch, in chronological order.

    Args:
        batch: verified.
        content: of the declaration that the batch cites.

    Raises:
        NoSenml: the content is of another declaration, or does not describe the batch.
    """
    stream = _stream(batch, content)
    base = ":".join((_NAMESPACE, content.thumbprint[:_KID_BYTES].hex(), content.unit, stream.name))
    common: dict[str, Field] = {}
    if any(channel.unit in units.SECONDARY for channel in stream.channels):
        common["bver"] = SECONDARY_UNITS
    if batch.simulated:
        common[SIMULATED] = True
    first_ms = _first_ms(batch)
    if first_ms is None and batch.boot_id is not None:
        common[BOOT] = batch.boot_id.hex()
        first_ms = batch.start_ms
    elif first_ms is None or first_ms < _LEAST_ABSOLUTE_MS:
        raise NoSenml("the batch has no time that SenML can tell: before July 1978, times count from now")
    shift_ms = first_ms - batch.start_ms
    records = [*_about_batch(batch, base), *_rows(batch, stream, base)]
    return [common | record | {"t": _seconds(at_ms + shift_ms)} for at_ms, record in records]


def to_json(records: Sequence[Record]) -> str:
    """Return a pack as ``application/senml+json``; every number is written out exactly."""
    objects = (
        ",".join(f"{json.dumps(label)}:{_json(value)}" for label, value in record.items()) for record in records
    )
    return "[" + ",\n ".join(f"{{{members}}}" for members in objects) + "]"


def to_cbor(records: Sequence[Record]) -> bytes:
    """Return a pack as ``application/senml+cbor``; numbers are integers or decimal fractions, never floats."""
    return cbor.dumps([{_LABELS.get(label, label): value for label, value in record.items()} for record in records])


def _stream(batch: Batch, content: DeclarationContent) -> DeclaredStream:
    """Return the declared stream of a batch, if it describes it."""
    if payload.declaration_hash(payload.content_bytes(content)) != batch.declaration:
        raise NoSenml("the batch cites another declaration")
    stream = next((stream for stream in content.streams if stream.name == batch.stream), None)
    if stream is None:
        raise NoSenml("the declaration does not know the batch's stream")
    if batch.columns[-1].channel >= len(stream.channels):
        raise NoSenml("the batch has a channel that its declaration does not know")
    for channel in stream.channels:
        if channel.unit and not units.is_unit(channel.unit):
            raise NoSenml(f"the declaration names a unit that SenML does not know: {channel.unit!r}")
    return stream


def _first_ms(batch: Batch) -> int | None:
    """Return when the first window began, in ms since 1970; None if that is not known."""
    if batch.boot_id is None:
        return batch.start_ms
    if batch.clock.mapping is None or batch.clock.mapping[0] != batch.boot_id:
        return None
    _, mono_ms, utc_ms, _ = batch.clock.mapping
    return batch.start_ms - mono_ms + utc_ms


def _about_batch(batch: Batch, base: str) -> Iterator[tuple[int, dict[str, Field]]]:
    """Yield what holds for all rows, with the time of the first one."""
    yield batch.start_ms, {"n": f"{base}/window", "u": "s", "v": _seconds(batch.step_ms)}
    yield batch.start_ms, {"n": f"{base}/clock", "vs": batch.clock.quality.name.lower()}
    if batch.clock.error_ms is not None:
        yield batch.start_ms, {"n": f"{base}/clock-error", "u": "s", "v": _seconds(batch.clock.error_ms)}


def _rows(batch: Batch, stream: DeclaredStream, base: str) -> Iterator[tuple[int, dict[str, Field]]]:
    """Yield values and quality codes, each with the start of its window."""
    for row in range(batch.rows):
        at_ms = batch.start_ms + row * batch.step_ms
        for column in batch.columns:
            channel = stream.channels[column.channel]
            name = f"{base}:{channel.name}"
            value, quality = column.values[row], column.quality[row]
            if value is not None:
                unit: dict[str, Field] = {"u": channel.unit} if channel.unit else {}
                yield at_ms, {"n": name} | unit | {"v": _scaled(value, column.exponent)}
            if quality is not Quality.OK:
                yield at_ms, {"n": f"{name}/quality", "vs": quality.name.lower()}


def _scaled(value: int, exponent: int) -> int | Decimal:
    return value if exponent == 0 else Decimal((value < 0, tuple(map(int, str(abs(value)))), exponent))


def _seconds(ms: int) -> int | Decimal:
    return ms // 1000 if ms % 1000 == 0 else _scaled(ms, -3)


def _json(value: Field) -> str:
    return format(value, "f") if isinstance(value, Decimal) else json.dumps(value)
