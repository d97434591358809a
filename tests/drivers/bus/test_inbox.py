"""Inbox on real descriptors: what arrives is kept until somebody takes it, and no more than it can hold."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from drivers.bus.api import KEPT_BYTES
from drivers.bus.inbox import Inbox

LONG_S = 5.0
SHORT_S = 0.02
"""A time meant to pass."""


class Wire:
    """A pipe with an inbox at its end."""

    def __init__(self) -> None:
        self.near, self.far = os.pipe2(os.O_NONBLOCK)
        self.hang_ups = 0
        self.inbox = Inbox(self.near, on_hang_up=self.hung_up)

    def send(self, data: bytes) -> None:
        assert os.write(self.far, data) == len(data)

    def hung_up(self) -> None:
        self.hang_ups += 1
        self.inbox.close()


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    wire = Wire()
    yield wire
    wire.inbox.close()
    os.close(wire.near)
    with suppress(OSError):  # where the test has hung up
        os.close(wire.far)


async def test_wait_returns_when_enough_has_arrived_and_take_gives_all_of_it(wire: Wire) -> None:
    task = asyncio.create_task(wire.inbox.wait(3, LONG_S))
    wire.send(b"\x01\x02")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not task.done()
    wire.send(b"\x03\x04")
    assert await task
    assert wire.inbox.take() == b"\x01\x02\x03\x04"
    assert wire.inbox.take() == b""


async def test_wait_for_too_much_ends_in_time_and_keeps_what_there_is(wire: Wire) -> None:
    wire.send(b"\x01")
    assert not await wire.inbox.wait(2, SHORT_S)
    assert await wire.inbox.wait(1, 0)
    assert wire.inbox.take() == b"\x01"


async def test_wait_cancelled_loses_nothing_and_lets_another_wait(wire: Wire) -> None:
    task = asyncio.create_task(wire.inbox.wait(2, LONG_S))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    wire.send(b"\x01\x02")
    assert await wire.inbox.wait(2, LONG_S)
    assert wire.inbox.take() == b"\x01\x02"


async def test_wait_by_two_at_once_is_a_mistake_of_ours(wire: Wire) -> None:
    task = asyncio.create_task(wire.inbox.wait(1, LONG_S))
    await asyncio.sleep(0)
    with pytest.raises(AssertionError, match="one reader"):
        await wire.inbox.wait(1, LONG_S)
    task.cancel()
    await asyncio.wait([task])


async def test_close_ends_a_wait(wire: Wire) -> None:
    task = asyncio.create_task(wire.inbox.wait(1, LONG_S))
    await asyncio.sleep(0)
    wire.inbox.close()
    assert not await task
    assert not await wire.inbox.wait(1, LONG_S), "nothing can arrive any more, so nobody waits"


async def test_hang_up_is_told_once_and_what_came_before_can_be_taken(wire: Wire) -> None:
    wire.send(b"\x01")
    os.close(wire.far)
    assert not await wire.inbox.wait(2, LONG_S)
    assert wire.hang_ups == 1
    assert wire.inbox.take() == b"\x01"


async def test_full_inbox_reads_no_more_until_it_is_emptied(wire: Wire) -> None:
    sent = 0
    for _ in range(100 * KEPT_BYTES // 4096):
        with suppress(BlockingIOError):
            sent += os.write(wire.far, bytes(4096))
        await asyncio.sleep(0)
    got = wire.inbox.take()
    assert KEPT_BYTES <= len(got) < KEPT_BYTES + 4096
    assert len(got) < sent
    left = sent - len(got)
    assert await wire.inbox.wait(min(left, KEPT_BYTES), LONG_S)


async def test_descriptor_that_has_nothing_when_the_loop_comes_to_it_is_read_again_later(wire: Wire) -> None:
    wire.inbox._receive()
    assert wire.hang_ups == 0
    wire.send(b"new")
    assert await wire.inbox.wait(3, LONG_S)
    assert wire.inbox.take() == b"new"
