"""Faults that are the same for every I2C chip.

A module of a driver's tests says once which chip it is about, and inherits them: `ChipFaults` always,
`StuckLineFaults` where the chip's answers tell a stuck line from a measurement, `CalibratedChipFaults` and
`TriggeredChipFaults` where what these say of a chip is so::

    class TestFaults(ChipFaults, StuckLineFaults):
        case = FaultCase(model=MODEL, transcript="aht20", chip=lambda now: Aht20Chip(mono_ns=now), closing=0)
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol, runtime_checkable

import pytest

from drivers.bus.api import I2cDevice
from drivers.bus.playback import PlaybackI2c
from drivers.bus.transcript import Failure, I2cStep, Transcript
from drivers.errors import BusGone, InvalidData, NoAcknowledge, NotReady
from drivers.model import Driver, I2cModel
from drivers.sim.chip import SimulatedChip
from tests.support.i2c_chips import DirectI2c, on_adapter, on_transcript, open_and_sample, transcript
from tests.support.slept_clock import SleptClock, StoppableClock

_DRIVERS = Path(__file__).parents[2] / "drivers"


class PresentingChip(SimulatedChip, Protocol):
    """A simulated chip that says what a right driver must make of what it shows."""

    @property
    def presented(self) -> Mapping[str, int | None]: ...


@runtime_checkable
class TriggeredChip(PresentingChip, Protocol):
    """A simulated thermometer, at least, that measures when it is told to.

    Attributes:
        hung: while True, a measurement that has begun does not end.
    """

    hung: bool

    def set(self, *, temperature_c: float) -> object:
        """Let it be so warm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultCase:
    """Which chip the shared fault tests are about.

    Attributes:
        model: the driver's model.
        transcript: name of the transcript of one open, one sample and one close.
        chip: builds the simulated chip from the time that it goes by.
        closing: how many steps at the end of the transcript are those of close.
        options: the options of both, None for the defaults.
        another: builds another chip of the same model, with a calibration of its own; None where it has none.
    """

    model: I2cModel
    transcript: str
    chip: Callable[[Callable[[], int]], PresentingChip]
    closing: int = 1
    options: Any = None
    another: Callable[[Callable[[], int]], PresentingChip] | None = None

    @property
    def steps(self) -> int:
        """How many steps of the transcript may fail: all but those of close."""
        return len(transcript(self.transcript).steps) - self.closing

    @property
    def troubleshooting(self) -> str:
        """What the model's README has a technician do about its errors."""
        readme = _DRIVERS / self.model.name / "README.md"
        return readme.read_text().partition("## Troubleshooting")[2].partition("## Sources")[0]

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
        clock.jump(60)
        driver, skip = self.case.drive(DirectI2c(chip), clock), 0
        while await clock.cancelled_in_sleep(open_and_sample(driver), skip=skip):
            await driver.close()
            clock.jump(1)
            assert await open_and_sample(driver) == chip.presented, f"cancelled in sleep {skip}"
            clock.jump(60)
            driver, skip = self.case.drive(DirectI2c(chip), clock), skip + 1
        assert skip, "a chip that never needs time needs no such test"

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
            with pytest.raises(NoAcknowledge, match=f"address 0x{self.case.model.addresses[0]:02x}: nobody answers"):
                await driver.open()
            await driver.close()
        assert "\n| nobody answers |" in self.case.troubleshooting, "its README does not say what to do"

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
            with pytest.raises(InvalidData, match=f"all 0x{level:02x}"):
                await driver.open()
            await driver.close()
        assert "all 0x00 or all 0xff |" in self.case.troubleshooting, "its README does not say what to do"

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


class CalibratedChipFaults(_Cases):
    """What holds besides where each chip carries a calibration, without which its numbers are wrong and possible."""

    async def test_driver_whose_chip_was_swapped_between_samples_goes_by_the_new_ones_calibration(self) -> None:
        clock = SleptClock()
        bus = DirectI2c(self.case.chip(clock.mono_ns))
        driver = self.case.drive(bus, clock)
        await open_and_sample(driver)
        assert self.case.another is not None
        bus.chip = another = self.case.another(clock.mono_ns)
        clock.jump(60)
        assert (await driver.sample()).values == another.presented

    async def test_driver_whose_chip_lost_its_power_between_samples_measures_right_at_the_next(self) -> None:
        clock = SleptClock()
        bus = DirectI2c(self.case.chip(clock.mono_ns))
        driver = self.case.drive(bus, clock)
        await open_and_sample(driver)
        bus.chip = fresh = self.case.chip(clock.mono_ns)
        clock.jump(60)
        assert (await driver.sample()).values == fresh.presented


class TriggeredChipFaults(_Cases):
    """What holds besides where a chip measures once for each sample, and the driver waits until it has."""

    async def test_driver_with_a_chip_that_hangs_is_not_ready_within_its_timeout_then_recovers(self) -> None:
        clock = SleptClock()
        chip = self._triggered(clock)
        driver = self.case.drive(DirectI2c(chip), clock)
        await driver.open()
        chip.hung = True
        before_ns = clock.now_ns
        with pytest.raises(NotReady, match=r"stays busy|does not finish"):
            await driver.sample()
        assert (clock.now_ns - before_ns) / 1e9 < self.case.model.timeout_s
        chip.hung = False
        assert await open_and_sample(driver) == chip.presented

    async def test_driver_cancelled_while_the_chip_measures_samples_what_is_new_without_being_opened(self) -> None:
        clock = StoppableClock()
        chip = self._triggered(clock)
        driver = self.case.drive(DirectI2c(chip), clock)
        assert await open_and_sample(driver) == chip.presented
        await clock.cancel_in_sleep(driver.sample())
        before = dict(chip.presented)
        chip.set(temperature_c=7)
        assert (await driver.sample()).values == chip.presented != before

    def _triggered(self, clock: SleptClock) -> TriggeredChip:
        chip = self.case.chip(clock.mono_ns)
        assert isinstance(chip, TriggeredChip)
        return chip


class ForcedChipFaults(ChipFaults, StuckLineFaults, CalibratedChipFaults, TriggeredChipFaults):
    """All of them: what holds for a chip in forced mode (`drivers.bosch_driver`)."""
