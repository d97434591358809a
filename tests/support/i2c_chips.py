"""What the tests of I2C chips share: drivers on transcripts, on smbus2 over a simulated adapter, on a chip directly.

The faults that are the same for every chip are in `tests.support.i2c_faults`.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from drivers.bus.api import I2cDevice, Message, Read
from drivers.bus.linux_i2c import LinuxI2c
from drivers.bus.playback import PlaybackI2c
from drivers.bus.transcript import I2cStep, Transcript, parse_i2c
from drivers.errors import NoAcknowledge
from drivers.model import Driver, I2cModel
from drivers.reading import Value
from drivers.sim.adapter import SimulatedAdapter
from drivers.sim.chip import NotAcknowledged, SimulatedChip
from tests.support.slept_clock import SleptClock

_TRANSCRIPTS = Path(__file__).parents[1] / "transcripts"


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


async def open_and_sample(driver: Driver) -> dict[str, Value]:
    """Open the driver and return the values of its first sample."""
    await driver.open()
    return dict((await driver.sample()).values)


class DirectI2c:
    """A bus that hands messages straight to one chip, for many samples in little time.

    Attributes:
        chip: the one that hears them now.
        transfers: how many there were.
    """

    path, simulated = "direct", True

    def __init__(self, chip: SimulatedChip, *, miss: int | None = None) -> None:
        """Leave the transfer of number `miss` (from 0) without an acknowledge, and no other."""
        self.transfers = 0
        self.chip = chip
        self._miss = miss

    async def open(self) -> None:
        """Do nothing."""

    async def close(self) -> None:
        """Do nothing."""

    async def transfer(self, address: int, messages: Sequence[Message]) -> list[bytes]:
        self.transfers += 1
        if self.transfers - 1 == self._miss:
            raise NoAcknowledge("ordered by the test", bus=self.path, address=address)
        try:
            return self._run(messages)
        except NotAcknowledged as error:
            raise NoAcknowledge("the chip says so", bus=self.path, address=address) from error
        finally:
            self.chip.stop()

    def _run(self, messages: Sequence[Message]) -> list[bytes]:
        answers = []
        for message in messages:
            if isinstance(message, Read):
                answers.append(self.chip.read(message.length))
            else:
                self.chip.write(message.data)
        return answers


def run_once(
    model: I2cModel,
    chip: SimulatedChip,
    clock: SleptClock,
    options: Any = None,  # noqa: ANN401  (every model has a type of its own)
) -> dict[str, Value]:
    """Return what a new driver reads of `chip` at once: for tests that hypothesis calls many times."""
    device = I2cDevice(DirectI2c(chip), model.addresses[0])
    return asyncio.run(open_and_sample(model.create(device, clock, options or model.options())))
