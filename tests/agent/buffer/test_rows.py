from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.buffer.errors import StoreDamaged
from agent.buffer.rows import checked, decode_rows, encode_row, record_sum, row_sum, stored_rows
from agent.quality import Quality

CELLS = st.lists(st.tuples(st.none() | st.integers(-(1 << 63), (1 << 63) - 1), st.sampled_from(Quality)), max_size=64)
ROW = ((1, None, -70000), (Quality.OK, Quality.NO_DATA, Quality.SATURATED))


def _encoded(cells: Sequence[tuple[int | None, Quality]]) -> bytes:
    return encode_row([value for value, _ in cells], [code for _, code in cells])


@given(st.lists(CELLS, max_size=6))
def test_rows_encoded_one_after_the_other_come_back_as_they_were(
    batch: list[list[tuple[int | None, Quality]]],
) -> None:
    data = b"".join(_encoded(cells) for cells in batch)
    decoded = [list(zip(values, codes, strict=True)) for values, codes in decode_rows(data, len(batch))]
    assert decoded == batch


@given(st.binary(max_size=80), st.integers(0, 4))
def test_decoder_fed_anything_gives_rows_that_encode_again_or_says_damaged(data: bytes, count: int) -> None:
    try:
        decoded = list(decode_rows(data, count))
    except StoreDamaged:
        return
    again = b"".join(encode_row(values, codes) for values, codes in decoded)
    assert list(decode_rows(again, count)) == decoded


@pytest.mark.parametrize("end", range(len(encode_row(*ROW))))
def test_decoder_fed_a_row_cut_anywhere_says_damaged(end: int) -> None:
    with pytest.raises(StoreDamaged):
        list(decode_rows(encode_row(*ROW)[:end], 1))


def test_decoder_fed_trailing_bytes_says_damaged() -> None:
    with pytest.raises(StoreDamaged):
        list(decode_rows(encode_row(*ROW) + b"\x00", 1))


def test_encoder_given_a_value_beyond_64_bits_refuses() -> None:
    with pytest.raises(ValueError, match="64 bits"):
        encode_row((1 << 63,), (Quality.OK,))


@pytest.mark.parametrize(
    ("values", "size"),
    [((0, -128), 4), ((127, 128), 6), ((-129,), 4), ((32768,), 6), ((1 << 31,), 10), ((-(1 << 63),), 10), ((), 2)],
)
def test_encoder_uses_the_narrowest_width_that_holds_every_value(values: tuple[int, ...], size: int) -> None:
    assert len(encode_row(values, (Quality.OK,) * len(values))) == size


def test_stored_rows_are_consecutive() -> None:
    data = encode_row((1,), (Quality.OK,)) + encode_row((2,), (Quality.OK,))
    first, second = stored_rows(data, count=2, start_ms=100, step_ms=50, boot_id=None)
    assert (first.start_ms, second.start_ms, second.values) == (100, 150, (2,))


@given(st.integers(0, 5), st.integers(0, 7))
def test_row_sum_notices_any_flipped_bit(column: int, bit: int) -> None:
    place = [7, 1, 2, 1000, b"data"]
    total = row_sum(7, 1, 2, 1000, b"data")
    cell = place[column % 5]
    if isinstance(cell, bytes):
        place[column % 5] = bytes([cell[0] ^ (1 << bit)]) + cell[1:]
    elif isinstance(cell, int):
        place[column % 5] = cell ^ (1 << bit)
    assert row_sum(*place) != total  # type: ignore[arg-type]  # a flipped column keeps its type


def test_row_sum_of_a_column_of_another_type_says_damaged() -> None:
    with pytest.raises(StoreDamaged):
        row_sum(1, 1, 1, 1, None)  # type: ignore[arg-type]  # what a damaged record may hold


def test_checked_record_that_was_changed_says_damaged() -> None:
    record = (1, "air", b"x", record_sum(1, "air", b"x"))
    assert checked(record) == record
    with pytest.raises(StoreDamaged):
        checked((2, *record[1:]))
