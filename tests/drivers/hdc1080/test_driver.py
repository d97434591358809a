"""The HDC1080's driver: strict transcripts, each cut short, and the real smbus2 over the simulated chip."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import WrongChip
from drivers.hdc1080 import MODEL
from drivers.sim.hdc1080 import Hdc1080Chip
from tests.support.i2c_chips import DirectI2c, on_transcript, open_and_sample, transcript
from tests.support.i2c_faults import ChipFaults, FaultCase, StuckLineFaults
from tests.support.slept_clock import SleptClock

_CASE = FaultCase(model=MODEL, transcript="hdc1080", chip=lambda now: Hdc1080Chip(mono_ns=now), closing=0)


class TestFaults(ChipFaults, StuckLineFaults):
    case = _CASE


async def test_driver_reads_both_quantities_in_one_transfer_and_waits_as_told() -> None:
    clock = SleptClock()
    driver, _ = on_transcript(MODEL, transcript("hdc1080"), clock)
    await driver.open()
    reading = await driver.sample()
    assert reading.values == {"temperature": 2500, "humidity": 4800}
    assert reading.raw == {"TEMPERATURE": 0x64D8, "HUMIDITY": 0x7AE0}
    assert clock.slept_s == [0.02, 0.03]


@pytest.mark.parametrize(
    ("script", "expected", "found"),
    [
        ("0x40 W fe R 39 9f\n", 0x5449, 0x399F),
        ("0x40 W fe R 54 49\n0x40 W ff R 22 60\n", 0x1050, 0x2260),
    ],
    ids=["another maker", "an INA226"],
)
async def test_driver_with_another_chip_says_which_id_it_found_and_writes_nothing(
    script: str, expected: int, found: int
) -> None:
    driver, bus = on_transcript(MODEL, script, SleptClock())
    with pytest.raises(WrongChip, match=f"expected id 0x{expected:02x}, found 0x{found:02x}") as caught:
        await driver.open()
    await driver.close()
    bus.assert_finished()
    assert (caught.value.expected, caught.value.found) == ((expected,), found)


async def test_driver_with_a_chip_left_measuring_one_quantity_measures_both() -> None:
    clock = SleptClock()
    chip = Hdc1080Chip(mono_ns=clock.mono_ns)
    chip.write(b"\x02\x00\x00")
    chip.set(temperature_c=-12.5, humidity_pct=83)
    assert await open_and_sample(_CASE.drive(DirectI2c(chip), clock)) == {"temperature": -1250, "humidity": 8300}


@given(temperature=st.floats(-60, 160), humidity=st.floats(-10, 110))
async def test_driver_in_any_air_reports_exactly_what_the_chip_presents(temperature: float, humidity: float) -> None:
    """For all air, in range or not, the reading is what the simulator's own formulas say."""
    clock = SleptClock()
    chip = Hdc1080Chip(mono_ns=clock.mono_ns)
    chip.set(temperature_c=max(temperature, -39.9), humidity_pct=humidity)
    assert await open_and_sample(_CASE.drive(DirectI2c(chip), clock)) == chip.presented
