import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import InvalidData
from drivers.mhz19b import decode, frames
from drivers.mhz19b.driver import framer
from drivers.sim.captures import read_hexdump
from tests.support.serial_sensors import CAPTURES, capture_rows, feed_cut, feed_each

RECORDED = read_hexdump(CAPTURES / "mhz19b.hexdump")


def make(content: bytes) -> bytes:
    return b"\xff\x86" + content + bytes([-(0x86 + sum(content)) % 256])


def test_decode_of_the_capture_gives_the_csv_exactly() -> None:
    found = framer().feed(b"".join(RECORDED))
    rows = capture_rows("mhz19b.csv")

    assert len(found) == len(rows) == 10
    assert [decode.values(frame) for frame in found] == [{"co2": int(row["CO2"])} for row in rows]


def test_decode_of_the_makers_worked_example_is_544_ppm() -> None:
    """MH-Z19B User's Manual, page 7: FF 86 02 20 00 00 00 00 58 is 2 * 256 + 32 = 544 ppm."""
    example = bytes.fromhex("FF 86 02 20 00 00 00 00 58")

    assert framer().feed(example) == [example]
    assert decode.values(example) == {"co2": 544}


def test_requests_are_those_of_the_manual() -> None:
    """Page 7, 0x86 and 0x79."""
    assert bytes.fromhex("FF 01 86 00 00 00 00 00 79") == frames.READ
    assert bytes.fromhex("FF 01 79 A0 00 00 00 00 E6") == frames.CALIBRATES_ITSELF
    assert bytes.fromhex("FF 01 79 00 00 00 00 00 86") == frames.NEVER_CALIBRATES_ITSELF


def test_ticks_keep_the_bytes_that_the_manual_gives_no_meaning() -> None:
    assert decode.ticks(RECORDED[0]) == {"co2": 636, "byte4": 0x42, "byte5": 0, "byte6": 0, "byte7": 0}


def test_decode_of_an_answer_of_zeros_is_not_available() -> None:
    assert decode.values(make(bytes(6))) == {"co2": None}


def test_decode_of_a_concentration_of_ones_raises_invalid_data() -> None:
    with pytest.raises(InvalidData, match="replace it"):
        decode.values(make(b"\xff" * 6))


@pytest.mark.parametrize("position", range(2, 9))
def test_framer_with_one_bit_flipped_rejects_the_answer_and_returns_the_next(position: int) -> None:
    parser = framer()
    spoilt = bytearray(RECORDED[0])
    spoilt[position] ^= 0x04

    assert feed_each(parser, bytes(spoilt) + RECORDED[1]) == [RECORDED[1]]
    assert parser.bad_checksums == 1


noise = st.binary(max_size=24).filter(lambda data: b"\xff\x86" not in data and data[-1:] != b"\xff")
answers = st.binary(min_size=6, max_size=6).map(make)


@given(st.lists(st.tuples(noise, answers), max_size=6), st.lists(st.integers(0, 999), max_size=6))
def test_framer_returns_every_answer_in_headerless_noise_exactly_once_and_nothing_else(
    parts: list[tuple[bytes, bytes]], cuts: list[int]
) -> None:
    wanted = [frame for _, frame in parts]

    assert feed_cut(framer(), b"".join(before + frame for before, frame in parts), cuts) == wanted
