import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.sds011 import frames
from drivers.sds011.driver import framer
from drivers.sds011.frames import Command, Mode, Power
from drivers.sim.captures import read_hexdump
from tests.support.serial_sensors import CAPTURES, feed_cut, feed_each

RECORDED = read_hexdump(CAPTURES / "sds01x.hexdump")


def make(kind: int, data: bytes) -> bytes:
    return bytes([0xAA, kind]) + data + bytes([sum(data) % 256, 0xAB])


REPLY = make(0xC5, b"\x02\x00\x01\x00\x58\xd9")


def test_framer_fed_the_capture_whole_returns_its_ten_frames() -> None:
    assert len(RECORDED) == 10
    assert framer().feed(b"".join(RECORDED)) == RECORDED


def test_framer_fed_the_capture_byte_by_byte_returns_each_frame_with_its_last_byte() -> None:
    parser = framer()

    for frame in RECORDED:
        assert feed_each(parser, frame[:-1]) == []
        assert parser.feed(frame[-1:]) == [frame]
    assert (parser.noise_bytes, parser.bad_checksums) == (0, 0)


def test_framer_keeps_what_follows_a_frame() -> None:
    parser = framer()

    assert parser.feed(RECORDED[0] + REPLY[:3]) == [RECORDED[0]]
    assert parser.feed(REPLY[3:]) == [REPLY]


@pytest.mark.parametrize("position", range(2, 10))
def test_framer_with_one_bit_flipped_rejects_the_frame_and_returns_the_next(position: int) -> None:
    parser = framer()
    spoilt = bytearray(RECORDED[0])
    spoilt[position] ^= 0x04

    assert parser.feed(bytes(spoilt) + RECORDED[1]) == [RECORDED[1]]
    assert parser.bad_checksums == 1


def test_framer_joining_inside_a_report_whose_values_look_like_a_header_returns_the_next() -> None:
    tricky = make(0xC0, b"\xaa\xc0\xaa\xc0\x58\xd9")

    assert feed_each(framer(), tricky[1:] + tricky + RECORDED[0]) == [tricky, RECORDED[0]]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (frames.set_to(Command.REPORTING_MODE, Mode.ACTIVE), "aa b4 02 01 00 00000000000000000000 ffff 01 ab"),
        (frames.set_to(Command.REPORTING_MODE, Mode.QUERY), "aa b4 02 01 01 00000000000000000000 ffff 02 ab"),
        (frames.set_to(Command.SLEEP_AND_WORK, Power.SLEEP), "aa b4 06 01 00 00000000000000000000 ffff 05 ab"),
        (frames.set_to(Command.SLEEP_AND_WORK, Power.WORK), "aa b4 06 01 01 00000000000000000000 ffff 06 ab"),
        (frames.query(Command.WORKING_PERIOD), "aa b4 08 00 00 00000000000000000000 ffff 06 ab"),
    ],
    ids=["active", "query", "sleep", "work", "ask_period"],
)
def test_command_is_as_avaldebe_pypms_has_it(command: bytes, expected: str) -> None:
    assert command == bytes.fromhex(expected)


def test_reply_value_of_a_reply_to_another_command_is_none() -> None:
    assert frames.reply_value(REPLY, Command.REPORTING_MODE) == Mode.QUERY
    assert frames.reply_value(REPLY, Command.WORKING_PERIOD) is None
    assert frames.reply_value(RECORDED[0], Command.REPORTING_MODE) is None


noise = st.binary(max_size=24).filter(
    lambda data: b"\xaa\xc0" not in data and b"\xaa\xc5" not in data and data[-1:] != b"\xaa"
)
reports = st.builds(make, st.sampled_from([0xC0, 0xC5]), st.binary(min_size=6, max_size=6))


@given(st.lists(st.tuples(noise, reports), max_size=6), st.lists(st.integers(0, 999), max_size=6))
def test_framer_returns_every_valid_frame_in_headerless_noise_exactly_once_and_nothing_else(
    parts: list[tuple[bytes, bytes]], cuts: list[int]
) -> None:
    wanted = [frame for _, frame in parts]

    assert feed_cut(framer(), b"".join(before + frame for before, frame in parts), cuts) == wanted
