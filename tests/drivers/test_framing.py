"""The framer, on frames of a kind of its own: ``A5 5A``, three bytes, their sum."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.framing import FixedFramer
from tests.support.serial_sensors import feed_cut, feed_each

HEADER = b"\xa5\x5a"
LENGTH = 6


def valid(frame: bytes) -> bool:
    return frame[-1] == sum(frame[2:-1]) & 0xFF


def make(content: bytes) -> bytes:
    return HEADER + content + bytes([sum(content) & 0xFF])


def framer() -> FixedFramer:
    return FixedFramer(HEADER, length=LENGTH, valid=valid)


FRAME = make(b"\x01\x02\x03")
OTHER = make(b"\x04\x05\x06")
frames = st.binary(min_size=3, max_size=3).map(make)
headerless = st.binary(max_size=30).filter(lambda noise: HEADER not in noise and not noise.endswith(HEADER[:1]))


def test_framer_fed_a_whole_frame_returns_it() -> None:
    assert framer().feed(FRAME) == [FRAME]


def test_framer_fed_byte_by_byte_returns_nothing_until_the_last_byte() -> None:
    parser = framer()

    for index in range(LENGTH - 1):
        assert parser.feed(FRAME[index : index + 1]) == []
        assert parser.needed == LENGTH - index - 1
    assert parser.feed(FRAME[-1:]) == [FRAME]
    assert parser.needed == LENGTH


def test_framer_fed_a_frame_and_the_start_of_the_next_keeps_the_start() -> None:
    parser = framer()

    assert parser.feed(FRAME + OTHER[:4]) == [FRAME]
    assert parser.feed(OTHER[4:]) == [OTHER]
    assert parser.noise_bytes == 0


def test_framer_joining_in_the_middle_of_a_frame_returns_the_next_one() -> None:
    parser = framer()

    assert parser.feed(FRAME[3:] + OTHER) == [OTHER]
    assert parser.noise_bytes == 3


def test_framer_with_a_wrong_check_rejects_the_frame_and_returns_the_next() -> None:
    parser = framer()
    spoilt = FRAME[:-1] + b"\xee"

    assert parser.feed(spoilt + OTHER) == [OTHER]
    assert (parser.bad_checksums, parser.noise_bytes) == (1, LENGTH)


@pytest.mark.parametrize("between", range(LENGTH - 2), ids=lambda count: f"{count}_bytes_later")
def test_framer_after_a_false_header_still_returns_the_frame_that_began_inside_its_candidate(between: int) -> None:
    parser = framer()

    assert parser.feed(HEADER + bytes(between) + FRAME) == [FRAME]
    assert feed_each(framer(), HEADER + bytes(between) + FRAME) == [FRAME]


def test_framer_with_a_header_cut_in_two_finds_it() -> None:
    parser = framer()

    assert parser.feed(b"noise" + HEADER[:1]) == []
    assert parser.needed == LENGTH - 1
    assert parser.feed(FRAME[1:]) == [FRAME]
    assert parser.noise_bytes == 5


def test_framer_with_two_headers_returns_frames_of_both() -> None:
    parser = FixedFramer(b"\xa5\x5a", b"\xa5\x5b", length=LENGTH, valid=valid)
    second = b"\xa5\x5b" + FRAME[2:]

    assert parser.feed(FRAME + b"\xa5" + second) == [FRAME, second]


def test_framer_fed_a_megabyte_of_headers_holds_less_than_a_frame() -> None:
    parser = framer()

    assert parser.feed(HEADER * 500_000) == []
    assert parser.needed >= 1
    assert parser.noise_bytes > 1_000_000 - LENGTH


@given(st.lists(st.tuples(headerless, frames), max_size=8), headerless, st.lists(st.integers(0, 999), max_size=8))
def test_framer_returns_every_frame_amid_headerless_noise_exactly_once_and_nothing_else(
    parts: list[tuple[bytes, bytes]], tail: bytes, cuts: list[int]
) -> None:
    parser = framer()
    data = b"".join(noise + frame for noise, frame in parts) + tail

    assert feed_cut(parser, data, cuts) == [frame for _, frame in parts]
    assert parser.noise_bytes == sum(len(noise) for noise, _ in parts) + len(tail)


def first_valid_windows(data: bytes) -> list[bytes]:
    """Go through `data` byte by byte, taking each valid frame where it begins: the definition, written plainly."""
    found, index = [], 0
    while index + LENGTH <= len(data):
        window = data[index : index + LENGTH]
        taken = window.startswith(HEADER) and valid(window)
        found += [window] if taken else []
        index += LENGTH if taken else 1
    return found


hostile = st.lists(st.one_of(st.binary(max_size=6), frames, st.just(HEADER), st.just(HEADER[:1])), max_size=12)


@given(hostile.map(b"".join), st.lists(st.integers(0, 999), max_size=8))
def test_framer_returns_in_any_stream_cut_anyhow_the_frames_that_a_search_byte_by_byte_finds(
    data: bytes, cuts: list[int]
) -> None:
    assert feed_cut(framer(), data, cuts) == first_valid_windows(data)
