"""The bytes of rows inside the store: compact, self-delimiting, checksummed.

In: released rows. Out: bytes, and stored rows again. Never: a value that does not match its checksum.

A row is ``width | 4 if it has codes``, the number of columns, then (with codes) one byte per column, the quality with
bit 7 set where the value is null, then the values that are there as little-endian integers of 1, 2, 4 or 8 bytes.
"""

import struct
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Final
from zlib import crc32

from agent.buffer.errors import StoreDamaged
from agent.buffer.records import StoredRow
from agent.quality import Quality

_FORMATS: Final = "bhiq"
_BITS: Final = (7, 15, 31)
_CODED: Final = 4
_NULL: Final = 0x80
_QUALITY: Final = {int(code): code for code in Quality}
_PLACE: Final = struct.Struct("<qqqq")

Cell = int | str | bytes | None
"""What a column can hold."""

Cells = tuple[tuple[int | None, ...], tuple[Quality, ...]]
"""The values and the quality codes of one row."""


def encode_row(values: Sequence[int | None], quality: Sequence[Quality]) -> bytes:
    """Return one row as bytes.

    Raises:
        ValueError: more than 255 columns, or a value beyond 64 bits.
    """
    numbers = [value for value in values if value is not None]
    width = _width(min(numbers), max(numbers)) if numbers else 0
    try:
        packed = struct.pack(f"<{len(numbers)}{_FORMATS[width]}", *numbers)
        if len(numbers) == len(values) and not any(quality):
            return bytes((width, len(values))) + packed
        codes = bytes(
            code if value is not None else code | _NULL for value, code in zip(values, quality, strict=True)
        )
        return bytes((width | _CODED, len(values))) + codes + packed
    except struct.error:
        raise ValueError("a value does not fit in 64 bits") from None


def _width(low: int, high: int) -> int:
    """Return which of the four formats holds everything between `low` and `high`."""
    bits = max(low.bit_length() if low >= 0 else (~low).bit_length(), high.bit_length() if high >= 0 else 0)
    return next((width for width, most in enumerate(_BITS) if bits <= most), len(_BITS))


def decode_rows(data: bytes, count: int) -> Iterator[Cells]:
    """Yield the `count` rows that `data` holds.

    Raises:
        StoreDamaged: `data` is something else.
    """
    offset = 0
    try:
        for _ in range(count):
            cells, offset = _decode_row(data, offset)
            yield cells
    except (struct.error, IndexError, KeyError) as error:
        raise StoreDamaged("a stored row is cut off or has an impossible code") from error
    if offset != len(data):
        raise StoreDamaged("stored rows are followed by bytes that belong to none")


def _decode_row(data: bytes, offset: int) -> tuple[Cells, int]:
    """Return the row at `offset`, and where the next one begins."""
    kind, columns = data[offset], data[offset + 1]
    width, offset = kind & 3, offset + 2
    if kind < _CODED:
        values = struct.unpack_from(f"<{columns}{_FORMATS[width]}", data, offset)
        return (values, _plain(columns)), offset + (columns << width)
    codes = data[offset : offset + columns]
    if len(codes) != columns or kind > _CODED + 3:
        raise IndexError(columns)
    offset += columns
    there = sum(code < _NULL for code in codes)
    numbers = iter(struct.unpack_from(f"<{there}{_FORMATS[width]}", data, offset))
    nullable = tuple(next(numbers) if code < _NULL else None for code in codes)
    return (nullable, tuple(_QUALITY[code & ~_NULL] for code in codes)), offset + (there << width)


@cache
def _plain(columns: int) -> tuple[Quality, ...]:
    """Return the codes of a row whose values are all there, the same for all of them; `columns` is one byte."""
    return (Quality.OK,) * columns


def columns_of(data: bytes) -> int:
    """Return how many columns the first of encoded rows has."""
    return data[1]


def without_first(data: bytes, count: int) -> bytes:
    """Return encoded rows without the first `count` of them.

    Raises:
        StoreDamaged: `data` is something else.
    """
    offset = 0
    try:
        for _ in range(count):
            _, offset = _decode_row(data, offset)
    except (struct.error, IndexError, KeyError) as error:
        raise StoreDamaged("a stored row is cut off or has an impossible code") from error
    return data[offset:]


def stored_rows(
    data: bytes, *, count: int, start_ms: int, step_ms: int, boot_id: bytes | None
) -> Iterator[StoredRow]:
    """Yield `count` consecutive rows, the first of which starts at `start_ms`.

    Raises:
        StoreDamaged: `data` is something else.
    """
    for index, (values, quality) in enumerate(decode_rows(data, count)):
        yield StoredRow(
            start_ms=start_ms + index * step_ms, step_ms=step_ms, boot_id=boot_id, values=values, quality=quality
        )


def row_sum(row_id: int, stream: int, context: int, start_ms: int, data: bytes) -> int:
    """Return the checksum of a row of `fresh`.

    Raises:
        StoreDamaged: a column holds another type than it was given.
    """
    try:
        return crc32(data, crc32(_PLACE.pack(row_id, stream, context, start_ms)))
    except (struct.error, TypeError) as error:
        raise StoreDamaged("a stored row has columns of another type") from error


def fresh_of(record: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the columns of a row of `fresh`, without its checksum.

    Raises:
        StoreDamaged: it does not match its checksum.
    """
    if row_sum(*record[:5]) != record[5]:
        raise StoreDamaged("a stored row does not match its checksum")
    return record[:5]


def record_sum(*cells: Cell) -> int:
    """Return the checksum of any other record."""
    return crc32(repr(cells).encode())


def checked(record: Sequence[Any]) -> Sequence[Any]:
    """Return a record whose last column is the `record_sum` of the others.

    Raises:
        StoreDamaged: it is not.
    """
    if record_sum(*record[:-1]) != record[-1]:
        raise StoreDamaged("a stored record does not match its checksum")
    return record
