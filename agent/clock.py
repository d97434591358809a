"""Time on the unit: monotonic time, boot id, and wall time with a quality. Injected everywhere else.

In: the kernel's clocks and whatever disciplines them. Out: instants. Never: wall time without a quality.
"""

import asyncio
import logging
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from agent.errors import LamppostError

_LOG = logging.getLogger(__name__)
NS_PER_MS = 1_000_000
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


class SystemClock:
    """The kernel's clocks, with a discipline that says what wall time is worth.

    Args:
        discipline: the source of wall time.
        floor_utc_ns: a wall time known to be in the past, from an earlier boot. Wall time before it is not
            believed, whatever the discipline says.
    """

    def __init__(self, discipline: Discipline, *, floor_utc_ns: int = 0) -> None:
        self._discipline = discipline
        self._floor_utc_ns = floor_utc_ns
        self._told = False
        self.boot_id = read_boot_id()

    def raise_floor(self, utc_ns: int) -> None:
        """Believe no wall time before this one any more: it has passed."""
        self._floor_utc_ns = max(self._floor_utc_ns, utc_ns)

    def mono_ns(self) -> int:
        """Return CLOCK_MONOTONIC in nanoseconds."""
        return time.monotonic_ns()

    def instant(self) -> Instant:
        """Return now, on both clocks."""
        mono_ns = time.monotonic_ns()
        wall = self._discipline.wall(mono_ns)
        believed = wall.utc_ns >= self._floor_utc_ns
        if wall.synchronised and not believed and not self._told:
            self._told = True
            _LOG.warning(
                "wall time is before the rows that were stored, so it is not believed before it has passed them: "
                "compare the unit's clock (date -u) with another one"
            )
        return Instant(
            mono_ns=mono_ns,
            utc_ns=wall.utc_ns,
            synchronised=wall.synchronised and believed,
            error_ms=wall.error_ms if believed else None,
        )

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds` of monotonic time."""
        await asyncio.sleep(seconds)
