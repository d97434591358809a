"""A simulated dust sensor that numbers its frames, so that a missed one shows."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from drivers.sim.line import SimulatedLine
from drivers.sim.pmsx003 import SimulatedPms


class NumberedDust:
    """A simulated PMSx003 whose channel `n0_3` counts the frames that it sent.

    Attributes:
        sent: how many, since it was made.
        first: the first frame's number; it wraps at 65,536.
    """

    def __init__(self, link: Path, *, first: int = 1) -> None:
        self.sent = 0
        self.first = first
        self._paused = False
        self._sensor = SimulatedPms()
        self._line = SimulatedLine(link, on_receive=self._hear)

    def pause(self) -> None:
        """Send nothing any more."""
        self._paused = True

    def tick(self) -> None:
        """Send one frame; what nobody reads is lost when the port's buffer is full."""
        number = (self.first + self.sent) % 65_536
        self._sensor.set(pm2_5_ug_m3=number % 1000, particles_per_cm3={"n0_3": number / 100})
        frame = self._sensor.frame()
        if frame and not self._paused:
            self.sent += 1
            self._line.send(frame, timeout_s=0)

    def close(self) -> None:
        """Take the port away."""
        self._line.close()

    def _hear(self, data: bytes) -> None:
        answer = self._sensor.command(data)
        if answer:
            self._line.send(answer, timeout_s=0)


async def tick_for_ever(sensors: Sequence[NumberedDust], *, period_s: float, phase_s: float = 0.0) -> None:
    """Have each sensor send a frame at every multiple of `period_s` of wall time, plus `phase_s`."""
    while True:
        await asyncio.sleep(period_s - (time.time() - phase_s) % period_s)
        for sensor in sensors:
            sensor.tick()
