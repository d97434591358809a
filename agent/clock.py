"""Time on the unit: monotonic time, boot id, and wall time with a quality. Injected everywhere else.

In: the kernel's clocks and whatever disciplines them. Out: instants. Never: wall time without a quality.
"""

import asyncio
import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from agent.errors import LamppostError

_LOG = logging.getLogger(__name__)
NS_PER_MS = 1_000_000
_NS_PER_S = 1_000_000_000
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Instant:
    """One moment, on both clocks.

    Attributes:
        mono_ns: CLOCK_MONOTONIC.
        utc_ns: wall time as the clock's discipline has it, believed or not.
        synchronised: whether wall time may be believed now.
        error_ms: bound of the wall clock's error, None when unknown. Not synchronised but with a bound means
            holdover: wall time was right once and has been running free since.
    """

    mono_ns: int
    utc_ns: int
    synchronised: bool
    error_ms: int | None

    @property
    def dated(self) -> bool:
        """Whether the calendar date may be used: synchronised, or in holdover with a known bound."""
        return self.synchronised or self.error_ms is not None


class Clock(Protocol):
    """What every stage is given instead of the system's clock."""

    @property
    def boot_id(self) -> bytes:
        """16 bytes that name this boot."""
        ...

    def mono_ns(self) -> int:
        """Return CLOCK_MONOTONIC in nanoseconds."""
        ...

    def instant(self) -> Instant:
        """Return now, on both clocks."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds` of monotonic time."""
        ...


def read_boot_id() -> bytes:
    """Return the kernel's boot id as 16 bytes.

    Raises:
        LamppostError: the kernel does not tell it.
    """
    try:
        return uuid.UUID(_BOOT_ID.read_text().strip()).bytes
    except (OSError, ValueError) as error:
        raise LamppostError(f"{_BOOT_ID}: cannot read the boot id: {error}") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class WallTime:
    """What a discipline makes of one moment: the fields are those of `Instant`."""

    utc_ns: int
    synchronised: bool
    error_ms: int | None


class Discipline(Protocol):
    """Says what wall time is and whether it may be believed. The implementations are in `agent.discipline`."""

    def wall(self, mono_ns: int) -> WallTime:
        """Return wall time at `mono_ns`, which is now."""
        ...

    def resume(self, *, mono_ns: int, utc_ns: int, error_ms: int | None) -> None:
        """Take an instant of this boot at which an earlier process was synchronised: holdover goes on from there."""
        ...

    def agrees(self, wall: WallTime) -> bool:
        """Return whether a second source, of another kind, has the same time now; False where there is none."""
        ...


class Remembered(Protocol):
    """What is known of the time from before this process: see `agent.boots`."""

    @property
    def floor_ms(self) -> int:
        """A wall time that has passed."""
        ...

    def placed(self, boot_id: bytes) -> tuple[int, int, int | None] | None:
        """Return one instant of a boot: monotonic ms, wall ms, bound of the error."""
        ...

    def lower(self, utc_ms: int) -> None:
        """Put the floor down."""
        ...


class SystemClock:
    """The kernel's clocks, with a discipline that says what wall time is worth.

    Wall time before the floor, a time that has passed, is not believed, whatever the discipline says. The floor may
    be wrong, when a clock ran far ahead. So it gives way to a synchronised clock that something of another kind
    vouches for: a second source that has the same time, or the broker's certificate, which was verified just now and
    ends before the floor. A person at the unit can put it down as well (`lamppost clock`).

    Args:
        discipline: the source of wall time.
        rtc: tells the time of a clock with a battery, in ms, and the bound of its error, when it is given the floor;
            None for none.
    """

    def __init__(
        self, discipline: Discipline, *, rtc: Callable[[int], tuple[int, int] | None] = lambda _floor_ms: None
    ) -> None:
        self._rtc = rtc
        self._discipline = discipline
        self._remembered: Remembered | None = None
        self._floor_utc_ns = 0
        self._certificate = (0, 0)
        self._told = False
        self.boot_id = read_boot_id()

    def remember(self, remembered: Remembered) -> None:
        """Take what is known from before: the floor, and this boot's time if an earlier process had it."""
        self._remembered = remembered
        self._floor_utc_ns = remembered.floor_ms * NS_PER_MS
        placed = remembered.placed(self.boot_id)
        if placed is None and (kept := self._rtc(remembered.floor_ms)) is not None:
            utc_ms, error_ms = kept
            self._discipline.resume(mono_ns=time.monotonic_ns(), utc_ns=utc_ms * NS_PER_MS, error_ms=error_ms)
        if placed is not None:
            mono_ms, utc_ms, bound_ms = placed
            self._discipline.resume(mono_ns=mono_ms * NS_PER_MS, utc_ns=utc_ms * NS_PER_MS, error_ms=bound_ms)
            self._floor_utc_ns = min(self._floor_utc_ns, utc_ms * NS_PER_MS)  # this boot's clock was set right since

    def certified(self, not_before_s: int, not_after_s: int) -> None:
        """Take the validity of the broker's certificate, which was verified now; may be called on any thread."""
        self._certificate = (not_before_s, not_after_s)

    def mono_ns(self) -> int:
        """Return CLOCK_MONOTONIC in nanoseconds."""
        return time.monotonic_ns()

    def instant(self) -> Instant:
        """Return now, on both clocks."""
        mono_ns = time.monotonic_ns()
        wall = self._discipline.wall(mono_ns)
        if wall.synchronised and wall.utc_ns < self._floor_utc_ns:
            self._doubt(wall)
        believed = wall.utc_ns >= self._floor_utc_ns
        return Instant(
            mono_ns=mono_ns,
            utc_ns=wall.utc_ns,
            synchronised=wall.synchronised and believed,
            error_ms=wall.error_ms if believed else None,
        )

    def _doubt(self, wall: WallTime) -> None:
        first_s, last_s = self._certificate
        if first_s <= wall.utc_ns // _NS_PER_S <= last_s < self._floor_utc_ns // _NS_PER_S:
            self._release(wall, "the broker's certificate was verified, and ends before that")
        elif self._discipline.agrees(wall):
            self._release(wall, "a source of another kind has the same time")
        elif not self._told:
            self._told = True
            _LOG.warning(
                "wall time is before a time that this unit was sure of, so it is not believed before it has passed "
                "that: compare the unit's clock (date -u) with another one; if it is right, see lamppost clock --help"
            )

    def _release(self, wall: WallTime, why: str) -> None:
        """Give the floor up for a time with a known bound."""
        if self._remembered is None or wall.error_ms is None:
            return
        self._floor_utc_ns = wall.utc_ns
        self._remembered.lower(wall.utc_ns // NS_PER_MS)
        _LOG.warning("wall time is believed although it was later once: %s, so the clock had run ahead", why)

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds` of monotonic time."""
        await asyncio.sleep(seconds)
