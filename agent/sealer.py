"""The sealer: stored rows, losses and declarations in, signed envelopes out. The only stage that sees the unit's key.

In: what the outbox has, inside its transaction. Out: envelopes, and the unit's status. Never: a value that was not in
a stored row, a file, a wait.

Its methods are called on the outbox's thread, `status` on the event loop.
"""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice, repeat
from typing import TYPE_CHECKING, Final

from agent.boots import Boots
from agent.buffer.records import GapNote, Link, StoredRow, StoredRows
from agent.quality import Quality
from agent.wire import alarm, cose, payload
from agent.wire.chain import Place
from agent.wire.cose import Signer
from agent.wire.declared import Declaration, DeclaredStream
from agent.wire.errors import MalformedPayload
from agent.wire.messages import Alarm, Batch, ClockStamp, Column, Gap, GapReason, Status
from agent.wire.orders import ACKNOWLEDGEMENTS, LOGS, Ack, Log
from agent.wire.payload import KINDS

if TYPE_CHECKING:
    from agent.privacy.merge import Merging

    Values = array[int] | list[int | None]

_AT_ONCE: Final = 64
"""Rows of which the values are objects at a time, while a batch is made."""

PADDING_BYTES = 64
"""Payloads of streams about people or vehicles are padded to a multiple of this: their length must tell nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamFormat:
    """How the batches of a stream are encoded.

    Attributes:
        exponents: power of ten of each column, in order.
        padded_to: payloads are padded to a multiple of this many bytes, 0 for none.
    """

    exponents: tuple[int, ...]
    padded_to: int = 0


class Sealer:
    """Makes the envelopes of one unit.

    Args:
        key: signs.
        unit: the unit's id.
        formats: of the configured streams; what a declaration says goes before.

    Attributes:
        simulated: a simulated bus is behind any sensor; said in everything that is signed.
        boots: knows where the rows of a boot lie in time; None when nobody does.
    """

    def __init__(self, key: Signer, *, unit: str, formats: Mapping[str, StreamFormat]) -> None:
        self.unit = unit
        self.simulated = False
        self.boots: Boots | None = None
        self._key = key
        self._formats = dict(formats)
        self._declared: dict[bytes, dict[str, StreamFormat]] = {}

    def learn(self, content: bytes) -> None:
        """Remember what a declaration says of its streams: rows may be older than the configuration."""
        declared = payload.decode_content(content)
        formats = {stream.name: _format(stream) for stream in declared.streams}
        self._declared[payload.declaration_hash(content)] = formats

    def clock_group(self, clock: bytes) -> int:
        """Return the clock's quality: rows of one quality share a batch, and the last one's stamp stands for them."""
        return int(payload.decode_clock(clock).quality)

    def batch(self, link: Link, rows: StoredRows, declaration: bytes, clock: bytes) -> bytes:
        """Return the envelope of consecutive rows.

        Raises:
            MalformedPayload: the rows are not of the form that their stream has.
        """
        form = self._form(link.stream, declaration)
        first = next(iter(rows))
        if len(form.exponents) != len(first.values):
            raise MalformedPayload(f"batch of {link.stream}: another number of columns than was declared")
        return self._seal(
            Batch(
                epoch=link.epoch,
                stream=link.stream,
                seq=link.seq,
                prev=link.prev,
                start_ms=first.start_ms,
                step_ms=first.step_ms,
                boot_id=first.boot_id,
                columns=_columns(form, rows),
                declaration=declaration,
                clock=self._stamp(clock, first, end_ms=first.start_ms + len(rows) * first.step_ms),
                simulated=self.simulated,
                padded_to=form.padded_to,
            )
        )

    def _form(self, stream: str, declaration: bytes) -> StreamFormat:
        form = self._declared.get(declaration, {}).get(stream) or self._formats.get(stream)
        if form is None:
            raise MalformedPayload(f"batch of {stream}: the stream is neither declared nor configured")
        return form

    def _stamp(self, clock: bytes, first: StoredRow, *, end_ms: int) -> ClockStamp:
        """Return the clock's state, with what is known by now of where the rows' boot lies in time."""
        stamp = payload.decode_clock(clock)
        if self.boots is None:
            return stamp
        return self.boots.place(stamp, first.boot_id, start_ms=first.start_ms, end_ms=end_ms)

    def start_ms(self, data: bytes) -> int | None:
        """Return the start of the first window in a batch or alarm of ours; None where it is not wall time."""
        found = payload.decode(cose.peek(data).kind, cose.payload_of(data))
        return found.start_ms if isinstance(found, Batch | Alarm) and found.boot_id is None else None

    def gap(self, link: Link, note: GapNote) -> bytes:
        """Return the envelope of a gap record."""
        return self._seal(
            Gap(
                epoch=link.epoch,
                stream=link.stream,
                seq=link.seq,
                prev=link.prev,
                sealed=note.sealed,
                windows=note.windows,
                count=note.count,
                reason=GapReason(note.reason),
                simulated=self.simulated,
                ended=note.ended,
            )
        )

    def declaration(self, link: Link, content: bytes) -> bytes:
        """Return the envelope of a declaration."""
        return self._seal(
            Declaration(
                epoch=link.epoch,
                stream=link.stream,
                seq=link.seq,
                prev=link.prev,
                content=payload.decode_content(content),
            )
        )

    def outline(self, content: bytes) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Return the names of the streams in a declaration, each with the names of its channels."""
        streams = payload.decode_content(content).streams
        return tuple((stream.name, tuple(channel.name for channel in stream.channels)) for stream in streams)

    def merging(self, content: bytes, stream: str) -> "tuple[Merging, ...] | None":
        """Return how the columns of a stream merge by a declaration; None for a stream that is not in it."""
        from agent.merging import mergings  # noqa: PLC0415 - only where a stream is thinned

        declared = payload.decode_content(content).streams
        return next((mergings(one) for one in declared if one.name == stream), None)

    def note(self, link: Link, content: bytes) -> bytes:
        """Return the envelope of an acknowledgement, of a head of the disclosure log, or of an alarm of a stream."""
        message: Ack | Log | Alarm
        if link.stream == LOGS:
            message = Log(
                epoch=link.epoch,
                stream=link.stream,
                seq=link.seq,
                prev=link.prev,
                content=payload.decode_log_content(content),
            )
        elif link.stream != ACKNOWLEDGEMENTS:
            message = self._alarm(link, content)
        else:
            message = Ack(
                epoch=link.epoch,
                stream=link.stream,
                seq=link.seq,
                prev=link.prev,
                content=payload.decode_ack_content(content),
            )
        return self._seal(message)

    def _alarm(self, link: Link, content: bytes) -> Alarm:
        """Return an alarm in its place; one of a boot's time says where that boot lies, if that is known."""
        told = alarm.placed(content, Place(link.epoch, link.stream, link.seq, link.prev))
        if self.boots is None or told.boot_id is None:
            return told
        end_ms = told.start_ms + told.step_ms
        clock = self.boots.place(told.clock, told.boot_id, start_ms=told.start_ms, end_ms=end_ms)
        return replace(told, clock=clock)

    def status(self, status: Status) -> bytes:
        """Return the envelope of a status, for now or as a last will."""
        return self._seal(status)

    def _seal(self, message: Batch | Gap | Declaration | Status | Ack | Log | Alarm) -> bytes:
        return cose.sign(payload.encode(message), kind=KINDS[type(message)], signer=self._key)


