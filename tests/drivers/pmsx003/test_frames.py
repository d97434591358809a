import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.pmsx003 import frames
from drivers.pmsx003.driver import framer
from drivers.sim.captures import read_hexdump
from tests.support.serial_sensors import CAPTURES, feed_cut, feed_each

RECORDED = read_hexdump(CAPTURES / "pmsx003.hexdump")


def make(words: list[int]) -> bytes:
    content = b"\x42\x4d\x00\x1c" + b"".join(word.to_bytes(2, "big") for word in words)
    return content + sum(content).to_bytes(2, "big")


def test_framer_fed_the_capture_whole_returns_its_ten_frames() -> None:
    assert len(RECORDED) == 10
    assert framer().feed(b"".join(RECORDED)) == RECORDED


def test_framer_fed_the_capture_byte_by_byte_returns_each_frame_with_its_last_byte() -> None:
    parser = framer()

    for frame in RECORDED:
        assert feed_each(parser, frame[:-1]) == []
        assert parser.feed(frame[-1:]) == [frame]
    assert (parser.noise_bytes, parser.bad_checksums) == (0, 0)


@pytest.mark.parametrize("position", range(4, 32))
def test_framer_with_one_bit_flipped_rejects_the_frame_and_returns_the_next(position: int) -> None:
    parser = framer()
    spoilt = bytearray(RECORDED[0])
    spoilt[position] ^= 0x10

    assert parser.feed(bytes(spoilt) + RECORDED[1]) == [RECORDED[1]]
    assert parser.bad_checksums == 1


def test_framer_given_a_24_byte_frame_of_a_pms3003_returns_nothing() -> None:
    content = b"\x42\x4d\x00\x14" + bytes(18)
    assert framer().feed((content + sum(content).to_bytes(2, "big")) * 3) == []


def test_framer_given_the_answer_to_a_command_returns_the_frame_after_it() -> None:
    assert framer().feed(bytes.fromhex("42 4d 00 04 e1 01 01 75") + RECORDED[0]) == [RECORDED[0]]


def test_framer_with_a_false_header_in_the_noise_does_not_swallow_the_frame_behind_it() -> None:
    parser = framer()

    assert feed_each(parser, b"\x42\x4d\x00\x1c\x00\x42\x4d" + RECORDED[0] + RECORDED[1]) == RECORDED[:2]
    assert parser.noise_bytes == 7


@pytest.mark.parametrize("command", [frames.WAKE, frames.SLEEP, frames.ACTIVE_MODE], ids=["wake", "sleep", "active"])
def test_command_has_the_sum_of_its_first_five_bytes_at_its_end(command: bytes) -> None:
    assert int.from_bytes(command[5:], "big") == sum(command[:5])


noise = st.binary(max_size=40).filter(lambda data: b"\x42\x4d\x00\x1c" not in data and data[-1:] != b"\x42")
frames_of_any_words = st.lists(st.integers(0, 0xFFFF), min_size=13, max_size=13).map(make)


@given(st.lists(st.tuples(noise, frames_of_any_words), max_size=6), st.lists(st.integers(0, 999), max_size=6))
def test_framer_returns_every_valid_frame_in_headerless_noise_exactly_once_and_nothing_else(
    parts: list[tuple[bytes, bytes]], cuts: list[int]
) -> None:
    wanted = [frame for _, frame in parts]

    assert feed_cut(framer(), b"".join(before + frame for before, frame in parts), cuts) == wanted
