"""The driver of Plantower's PMS family in active mode: the sensor sends, this listens.

In: a serial line, the layout of one model's frame. Out: one reading a frame. Never: a frame whose check code does not
hold.
"""

import contextlib
from dataclasses import dataclass
from typing import ClassVar, Final

from drivers import plantower
from drivers.bus.api import SerialLine
from drivers.errors import DriverError
from drivers.listener import Listener
from drivers.plantower import Layout
from drivers.reading import Clock, Reading

FRAME_TIMEOUT_S = 5.0
"""Twice the longest interval in active mode, 2.3 s when the air does not change (PMS7003 data manual, "Output
result", by its text in git.ferano.io/JosephFerano/pmme, pmme-device/pms7003-spec.txt)."""

_NS_PER_S: Final = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `[sensor.NAME.options]` may say.

    Attributes:
        settle_s: seconds after opening in which every channel is None. The maker calls data stable 30 s after
            wake-up.
    """

    settle_s: int = 0

    def __post_init__(self) -> None:
        """Refuse a time that is none."""
        if self.settle_s < 0:
            raise ValueError(f"settle_s: expected 0 seconds or more, found {self.settle_s}")


class Plantower:
    """One sensor in active mode: it sends, this listens.

    Attributes:
        layout: what stands in this model's frames.
    """

    layout: ClassVar[Layout]

    def __init__(self, line: SerialLine, clock: Clock, options: Options) -> None:
        self._line = line
        self._clock = clock
        self._settle_ns = options.settle_s * _NS_PER_S
        self._listener = Listener(self.layout.chip, line, clock, parser=self.layout.framer)
        self._settled_at_ns = 0
        self._opened = False

    async def open(self) -> None:
        """Wake the sensor and set active mode; a sensor whose RX is not connected is in that mode after power-up."""
        await self._listener.open()
        self._opened = True
        await self._line.write(plantower.WAKE)
        await self._line.write(plantower.ACTIVE_MODE)
        self._settled_at_ns = self._clock.mono_ns() + self._settle_ns

    async def sample(self) -> Reading:
        """Return the next frame's reading.

        Raises:
            BusTimeout: no frame came.
            ChecksumMismatch: frames came, none whose check code holds.
            InvalidData: something else came, or a frame full of 0xffff.
        """
        mono_ns, frame = await self._listener.next(timeout_s=FRAME_TIMEOUT_S)
        values = self.layout.values(frame)
        if mono_ns < self._settled_at_ns:
            values = self.layout.unavailable()
        return Reading(mono_ns=mono_ns, values=values, raw=self.layout.ticks(frame))

    async def close(self) -> None:
        """Send the sensor to sleep, which stops fan and laser, and close the line."""
        if self._opened:
            self._opened = False
            with contextlib.suppress(DriverError):
                await self._line.write(plantower.SLEEP)
        await self._line.close()
