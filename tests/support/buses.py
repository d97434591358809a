"""Chips, buses and clocks for tests of the sensing side."""

import asyncio
import heapq
import itertools
from collections.abc import Sequence

from agent.clock import Instant
from drivers.bus.api import Message, Read
from drivers.sim.chip import NotAcknowledged


class RegisterFile:
    """A chip of 256 registers with an address that counts up, and a record of what it was asked."""

    def __init__(self, contents: bytes = bytes(range(256))) -> None:
        self.registers = bytearray(contents)
        self.pointer = 0
        self.heard: list[bytes | int | str] = []
        self.mute = False

    def write(self, data: bytes) -> None:
        self._check()
        self.heard.append(data)
        if data:
            self.pointer = data[0]
        for value in data[1:]:
            self.registers[self.pointer] = value
            self.pointer = (self.pointer + 1) % 256

    def read(self, length: int) -> bytes:
        self._check()
        self.heard.append(length)
        data = bytes(self.registers[(self.pointer + offset) % 256] for offset in range(length))
        self.pointer = (self.pointer + length) % 256
        return data

    def stop(self) -> None:
        self.heard.append("stop")

    def _check(self) -> None:
        if self.mute:
            raise NotAcknowledged


class FakeI2c:
    """An adapter whose transactions are answered by register files; counts what is done to it."""

    simulated = True

    def __init__(self, chips: dict[int, RegisterFile] | None = None) -> None:
        self.path = "/dev/i2c-fake"
        self.chips = chips or {}
        self.opened = 0
        self.closed = 0

    async def open(self) -> None:
        self.opened += 1

    async def close(self) -> None:
        self.closed += 1

    async def transfer(self, address: int, messages: Sequence[Message]) -> list[bytes]:
        chip = self.chips[address]
        answers: list[bytes] = []
        for message in messages:
            if isinstance(message, Read):
                answers.append(chip.read(message.length))
            else:
                chip.write(message.data)
        chip.stop()
        return answers


class ManualClock:
    """A clock that moves when a test says so, or by itself from sleeper to sleeper."""

    boot_id = bytes(16)

    def __init__(self, start_s: float = 1000.0) -> None:
        self._now_ns = round(start_s * 1e9)
        self._order = itertools.count()
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []

    def mono_ns(self) -> int:
        return self._now_ns

    def instant(self) -> Instant:
        return Instant(mono_ns=self._now_ns, utc_ns=self._now_ns, synchronised=True, error_ms=0)

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now_ns + round(seconds * 1e9), next(self._order), future))
        await future

    async def advance(self, seconds: float) -> None:
        """Let `seconds` pass, waking sleepers in order, each with the clock at the moment it waited for."""
        until = self._now_ns + round(seconds * 1e9)
        await self.settle()
        while self._sleepers and self._sleepers[0][0] <= until:
            at, _, future = heapq.heappop(self._sleepers)
            if not future.done():
                self._now_ns = max(self._now_ns, at)
                future.set_result(None)
                await self.settle()
        self._now_ns = until
        await self.settle()

    def jump(self, seconds: float) -> None:
        """Let `seconds` pass at once, waking nobody: what a busy processor looks like."""
        self._now_ns += round(seconds * 1e9)

    async def settle(self) -> None:
        """Let every task run until it waits for something."""
        for _ in range(30):
            await asyncio.sleep(0)
