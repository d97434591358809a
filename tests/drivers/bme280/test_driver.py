"""The BME280's driver: strict transcripts, each cut short, and the real smbus2 over the simulated chip."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.bme280 import MODEL
from drivers.bus.api import I2cDevice, Message, Read
from drivers.bus.transcript import Failure, parse_i2c
from drivers.errors import (
    BusFault,
    BusGone,
    BusTimeout,
    DriverError,
    InvalidData,
    NoAcknowledge,
    NotReady,
    WrongChip,
)
from drivers.model import Driver
from drivers.reading import Value
from drivers.sim.bme280 import TRIMS, TYPICAL, Bme280Chip, Shown, Trim
from drivers.sim.scd4x import Scd4xChip
from tests.support.i2c_chips import SleptClock, StoppableClock, on_adapter, on_transcript, transcript

_ALL_BUT_CLOSE = len(transcript("bme280").steps) - 1
_NAMES = ["worked", "typical", "negative"]


@pytest.fixture
def clock() -> SleptClock:
    return SleptClock()


async def test_driver_opened_sampled_and_closed_says_exactly_the_transcript(clock: SleptClock) -> None:
    driver, bus = on_transcript(MODEL, transcript("bme280"), clock)
    await driver.open()
    reading = await driver.sample()
    await driver.close()
    bus.assert_finished()
    assert reading.values == {"temperature": 2508, "humidity": 2078, "pressure": 1006533}
    assert reading.raw == {"adc_T": 519888, "adc_H": 25000, "adc_P": 415148}
    assert clock.slept_s == [0.002, 0.081]
    assert reading.mono_ns == clock.now_ns


async def test_driver_with_a_slow_chip_waits_and_takes_skipped_humidity_as_not_available(clock: SleptClock) -> None:
    driver, bus = on_transcript(MODEL, transcript("bme280_busy"), clock)
    await driver.open()
    reading = await driver.sample()
    await driver.close()
    bus.assert_finished()
    assert reading.values == {"temperature": 2508, "humidity": None, "pressure": 1006533}
    assert "adc_H" not in reading.raw
    assert clock.slept_s == [0.002, 0.002, 0.002, 0.081, 0.005, 0.005]


async def test_driver_with_a_bmp280_names_it_and_writes_nothing(clock: SleptClock) -> None:
    driver, bus = on_transcript(MODEL, transcript("bme280_bmp280"), clock)
    with pytest.raises(WrongChip, match="this is a BMP280") as caught:
        await driver.open()
    await driver.close()
    bus.assert_finished()
    assert (caught.value.expected, caught.value.found) == ((0x60,), 0x58)


async def test_driver_with_an_unknown_chip_says_which_id_it_found(clock: SleptClock) -> None:
    driver, _ = on_transcript(MODEL, "0x76 W d0 R 55\n", clock)
    with pytest.raises(WrongChip, match="expected id 0x60, found 0x55"):
        await driver.open()


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (Failure.NACK, NoAcknowledge),
        (Failure.TIMEOUT, BusTimeout),
        (Failure.FAULT, BusFault),
        (Failure.GONE, BusGone),
    ],
    ids=str,
)
@pytest.mark.parametrize("at", range(_ALL_BUT_CLOSE))
async def test_driver_on_a_transcript_cut_short_raises_the_bus_error_and_closes_quietly(
    at: int, failure: Failure, error: type[DriverError], clock: SleptClock
) -> None:
    driver, bus = on_transcript(MODEL, transcript("bme280").cut(at, failure), clock)
    with pytest.raises(error):
        await _open_and_sample(driver)
    await driver.close()
    await driver.close()
    bus.assert_finished()


async def test_driver_whose_chip_is_gone_at_close_closes_quietly(clock: SleptClock) -> None:
    driver, bus = on_transcript(MODEL, transcript("bme280").cut(_ALL_BUT_CLOSE, Failure.NACK), clock)
    await _open_and_sample(driver)
    await driver.close()
    bus.assert_finished()


async def test_driver_sampled_before_it_was_opened_is_not_ready(clock: SleptClock) -> None:
    driver, _ = on_transcript(MODEL, "", clock)
    with pytest.raises(NotReady, match="not opened"):
        await driver.sample()
    await driver.close()


async def test_driver_opened_again_after_a_failure_starts_from_scratch(clock: SleptClock) -> None:
    whole = transcript("bme280")
    failing = whole.steps[:4] + parse_i2c("0x76 NACK\n").steps
    driver, bus = on_transcript(MODEL, type(whole)(failing + whole.steps), clock)
    with pytest.raises(NoAcknowledge):
        await driver.open()
    await driver.close()
    await _open_and_sample(driver)
    await driver.close()
    bus.assert_finished()


async def test_driver_cancelled_while_the_chip_measures_can_sample_again(tmp_path: Path) -> None:
    clock = StoppableClock()
    chip = Bme280Chip(mono_ns=clock.mono_ns)
    async with on_adapter(MODEL, chip, clock, tmp_path) as (driver, _, _bus):
        await driver.open()
        await clock.cancel_in_sleep(driver.sample())
        assert (await driver.sample()).values == chip.presented


@pytest.mark.parametrize("trim", TRIMS, ids=_NAMES)
async def test_driver_over_smbus2_reports_what_the_chip_presents(
    trim: Trim, clock: SleptClock, tmp_path: Path
) -> None:
    log: list[Shown] = []
    chip = Bme280Chip(trim, mono_ns=clock.mono_ns, on_readout=log.append)
    readings = []
    async with on_adapter(MODEL, chip, clock, tmp_path) as (driver, _, bus):
        await driver.open()
        for temperature_c, humidity_pct, pressure_pa in [(-39.5, 12, 30_100), (0, 50.5, 101_325), (84, 95, 109_000)]:
            presented = chip.set(temperature_c=temperature_c, humidity_pct=humidity_pct, pressure_pa=pressure_pa)
            readings.append((await driver.sample()).values)
            assert readings[-1] == presented
        await driver.close()
        assert bus.simulated
    assert readings == log


class _Direct:
    """A bus that hands messages straight to one chip, for many samples in little time."""

    path, simulated = "direct", True

    def __init__(self, chip: Bme280Chip) -> None:
        self._chip = chip

    async def open(self) -> None:
        """Do nothing."""

    async def close(self) -> None:
        """Do nothing."""

    async def transfer(self, _address: int, messages: Sequence[Message]) -> list[bytes]:
        answers = []
        for message in messages:
            if isinstance(message, Read):
                answers.append(self._chip.read(message.length))
            else:
                self._chip.write(message.data)
        return answers


@pytest.mark.parametrize("trim", TRIMS, ids=_NAMES)
@given(
    temperature=st.floats(-60, 100),
    humidity=st.floats(-5, 105),
    pressure=st.floats(20_000, 120_000),
)
@settings(deadline=None)
def test_driver_in_any_air_reports_exactly_what_the_chip_presents(
    trim: Trim, temperature: float, humidity: float, pressure: float
) -> None:
    """For every calibration and all air, in range or not, the reading is what the simulator's own formulas say."""
    clock = SleptClock()
    chip = Bme280Chip(trim, mono_ns=clock.mono_ns)
    presented = chip.set(temperature_c=temperature, humidity_pct=humidity, pressure_pa=pressure)
    driver = MODEL.create(I2cDevice(_Direct(chip), 0x76), clock, MODEL.options())

    async def run() -> None:
        await driver.open()
        assert (await driver.sample()).values == presented

    asyncio.run(run())


