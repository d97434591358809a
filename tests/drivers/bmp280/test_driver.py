"""The BMP280's driver: the faults of every chip, and what is its own."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.bmp280 import MODEL
from drivers.errors import WrongChip
from drivers.sim.bme280 import NEGATIVE, TRIMS, TYPICAL, Bme280Chip, Trim
from drivers.sim.bmp280 import Bmp280Chip, Shown
from tests.support.i2c_chips import DirectI2c, on_adapter, on_transcript, open_and_sample, transcript
from tests.support.i2c_faults import FaultCase, ForcedChipFaults
from tests.support.slept_clock import SleptClock


class TestFaults(ForcedChipFaults):
    case = FaultCase(
        model=MODEL,
        transcript="bmp280",
        chip=lambda now: Bmp280Chip(TYPICAL, mono_ns=now),
        another=lambda now: Bmp280Chip(NEGATIVE, mono_ns=now),
    )


@pytest.fixture
def clock() -> SleptClock:
    return SleptClock()


async def test_driver_reports_the_worked_example_and_its_ticks(clock: SleptClock) -> None:
    driver, _ = on_transcript(MODEL, transcript("bmp280"), clock)
    await driver.open()
    reading = await driver.sample()
    assert reading.values == {"temperature": 2508, "pressure": 1006533}
    assert reading.raw == {"adc_T": 519888, "adc_P": 415148}
    assert clock.slept_s == [0.002, 0.002, 0.044, 0.005]


@pytest.mark.parametrize("chip_id", [0x56, 0x57, 0x58], ids=hex)
async def test_driver_takes_every_id_of_the_bmp280(chip_id: int, clock: SleptClock, tmp_path: Path) -> None:
    chip = Bmp280Chip(chip_id=chip_id, mono_ns=clock.mono_ns)
    async with on_adapter(MODEL, chip, clock, tmp_path) as (driver, _, _bus):
        assert await open_and_sample(driver) == chip.presented


@pytest.mark.parametrize(("found", "hint"), [(0x60, "is bme280"), (0x61, "is bme680"), (0x55, "check the address")])
async def test_driver_with_another_chip_says_which_and_writes_nothing(
    found: int, hint: str, clock: SleptClock
) -> None:
    driver, bus = on_transcript(MODEL, f"0x76 W d0 R {found:02x}\n", clock)
    with pytest.raises(WrongChip, match=hint) as caught:
        await driver.open()
    await driver.close()
    bus.assert_finished()
    assert (caught.value.expected, caught.value.found) == ((0x56, 0x57, 0x58), found)


async def test_driver_with_a_bme280_on_the_bus_is_refused(clock: SleptClock, tmp_path: Path) -> None:
    async with on_adapter(MODEL, Bme280Chip(mono_ns=clock.mono_ns), clock, tmp_path) as (driver, _, _bus):
        with pytest.raises(WrongChip):
            await driver.open()


@pytest.mark.parametrize("trim", TRIMS, ids=["worked", "typical", "negative"])
@given(temperature=st.floats(-60, 100), pressure=st.floats(20_000, 120_000))
@settings(deadline=None)
async def test_driver_in_any_air_reports_exactly_what_the_chip_presents(
    trim: Trim, temperature: float, pressure: float
) -> None:
    """For every calibration and all air, in range or not, the reading is what the simulator's own formulas say."""
    clock = SleptClock()
    log: list[Shown] = []
    chip = Bmp280Chip(trim, mono_ns=clock.mono_ns, on_readout=log.append)
    presented = chip.set(temperature_c=temperature, pressure_pa=pressure)
    case = FaultCase(model=MODEL, transcript="bmp280", chip=lambda _now: chip)
    assert await open_and_sample(case.drive(DirectI2c(chip), clock)) == presented
    assert log == [presented]
