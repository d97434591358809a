import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.sim.tfmini import SimulatedTfmini
from drivers.tfmini import MODEL, decode, frames
from drivers.tfmini.driver import framer
from tests.support.serial_sensors import feed_cut, feed_each


def make(distance: int, strength: int, temperature: int) -> bytes:
    words = b"".join(word.to_bytes(2, "little") for word in (distance, strength, temperature))
    content = b"\x59\x59" + words
    return content + bytes([sum(content) % 256])


def test_decode_takes_low_bytes_first_and_an_eighth_of_a_degree() -> None:
    """TFmini Plus data sheet A04, table 4; TFmini-S Product Manual, page 12: Temp / 8 - 256."""
    frame = make(1000, 0x0102, (25 + 256) * 8 + 3)

    assert frame[2:4] == bytes.fromhex("e8 03")  # "Distance 1,000 = 03 E8 (HEX)", TFmini data sheet A01, page 6
    assert decode.values(frame) == {"distance": 1000, "strength": 0x0102, "temperature": 25_375}
    assert decode.ticks(frame) == {"dist": 1000, "strength": 0x0102, "temp": 2251}
    assert set(decode.values(frame)) == {channel.name for channel in MODEL.channels}


@pytest.mark.parametrize(
    ("distance", "strength"),
    [(0xFFFF, 80), (0xFFFE, 0xFFFF), (0xFFFC, 300), (0, 80), (200, 0xFFFF)],
    ids=["weak", "saturated", "sunlight", "weak_plus", "saturated_plus"],
)
def test_distance_that_is_none_is_not_available(distance: int, strength: int) -> None:
    """TFmini-S Product Manual, page 12, table 8: -1, -2 and -4."""
    values = decode.values(make(distance, strength, 2248))

    assert values["distance"] is None
    assert values["strength"] == (None if strength == 0xFFFF else strength)


def test_temperature_of_a_sensor_without_one_is_not_available() -> None:
    assert decode.values(make(100, 1000, 0x0002))["temperature"] is None
    assert decode.values(make(100, 1000, (256 - 30) * 8))["temperature"] == -30_000


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (frames.CENTIMETRES, "5A 05 05 01 65"),
        (frames.frame_rate(1000), "5A 06 03 E8 03 4E"),
        (frames.frame_rate(10), "5A 06 03 0A 00 6D"),
    ],
    ids=["tfmini_s_page_17", "tfmini_plus_manual_a04_page_17", "ten"],
)
def test_commands_are_those_of_the_makers_examples(command: bytes, expected: str) -> None:
    assert command == bytes.fromhex(expected)


def test_framer_fed_byte_by_byte_returns_each_frame_with_its_last_byte() -> None:
    parser, frame = framer(), SimulatedTfmini().frame()

    for _ in range(3):
        assert feed_each(parser, frame[:-1]) == []
        assert parser.feed(frame[-1:]) == [frame]
    assert (parser.noise_bytes, parser.bad_checksums) == (0, 0)


def test_framer_passes_over_answers_and_finds_the_frame_behind_a_false_header() -> None:
    frame = SimulatedTfmini().frame()

    assert feed_each(framer(), frames.CENTIMETRES + frames.frame_rate(10) + b"\x59" + frame) == [frame]


noise = st.binary(max_size=24).filter(lambda data: b"\x59\x59" not in data and data[-1:] != b"\x59")
word = st.integers(0, 0xFFFF)


@given(
    st.lists(st.tuples(noise, st.builds(make, word, word, word)), max_size=6),
    st.lists(st.integers(0, 999), max_size=6),
)
def test_framer_returns_every_valid_frame_in_headerless_noise_exactly_once_and_nothing_else(
    parts: list[tuple[bytes, bytes]], cuts: list[int]
) -> None:
    wanted = [frame for _, frame in parts]

    assert feed_cut(framer(), b"".join(before + frame for before, frame in parts), cuts) == wanted
