"""What the sealer signs is what the wire format says, read back with nothing but the unit's public key."""

import re
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.boots import Boots
from agent.buffer.records import GapNote, Limits, Link, Overflow, StoredRow, StreamPolicy
from agent.clock import NS_PER_MS, Instant
from agent.quality import Quality
from agent.sealer import PADDING_BYTES, Sealer, StreamFormat
from agent.wire import cose, payload
from agent.wire.alarm import encode_content
from agent.wire.declared import DECLARATIONS, Declaration
from agent.wire.errors import MalformedPayload
from agent.wire.messages import Batch, ClockQuality, ClockStamp, Gap, GapReason, Kind, Mapped, Status
from agent.wire.orders import AckContent, LogContent
from tests.support import wire
from tests.support.outbox import opened, put, row, waiting
from tests.support.wire import UNIT_KEY, channel, content, status, stream

EPOCH = bytes(range(8))
BOOT = bytes([7]) * 16
CLOCK = payload.encode_clock(ClockStamp(quality=ClockQuality.SYNCHRONISED, error_ms=4))
UNSET = payload.encode_clock(ClockStamp(quality=ClockQuality.UNSET))
FORMATS = {"air": StreamFormat(exponents=(-2, 0)), "people": StreamFormat(exponents=(0,), padded_to=PADDING_BYTES)}


def _sealer(mapping: Mapped | None = None) -> Sealer:
    sealer = Sealer(UNIT_KEY, unit="corner-7", formats=FORMATS)
    if mapping is not None:
        boot_id, mono_ms, utc_ms, error_ms = mapping
        sealer.boots = Boots(boot_id)
        sealer.boots.note(
            Instant(mono_ns=mono_ms * NS_PER_MS, utc_ns=utc_ms * NS_PER_MS, synchronised=True, error_ms=error_ms)
        )
    return sealer


def _link(name: str = "air", seq: int = 0) -> Link:
    return Link(epoch=EPOCH, stream=name, seq=seq, prev=bytes(32) if seq else None)


def _row(index: int, *values: int | None, boot_id: bytes | None = None) -> StoredRow:
    quality = tuple(Quality.OK if value is not None else Quality.NO_DATA for value in values)
    return StoredRow(start_ms=60_000 * index, step_ms=60_000, boot_id=boot_id, values=values, quality=quality)


def _read(kind: Kind, envelope: bytes) -> Any:  # noqa: ANN401 - whatever was signed
    return payload.decode(kind, cose.verify(envelope, key=UNIT_KEY.public, kind=kind))


def test_batch_holds_the_rows_column_by_column() -> None:
    envelope = _sealer().batch(_link(seq=3), [_row(5, 2150, 101_325), _row(6, 2148, None)], bytes(32), CLOCK)
    batch = _read(Kind.BATCH, envelope)
    assert isinstance(batch, Batch)
    assert (batch.epoch, batch.stream, batch.seq, batch.prev) == (EPOCH, "air", 3, bytes(32))
    assert (batch.start_ms, batch.step_ms, batch.boot_id, batch.rows) == (300_000, 60_000, None, 2)
    assert [(c.channel, c.exponent, c.values) for c in batch.columns] == [
        (0, -2, (2150, 2148)),
        (1, 0, (101_325, None)),
    ]
    assert batch.columns[1].quality == (Quality.OK, Quality.NO_DATA)
    assert batch.clock == ClockStamp(quality=ClockQuality.SYNCHRONISED, error_ms=4)
    assert batch.simulated is False


class _Backlog:
    """Many rows of many channels, made as they are gone through."""

    columns = 42

    def __len__(self) -> int:
        return 390

    def __iter__(self) -> Iterator[StoredRow]:
        return (_row(index, *range(1000 * index, 1000 * index + self.columns)) for index in range(len(self)))


def test_batch_of_a_large_backlog_takes_little_more_memory_than_its_numbers() -> None:
    """Sixteen thousand; as tuples of rows and of columns they would take a hundred bytes each."""
    sealer = Sealer(UNIT_KEY, unit="corner-7", formats={"air": StreamFormat(exponents=(0,) * _Backlog.columns)})
    tracemalloc.start()
    try:
        envelope = sealer.batch(_link(), _Backlog(), bytes(32), CLOCK)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 60 * len(_Backlog()) * _Backlog.columns
    batch = _read(Kind.BATCH, envelope)
    assert [column.values for column in batch.columns] == list(zip(*(row.values for row in _Backlog()), strict=True))


def test_batch_in_which_values_come_and_go_has_each_where_it_was() -> None:
    """Longer than what is gone through at once, so that a column begins packed and goes on otherwise."""
    values = [None if index in {70, 71, 199} else index for index in range(200)]
    envelope = _sealer().batch(
        _link("people"), [_row(index, value) for index, value in enumerate(values)], bytes(32), CLOCK
    )
    (column,) = _read(Kind.BATCH, envelope).columns
    assert list(column.values) == values
    assert [code is Quality.OK for code in column.quality] == [value is not None for value in values]


