"""The listener, on lines without a kernel."""

import asyncio

import pytest

from drivers.errors import BusTimeout, ChecksumMismatch, InvalidData
from drivers.framing import FixedFramer
from drivers.listener import Listener
from drivers.reading import Clock
from tests.support.serial_sensors import FixedClock, PiecewiseLine, TickingClock

FRAME = b"\xa5\x01\x01"
OTHER = b"\xa5\x02\x02"
SPOILT = b"\xa5\x01\x02"


def framer() -> FixedFramer:
    return FixedFramer(b"\xa5", length=3, valid=lambda frame: frame[1] == frame[2])


def listener(line: PiecewiseLine, clock: Clock | None = None) -> Listener[bytes]:
    return Listener("chip", line, clock or FixedClock(), parser=framer)


async def test_next_with_items_waiting_returns_them_without_another_read() -> None:
    line = PiecewiseLine([FRAME + OTHER])
    heard = listener(line)

    assert [(await heard.next(timeout_s=1))[1], (await heard.next(timeout_s=1))[1]] == [FRAME, OTHER]
    assert len(line.asked) == 1


async def test_next_asks_for_as_many_bytes_as_the_frame_lacks() -> None:
    line = PiecewiseLine([FRAME[:1], FRAME[1:]])

    await listener(line).next(timeout_s=1)

    assert line.asked == [3, 2]


async def test_next_takes_the_time_right_after_the_read_that_completed_the_item() -> None:
    clock = TickingClock()
    line = PiecewiseLine([FRAME[:1], FRAME[1:] + OTHER])
    heard = listener(line, clock)

    (first_ns, _), (second_ns, _) = await heard.next(timeout_s=60), await heard.next(timeout_s=60)

    assert first_ns == second_ns == 3_000_000_000  # one look at the start, one after each read


async def test_next_on_a_silent_line_raises_bus_timeout() -> None:
    with pytest.raises(BusTimeout):
        await listener(PiecewiseLine()).next(timeout_s=1)


async def test_next_with_half_a_frame_and_silence_finishes_it_later() -> None:
    line = PiecewiseLine([FRAME[:2], b"", FRAME[2:]])
    heard = listener(line)

    with pytest.raises(InvalidData):
        await heard.next(timeout_s=1)

    assert (await heard.next(timeout_s=1))[1] == FRAME


async def test_next_with_wrong_checksums_only_says_so_without_the_bytes() -> None:
    with pytest.raises(ChecksumMismatch) as caught:
        await listener(PiecewiseLine([SPOILT, SPOILT])).next(timeout_s=1)

    assert "a5" not in str(caught.value)


async def test_next_with_other_bytes_only_says_what_to_check() -> None:
    with pytest.raises(InvalidData, match="baud rate"):
        await listener(PiecewiseLine([b"hello world"])).next(timeout_s=1)


async def test_next_on_a_line_that_never_stops_chattering_ends_at_the_deadline() -> None:
    line = PiecewiseLine([b"chatter"] * 100)

    with pytest.raises(InvalidData):
        await listener(line, TickingClock()).next(timeout_s=10)

    assert len(line.asked) == 10


async def test_next_gives_each_read_what_is_left_of_the_time() -> None:
    line = PiecewiseLine([b"x", b"y", FRAME])

    await listener(line, TickingClock()).next(timeout_s=10)

    assert line.timeouts_s == [10, 9, 8]


async def test_open_forgets_what_came_before() -> None:
    line = PiecewiseLine([FRAME + OTHER + FRAME[:1], OTHER])
    heard = listener(line)
    await heard.next(timeout_s=1)

    await heard.open()

    assert (await heard.next(timeout_s=1))[1] == OTHER
    assert heard.parser.bad_checksums == 0


async def test_next_cancelled_before_the_read_came_back_loses_no_frame() -> None:
    line = PiecewiseLine([FRAME, OTHER])
    heard = listener(line)
    waiting = asyncio.ensure_future(heard.next(timeout_s=1))
    await asyncio.sleep(0)  # now it is inside the read
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)

    assert [(await heard.next(timeout_s=1))[1], (await heard.next(timeout_s=1))[1]] == [FRAME, OTHER]


async def test_newest_returns_the_last_of_what_came_with_the_time_of_its_read_and_drops_the_rest() -> None:
    line = PiecewiseLine([FRAME + OTHER, FRAME + OTHER[:1], OTHER[1:]])
    heard = listener(line, FixedClock(7))

    assert await heard.newest(timeout_s=1) == (7, OTHER)
    assert await heard.newest(timeout_s=1) == (7, FRAME)
    assert await heard.newest(timeout_s=1) == (7, OTHER)
    assert len(line.asked) == 3


async def test_newest_on_a_silent_line_raises_bus_timeout() -> None:
    with pytest.raises(BusTimeout):
        await listener(PiecewiseLine()).newest(timeout_s=1)


async def test_waiting_returns_what_has_come_and_waits_for_nothing() -> None:
    line = PiecewiseLine([FRAME + OTHER + FRAME[:1], b"", FRAME[1:]])
    heard = listener(line)
    await heard.next(timeout_s=1)

    assert await heard.waiting() == [OTHER]
    assert line.timeouts_s[-1] == 0
    assert await heard.waiting() == [FRAME]
    assert await heard.waiting() == []


async def test_forget_drops_whole_and_half_items() -> None:
    line = PiecewiseLine([FRAME + OTHER + FRAME[:2], FRAME])
    heard = listener(line)
    await heard.next(timeout_s=1)

    await heard.forget()

    assert (await heard.next(timeout_s=1))[1] == FRAME
    assert len(line.asked) == 2
