"""Lines, clocks and captures for tests of sensors on serial lines."""

import asyncio
import csv
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Protocol, TypeVar

import pytest

from drivers.bus.playback import PlaybackSerial
from drivers.bus.transcript import Failure, parse_serial
from drivers.errors import BusError, BusGone, BusTimeout, ChipError, DriverError
from drivers.model import Driver
from drivers.reading import Reading
from drivers.sim.line import SimulatedLine

CAPTURES = Path(__file__).parents[1] / "captures"
TRANSCRIPTS = Path(__file__).parents[1] / "transcripts"
GNSS_LOGS = ("gnss-ublox-8.log", "gnss-bu353s4.log", "gnss-nmea-fuzzy-cases.log")

Item = TypeVar("Item")
ItemOut_co = TypeVar("ItemOut_co", covariant=True)


class Feedable(Protocol[ItemOut_co]):
    def feed(self, data: bytes) -> Sequence[ItemOut_co]: ...


def feed_each(parser: Feedable[Item], data: bytes) -> list[Item]:
    """Return what a parser finds in `data` when it comes byte by byte."""
    return [item for index in range(len(data)) for item in parser.feed(data[index : index + 1])]


def feed_cut(parser: Feedable[Item], data: bytes, cuts: Iterable[int]) -> list[Item]:
    """Return what a parser finds in `data` when it comes cut at `cuts`."""
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [item for start, end in pairwise(edges) for item in parser.feed(data[start:end])]


def capture(name: str) -> bytes:
    """Return a capture's bytes."""
    return (CAPTURES / name).read_bytes()


def capture_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a capture's CSV."""
    with (CAPTURES / name).open(newline="", encoding="ascii") as file:
        return list(csv.DictReader(file, skipinitialspace=True))


def transcript(name: str) -> str:
    """Return a transcript's text."""
    return (TRANSCRIPTS / name).read_text(encoding="ascii")


class RealClock:
    """The kernel's monotonic clock."""

    def mono_ns(self) -> int:
        return time.monotonic_ns()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class TickingClock:
    """A clock that is a second later each time somebody looks at it; counts the looks."""

    def __init__(self) -> None:
        self.looks = 0

    def mono_ns(self) -> int:
        self.looks += 1
        return self.looks * 1_000_000_000

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(f"nobody should sleep for {seconds} s")


class FixedClock:
    """A clock that stands at `now_ns`."""

    def __init__(self, now_ns: int = 0) -> None:
        self.now_ns = now_ns

    def mono_ns(self) -> int:
        return self.now_ns

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(f"nobody should sleep for {seconds} s")


class PiecewiseLine:
    """A line on which the given pieces arrive, one for each read, then silence; counts reads and sizes asked for."""

    path = "/dev/ttyPieces"
    simulated = True

    def __init__(self, pieces: Iterable[bytes] = ()) -> None:
        self._pieces: Iterator[bytes] = iter(pieces)
        self.asked: list[int] = []
        self.timeouts_s: list[float] = []
        self.written: list[bytes] = []
        self.gone = False

    async def open(self) -> None:
        if self.gone:
            raise BusGone("there is no such port", bus=self.path)

    async def close(self) -> None:
        pass

    async def read(self, *, at_least: int = 1, timeout_s: float) -> bytes:
        self.asked.append(at_least)
        self.timeouts_s.append(timeout_s)
        await asyncio.sleep(0)
        piece = next(self._pieces, b"")
        if not piece:
            raise BusTimeout("silence", bus=self.path)
        return piece

    async def write(self, data: bytes) -> None:
        self.written.append(data)

    async def discard_input(self) -> None:
        pass


# -- what every sensor on a serial line must stand


async def sample_for_ever(driver: Driver) -> None:
    await driver.open()
    while True:
        await driver.sample()


async def says_what_the_transcript_says(
    name: str, make: Callable[[PlaybackSerial], Driver], *, samples: int
) -> list[Reading]:
    """Play a transcript from `open` to `close`, to its last byte; return the readings."""
    line = PlaybackSerial(transcript(name))
    driver = make(line)
    await driver.open()
    readings = [await driver.sample() for _ in range(samples)]
    await driver.close()
    line.assert_finished()
    return readings


async def fails_and_closes_wherever_the_line_fails(name: str, make: Callable[[PlaybackSerial], Driver]) -> None:
    """Cut a transcript after each of its steps, in each way that a line can fail."""
    whole = parse_serial(transcript(name))
    for at in range(len(whole.steps)):
        for failure in (Failure.TIMEOUT, Failure.GONE):
            driver = make(PlaybackSerial(whole.cut(at, failure)))
            try:
                with pytest.raises((BusError, ChipError)):
                    await sample_for_ever(driver)
                await driver.close()
            except AssertionError as error:
                raise AssertionError(f"{name} cut after {at} steps with {failure}") from error


async def survives_every_fault(
    driver: Driver, line: SimulatedLine, *, good: bytes, bad: bytes, complaint: type[DriverError]
) -> list[Reading]:
    """Take a sensor that sends by itself through silence, noise, half a frame and an unplugged port.

    Returns:
        The readings of `good` after noise, and after the port was plugged in again.
    """
    readings = []
    await driver.open()
    with pytest.raises(BusTimeout):
        await driver.sample()
    line.send(bad)
    with pytest.raises(complaint):
        await driver.sample()
    line.half(good)
    with pytest.raises(BusTimeout):
        await driver.sample()
    line.garbage(50, seed=2)
    line.send(bad + good)
    readings.append(await driver.sample())
    line.unplug()
    with pytest.raises(BusGone):
        await driver.sample()
    await driver.close()
    with pytest.raises(BusGone):
        await driver.open()
    await driver.close()
    line.replug()
    await driver.open()
    line.send(good)
    readings.append(await driver.sample())
    await driver.close()
    return readings
