"""The layout of a batch: columns of differences, runs of quality codes."""

from collections.abc import Sequence
from itertools import groupby

from agent.quality import Quality
from agent.wire import chain, fields, stamp
from agent.wire.errors import MalformedPayload
from agent.wire.messages import HASH_BYTES, MAX_COLUMNS, MAX_ROWS, Batch, Column

PADDING = 10
MAX_PADDING_BYTES = 65_535
NULL_CODES = frozenset({Quality.SUPPRESSED, Quality.WITHHELD, Quality.BUDGET_SPENT})
"""Codes that mean the value was kept back: one that is there all the same would be a disclosure."""

_CODES = tuple(Quality)
_PLAIN = (Quality.OK,)


def batch_map(batch: Batch) -> dict[int, object]:
    """Return the fields of a batch without padding, checked."""
    layout = chain.place_map(batch, "batch")
    _check(batch)
    layout[5] = _axis_map(batch)
    layout[6] = [_column_map(column) for column in batch.columns]
    layout[7] = batch.declaration
    layout[8] = stamp.stamp_map(batch.clock)
    layout[9] = batch.simulated
    return layout


def read_batch(value: object, length: int) -> Batch:
    """Return the batch that a payload of `length` bytes claims; a padded one remembers that length."""
    layout = fields.keyed(value, "batch", required=range(10), optional=(PADDING,))
    place = chain.read_place(layout, "batch")
    start_ms, step_ms, rows, boot_id = _read_axis(layout[5])
    columns = fields.array(layout[6], "batch columns", least=1, most=MAX_COLUMNS)
    if PADDING in layout:
        _check_padding(layout[PADDING])
    batch = Batch(
        epoch=place.epoch,
        stream=place.stream,
        seq=place.seq,
        prev=place.prev,
        start_ms=start_ms,
        step_ms=step_ms,
        boot_id=boot_id,
        columns=tuple(_read_column(column, rows) for column in columns),
        declaration=fields.octets(layout[7], "batch declaration", HASH_BYTES),
        clock=stamp.read_stamp(layout[8]),
        simulated=fields.boolean(layout[9], "batch simulated"),
        padded_to=length if PADDING in layout else 0,
    )
    _check(batch)
    return batch


def _axis_map(batch: Batch) -> dict[int, object]:
    axis: dict[int, object] = {0: batch.start_ms, 1: batch.step_ms, 2: batch.rows}
    if batch.boot_id is not None:
        axis[3] = batch.boot_id
    return axis


def _read_axis(value: object) -> tuple[int, int, int, bytes | None]:
    axis = fields.keyed(value, "batch time axis", required=(0, 1, 2), optional=(3,))
    return (
        fields.uint(axis[0], "batch start"),
        fields.uint(axis[1], "batch step", least=1),
        fields.uint(axis[2], "batch rows", least=1, most=MAX_ROWS),
        fields.optional(axis, 3, lambda boot: fields.octets(boot, "batch boot id", stamp.BOOT_ID_BYTES)),
    )


def _column_map(column: Column) -> dict[int, object]:
    layout: dict[int, object] = {0: column.channel, 1: column.exponent, 2: _differences(column.values)}
    if any(column.quality):
        layout[3] = _runs(column.quality)
    return layout


def _differences(values: Sequence[int | None]) -> list[int | None]:
    out: list[int | None] = []
    last = 0
    for value in values:
        if value is None:
            out.append(None)
            continue
        difference = value - last
        if not fields.INT_MIN <= difference <= fields.INT_MAX:
            raise MalformedPayload("batch column: two values are further apart than 64 bits can say")
        out.append(difference)
        last = value
    return out


def _runs(quality: Sequence[Quality]) -> list[list[int]]:
    runs = []
    at = 0
    for code, same in groupby(quality):
        length = len(list(same))
        if code is not Quality.OK:
            runs.append([at, length, int(code)])
        at += length
    return runs