def _format(stream: DeclaredStream) -> StreamFormat:
    """Return how a declared stream is encoded: one with a suppression threshold or a count is about people."""
    people = stream.suppress_below is not None or any(channel.sensitivity == "count" for channel in stream.channels)
    return StreamFormat(
        exponents=tuple(channel.exponent for channel in stream.channels), padded_to=PADDING_BYTES if people else 0
    )


def _columns(form: StreamFormat, rows: StoredRows) -> tuple[Column, ...]:
    """Return the rows column by column, some at a time: as objects those of a large batch are a megabyte and more."""
    values: list[Values] = [array("q") for _ in form.exponents]
    codes: list[tuple[Quality, ...]] = []
    left = iter(rows)
    while some := list(islice(left, _AT_ONCE)):
        parts = zip(*(row.values for row in some), strict=True)
        values = [_grown(column, part) for column, part in zip(values, parts, strict=True)]
        codes += [row.quality for row in some]
    plain = (Quality.OK,) * len(codes)
    qualities = zip(*codes, strict=True) if any(map(any, codes)) else repeat(plain, len(values))
    return tuple(
        Column(channel=channel, exponent=exponent, values=column, quality=quality)
        for channel, (exponent, column, quality) in enumerate(zip(form.exponents, values, qualities, strict=True))
    )


def _grown(column: "Values", part: tuple[int | None, ...]) -> "Values":
    """Return a column with more values: packed until one of them is not there."""
    if None in part:
        return [*column, *part]
    column.extend(part)  # type: ignore[arg-type]  # they are all there
    return column