@pytest.mark.parametrize("value", [0x00, 0xFF], ids=["all 00", "all ff"])
async def test_driver_on_a_dead_line_refuses_the_chip(value: int, clock: SleptClock, tmp_path: Path) -> None:
    chip = Bme280Chip(mono_ns=clock.mono_ns)
    async with on_adapter(MODEL, chip, clock, tmp_path) as (driver, adapter, _bus):
        adapter.faults.fill(0x76, value)
        with pytest.raises(InvalidData, match=f"0x{value:02x}"):
            await driver.open()


@pytest.mark.parametrize("value", [0x00, 0xFF], ids=["all 00", "all ff"])
async def test_driver_whose_line_dies_refuses_the_sample_and_recovers(
    value: int, clock: SleptClock, tmp_path: Path
) -> None:
    chip = Bme280Chip(TYPICAL, mono_ns=clock.mono_ns)
    async with on_adapter(MODEL, chip, clock, tmp_path) as (driver, adapter, _bus):
        await driver.open()
        adapter.faults.fill(0x76, value)
        with pytest.raises(InvalidData):
            await driver.sample()
        adapter.faults.clear()
        await driver.close()
        assert (await _open_and_sample(driver)) == chip.presented


async def test_driver_with_a_chip_that_hangs_is_not_ready(clock: SleptClock, tmp_path: Path) -> None:
    chip = Bme280Chip(mono_ns=clock.mono_ns)
    async with on_adapter(MODEL, chip, clock, tmp_path) as (driver, _, _bus):
        await driver.open()
        chip.hung = True
        with pytest.raises(NotReady, match="stays busy"):
            await driver.sample()


