"""Drivers on I2C: whatever a chip answers, to whatever it is asked."""

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from drivers import registry
from drivers.bus.api import I2cDevice, Message, Read
from drivers.bus.transcript import Failure, TranscriptError, parse_i2c
from drivers.errors import DriverError
from drivers.model import I2cModel
from drivers.reading import Reading
from tests.fuzz import seeds
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.mutation import Mutator

_MODELS: Final = tuple(model for model in map(registry.load, registry.names()) if isinstance(model, I2cModel))
_MOST_TRANSFERS: Final = 200
_FAILURES: Final = tuple(Failure)
_FAILED: Final = {0xF0 + number: failure for number, failure in enumerate(_FAILURES)}
"""What in the place of an answer is a failure of the wire."""


class _Clock:
    """A clock on which nobody waits."""

    def __init__(self) -> None:
        self._now_ns = 10**12

    def mono_ns(self) -> int:
        self._now_ns += 1_000_000
        return self._now_ns

    async def sleep(self, seconds: float) -> None:
        self._now_ns += round(seconds * 10**9)
        await asyncio.sleep(0)


class _Chip:
    """An adapter with one chip, which answers reads with what an input says, one after the other."""

    simulated = True
    path = "/dev/i2c-1"

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.transfers = 0

    async def open(self) -> None:
        """Do nothing."""

    async def close(self) -> None:
        """Do nothing."""

    async def transfer(self, address: int, messages: Sequence[Message]) -> list[bytes]:
        self.transfers += 1
        if self.transfers > _MOST_TRANSFERS:
            raise Failure.GONE.error(bus=self.path, address=address)
        return [self._answer(message.length, address) for message in messages if isinstance(message, Read)]

    def _answer(self, length: int, address: int) -> bytes:
        how, rest = self._data[:1], self._data[1:]
        if not how:
            raise Failure.NACK.error(bus=self.path, address=address)
        if how[0] in _FAILED:
            self._data = rest
            raise _FAILED[how[0]].error(bus=self.path, address=address)
        self._data = rest[length:]
        return rest[:length].ljust(length, b"\0")


class Drivers(Fuzzer):
    """A driver gives readings of its channels in integers, or a declared error, whatever its chip answers."""

    name = "chip-answers"
    inputs = 200_000

    def __init__(self) -> None:
        names = [model.name for model in _MODELS]
        self._seeds = {number: _answers(name) for number, name in enumerate(names)}
        self._mutators = {
            number: Mutator(seeds=found, words=(b"\0", b"\xff", b"\xf0", b"\0\0\0"), longest=600, joined=1)
            for number, found in self._seeds.items()
        }

    def make(self, chance: random.Random) -> bytes:
        number = chance.randrange(len(_MODELS))
        return bytes([number]) + self._mutators[number](chance)

    def run(self, data: bytes) -> bool:
        model = _MODELS[(data[:1] or b"\0")[0] % len(_MODELS)]
        return asyncio.run(self._driven(model, _Chip(data[1:])))

    async def _driven(self, model: I2cModel, chip: _Chip) -> bool:
        driver = model.create(I2cDevice(chip, model.addresses[0]), _Clock(), model.options())
        found = 0
        try:
            await driver.open()
            for _ in range(3):
                with suppress(DriverError):
                    _judge(model, await driver.sample())
                    found += 1
        except DriverError as error:
            assert str(error), "refused without a word"  # noqa: PT017 - either outcome is right
        with suppress(DriverError):
            await driver.close()
        return found > 0


def _judge(model: I2cModel, reading: Reading) -> None:
    channels = {channel.name for channel in model.channels}
    assert reading.values.keys() <= channels, "a channel that the model has not"
    assert all(type(value) in (int, type(None)) for value in reading.values.values()), "a value that is no integer"
    assert all(type(tick) is int for tick in reading.raw.values()), "a tick that is no integer"


def _answers(name: str) -> list[bytes]:
    """Return what the chip of a model's transcripts answers to one read after the other."""
    found = [bytes(1) + bytes(range(1, 40))]
    for text in seeds.texts(f"tests/transcripts/{name}*.txt"):
        with suppress(TranscriptError):
            steps = parse_i2c(text.decode()).steps
            found.append(b"".join(bytes(1) + answer for step in steps for answer in step.answers))
    return found


FUZZERS: tuple[Fuzzer, ...] = (Drivers(),)
