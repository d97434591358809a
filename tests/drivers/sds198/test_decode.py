from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import InvalidData
from drivers.novafitness_driver import Report
from drivers.sds198 import decode, frames
from drivers.sim.captures import read_hexdump
from tests.support.serial_sensors import CAPTURES, capture_rows, feed_cut, feed_each

RECORDED = read_hexdump(CAPTURES / "sds198.hexdump")
REPORT = Report(frames.CHIP, header=frames.DATA_HEADER, decode=decode)


def make(kind: int, data: bytes) -> bytes:
    return bytes([0xAA, kind]) + data + bytes([sum(data) % 256, 0xAB])


def test_decode_of_the_capture_gives_the_csv_exactly() -> None:
    found = REPORT.framer().feed(b"".join(RECORDED))
    rows = capture_rows("sds198.csv")

    assert len(found) == len(rows) == 6
    assert [decode.values(frame) for frame in found] == [{"pm100": Fraction(row["pm100"])} for row in rows]


def test_decode_takes_the_second_word_low_byte_first() -> None:
    frame = make(0xCF, b"\x01\x02\x03\x04\xe9\x05")

    assert decode.values(frame) == {"pm100": 0x0403}
    assert decode.ticks(frame) == {"reserved": 0x0201, "pm100": 0x0403}


def test_decode_of_two_zero_words_is_not_available_and_clean_air_is_zero() -> None:
    assert decode.values(make(0xCF, b"\0\0\0\0\xe9\x05")) == {"pm100": None}
    assert decode.values(make(0xCF, b"\x0e\0\0\0\xe9\x05")) == {"pm100": 0}


def test_decode_of_all_ones_raises_invalid_data() -> None:
    with pytest.raises(InvalidData, match="replace it"):
        decode.values(make(0xCF, b"\x0e\0\xff\xff\xe9\x05"))


def test_framer_passes_over_the_reports_of_an_sds011() -> None:
    other = make(0xC0, b"\x06\x00\x06\x00\x58\xd9")

    assert feed_each(REPORT.framer(), other + RECORDED[0] + other) == [RECORDED[0]]


noise = st.binary(max_size=24).filter(
    lambda data: b"\xaa\xcf" not in data and b"\xaa\xc5" not in data and data[-1:] != b"\xaa"
)
reports = st.builds(make, st.sampled_from([0xCF, 0xC5]), st.binary(min_size=6, max_size=6))


@given(st.lists(st.tuples(noise, reports), max_size=6), st.lists(st.integers(0, 999), max_size=6))
def test_framer_returns_every_valid_frame_in_headerless_noise_exactly_once_and_nothing_else(
    parts: list[tuple[bytes, bytes]], cuts: list[int]
) -> None:
    wanted = [frame for _, frame in parts]

    assert feed_cut(REPORT.framer(), b"".join(before + frame for before, frame in parts), cuts) == wanted
