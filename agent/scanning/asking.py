"""Puts questions to a chip: one as transactions on its bus, or one after the other until something is decided.

In: questions. Out: answers, and what was made of them. Never: a decision what may be asked; an error of a bus that is
kept from whoever asks.
"""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from typing import TypeVar

from agent.scanning.inquiry import Answer
from drivers.bus.api import I2cBus, Read, Write
from drivers.identity import Ask

Result = TypeVar("Result")


async def drive(
    asking: Generator[Ask, Answer, Result], put: Callable[[Ask], Awaitable[Answer]], *, trail: list[Answer]
) -> Result:
    """Ask what is to be asked until it is decided, and return what is; `trail` takes the answers.

    Raises:
        BusError: a question could not be put; it is not in `trail`.
    """
    try:
        ask = next(asking)
        while True:
            trail.append(await put(ask))
            ask = asking.send(trail[-1])
    except StopIteration as decided:
        result: Result = decided.value
        return result


async def exchange(bus: I2cBus, address: int, ask: Ask) -> bytes:
    """Put one question and return what was read.

    Raises:
        BusError: see `I2cBus.transfer`.
    """
    if not ask.length:
        await bus.transfer(address, [Write(ask.send)])
        return b""
    if ask.send and ask.pause_s:
        await bus.transfer(address, [Write(ask.send)])
        await asyncio.sleep(ask.pause_s)
        return (await bus.transfer(address, [Read(ask.length)]))[0]
    writes = [Write(ask.send)] if ask.send else []
    return (await bus.transfer(address, [*writes, Read(ask.length)]))[0]
