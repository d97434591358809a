from fractions import Fraction

import pytest

from drivers.errors import InvalidData
from drivers.pmsx003 import MODEL, decode
from drivers.pmsx003.driver import framer
from drivers.sim.captures import read_hexdump
from tests.support.serial_sensors import CAPTURES, capture_rows

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
    "n5_0": ("n5_0", 100),
    "n10_0": ("n10", 100),
}


def make(words: list[int]) -> bytes:
    content = b"\x42\x4d\x00\x1c" + b"".join(word.to_bytes(2, "big") for word in words)
    return content + sum(content).to_bytes(2, "big")


def test_decode_of_the_capture_gives_the_csv_exactly() -> None:
    frames = framer().feed(b"".join(read_hexdump(CAPTURES / "pmsx003.hexdump")))
    rows = capture_rows("pmsx003.csv")

    assert len(frames) == len(rows) == 10
    for frame, row in zip(frames, rows, strict=True):
        expected = {channel: Fraction(row[column]) * factor for column, (channel, factor) in COLUMNS.items()}
        assert decode.values(frame) == expected


def test_decode_gives_a_value_for_every_channel_of_the_model() -> None:
    names = {channel.name for channel in MODEL.channels}

    assert decode.values(make([1] * 13)).keys() == names == decode.unavailable().keys()


def test_ticks_are_named_as_in_the_manual() -> None:
    assert decode.ticks(make(list(range(1, 14)))) == {f"data{number}": number for number in range(1, 14)}


def test_decode_of_thirteen_zero_words_is_not_available() -> None:
    assert decode.values(make([0] * 13)) == dict.fromkeys(channel.name for channel in MODEL.channels)


def test_decode_of_zeros_beside_a_version_is_clean_air() -> None:
    assert set(decode.values(make([0] * 12 + [0x9700])).values()) == {0}


def test_decode_of_all_ones_raises_invalid_data() -> None:
    with pytest.raises(InvalidData, match="replace it"):
        decode.values(make([0xFFFF] * 12 + [0x9700]))


def test_decode_of_one_word_of_ones_is_a_value_out_of_the_plausible_range() -> None:
    found = decode.values(make([5] * 4 + [0xFFFF] + [5] * 8))["pm2_5"]
    channel = MODEL.channel("pm2_5")

    assert channel is not None
    assert found is not None
    assert found > channel.maximum
