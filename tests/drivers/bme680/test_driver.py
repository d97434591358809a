"""The BME680's driver: the faults of every chip, and what is its own."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.bme680 import MODEL
from drivers.bme680.driver import Options
from drivers.errors import NotReady, WrongChip
from drivers.sim.bme280 import Bme280Chip
from drivers.sim.bme680 import Bme680Chip, Shown
from drivers.sim.bme680_trim import OTHER_SIGNS, TRIMS, TYPICAL, Trim
from tests.support.i2c_chips import DirectI2c, on_adapter, on_transcript, open_and_sample, transcript
from tests.support.i2c_faults import CalibratedChipFaults, ChipFaults, FaultCase, StuckLineFaults
from tests.support.slept_clock import SleptClock, StoppableClock


class _ColdChip(Bme680Chip):
    """A chip of which a driver that has just opened it must not believe the gas resistance."""

    @property
    def presented(self) -> Shown:
        return {**super().presented, "gas_resistance": None}


class TestFaults(ChipFaults, StuckLineFaults, CalibratedChipFaults):
    case = FaultCase(
        model=MODEL,
        transcript="bme680",
        chip=lambda now: _ColdChip(OTHER_SIGNS, mono_ns=now),
        another=lambda now: _ColdChip(mono_ns=now, gas_high=True),
    )


@pytest.fixture
def clock() -> SleptClock:
    return SleptClock()


async def test_driver_waits_for_the_heater_and_until_there_are_new_data(clock: SleptClock) -> None:
    driver, _ = on_transcript(MODEL, transcript("bme680"), clock)
    await driver.open()
    reading = await driver.sample()
    assert reading.values == {"temperature": 2500, "humidity": 4000, "pressure": 1013250, "gas_resistance": None}
    assert reading.raw == {
        "temp_adc": 495880, "hum_adc": 20646, "pres_adc": 354378, "gas_adc": 568, "gas_range": 6
    }  # fmt: skip
    assert clock.slept_s == [0.010, 0.195, 0.010]


@pytest.mark.parametrize("gas_high", [False, True], ids=["BME680", "BME688"])
async def test_driver_reports_gas_only_after_the_sensor_has_burnt_in(
    clock: SleptClock, tmp_path: Path, *, gas_high: bool
) -> None:
    chip = Bme680Chip(gas_high=gas_high, mono_ns=clock.mono_ns)
    async with on_adapter(MODEL, chip, clock, tmp_path) as (driver, _, _bus):
        await driver.open()
        clock.jump(MODEL.warm_up_s - 1)
        assert (await driver.sample()).values["gas_resistance"] is None
        clock.jump(1)
        assert (await driver.sample()).values == chip.presented
        await driver.close()
        assert (await open_and_sample(driver))["gas_resistance"] is None


async def test_driver_heats_to_the_temperature_asked_for_whatever_the_air(clock: SleptClock, tmp_path: Path) -> None:
    chip = Bme680Chip(OTHER_SIGNS, mono_ns=clock.mono_ns)
    options = Options(heater_c=250, heater_ms=100)
    async with on_adapter(MODEL, chip, clock, tmp_path, options) as (driver, _, _bus):
        await driver.open()
        for temperature_c in (-30, 60):
            chip.set(temperature_c=temperature_c)
            await driver.sample()
            await driver.sample()
            assert chip.heater_c == pytest.approx(250, abs=2.5)
            assert chip.heater_ms == 100


@pytest.mark.parametrize("fault", ["weak_heater", "invalid_gas"])
async def test_driver_whose_gas_is_not_valid_reports_the_air_without_it(
    fault: str, clock: SleptClock, tmp_path: Path
) -> None:
    chip = Bme680Chip(mono_ns=clock.mono_ns)
    async with on_adapter(MODEL, chip, clock, tmp_path) as (driver, _, _bus):
        await driver.open()
        clock.jump(MODEL.warm_up_s)
        setattr(chip, fault, True)
        reading = await driver.sample()
        assert reading.values == chip.presented
        assert reading.values["gas_resistance"] is None
        assert "gas_adc" not in reading.raw


async def test_driver_whose_heater_is_on_too_short_reports_no_gas(clock: SleptClock, tmp_path: Path) -> None:
    chip = Bme680Chip(mono_ns=clock.mono_ns)
    async with on_adapter(MODEL, chip, clock, tmp_path, Options(heater_ms=10)) as (driver, _, _bus):
        await driver.open()
        clock.jump(MODEL.warm_up_s)
        assert (await driver.sample()).values["gas_resistance"] is None


async def test_driver_without_gas_heats_nothing_and_has_no_such_channel(clock: SleptClock, tmp_path: Path) -> None:
    chip = Bme680Chip(mono_ns=clock.mono_ns)
    options = Options(gas=False)
    async with on_adapter(MODEL, chip, clock, tmp_path, options) as (driver, _, _bus):
        values = await open_and_sample(driver)
        assert set(values) == {channel.name for channel in MODEL.fitted(options).channels}
        assert set(values) == {"temperature", "humidity", "pressure"}
        assert chip.heater_ms == 0
        assert clock.slept_s == [0.010, 0.045]


@pytest.mark.parametrize(("found", "hint"), [(0x60, "is bme280"), (0x58, "is bmp280"), (0x55, "check the address")])
async def test_driver_with_another_chip_says_which_and_writes_nothing(
    found: int, hint: str, clock: SleptClock
) -> None:
    driver, bus = on_transcript(MODEL, f"0x76 W d0 R {found:02x}\n", clock)
    with pytest.raises(WrongChip, match=hint):
        await driver.open()
    await driver.close()
    bus.assert_finished()


async def test_driver_with_a_bme280_on_the_bus_is_refused(clock: SleptClock, tmp_path: Path) -> None:
    async with on_adapter(MODEL, Bme280Chip(mono_ns=clock.mono_ns), clock, tmp_path) as (driver, _, _bus):
        with pytest.raises(WrongChip):
            await driver.open()


async def test_driver_with_a_chip_that_hangs_is_not_ready_within_its_timeout(
    clock: SleptClock, tmp_path: Path
) -> None:
    chip = Bme680Chip(mono_ns=clock.mono_ns)
    async with on_adapter(MODEL, chip, clock, tmp_path, Options(heater_ms=4032)) as (driver, _, _bus):
        await driver.open()
        chip.hung = True
        before_ns = clock.now_ns
        with pytest.raises(NotReady, match="stays busy"):
            await driver.sample()
        assert (clock.now_ns - before_ns) / 1e9 < MODEL.timeout_s


async def test_driver_whose_chip_lost_its_power_between_samples_lets_its_gas_sensor_burn_in_again(
    clock: SleptClock, tmp_path: Path
) -> None:
    async with on_adapter(MODEL, Bme680Chip(mono_ns=clock.mono_ns), clock, tmp_path) as (driver, adapter, _):
        await open_and_sample(driver)
        clock.jump(MODEL.warm_up_s)
        fresh = Bme680Chip(mono_ns=clock.mono_ns)
        adapter.chips[0x76] = fresh
        fresh.set(temperature_c=33)
        assert (await driver.sample()).values == {**fresh.presented, "gas_resistance": None}
        clock.jump(MODEL.warm_up_s)
        assert (await driver.sample()).values == fresh.presented


async def test_driver_cancelled_while_the_chip_measures_can_sample_again(tmp_path: Path) -> None:
    clock = StoppableClock()
    chip = _ColdChip(mono_ns=clock.mono_ns)
    async with on_adapter(MODEL, chip, clock, tmp_path) as (driver, _, _bus):
        await driver.open()
        assert (await driver.sample()).values == chip.presented
        await clock.cancel_in_sleep(driver.sample())
        chip.set(temperature_c=7)
        assert (await driver.sample()).values == chip.presented


@pytest.mark.parametrize("trim", TRIMS, ids=["typical", "other signs"])
@given(
    temperature=st.floats(-60, 100),
    humidity=st.floats(-5, 105),
    pressure=st.floats(25_000, 120_000),
    gas=st.floats(200, 12_000_000),
    gas_high=st.booleans(),
)
@settings(deadline=None, max_examples=40)
async def test_driver_in_any_air_reports_exactly_what_the_chip_presents(
    trim: Trim, temperature: float, humidity: float, pressure: float, gas: float, *, gas_high: bool
) -> None:
    """For every calibration and all air, in range or not, the reading is what the simulator's own formulas say."""
    clock = SleptClock()
    log: list[Shown] = []
    chip = Bme680Chip(trim, gas_high=gas_high, mono_ns=clock.mono_ns, on_readout=log.append)
    presented = chip.set(temperature_c=temperature, humidity_pct=humidity, pressure_pa=pressure, gas_ohm=gas)
    case = FaultCase(model=MODEL, transcript="bme680", chip=lambda _now: chip)
    driver = case.drive(DirectI2c(chip), clock)
    await driver.open()
    clock.jump(MODEL.warm_up_s)
    assert (await driver.sample()).values == presented
    assert log == [presented]


@pytest.mark.parametrize(
    ("given_options", "says"),
    [
        ({"heater_c": 199}, "heater_c must be 200 to 400 degrees Celsius, found 199"),
        ({"heater_c": 401}, "found 401"),
        ({"heater_ms": 0}, "heater_ms must be 1 to 4032 milliseconds, found 0"),
        ({"heater_ms": 4033}, "found 4033"),
    ],
    ids=["too cold", "too hot", "too short", "too long"],
)
def test_options_out_of_range_are_refused_in_plain_words(given_options: dict[str, int], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Options(**given_options)  # type: ignore[arg-type]  # the keys are chosen by the parameters above


def test_transcript_has_the_words_of_the_typical_chip() -> None:
    text = (Path(__file__).parents[2] / "transcripts" / "bme680.txt").read_text()
    for block in TYPICAL.blocks().values():
        assert block.hex(" ") in text
