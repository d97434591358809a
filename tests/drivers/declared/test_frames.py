"""Frames: whole, byte by byte, cut, behind noise; an invariant over any bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.declared.checks import CRCS, Check, negated8
from drivers.declared.fields import Field, Kind, Order
from drivers.declared.frames import FrameCheck, FrameForm, FrameParser, LengthRule
from drivers.declared.samples import Identifier, Number, Requirement
from drivers.declared.scaling import Scaling
from tests.support.serial_sensors import feed_cut, feed_each

RANGE_FINDER = FrameForm(
    header=b"\xff",
    length=4,
    shortest=4,
    longest=4,
    check=FrameCheck(check=Check(name="sum8"), first=0, at=-1),
    channels=(Number(name="distance", field=Field(at=1, kind=Kind.U16), scaling=Scaling()),),
)
GOOD = bytes.fromhex("ff07a1a7")
COUNTER = FrameForm(
    header=b"\x40\x55",
    length=LengthRule(field=Field(at=2, kind=Kind.U8), plus=5),
    shortest=7,
    longest=20,
    footer=b"\x0d",
    check=FrameCheck(check=Check(name="crc16-modbus", crc=CRCS["crc16-modbus"]), first=2, at=-3, low_first=True),
    requirements=(Requirement(field=Field(at=3, kind=Kind.U8), allowed=(1,), otherwise="another message"),),
    channels=(Identifier(name="tag", at=3, length=1),),
)


def counted(payload: bytes) -> bytes:
    body = bytes([len(payload) + 1]) + payload
    crc = CRCS["crc16-modbus"].of(body)
    return b"\x40\x55" + body + crc.to_bytes(2, "little") + b"\x0d"


def test_frame_is_read_whole_and_byte_by_byte_and_what_follows_survives() -> None:
    assert FrameParser(RANGE_FINDER).feed(GOOD)[0].values == {"distance": 1953}
    parser = FrameParser(RANGE_FINDER)
    for byte in GOOD[:-1]:
        assert parser.needed >= 1
        assert parser.feed(bytes([byte])) == []
    assert parser.feed(GOOD[-1:] + GOOD[:2])[0].raw == {"distance": 1953}
    assert parser.needed == 2
    assert len(parser.feed(GOOD[2:])) == 1


def test_needed_is_never_more_than_what_completes_a_frame() -> None:
    for form, frame in ((RANGE_FINDER, GOOD), (COUNTER, counted(b"\x01abc"))):
        for cut in range(len(frame)):
            parser = FrameParser(form)
            parser.feed(frame[:cut])
            assert 1 <= parser.needed <= len(frame) - cut


@given(st.lists(st.integers(0, 0xFFFF), max_size=6), st.lists(st.integers(0, 60), max_size=6))
def test_frames_cut_anywhere_are_each_found_once(distances: list[int], cuts: list[int]) -> None:
    data = b""
    for distance in distances:
        frame = b"\xff" + distance.to_bytes(2, "big")
        data += frame + bytes([sum(frame) & 0xFF])
    found = [sample.values["distance"] for sample in feed_cut(FrameParser(RANGE_FINDER), data, cuts)]
    assert found == distances


@given(st.binary(max_size=40).filter(lambda noise: b"\x40" not in noise), st.binary(max_size=12))
def test_frame_behind_noise_is_found(noise: bytes, payload: bytes) -> None:
    frame = counted(b"\x01" + payload)
    (sample,) = FrameParser(COUNTER).feed(noise + frame)
    assert sample.values == {"tag": b"\x01"}


def test_frame_that_began_inside_a_false_one_is_found() -> None:
    parser = FrameParser(RANGE_FINDER)
    assert [sample.values for sample in parser.feed(b"\xff\xff" + GOOD)] == [{"distance": 1953}]
    assert parser.bad_checksums == 2


@pytest.mark.parametrize("length", [0, 1, 16, 255])
def test_length_that_no_frame_has_costs_one_byte(length: int) -> None:
    parser = FrameParser(COUNTER)
    (sample,) = parser.feed(b"\x40\x55" + bytes([length]) + counted(b"\x01"))
    assert sample.values == {"tag": b"\x01"}
    assert parser.bad_checksums == 1


def test_frame_with_another_footer_or_checksum_is_refused_and_another_message_is_passed_over() -> None:
    parser = FrameParser(COUNTER)
    good = counted(b"\x01ab")
    assert parser.feed(good[:-1] + b"\x0a") == []
    assert parser.feed(good[:3] + bytes([good[3] ^ 1]) + good[4:]) == []
    assert parser.bad_checksums == 2
    assert parser.feed(counted(b"\x02ab")) == []
    assert parser.others == 1


@given(st.lists(st.binary(max_size=30), max_size=8))
def test_any_bytes_give_only_proven_frames_and_leave_less_than_one(pieces: list[bytes]) -> None:
    for form in (RANGE_FINDER, COUNTER):
        parser = FrameParser(form)
        for piece in pieces:
            for sample in parser.feed(piece):
                assert set(sample.values) == {channel.name for channel in form.channels}
            assert len(parser._pending) < form.longest
            assert parser.needed >= 1


def test_identifier_of_zeros_or_ones_is_nobody() -> None:
    form = FrameForm(
        header=b"\xaa", length=5, shortest=5, longest=5, channels=(Identifier(name="tag", at=1, length=4),)
    )
    found = feed_each(FrameParser(form), b"\xaa" + bytes(4) + b"\xaa" + b"\xff" * 4 + b"\xaa\x01\x02\x03\x04")
    assert [sample.values["tag"] for sample in found] == [None, None, b"\x01\x02\x03\x04"]


def test_checksum_may_stand_before_the_end_and_low_byte_first() -> None:
    form = FrameForm(
        header=b"\x10",
        length=5,
        shortest=5,
        longest=5,
        check=FrameCheck(check=Check(name="negated8"), first=0, at=3),
        channels=(Number(name="x", field=Field(at=1, kind=Kind.U16, order=Order.DCBA), scaling=Scaling()),),
    )
    body = b"\x10\x01\x02"
    assert FrameParser(form).feed(body + bytes([negated8(body)]) + b"!")[0].values == {"x": 0x0201}
