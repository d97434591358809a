"""How questions become transactions, and how an inquiry is driven."""

from collections.abc import Generator, Sequence

import pytest

from agent.scanning.asking import drive, exchange
from agent.scanning.inquiry import Answer
from drivers.bus.abandoned import Abandoned
from drivers.bus.api import Message, Read, Write
from drivers.errors import BusFault
from drivers.identity import Ask


class Wire:
    """A bus that notes its transactions, and reads zeros."""

    def __init__(self) -> None:
        self.path, self.simulated, self.abandoned = "/dev/i2c-1", True, Abandoned()
        self.seen: list[list[Message]] = []

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def transfer(self, _address: int, messages: Sequence[Message]) -> list[bytes]:
        self.seen.append(list(messages))
        return [bytes(message.length) for message in messages if isinstance(message, Read)]


@pytest.mark.parametrize(
    ("ask", "transactions"),
    [
        (Ask(length=0), [[Write(b"")]]),
        (Ask(length=2), [[Read(2)]]),
        (Ask(send=b"\x07", length=0), [[Write(b"\x07")]]),
        (Ask(send=b"\xd0", length=1), [[Write(b"\xd0"), Read(1)]]),
        (Ask(send=b"\x01", length=2, pause_s=0.0001), [[Write(b"\x01")], [Read(2)]]),
    ],
    ids=["presence", "read", "write", "register", "two transactions"],
)
async def test_question_becomes_the_transactions_that_it_says(ask: Ask, transactions: list[list[Message]]) -> None:
    wire = Wire()
    assert await exchange(wire, 0x44, ask) == bytes(ask.length)
    assert wire.seen == transactions


def _twice() -> Generator[Ask, Answer, int]:
    first = yield Ask(length=1)
    second = yield Ask(length=2)
    return len(first or b"") + len(second or b"")


async def test_inquiry_is_asked_to_its_end_and_leaves_its_answers() -> None:
    async def put(ask: Ask) -> Answer:
        return None if ask.length == 1 else bytes(ask.length)

    trail: list[Answer] = []
    assert await drive(_twice(), put, trail=trail) == 2
    assert trail == [None, b"\0\0"]


async def test_inquiry_that_breaks_off_keeps_the_answers_so_far() -> None:
    async def put(ask: Ask) -> Answer:
        if ask.length > 1:
            raise BusFault("held low", bus="/dev/i2c-1")
        return b"\x07"

    trail: list[Answer] = []
    with pytest.raises(BusFault):
        await drive(_twice(), put, trail=trail)
    assert trail == [b"\x07"]
