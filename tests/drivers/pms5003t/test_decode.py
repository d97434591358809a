from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import InvalidData
from drivers.pms5003t import MODEL
from drivers.pms5003t.frames import LAYOUT
from drivers.sim.captures import read_hexdump
from drivers.sim.pms5003t import framed
from tests.support.serial_sensors import CAPTURES, capture_rows, feed_cut, feed_each

RECORDED = read_hexdump(CAPTURES / "pms5003t.hexdump")
COLUMNS = {
    "raw01": ("pm1_0_cf1", 1),
    "raw25": ("pm2_5_cf1", 1),
    "raw10": ("pm10_cf1", 1),
    "pm01": ("pm1_0", 1),
    "pm25": ("pm2_5", 1),
    "pm10": ("pm10", 1),
    "n0_3": ("n0_3", 100),  # the CSV counts in a cubic centimetre, the sensor in 0.1 litre
    "n0_5": ("n0_5", 100),
    "n1_0": ("n1_0", 100),
    "n2_5": ("n2_5", 100),
    "temp": ("temperature", 10),
    "rhum": ("humidity", 10),
}


def test_decode_of_the_capture_gives_the_csv_exactly() -> None:
    frames = LAYOUT.framer().feed(b"".join(RECORDED))
    rows = capture_rows("pms5003t.csv")

    assert len(frames) == len(rows) == 10
    for frame, row in zip(frames, rows, strict=True):
        assert LAYOUT.values(frame) == {
            channel: Fraction(row[column]) * factor for column, (channel, factor) in COLUMNS.items()
        }


def test_decode_gives_a_value_for_every_channel_of_the_model() -> None:
    assert set(LAYOUT.channels) == {channel.name for channel in MODEL.channels}
    assert LAYOUT.values(framed([1] * 13)).keys() == LAYOUT.unavailable().keys() == set(LAYOUT.channels)


def test_decode_of_a_frost_is_below_zero_and_nothing_else_is() -> None:
    values = LAYOUT.values(framed([0xFFFF] * 10 + [0xFF9C, 500, 0x9A00]))

    assert (values["temperature"], values["humidity"], values["pm2_5"]) == (-100, 500, 0xFFFF)


def test_decode_of_zeros_throughout_is_not_available() -> None:
    assert LAYOUT.values(framed([0] * 13)) == dict.fromkeys(LAYOUT.channels)
    assert LAYOUT.values(framed([0] * 12 + [0x9A00]))["pm2_5"] == 0


def test_decode_of_all_ones_raises_invalid_data() -> None:
    with pytest.raises(InvalidData, match=r"pms5003t: .* replace it"):
        LAYOUT.values(framed([0xFFFF] * 12 + [0x9A00]))


def test_framer_fed_byte_by_byte_returns_each_frame_with_its_last_byte() -> None:
    parser = LAYOUT.framer()

    for frame in RECORDED:
        assert feed_each(parser, frame[:-1]) == []
        assert parser.feed(frame[-1:]) == [frame]
    assert (parser.noise_bytes, parser.bad_checksums) == (0, 0)


noise = st.binary(max_size=40).filter(lambda data: LAYOUT.header not in data and data[-1:] != b"B")
frames_of_any_words = st.lists(st.integers(0, 0xFFFF), min_size=13, max_size=13).map(framed)


@given(st.lists(st.tuples(noise, frames_of_any_words), max_size=6), st.lists(st.integers(0, 999), max_size=6))
def test_framer_returns_every_valid_frame_in_headerless_noise_exactly_once_and_nothing_else(
    parts: list[tuple[bytes, bytes]], cuts: list[int]
) -> None:
    wanted = [frame for _, frame in parts]

    assert feed_cut(LAYOUT.framer(), b"".join(before + frame for before, frame in parts), cuts) == wanted
