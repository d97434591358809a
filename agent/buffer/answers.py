"""What the event loop asks of the outbox's thread, and how the answers come back."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from agent.buffer.core import Core
from agent.buffer.intake import Future
from agent.buffer.work import Purge


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something that is answered at once; `fallback` is the answer while the store cannot be read."""

    ask: Callable[[Core], object]
    future: Future
    fallback: object = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Something that takes a commit, which takes along whatever waits.

    Attributes:
        future: gets the number of sealed envelopes, what was purged, or None.
        must: a commit that fails is an error; otherwise nothing was sealed.
    """

    future: Future
    seal: bool = False
    partial: bool = False
    declaration: bytes | None = None
    purge: Purge | None = None
    close: bool = False
    must: bool = False


class Answers:
    """Hands results, or errors, to an event loop; one that is gone needs none."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()

    def give(self, future: Future, result: object) -> None:
        """Settle a future."""
        self.give_all([future], result)

    def give_all(self, futures: Sequence[Future], result: object) -> None:
        """Settle futures that wait for the same."""
        if futures:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(_settle, futures, result)


def _settle(futures: Sequence[asyncio.Future[Any]], result: object) -> None:
    for future in futures:
        if future.done():
            continue
        if isinstance(result, BaseException):
            future.set_exception(result)
            future.exception()  # whoever does not ask is not told
        else:
            future.set_result(result)