@pytest.mark.parametrize("kind", [Kind.BATCH, Kind.GAP])
def test_simulated_buses_are_told_in_everything_that_is_signed(kind: Kind) -> None:
    sealer = _sealer()
    sealer.simulated = True
    note = GapNote(sealed=None, windows=None, count=1, reason=GapReason.EVICTED)
    made = {
        Kind.BATCH: lambda: sealer.batch(_link(), [_row(0, 1, 2)], bytes(32), CLOCK),
        Kind.GAP: lambda: sealer.gap(_link(), note),
    }
    assert _read(kind, made[kind]()).simulated is True


def test_batches_about_people_have_one_length_whatever_is_inside() -> None:
    sealer = _sealer()
    lengths = {
        len(sealer.batch(_link("people"), [_row(index, value) for index in range(10)], bytes(32), CLOCK))
        for value in (None, 0, 11, 4000)
    }
    assert len(lengths) == 1


@pytest.mark.parametrize(
    ("changes", "padded"),
    [
        ({}, False),
        ({"suppress_below": 10}, True),
        ({"channels": (channel("visitors", unit="1", exponent=0, sensitivity="count"),)}, True),
    ],
    ids=["measurement", "threshold", "count"],
)
def test_declaration_tells_exponents_and_whether_to_pad(changes: dict[str, Any], *, padded: bool) -> None:
    declared = content(streams=(stream(name="gone", **changes),))
    data = payload.content_bytes(declared)
    sealer = _sealer()
    sealer.learn(data)
    exponents = tuple(one.exponent for one in declared.streams[0].channels)
    envelope = sealer.batch(_link("gone"), [_row(0, *exponents)], payload.declaration_hash(data), CLOCK)
    signed = cose.verify(envelope, key=UNIT_KEY.public, kind=Kind.BATCH)
    assert tuple(column.exponent for column in _read(Kind.BATCH, envelope).columns) == exponents
    assert (len(signed) % PADDING_BYTES == 0) is padded


def test_rows_of_an_earlier_configuration_are_encoded_as_they_were_declared() -> None:
    data = payload.content_bytes(content(streams=(stream(name="air", channels=(channel("co2", exponent=0),)),)))
    sealer = _sealer()
    sealer.learn(data)
    batch = _read(Kind.BATCH, sealer.batch(_link(), [_row(0, 412)], payload.declaration_hash(data), CLOCK))
    assert [(column.exponent, column.values) for column in batch.columns] == [(0, (412,))]


@pytest.mark.parametrize(
    ("name", "values", "said"), [("air", (1,), "columns"), ("rain", (1,), "declared")], ids=["columns", "stream"]
)
def test_rows_that_are_not_of_their_streams_form_are_refused(name: str, values: tuple[int, ...], said: str) -> None:
    with pytest.raises(MalformedPayload, match=said):
        _sealer().batch(_link(name), [_row(0, *values)], bytes(32), CLOCK)


@pytest.mark.parametrize(
    ("boot_id", "mapping", "expected"),
    [
        (BOOT, None, None),
        (BOOT, (BOOT, 5, 1_790_000_000_000, 7), (BOOT, 5, 1_790_000_000_000, 7)),
        (BOOT, (bytes(range(1, 17)), 5, 1_790_000_000_000, 7), None),
        (None, (BOOT, 5, 1_790_000_000_000, 7), (BOOT, 5, 1_790_000_000_000, 7)),
    ],
    ids=["unknown", "known", "other boot", "wall time"],
)
def test_rows_on_boot_time_carry_the_mapping_once_it_is_known(
    boot_id: bytes | None, mapping: Mapped | None, expected: Mapped | None
) -> None:
    envelope = _sealer(mapping).batch(_link(), [_row(1, 1, 2, boot_id=boot_id)], bytes(32), UNSET)
    batch = _read(Kind.BATCH, envelope)
    assert (batch.boot_id, batch.clock.mapping) == (boot_id, expected)


def test_clocks_of_one_quality_share_a_batch() -> None:
    sealer = _sealer()
    other = payload.encode_clock(ClockStamp(quality=ClockQuality.SYNCHRONISED, error_ms=900))
    holdover = payload.encode_clock(ClockStamp(quality=ClockQuality.HOLDOVER, error_ms=4))
    assert sealer.clock_group(CLOCK) == sealer.clock_group(other)
    assert len({sealer.clock_group(clock) for clock in (CLOCK, holdover, UNSET)}) == 3


