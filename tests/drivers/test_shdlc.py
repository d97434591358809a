"""SHDLC: examples of the data sheet, a capture, any frames in any noise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import shdlc
from drivers.shdlc import Reply, ReplyParser
from drivers.sim.captures import read_hexdump
from drivers.sim.sps30_serial import reply_frame
from tests.support.serial_sensors import CAPTURES, feed_cut, feed_each

RECORDED = read_hexdump(CAPTURES / "sps30.hexdump")
EMPTY = Reply(command=0x01, state=0, data=b"")
EMPTY_FRAME = bytes.fromhex("7e00010000fe7e")
STUFFED = bytes([0x7E, 0x7D, 0x11, 0x13])


def _frame(reply: Reply) -> bytes:
    return reply_frame(reply.command, reply.data, state=reply.state)


@pytest.mark.parametrize(
    ("command", "data", "sent"),
    [
        (0x00, b"\x01\x03", "7e 00 00 02 01 03 f9 7e"),
        (0x01, b"", "7e 00 01 00 fe 7e"),
        (0x03, b"", "7e 00 03 00 fc 7e"),
        (0x56, b"", "7e 00 56 00 a9 7e"),
        (0x80, b"\x00", "7e 00 80 01 00 7d 5e 7e"),
        (0xD0, b"\x03", "7e 00 d0 01 03 2b 7e"),
        (0x11, b"", "7e 00 7d 31 00 ee 7e"),
    ],
    ids=["start", "stop", "read", "clean", "interval", "serial number", "wake-up"],
)
def test_request_is_as_the_data_sheet_has_it(command: int, data: bytes, sent: str) -> None:
    assert shdlc.request(command, data) == bytes.fromhex(sent)


@pytest.mark.parametrize(
    ("frame", "reply"),
    [
        ("7e 00 00 00 00 ff 7e", Reply(command=0x00, state=0, data=b"")),
        ("7e 00 03 00 28" + "00" * 40 + "d4 7e", Reply(command=0x03, state=0, data=bytes(40))),
        ("7e 00 d0 00 15" + "30" * 20 + "00 5a 7e", Reply(command=0xD0, state=0, data=b"0" * 20 + b"\0")),
        ("7e 00 d2 00 05 0000000000 28 7e", Reply(command=0xD2, state=0, data=bytes(5))),
        ("7e 00 7d 31 43 00 ab 7e", Reply(command=0x11, state=0x43, data=b"")),
    ],
    ids=["start", "read", "serial number", "status", "wake-up of one that is awake"],
)
def test_reply_of_the_data_sheet_and_of_a_real_sensor_is_found(frame: str, reply: Reply) -> None:
    assert ReplyParser().feed(bytes.fromhex(frame)) == [reply]


def test_reply_tells_errors_and_failures_apart() -> None:
    reply = Reply(command=0, state=0xC3, data=b"")
    assert (reply.error, reply.failing) == (shdlc.NOT_NOW, True)
    assert shdlc.error_text(reply.error) == "not allowed in the sensor's present state"
    assert shdlc.error_text(0x55) == "error 0x55"


def test_parser_fed_the_capture_in_any_way_finds_its_ten_samples() -> None:
    whole, single = ReplyParser(), ReplyParser()
    replies = whole.feed(b"".join(RECORDED))
    assert [(reply.command, reply.state, len(reply.data)) for reply in replies] == [(3, 0, 40)] * 10
    for frame, reply in zip(RECORDED, replies, strict=True):
        assert feed_each(single, frame[:-1]) == []
        assert single.feed(frame[-1:]) == [reply]
    assert (single.noise_bytes, single.bad_checksums) == (0, 0)


def test_parser_keeps_what_follows_a_frame() -> None:
    parser = ReplyParser()
    assert parser.feed(EMPTY_FRAME + EMPTY_FRAME[:4]) == [EMPTY]
    assert parser.feed(EMPTY_FRAME[4:]) == [EMPTY]


def test_parser_takes_one_flag_between_two_frames() -> None:
    assert ReplyParser().feed(EMPTY_FRAME + EMPTY_FRAME[1:]) == [EMPTY, EMPTY]


def test_parser_joining_in_the_middle_of_a_frame_finds_the_next_one() -> None:
    parser = ReplyParser()
    assert parser.feed(EMPTY_FRAME[3:] + EMPTY_FRAME) == [EMPTY]
    assert parser.noise_bytes == 3


def test_parser_without_flags_forgets_what_is_longer_than_any_frame() -> None:
    parser = ReplyParser()
    parser.feed(b"\x7e" + b"\x00" * 5000)
    assert parser.noise_bytes == 5000
    assert parser.needed == 7
    assert parser.feed(EMPTY_FRAME) == [EMPTY]


@pytest.mark.parametrize("position", range(1, 6))
def test_parser_with_one_bit_flipped_rejects_the_frame_and_finds_the_next(position: int) -> None:
    parser = ReplyParser()
    spoilt = bytearray(EMPTY_FRAME)
    spoilt[position] ^= 0x04
    assert parser.feed(bytes(spoilt) + EMPTY_FRAME) == [EMPTY]


def test_parser_counts_a_frame_whose_checksum_alone_is_wrong() -> None:
    parser = ReplyParser()
    assert parser.feed(bytes.fromhex("7e00010000fd7e")) == []
    assert parser.bad_checksums == 1


@pytest.mark.parametrize(
    "content",
    ["00010000 7d", "0001 7d20 0000 fe", "00 11 0000ee", "00 13 0000ec", "01010000fd", "0001000200fc", "000100ff"],
    ids=["ends escaped", "no such escape", "bare 11", "bare 13", "address", "length", "too short"],
)
def test_parser_refuses_what_no_sender_sends(content: str) -> None:
    assert ReplyParser().feed(b"\x7e" + bytes.fromhex(content) + b"\x7e") == []


replies = st.builds(
    Reply,
    command=st.integers(0, 255) | st.sampled_from(STUFFED),
    state=st.integers(0, 255),
    data=st.binary(max_size=255) | st.lists(st.sampled_from(STUFFED), max_size=255).map(bytes),
)
flagless = st.binary(max_size=40).map(lambda noise: noise.replace(b"\x7e", b""))
# Noise of at least a byte that no sender has stuffed like this, so that it cannot be a frame by accident.
flagged = st.lists(flagless.map(lambda noise: noise + b"\x11"), max_size=4).map(b"\x7e".join)


@given(st.lists(st.tuples(flagged, replies), max_size=6), st.lists(st.integers(0, 9999), max_size=8))
def test_parser_returns_every_frame_in_any_noise_exactly_once_and_nothing_else(
    parts: list[tuple[bytes, Reply]], cuts: list[int]
) -> None:
    """Whatever noise lies between frames, flags included, each reply is found once, in order, however it arrives."""
    stream = b"".join(noise + _frame(reply) for noise, reply in parts)
    assert feed_cut(ReplyParser(), stream, cuts) == [reply for _, reply in parts]


@given(st.binary(max_size=400))
def test_parser_fed_any_bytes_finds_only_what_holds_its_checksum_and_the_same_byte_by_byte(data: bytes) -> None:
    found = ReplyParser().feed(data)
    assert feed_each(ReplyParser(), data) == found
    assert all(_frame(reply)[1:-1] in data for reply in found)


@given(st.lists(st.one_of(flagged, replies.map(_frame), st.binary(max_size=30)), max_size=5))
def test_parser_never_finds_a_reply_with_fewer_bytes_than_it_needs(pieces: list[bytes]) -> None:
    """`needed` is a lower bound: a read that waits for that many bytes never waits beyond a whole reply."""
    parser = ReplyParser()
    earliest = parser.needed
    for position, byte in enumerate(b"".join(pieces), start=1):
        if parser.feed(bytes([byte])):
            assert position >= earliest
        assert 1 <= parser.needed <= 7
        earliest = max(earliest, position + parser.needed)


@given(st.integers(0, 255), st.binary(max_size=255))
def test_request_of_any_command_is_framed_and_stuffed_as_the_simulator_does(command: int, data: bytes) -> None:
    sent = shdlc.request(command, data)
    content = bytes([0, command, len(data)]) + data
    assert sent.count(b"\x7e") == 2
    assert not set(sent[1:-1]) & {0x7E, 0x11, 0x13}
    assert len(sent) == 3 + sum(2 if byte in STUFFED else 1 for byte in content) + (
        shdlc.checksum(content) in STUFFED
    )