def _read_column(value: object, rows: int) -> Column:
    layout = fields.keyed(value, "batch column", required=(0, 1, 2), optional=(3,))
    exponent = fields.uint(layout[1], "batch exponent", least=-fields.EXPONENT_MAX, most=fields.EXPONENT_MAX)
    return Column(
        channel=fields.uint(layout[0], "batch channel", most=MAX_COLUMNS - 1),
        exponent=exponent,
        values=_sums(fields.array(layout[2], "batch values", least=rows, most=rows)),
        quality=fields.optional(layout, 3, lambda runs: _read_runs(runs, rows)) or _PLAIN * rows,
    )


def _sums(differences: Sequence[object]) -> tuple[int | None, ...]:
    out: list[int | None] = []
    last = 0
    for difference in differences:
        if difference is None:
            out.append(None)
            continue
        last += fields.integer(difference, "batch value")
        if not fields.INT_MIN <= last <= fields.INT_MAX:
            raise MalformedPayload("batch column: a sum of differences leaves 64 bits")
        out.append(last)
    return tuple(out)


def _read_runs(value: object, rows: int) -> tuple[Quality, ...]:
    quality: list[Quality] = []
    for item in fields.array(value, "batch quality runs", least=1, most=rows):
        start, length, code = fields.array(item, "batch quality run", least=3, most=3)
        begin = fields.uint(start, "batch quality run", least=len(quality), most=rows - 1)
        number = fields.uint(code, "batch quality code", least=1, most=len(_CODES) - 1)
        count = fields.uint(length, "batch quality run", least=1, most=rows - begin)
        if quality and begin == len(quality) and quality[-1] == number:
            raise MalformedPayload("batch quality runs: neighbours with one code must be one run")
        quality.extend(_PLAIN * (begin - len(quality)))
        quality.extend((_CODES[number],) * count)
    quality.extend(_PLAIN * (rows - len(quality)))
    return tuple(quality)


def _check(batch: Batch) -> None:
    """Refuse what neither side may say, whoever says it."""
    chain.check_data(batch.stream, "batch")
    fields.sized(batch.declaration, "batch declaration", HASH_BYTES)
    fields.bounded(len(batch.columns), "batch columns", least=1, most=MAX_COLUMNS)
    rows = fields.bounded(batch.rows, "batch rows", least=1, most=MAX_ROWS)
    fields.bounded(batch.start_ms, "batch start")
    fields.bounded(batch.step_ms, "batch step", least=1)
    fields.bounded(batch.start_ms + rows * batch.step_ms, "batch end")
    if batch.boot_id is not None:
        fields.sized(batch.boot_id, "batch boot id", stamp.BOOT_ID_BYTES)
    last = -1
    for column in batch.columns:
        fields.bounded(column.channel, "batch channel, ascending", least=last + 1, most=MAX_COLUMNS - 1)
        last = column.channel
        _check_column(column, rows)


def _check_column(column: Column, rows: int) -> None:
    fields.bounded(column.exponent, "batch exponent", least=-fields.EXPONENT_MAX, most=fields.EXPONENT_MAX)
    if len(column.values) != rows or len(column.quality) != rows:
        raise MalformedPayload("batch column: expected one value and one quality code a row")
    for value, code in zip(column.values, column.quality, strict=True):
        if value is None:
            if code is Quality.OK:
                raise MalformedPayload("batch column: a null has no quality code that says why")
        elif code in NULL_CODES:
            raise MalformedPayload("batch column: a value stands where its quality code says it was kept back")
        elif not fields.INT_MIN <= value <= fields.INT_MAX:
            raise MalformedPayload("batch column: a value leaves 64 bits")


def _check_padding(value: object) -> None:
    if type(value) is not bytes or len(value) > MAX_PADDING_BYTES or value.count(0) != len(value):
        raise MalformedPayload(f"batch padding: expected at most {MAX_PADDING_BYTES} zero bytes")
