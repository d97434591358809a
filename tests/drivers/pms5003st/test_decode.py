import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import InvalidData
from drivers.pms5003st import MODEL
from drivers.pms5003st.frames import LAYOUT
from drivers.sim.pms5003t import framed
from tests.support.serial_sensors import feed_cut, feed_each

WORDS = [*range(1, 16), 0, 0x9A00]


def test_decode_takes_the_words_in_the_order_of_avaldebe_pypms() -> None:
    values = LAYOUT.values(framed(WORDS))

    assert list(values.values()) == list(range(1, 16))
    assert (values["pm2_5"], values["n10"]) == (5, 12)
    assert (values["formaldehyde"], values["temperature"], values["humidity"]) == (13, 14, 15)


def test_decode_gives_a_value_for_every_channel_of_the_model() -> None:
    assert set(LAYOUT.channels) == {channel.name for channel in MODEL.channels}


def test_decode_of_a_frost_is_below_zero() -> None:
    assert LAYOUT.values(framed([*range(1, 14), 0xFFF6, 15, 0, 0]))["temperature"] == -10


def test_decode_of_zeros_throughout_is_not_available() -> None:
    assert LAYOUT.values(framed([0] * 17)) == dict.fromkeys(LAYOUT.channels)


def test_decode_of_all_ones_raises_invalid_data() -> None:
    with pytest.raises(InvalidData, match=r"pms5003st: .* replace it"):
        LAYOUT.values(framed([0xFFFF] * 17))


def test_frame_is_forty_bytes_and_that_of_a_pms5003_is_none() -> None:
    assert LAYOUT.header == bytes.fromhex("42 4d 00 24")
    assert len(framed(WORDS)) == LAYOUT.length == 40
    assert feed_each(LAYOUT.framer(), framed(WORDS[:13]) * 3) == []
    assert feed_each(LAYOUT.framer(), framed(WORDS[:13]) + framed(WORDS)) == [framed(WORDS)]


noise = st.binary(max_size=40).filter(lambda data: LAYOUT.header not in data and data[-1:] != b"B")
frames_of_any_words = st.lists(st.integers(0, 0xFFFF), min_size=17, max_size=17).map(framed)


@given(st.lists(st.tuples(noise, frames_of_any_words), max_size=6), st.lists(st.integers(0, 999), max_size=6))
def test_framer_returns_every_valid_frame_in_headerless_noise_exactly_once_and_nothing_else(
    parts: list[tuple[bytes, bytes]], cuts: list[int]
) -> None:
    wanted = [frame for _, frame in parts]

    assert feed_cut(LAYOUT.framer(), b"".join(before + frame for before, frame in parts), cuts) == wanted
