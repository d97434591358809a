"""A clock whose wall time a test synchronises, slews and steps."""

import asyncio
from dataclasses import dataclass

from agent.clock import Instant

BOOT = bytes(range(16))
WALL_MS = 1_790_000_000_000
"""Wall time when the boot's clock is at 0; a multiple of 10 s."""
_NS_PER_MS = 1_000_000


@dataclass
class WallClock:
    """Monotonic time from `now_ms`, wall time `offset_ms` ahead of it. Sleeping moves it."""

    now_ms: int = 5_000
    offset_ms: int = WALL_MS
    synchronised: bool = True
    error_ms: int | None = 3
    boot_id: bytes = BOOT

    def mono_ns(self) -> int:
        return self.now_ms * _NS_PER_MS

    def instant(self) -> Instant:
        return Instant(
            mono_ns=self.mono_ns(),
            utc_ns=(self.now_ms + self.offset_ms) * _NS_PER_MS,
            synchronised=self.synchronised,
            error_ms=self.error_ms,
        )

    async def sleep(self, seconds: float) -> None:
        self.now_ms += round(seconds * 1000)
        await asyncio.sleep(0)
