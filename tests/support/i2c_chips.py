"""What the tests of I2C chips share: time that passes when slept, transcripts, and smbus2 on simulated chips."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from drivers.bus.api import I2cDevice
from drivers.bus.linux_i2c import LinuxI2c
from drivers.bus.playback import PlaybackI2c
from drivers.bus.transcript import I2cStep, Transcript, parse_i2c
from drivers.model import Driver, I2cModel
from drivers.sim.adapter import SimulatedAdapter
from drivers.sim.chip import SimulatedChip

_TRANSCRIPTS = Path(__file__).parents[1] / "transcripts"


class SleptClock:
    """A clock on which time passes only while somebody sleeps, and then at once."""

    def __init__(self, start_s: int = 1000) -> None:
        self.now_ns = start_s * 1_000_000_000
        self.slept_s: list[float] = []

    def mono_ns(self) -> int:
        return self.now_ns

    async def sleep(self, seconds: float) -> None:
        self.slept_s.append(seconds)
        self.now_ns += round(seconds * 1e9)

    def jump(self, seconds: float) -> None:
        """Let time pass while nobody looks."""
        self.now_ns += round(seconds * 1e9)


class StoppableClock(SleptClock):
    """A clock that can let a coroutine sleep for ever, to cancel it right there."""

    def __init__(self) -> None:
        super().__init__()
        self._stop_in: int | None = None
        self._asleep = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        if self._stop_in == 0:
            self._asleep.set()
            await asyncio.Event().wait()
        if self._stop_in is not None:
            self._stop_in -= 1
        await super().sleep(seconds)

    async def cancel_in_sleep(self, work: Coroutine[Any, Any, Any], *, skip: int = 0) -> None:
        """Run `work` until it sleeps for the time after `skip` others, cancel it there, and see that it ends."""
        self._stop_in = skip
        self._asleep.clear()
        task = asyncio.ensure_future(work)
        await self._asleep.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        self._stop_in = None


def transcript(name: str) -> Transcript[I2cStep]:
    """Return the transcript ``tests/transcripts/<name>.txt``."""
    return parse_i2c((_TRANSCRIPTS / f"{name}.txt").read_text())


def on_transcript(
    model: I2cModel,
    script: Transcript[I2cStep] | str,
    clock: SleptClock,
    options: Any = None,  # noqa: ANN401  (every model has a type of its own)
) -> tuple[Driver, PlaybackI2c]:
    """Return a driver at the model's first address, and the playback it talks to."""
    bus = PlaybackI2c(script)
    return model.create(I2cDevice(bus, model.addresses[0]), clock, options or model.options()), bus


@asynccontextmanager
async def on_adapter(
    model: I2cModel,
    chip: SimulatedChip,
    clock: SleptClock,
    folder: Path,
    options: Any = None,  # noqa: ANN401  (every model has a type of its own)
) -> AsyncIterator[tuple[Driver, SimulatedAdapter, LinuxI2c]]:
    """Yield a driver on the real smbus2 over a simulated adapter that carries `chip`, the adapter and the bus."""
    address = model.addresses[0]
    with SimulatedAdapter({address: chip}).serve(folder / "i2c-1") as adapter:
        bus = LinuxI2c(str(folder / "i2c-1"))
        await bus.open()
        try:
            yield model.create(I2cDevice(bus, address), clock, options or model.options()), adapter, bus
        finally:
            await bus.close()
