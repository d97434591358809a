"""Whatever else is on the line: the answer that was asked for is found, and nothing else is ever taken for it."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus import frames
from drivers.modbus.exchange import Exchange, strays
from drivers.modbus.frames import Function, Request

READ = frames.read(Function.READ_HOLDING, 17, address=0x6B, count=3)
ANSWER = bytes.fromhex("11 03 06 02 2b 00 00 00 64 c8 ba")
REFUSED = frames.sealed(bytes([17, 0x83, 2]))
OTHER = frames.sealed(bytes([9, 3, 2, 1, 2]))
WRITE = frames.write_register(17, address=1, value=3)


def fed(data: bytes, *, request: Request = READ, echoes: bool | None = None) -> Exchange:
    exchange = Exchange(request, echoes=echoes)
    exchange.feed(data)
    return exchange


@pytest.mark.parametrize("answer", [ANSWER, REFUSED])
def test_answer_whole_is_found(answer: bytes) -> None:
    exchange = fed(answer)
    assert exchange.answer == answer
    assert (exchange.echoed, exchange.damaged, exchange.noise_bytes, exchange.others) == (False, False, 0, [])


@pytest.mark.parametrize("before", [b"", READ.wire, OTHER, b"\x00\xff", b"\xff" + READ.wire])
def test_answer_byte_by_byte_is_found_with_the_last_one_and_not_before(before: bytes) -> None:
    exchange, data = Exchange(READ, echoes=None), before + ANSWER
    for at in range(len(data) - 1):
        exchange.feed(data[at : at + 1])
        assert exchange.answer is None
        assert 1 <= exchange.needed <= len(data) - at - 1, "asked for more than will come"
    exchange.feed(data[-1:])
    assert exchange.answer == ANSWER


def test_noise_that_looks_like_the_head_of_a_long_answer_does_not_keep_a_short_one_waiting() -> None:
    refusal = frames.sealed(bytes([WRITE.slave, WRITE.function | 0x80, 2]))
    exchange, data = Exchange(WRITE, echoes=False), WRITE.wire[:2] + refusal
    for at in range(len(data) - 1):
        exchange.feed(data[at : at + 1])
        assert 1 <= exchange.needed <= len(data) - at - 1, "asked for more than will come"
    exchange.feed(data[-1:])
    assert exchange.answer == refusal


@pytest.mark.parametrize("echoes", [None, False])
def test_answer_that_begins_with_every_byte_of_the_request_is_found(*, echoes: bool | None) -> None:
    """Two registers from 0x04.. on, whose content is the rest of the request: the CRC ends with 0 then, always."""
    request = frames.read(Function.READ_INPUT, 17, address=0x0401, count=2)
    answer = frames.sealed(request.wire[:3] + request.wire[3:7])
    assert answer[:8] == request.wire
    assert fed(answer, request=request, echoes=echoes).answer == answer
    bytewise = Exchange(request, echoes=echoes)
    for byte in answer:
        bytewise.feed(bytes([byte]))
    assert bytewise.answer == answer


@pytest.mark.parametrize("echoes", [None, True, False])
def test_echo_that_could_be_most_of_an_answer_is_recognised_with_what_follows(*, echoes: bool | None) -> None:
    request = frames.read(Function.READ_INPUT, 17, address=0x0401, count=2)
    answer = frames.sealed(bytes([17, 4, 4, 1, 2, 3, 4]))
    exchange = fed(request.wire + answer, request=request, echoes=echoes)
    assert (exchange.answer, exchange.echoed, exchange.damaged) == (answer, True, False)


def test_answer_before_more_noise_than_is_kept_is_found() -> None:
    assert fed(ANSWER + bytes(2 * frames.LONGEST)).answer == ANSWER


def test_bytes_after_the_answer_are_left_alone() -> None:
    exchange = fed(ANSWER + OTHER)
    assert exchange.answer == ANSWER
    assert exchange.others == []


def test_echo_before_the_answer_is_recognised() -> None:
    exchange = fed(READ.wire + ANSWER)
    assert exchange.answer == ANSWER
    assert exchange.echoed
    assert exchange.noise_bytes == 0


def test_echo_alone_is_no_answer() -> None:
    exchange = fed(READ.wire)
    assert exchange.answer is None
    assert exchange.echoed


@pytest.mark.parametrize(("echoes", "copies", "answered"), [(False, 1, True), (True, 1, False), (True, 2, True)])
def test_answer_to_a_write_is_told_from_its_echo(*, echoes: bool, copies: int, answered: bool) -> None:
    exchange = fed(WRITE.wire * copies, request=WRITE, echoes=echoes)
    assert (exchange.answer is not None) is answered
    assert exchange.echoed is echoes


def test_answer_of_another_slave_is_told_and_not_taken() -> None:
    exchange = fed(OTHER)
    assert exchange.answer is None
    assert exchange.others == [9]


@pytest.mark.parametrize(
    "frame",
    [
        frames.sealed(bytes([17, 3, 2, 0, 1])),
        frames.sealed(bytes([17, 4, 6, 0, 1, 0, 2, 0, 3])),
        frames.sealed(bytes([17, 0x84, 2])),
    ],
    ids=["another-count", "another-function", "exception-of-another-function"],
)
def test_frame_of_the_slave_that_answers_something_else_is_not_taken(frame: bytes) -> None:
    exchange = fed(frame)
    assert exchange.answer is None
    assert exchange.others == [17]
    exchange.feed(ANSWER)
    assert exchange.answer == ANSWER


def test_write_that_is_answered_with_another_value_is_not_taken() -> None:
    exchange = fed(frames.write_register(17, address=1, value=4).wire, request=WRITE, echoes=False)
    assert exchange.answer is None
    assert exchange.others == [17]


def test_half_an_answer_has_begun_and_is_nothing_yet() -> None:
    exchange = fed(ANSWER[:6])
    assert exchange.answer is None
    assert exchange.began
    assert exchange.needed == len(ANSWER) - 6


@pytest.mark.parametrize("at", range(3, len(ANSWER)))
def test_answer_with_a_flipped_bit_is_damaged(at: int) -> None:
    exchange = fed(ANSWER[:at] + bytes([ANSWER[at] ^ 0x10]) + ANSWER[at + 1 :])
    assert exchange.answer is None
    assert exchange.damaged


def test_answer_whose_registers_look_like_a_frame_is_found_in_one_piece() -> None:
    inside = frames.sealed(bytes([17, 0x83, 1])) + b"\x00"
    answer = frames.sealed(bytes([17, 3, 6]) + inside)
    exchange = Exchange(READ, echoes=False)
    exchange.feed(answer[:8])
    assert exchange.answer is None, "the frame inside is whole by now, but it is content"
    exchange.feed(answer[8:])
    assert exchange.answer == answer


def test_noise_that_promises_a_long_frame_does_not_hide_the_answer() -> None:
    exchange = fed(bytes([5, 3, 250]) + ANSWER)
    assert exchange.answer == ANSWER
    assert exchange.noise_bytes == 3


@given(noise=st.binary(max_size=40), pieces=st.lists(st.integers(0, 60), max_size=6), echo=st.booleans())
def test_answer_is_found_behind_any_noise_in_any_portions(*, noise: bytes, pieces: list[int], echo: bool) -> None:
    data = noise + (READ.wire if echo else b"") + ANSWER
    exchange, start = Exchange(READ, echoes=None), 0
    for end in [*sorted(piece for piece in pieces if piece < len(data)), len(data)]:
        exchange.feed(data[start:end])
        start = max(start, end)
    exchange.feed(ANSWER)  # noise that ends with the head of the answer swallows it; then the next one is found
    assert exchange.answer is not None
    assert frames.valid(exchange.answer)
    assert exchange.answer[:3] == ANSWER[:3] or exchange.answer[:2] == REFUSED[:2]


def test_ten_thousand_streams_of_noise_give_no_answer_of_another_slave_function_or_length() -> None:
    """Invariant: what is taken is a frame of the asked slave and function, of the asked length, with a valid CRC."""
    source = random.Random(20261126)
    taken = 0
    for _ in range(10_000):
        exchange = Exchange(READ, echoes=source.choice([None, True, False]))
        parts = [source.randbytes(source.randrange(12)), OTHER, ANSWER, READ.wire, ANSWER[: source.randrange(11)]]
        data = bytearray(b"".join(source.sample(parts, k=source.randrange(1, 5))))
        for _ in range(source.randrange(3)):
            if data:
                data[source.randrange(len(data))] ^= 1 << source.randrange(8)
        exchange.feed(bytes(data))
        if exchange.answer is not None:
            taken += 1
            assert frames.valid(exchange.answer)
            assert exchange.answer[:3] == ANSWER[:3] or exchange.answer[:2] == bytes([17, 0x83])
            assert len(exchange.answer) in {len(ANSWER), 5}
    assert 1000 < taken < 9000, "the noise must neither hide every answer nor none"


@given(st.binary(max_size=3000))
def test_memory_stays_bounded_whatever_comes(data: bytes) -> None:
    exchange = Exchange(READ, echoes=None)
    for start in range(0, len(data), 100):
        exchange.feed(data[start : start + 100])
    assert len(exchange._buffer) <= 2 * frames.LONGEST


def test_strays_are_told_by_slave_and_noise_is_counted() -> None:
    assert strays(b"\x00\x01" + OTHER + b"\xff" + ANSWER + ANSWER[:4]) == ([9, 17], 7)
    assert strays(b"") == ([], 0)
