"""What the tests of I2C chips share: time that passes when slept, transcripts, smbus2 on simulated chips, and faults.

The faults are the same for every chip: a module of a driver's tests says once which chip it is about, and inherits
them (`ChipFaults`, and `StuckLineFaults` where the chip's answers tell a stuck line from a measurement)::

    class TestFaults(ChipFaults, StuckLineFaults):
        case = FaultCase(model=MODEL, transcript="aht20", chip=lambda now: Aht20Chip(mono_ns=now), closing=0)
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

import pytest

from drivers.bus.api import I2cDevice, Message, Read
from drivers.bus.linux_i2c import LinuxI2c
from drivers.bus.playback import PlaybackI2c
from drivers.bus.transcript import Failure, I2cStep, Transcript, parse_i2c
from drivers.errors import BusGone, InvalidData, NoAcknowledge, NotReady
from drivers.model import Driver, I2cModel
from drivers.reading import Value
from drivers.sim.adapter import SimulatedAdapter
from drivers.sim.chip import NotAcknowledged, SimulatedChip

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


async def open_and_sample(driver: Driver) -> dict[str, Value]:
    """Open the driver and return the values of its first sample."""
    await driver.open()
    return dict((await driver.sample()).values)


class DirectI2c:
    """A bus that hands messages straight to one chip, for many samples in little time.

    Attributes:
        transfers: how many there were.
    """

    path, simulated = "direct", True

    def __init__(self, chip: SimulatedChip, *, miss: int | None = None) -> None:
        """Leave the transfer of number `miss` (from 0) without an acknowledge, and no other."""
        self.transfers = 0
        self._chip = chip
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
            self._chip.stop()

    def _run(self, messages: Sequence[Message]) -> list[bytes]:
        answers = []
        for message in messages:
            if isinstance(message, Read):
                answers.append(self._chip.read(message.length))
            else:
                self._chip.write(message.data)
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


class PresentingChip(SimulatedChip, Protocol):
    """A simulated chip that says what a right driver must make of what it shows."""

    @property
    def presented(self) -> Mapping[str, int | None]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultCase:
    """Which chip the shared fault tests are about.

    Attributes:
        model: the driver's model.
        transcript: name of the transcript of one open, one sample and one close.
        chip: builds the simulated chip from the time that it goes by.
        closing: how many steps at the end of the transcript are those of close.
        options: the options of both, None for the defaults.
    """

    model: I2cModel
    transcript: str
    chip: Callable[[Callable[[], int]], PresentingChip]
    closing: int = 1
    options: Any = None

    @property
    def steps(self) -> int:
        """How many steps of the transcript may fail: all but those of close."""
        return len(transcript(self.transcript).steps) - self.closing

    def play(self, script: Transcript[I2cStep] | str, clock: SleptClock) -> tuple[Driver, PlaybackI2c]:
        return on_transcript(self.model, script, clock, self.options)

    def drive(self, bus: DirectI2c, clock: SleptClock) -> Driver:
        device = I2cDevice(bus, self.model.addresses[0])
        return self.model.create(device, clock, self.options or self.model.options())


class _Cases:
    """The parameters that a case gives to its tests."""

    case: ClassVar[FaultCase]

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "step" in metafunc.fixturenames:
            metafunc.parametrize("step", range(self.case.steps))
        if "failure" in metafunc.fixturenames:
            kinds = (Failure.NACK, Failure.TIMEOUT, Failure.FAULT, Failure.GONE)
            metafunc.parametrize("failure", kinds, ids=str)
        if "level" in metafunc.fixturenames:
            metafunc.parametrize("level", [0x00, 0xFF], ids=["all 00", "all ff"])


class ChipFaults(_Cases):
    """What holds for the driver of every I2C chip."""

    async def test_driver_opened_sampled_and_closed_says_exactly_the_transcript(self) -> None:
        clock = SleptClock()
        driver, bus = self.case.play(transcript(self.case.transcript), clock)
        await driver.open()
        reading = await driver.sample()
        fitted = self.case.model.fitted(self.case.options or self.case.model.options())
        assert set(reading.values) == {channel.name for channel in fitted.channels}
        assert reading.mono_ns == clock.now_ns
        await driver.close()
        bus.assert_finished()

    async def test_driver_on_a_transcript_cut_short_raises_the_bus_error_and_closes_quietly(
        self, step: int, failure: Failure
    ) -> None:
        driver, bus = self.case.play(transcript(self.case.transcript).cut(step, failure), SleptClock())
        with pytest.raises(type(failure.error(bus="any"))):
            await open_and_sample(driver)
        await driver.close()
        await driver.close()
        bus.assert_finished()

    async def test_driver_whose_chip_is_gone_at_close_closes_quietly(self, failure: Failure) -> None:
        driver, bus = self.case.play(transcript(self.case.transcript).cut(self.case.steps, failure), SleptClock())
        await open_and_sample(driver)
        await driver.close()
        bus.assert_finished()

    async def test_driver_sampled_before_it_was_opened_is_not_ready_and_sends_nothing(self) -> None:
        driver, bus = self.case.play("", SleptClock())
        with pytest.raises(NotReady, match="not opened"):
            await driver.sample()
        await driver.close()
        bus.assert_finished()

    async def test_driver_sampled_after_it_was_closed_is_not_ready(self) -> None:
        driver, bus = self.case.play(transcript(self.case.transcript), SleptClock())
        await open_and_sample(driver)
        await driver.close()
        with pytest.raises(NotReady, match="not opened"):
            await driver.sample()
        bus.assert_finished()

    async def test_driver_whose_chip_misses_any_one_transfer_recovers_when_opened_again(self) -> None:
        clock = SleptClock()
        chip = self.case.chip(clock.mono_ns)
        whole = DirectI2c(chip)
        await open_and_sample(self.case.drive(whole, clock))
        for miss in range(whole.transfers):
            clock.jump(60)
            driver = self.case.drive(DirectI2c(chip, miss=miss), clock)
            with pytest.raises(NoAcknowledge):
                await open_and_sample(driver)
            await driver.close()
            clock.jump(1)  # no supervisor opens it again at once, and a chip may still be busy
            assert await open_and_sample(driver) == chip.presented, f"transfer {miss} was missed"

    async def test_driver_cancelled_in_any_of_its_sleeps_opens_and_samples_again(self) -> None:
        clock = StoppableClock()
        chip = self.case.chip(clock.mono_ns)
        await open_and_sample(self.case.drive(DirectI2c(chip), clock))
        sleeps = len(clock.slept_s)
        assert sleeps, "a chip that never needs time needs no such test"
        for skip in range(sleeps):
            clock.jump(60)
            driver = self.case.drive(DirectI2c(chip), clock)
            await clock.cancel_in_sleep(open_and_sample(driver), skip=skip)
            await driver.close()
            clock.jump(1)
            assert await open_and_sample(driver) == chip.presented, f"cancelled in sleep {skip}"

    async def test_driver_over_smbus2_reports_what_the_chip_presents_within_its_timeout(self, tmp_path: Path) -> None:
        clock = SleptClock()
        chip = self.case.chip(clock.mono_ns)
        async with on_adapter(self.case.model, chip, clock, tmp_path, self.case.options) as (driver, _, bus):
            assert await open_and_sample(driver) == chip.presented
            before_ns = clock.now_ns
            assert (await driver.sample()).values == chip.presented
            assert (clock.now_ns - before_ns) / 1e9 < self.case.model.timeout_s
            await driver.close()
            assert bus.simulated

    async def test_driver_with_nobody_at_its_address_is_not_acknowledged(self, tmp_path: Path) -> None:
        clock = SleptClock()
        chip = self.case.chip(clock.mono_ns)
        async with on_adapter(self.case.model, chip, clock, tmp_path, self.case.options) as (driver, adapter, _):
            adapter.chips.clear()
            with pytest.raises(NoAcknowledge, match=f"address 0x{self.case.model.addresses[0]:02x}"):
                await driver.open()
            await driver.close()

    async def test_driver_whose_adapter_is_unplugged_recovers_after_the_bus_is_opened_again(
        self, tmp_path: Path
    ) -> None:
        clock = SleptClock()
        chip = self.case.chip(clock.mono_ns)
        async with on_adapter(self.case.model, chip, clock, tmp_path, self.case.options) as (driver, adapter, bus):
            await open_and_sample(driver)
            adapter.unplug()
            with pytest.raises(BusGone):
                await driver.sample()
            await driver.close()
            adapter.replug()
            await bus.open()
            clock.jump(60)
            assert await open_and_sample(driver) == chip.presented


class StuckLineFaults(_Cases):
    """What holds besides where a chip's answers tell a stuck line from a measurement."""

    async def test_driver_on_a_stuck_line_refuses_the_chip(self, level: int, tmp_path: Path) -> None:
        clock = SleptClock()
        chip = self.case.chip(clock.mono_ns)
        async with on_adapter(self.case.model, chip, clock, tmp_path, self.case.options) as (driver, adapter, _):
            adapter.faults.fill(self.case.model.addresses[0], level)
            with pytest.raises(InvalidData, match=f"0x{level:02x}"):
                await driver.open()
            await driver.close()

    async def test_driver_whose_line_sticks_refuses_the_sample_and_recovers(self, level: int, tmp_path: Path) -> None:
        clock = SleptClock()
        chip = self.case.chip(clock.mono_ns)
        async with on_adapter(self.case.model, chip, clock, tmp_path, self.case.options) as (driver, adapter, _):
            await driver.open()
            adapter.faults.fill(self.case.model.addresses[0], level)
            with pytest.raises(InvalidData, match=f"0x{level:02x}"):
                await driver.sample()
            adapter.faults.clear()
            await driver.close()
            clock.jump(60)
            assert await open_and_sample(driver) == chip.presented
