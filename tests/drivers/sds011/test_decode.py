from fractions import Fraction

import pytest

from drivers.errors import InvalidData
from drivers.sds011 import MODEL, decode
from drivers.sds011.driver import framer
from drivers.sim.captures import read_hexdump
from tests.support.serial_sensors import CAPTURES, capture_rows


def make(data: bytes) -> bytes:
    return b"\xaa\xc0" + data + bytes([sum(data) % 256, 0xAB])


def test_decode_of_the_capture_gives_the_csv_exactly() -> None:
    frames = framer().feed(b"".join(read_hexdump(CAPTURES / "sds01x.hexdump")))
    rows = capture_rows("sds01x.csv")

    assert len(frames) == len(rows) == 10
    for frame, row in zip(frames, rows, strict=True):
        assert decode.values(frame) == {"pm2_5": Fraction(row["pm25"]) * 10, "pm10": Fraction(row["pm10"]) * 10}


def test_decode_takes_the_low_byte_first() -> None:
    assert decode.values(make(b"\x01\x02\x03\x04\x58\xd9")) == {"pm2_5": 0x0201, "pm10": 0x0403}


def test_decode_gives_a_value_for_every_channel_of_the_model() -> None:
    assert decode.unavailable().keys() == {channel.name for channel in MODEL.channels}


def test_decode_of_both_words_zero_is_not_available() -> None:
    assert decode.values(make(b"\0\0\0\0\x58\xd9")) == {"pm2_5": None, "pm10": None}


def test_decode_of_one_word_zero_is_a_measurement() -> None:
    assert decode.values(make(b"\0\0\x01\0\x58\xd9")) == {"pm2_5": 0, "pm10": 1}


def test_decode_of_all_ones_raises_invalid_data() -> None:
    with pytest.raises(InvalidData, match="replace it"):
        decode.values(make(b"\xff\xff\xff\xff\x58\xd9"))
