"""What a fuzzer is, and the hunt for an input that breaks its invariant.

In: a fuzzer, a seed, a number of inputs. Out: how many were tried, how many the parser took, and the first input that
broke the invariant, made as short as it will get. Never: an input that cannot be made again: what is hunted is bytes,
whatever the parser takes, so a failure is a file.

The first line of a fuzzer's docstring is its invariant: one sentence that holds for every input whatsoever.
"""

import random
import signal
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Final, NoReturn

FULL: Final = 1_000_000
"""Inputs of a full hunt, where the parser is quick enough."""
LONGEST_S: Final = 20
"""Seconds of processor time after which one input counts as one that never ends, however busy the machine is."""
_TRIES: Final = 3000
_ALARM_EVERY: Final = 256


class Fuzzer(ABC):
    """Makes inputs for one parser and says whether the invariant holds.

    Attributes:
        name: of the parser; its failures lie in a folder of that name.
        inputs: how many a full hunt tries; fewer than `FULL` where one input is slow.
    """

    name: str
    inputs: int = FULL

    @abstractmethod
    def make(self, chance: random.Random) -> bytes:
        """Return an input."""

    @abstractmethod
    def run(self, data: bytes) -> bool:
        """Give an input to the parser; return whether it found something in it.

        Raises:
            Exception: any one: the invariant does not hold.
        """

    @property
    def invariant(self) -> str:
        """The sentence that holds for every input."""
        return (type(self).__doc__ or "").strip().partition("\n")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """An input that breaks the invariant.

    Attributes:
        data: the input, shortened.
        error: how it shows.
    """

    data: bytes
    error: Exception


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunt:
    """What came of a hunt.

    Attributes:
        inputs: how many were tried.
        taken: in how many of them the parser found something.
        broken: the one that broke the invariant, None when it held.
    """

    inputs: int
    taken: int
    broken: Broken | None = None


class NeverEnds(Exception):
    """An input keeps the parser busy for longer than anybody waits."""


def hunt(fuzzer: Fuzzer, *, seed: int, inputs: int, shorten: bool = True) -> Hunt:
    """Try so many inputs, or as many as it takes to break the invariant."""
    chance, taken = random.Random(f"{fuzzer.name} {seed}"), 0
    with _watch() as rearm:
        for number in range(inputs):
            if number % _ALARM_EVERY == 0:
                rearm()
            data = fuzzer.make(chance)
            try:
                taken += fuzzer.run(data)
            except Exception as error:  # noqa: BLE001 - whatever comes out of a parser is what is looked for
                broken = Broken(data=data, error=error)
                break
        else:
            return Hunt(inputs=inputs, taken=taken)
    return Hunt(inputs=number + 1, taken=taken, broken=shortened(fuzzer, broken) if shorten else broken)


def failure(fuzzer: Fuzzer, data: bytes) -> Exception | None:
    """Return how an input breaks the invariant, None when it does not."""
    try:
        with _watch() as rearm:
            rearm()
            fuzzer.run(data)
    except Exception as error:  # noqa: BLE001 - see `hunt`
        return error
    return None


def shortened(fuzzer: Fuzzer, broken: Broken) -> Broken:
    """Return a failing input with as many pieces left out as it takes to fail in the same way."""
    data, error, tries = broken.data, broken.error, 0
    most = 0 if isinstance(error, NeverEnds) else min(_TRIES, fuzzer.inputs // 50)
    size = len(data) // 2
    while size and tries < most:
        at = 0
        while at < len(data) and tries < most:
            shorter, tries = data[:at] + data[at + size :], tries + 1
            found = failure(fuzzer, shorter)
            if found is not None and type(found) is type(error):
                data, error = shorter, found
            else:
                at += size
        size //= 2
    return Broken(data=data, error=error)


@contextmanager
def _watch() -> Iterator[Callable[[], None]]:
    """Yield what starts the clock again; when it runs out, whatever is running is broken off with `NeverEnds`."""
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    before = signal.signal(signal.SIGPROF, _give_up)
    try:
        yield _arm
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _arm() -> None:
    signal.setitimer(signal.ITIMER_PROF, LONGEST_S)


def _give_up(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise NeverEnds(f"one input, or {_ALARM_EVERY} of them, take more than {LONGEST_S} s of processor time")
