"""Time on the unit: monotonic time, boot id, and wall time with a quality. Injected everywhere else.

In: the kernel's clocks. Out: instants. Never: wall time without a quality.
"""

import asyncio
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from agent.errors import LamppostError

NS_PER_MS = 1_000_000
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class Instant:
    """One moment, on both clocks.

    Attributes:
        mono_ns: CLOCK_MONOTONIC.
        utc_ns: CLOCK_REALTIME as the kernel has it, believed or not.
        synchronised: whether wall time may be believed now.
        error_ms: bound of the wall clock's error, None when unknown.
    """

    mono_ns: int
    utc_ns: int
    synchronised: bool
    error_ms: int | None


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


class Discipline(Protocol):
    """Says whether wall time may be believed."""

    def state(self) -> tuple[bool, int | None]:
        """Return whether the clock is synchronised, and the bound of its error in ms."""
        ...


class SystemClock:
    """The kernel's clocks, with a discipline that says what wall time is worth."""

    def __init__(self, discipline: Discipline) -> None:
        self._discipline = discipline
        self.boot_id = read_boot_id()

    def mono_ns(self) -> int:
        """Return CLOCK_MONOTONIC in nanoseconds."""
        return time.monotonic_ns()

    def instant(self) -> Instant:
        """Return now, on both clocks."""
        synchronised, error_ms = self._discipline.state()
        return Instant(
            mono_ns=time.monotonic_ns(), utc_ns=time.time_ns(), synchronised=synchronised, error_ms=error_ms
        )

    async def sleep(self, seconds: float) -> None:
        """Return after `seconds` of monotonic time."""
        await asyncio.sleep(seconds)