async def test_driver_whose_chip_lost_its_power_between_samples_measures_right_again(
    clock: SleptClock, tmp_path: Path
) -> None:
    async with on_adapter(MODEL, Bme280Chip(TYPICAL, mono_ns=clock.mono_ns), clock, tmp_path) as (driver, adapter, _):
        await _open_and_sample(driver)
        fresh = Bme280Chip(TYPICAL, mono_ns=clock.mono_ns)
        adapter.chips[0x76] = fresh
        fresh.set(temperature_c=33)
        assert (await driver.sample()).values == fresh.presented


async def test_driver_with_a_bmp280_on_the_bus_is_refused(clock: SleptClock, tmp_path: Path) -> None:
    chip = Bme280Chip(chip_id=0x58, mono_ns=clock.mono_ns)
    async with on_adapter(MODEL, chip, clock, tmp_path) as (driver, _, _bus):
        with pytest.raises(WrongChip, match="BMP280"):
            await driver.open()


async def test_driver_with_an_scd4x_at_its_address_does_not_open(clock: SleptClock, tmp_path: Path) -> None:
    async with on_adapter(MODEL, Scd4xChip(mono_ns=clock.mono_ns), clock, tmp_path) as (driver, _, _bus):
        with pytest.raises(DriverError):
            await driver.open()
        await driver.close()


async def test_driver_with_nobody_at_its_address_is_not_acknowledged(clock: SleptClock, tmp_path: Path) -> None:
    chip = Bme280Chip(mono_ns=clock.mono_ns)
    async with on_adapter(MODEL, chip, clock, tmp_path) as (driver, adapter, _bus):
        adapter.faults.nack(0x76)
        with pytest.raises(NoAcknowledge, match="address 0x76"):
            await driver.open()


async def test_driver_whose_adapter_is_unplugged_recovers_after_the_bus_is_opened_again(
    clock: SleptClock, tmp_path: Path
) -> None:
    chip = Bme280Chip(mono_ns=clock.mono_ns)
    async with on_adapter(MODEL, chip, clock, tmp_path) as (driver, adapter, bus):
        await _open_and_sample(driver)
        adapter.unplug()
        with pytest.raises(BusGone):
            await driver.sample()
        await driver.close()
        adapter.replug()
        await bus.open()
        assert (await _open_and_sample(driver)) == chip.presented


async def _open_and_sample(driver: Driver) -> dict[str, Value]:
    await driver.open()
    return dict((await driver.sample()).values)