@pytest.mark.parametrize(
    ("sealed", "windows"),
    [((1, 3, bytes([5]) * 32), None), (None, (60_000, 60_000, 9)), (None, None)],
    ids=["sealed", "windows", "unknown extent"],
)
def test_gap_says_what_the_note_says(
    sealed: tuple[int, int, bytes] | None, windows: tuple[int, int, int] | None
) -> None:
    note = GapNote(sealed=sealed, windows=windows, count=9 if sealed or windows else 0, reason=GapReason.DAMAGED)
    gap = _read(Kind.GAP, _sealer().gap(_link(seq=9), note))
    assert isinstance(gap, Gap)
    assert (gap.sealed, gap.windows, gap.count, gap.reason) == (sealed, windows, note.count, GapReason.DAMAGED)
    assert (gap.epoch, gap.stream, gap.seq) == (EPOCH, "air", 9)


def test_declaration_holds_the_content_whose_hash_batches_cite() -> None:
    data = payload.content_bytes(content())
    declaration = _read(Kind.DECLARATION, _sealer().declaration(_link(DECLARATIONS), data))
    assert isinstance(declaration, Declaration)
    assert payload.content_bytes(declaration.content) == data


def test_status_is_signed_as_status() -> None:
    read = _read(Kind.STATUS, _sealer().status(status()))
    assert isinstance(read, Status)
    assert read == status()


def test_texts_of_refusals_hold_no_value() -> None:
    with pytest.raises(MalformedPayload) as refused:
        _sealer().batch(_link(), [_row(0, 987_654)], bytes(32), CLOCK)
    assert not re.search("987", str(refused.value))


async def test_outbox_with_the_real_sealer_chains_envelopes_that_verify(tmp_path: Path) -> None:
    policy = StreamPolicy(overflow=Overflow.DROP_OLDEST, batch_rows=5, backlog_rows=20, columns=2)
    data = payload.content_bytes(content(streams=(stream(name="air"),)))
    outbox = await opened(
        tmp_path / "outbox.db",
        streams={"air": policy},
        maker=_sealer(),  # type: ignore[arg-type]  # the helper is written for the readable maker
        limits=Limits(max_bytes=1 << 20, free_floor_bytes=0, loss_window_s=100),
    )
    await outbox.declare(data)
    for first in range(0, 40, 5):
        put(
            outbox,
            [row(index, values=(index, None)) for index in range(first, first + 5)],
            declaration=payload.declaration_hash(data),
            clock=CLOCK,
        )
        await outbox.flush()
    await outbox.seal()
    declaration, *batches = await waiting(outbox)
    _read(Kind.DECLARATION, declaration.data)
    read = sorted((_read(Kind.BATCH, e.data) for e in batches), key=lambda batch: int(batch.seq))
    hashes = {_read(Kind.BATCH, e.data).seq: cose.envelope_hash(e.data) for e in batches}
    assert [batch.prev for batch in read] == [None, *(hashes[batch.seq - 1] for batch in read[1:])]
    values = sorted(value for batch in read for value in batch.columns[0].values)
    assert values == list(range(40))
    await outbox.close()


def test_outline_names_streams_and_channels() -> None:
    declared = content(streams=(stream(name="air", channels=(channel("pm25"), channel("pm10"))),))
    assert _sealer().outline(payload.content_bytes(declared)) == (("air", ("pm25", "pm10")),)


def test_note_is_sealed_as_its_stream_demands() -> None:
    ack = AckContent(
        unit="corner-7",
        version=3,
        document=bytes(32),
        outcomes=(),
        clock=ClockQuality.UNSET,
        utc_ms=None,
        simulated=False,
    )
    head = LogContent(
        unit="corner-7", last=4, head=bytes(32), first=1, base=bytes(32), clock=ClockQuality.UNSET, utc_ms=None
    )
    sealed_ack = _read(Kind.ACK, _sealer().note(_link("_ack", seq=1), payload.encode_ack_content(ack)))
    assert (sealed_ack.stream, sealed_ack.seq, sealed_ack.prev, sealed_ack.content) == ("_ack", 1, bytes(32), ack)
    sealed_head = _read(Kind.LOG, _sealer().note(_link("_log"), payload.encode_log_content(head)))
    assert (sealed_head.stream, sealed_head.seq, sealed_head.prev, sealed_head.content) == ("_log", 0, None, head)


def test_note_of_another_form_is_refused() -> None:
    with pytest.raises(MalformedPayload):
        _sealer().note(_link("_ack"), b"\x01")


def test_note_in_a_stream_of_rows_is_sealed_as_an_alarm_in_its_place() -> None:
    told = wire.alarm(stream="air", seq=4, prev=bytes(32), epoch=_link("air", seq=4).epoch)
    assert _read(Kind.ALARM, _sealer().note(_link("air", seq=4), encode_content(told))) == told


def test_start_of_an_alarm_is_that_of_its_window_and_none_for_one_of_boot_time() -> None:
    sealer = _sealer()
    dated, undated = (wire.alarm(boot_id=boot) for boot in (None, bytes(16)))
    starts = [sealer.start_ms(sealer.note(_link("air", seq=1), encode_content(alarm))) for alarm in (dated, undated)]
    assert starts == [dated.start_ms, None]
