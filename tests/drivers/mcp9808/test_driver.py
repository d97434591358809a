"""The MCP9808's driver: strict transcripts, each cut short, and the real smbus2 over the simulated chip."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import InvalidData, NoAcknowledge, WrongChip
from drivers.mcp9808 import MODEL
from drivers.sim.mcp9808 import Mcp9808Chip
from tests.support.i2c_chips import DirectI2c, on_transcript, open_and_sample, transcript
from tests.support.i2c_faults import ChipFaults, FaultCase, StuckLineFaults
from tests.support.slept_clock import SleptClock

_CASE = FaultCase(model=MODEL, transcript="mcp9808", chip=lambda now: Mcp9808Chip(mono_ns=now))
_IS_ONE = "0x18 W 06 R 00 54\n0x18 W 07 R 04 00\n"
_OPEN = _IS_ONE + "0x18 W 01 00 00\n0x18 W 08 03\n" + _IS_ONE


class TestFaults(ChipFaults, StuckLineFaults):
    case = _CASE


async def test_driver_drops_the_flags_and_waits_for_the_first_value() -> None:
    clock = SleptClock()
    driver, _ = on_transcript(MODEL, transcript("mcp9808"), clock)
    await driver.open()
    reading = await driver.sample()
    assert (reading.values, reading.raw) == ({"temperature": 2525}, {"T_A": 404})
    assert clock.slept_s == [0.3]


@pytest.mark.parametrize(
    ("script", "expected", "found"),
    [
        ("0x18 W 06 R 11 31\n", 0x54, 0x1131),
        ("0x18 W 06 R 00 54\n0x18 W 07 R 02 01\n", 0x0400, 0x0200),
    ],
    ids=["another maker", "an MCP9804"],
)
async def test_driver_with_another_chip_says_which_id_it_found_and_writes_nothing(
    script: str, expected: int, found: int
) -> None:
    driver, bus = on_transcript(MODEL, script, SleptClock())
    with pytest.raises(WrongChip, match=f"expected id 0x{expected:02x}, found 0x{found:02x}"):
        await driver.open()
    await driver.close()
    bus.assert_finished()


async def test_driver_whose_chip_has_just_restarted_waits_for_its_first_measurement() -> None:
    clock = SleptClock()
    chip = Mcp9808Chip(mono_ns=clock.mono_ns)
    driver = _CASE.drive(DirectI2c(chip), clock)
    await open_and_sample(driver)
    chip.restart()
    assert (await driver.sample()).values == {"temperature": 2000}


async def test_driver_at_zero_degrees_believes_it_after_reading_it_again_and_asking_who_is_there() -> None:
    again = "0x18 W 05 R 00 00\n" + _IS_ONE
    script = _OPEN + "0x18 W 05 R 00 00\n" + again + "0x18 W 01 01 00\n"
    driver, bus = on_transcript(MODEL, script, SleptClock())
    assert await open_and_sample(driver) == {"temperature": 0}
    await driver.close()
    bus.assert_finished()


@pytest.mark.parametrize("silence", ["00 00", "ff ff"])
async def test_driver_with_zeros_or_ones_from_nobody_refuses_the_sample(silence: str) -> None:
    script = _OPEN + f"0x18 W 05 R {silence}\n0x18 W 05 R {silence}\n0x18 W 06 R {silence}\n0x18 W 01 01 00\n"
    driver, bus = on_transcript(MODEL, script, SleptClock())
    with pytest.raises(InvalidData, match="stuck"):
        await open_and_sample(driver)
    await driver.close()
    bus.assert_finished()


async def test_driver_at_zero_degrees_whose_chip_then_leaves_raises_the_bus_error() -> None:
    script = _OPEN + "0x18 W 05 R 00 00\n0x18 W 05 R ?? ?? NACK\n0x18 W 01 01 00\n"
    driver, _ = on_transcript(MODEL, script, SleptClock())
    with pytest.raises(NoAcknowledge):
        await open_and_sample(driver)


async def test_driver_with_a_chip_left_asleep_and_coarse_measures_finely() -> None:
    clock = SleptClock()
    chip = Mcp9808Chip(mono_ns=clock.mono_ns)
    chip.write(b"\x01\x01\x00")
    chip.write(b"\x08\x00")
    chip.set(temperature_c=-12.8125)
    assert await open_and_sample(_CASE.drive(DirectI2c(chip), clock)) == {"temperature": -1281}


@given(temperature=st.floats(-300, 300))
async def test_driver_at_any_temperature_reports_exactly_what_the_chip_presents(temperature: float) -> None:
    """For all temperatures, in range or not, the reading is what the simulator's own formula says."""
    clock = SleptClock()
    chip = Mcp9808Chip(mono_ns=clock.mono_ns)
    chip.set(temperature_c=temperature)
    assert await open_and_sample(_CASE.drive(DirectI2c(chip), clock)) == chip.presented
