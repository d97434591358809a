"""The LM75's driver: strict transcripts, each cut short, and the real smbus2 over the simulated chip."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import InvalidData
from drivers.lm75 import MODEL
from drivers.lm75.driver import Options
from drivers.sim.lm75 import Lm75Chip
from drivers.sim.tmp102 import Tmp102Chip
from tests.support.i2c_chips import DirectI2c, on_transcript, open_and_sample, transcript
from tests.support.i2c_faults import ChipFaults, FaultCase, StuckLineFaults
from tests.support.slept_clock import SleptClock

_CASE = FaultCase(model=MODEL, transcript="lm75", chip=lambda now: Lm75Chip(mono_ns=now), closing=0)
_FINE = FaultCase(
    model=MODEL,
    transcript="lm75",
    chip=lambda now: Lm75Chip(bits=11, mono_ns=now),
    closing=0,
    options=Options(bits=11),
)
_IS_ONE = "0x48 W 03 R 50 00\n0x48 W 01 R 00\n"
_OPEN = _IS_ONE + "0x48 W 01 00\n" + _IS_ONE


class TestFaults(ChipFaults, StuckLineFaults):
    case = _CASE


async def test_driver_wakes_the_chip_and_drops_what_means_nothing() -> None:
    clock = SleptClock()
    driver, _ = on_transcript(MODEL, transcript("lm75"), clock)
    await driver.open()
    reading = await driver.sample()
    assert (reading.values, reading.raw) == ({"temperature": -2500}, {"Temp": -50})
    assert clock.slept_s == [0.3]


async def test_driver_told_of_eleven_bits_keeps_them() -> None:
    driver, _ = on_transcript(MODEL, transcript("lm75"), SleptClock(), Options(bits=11))
    assert await open_and_sample(driver) == {"temperature": -2462}


async def test_driver_keeps_what_a_board_has_set_up_for_its_thermostat() -> None:
    set_up = "0x48 W 03 R 1e 00\n0x48 W 01 R 1f\n0x48 W 01 1e\n0x48 W 03 R 1e 00\n0x48 W 01 R 1e\n"
    driver, bus = on_transcript(MODEL, set_up + "0x48 W 00 R 19 00\n", SleptClock())
    assert await open_and_sample(driver) == {"temperature": 2500}
    await driver.close()
    bus.assert_finished()


async def test_driver_whose_chip_was_sent_to_sleep_by_somebody_refuses_the_sample_and_wakes_it() -> None:
    clock = SleptClock()
    chip = Lm75Chip(mono_ns=clock.mono_ns)
    driver = _CASE.drive(DirectI2c(chip), clock)
    await open_and_sample(driver)
    chip.write(b"\x01\x01")
    chip.set(temperature_c=40)
    with pytest.raises(InvalidData, match="it sleeps"):
        await driver.sample()
    await driver.close()
    assert await open_and_sample(driver) == chip.presented


async def test_driver_with_a_tmp102_refuses_it_and_names_the_model() -> None:
    clock = SleptClock()
    driver = _CASE.drive(DirectI2c(Tmp102Chip(mono_ns=clock.mono_ns)), clock)
    with pytest.raises(InvalidData, match="TMP102"):
        await driver.open()
    await driver.close()


async def test_driver_whose_chip_has_just_restarted_waits_for_its_first_measurement() -> None:
    clock = SleptClock()
    chip = Lm75Chip(mono_ns=clock.mono_ns)
    driver = _CASE.drive(DirectI2c(chip), clock)
    await open_and_sample(driver)
    chip.restart()
    assert (await driver.sample()).values == {"temperature": 2000}


async def test_driver_at_zero_degrees_believes_it_after_reading_it_again_and_the_threshold() -> None:
    script = _OPEN + "0x48 W 00 R 00 00\n0x48 W 00 R 00 00\n0x48 W 03 R 50 00\n"
    driver, bus = on_transcript(MODEL, script, SleptClock())
    assert await open_and_sample(driver) == {"temperature": 0}
    bus.assert_finished()


@pytest.mark.parametrize("silence", ["00 00", "ff ff"])
async def test_driver_with_zeros_or_ones_from_nobody_refuses_the_sample(silence: str) -> None:
    script = _OPEN + f"0x48 W 00 R {silence}\n0x48 W 00 R {silence}\n0x48 W 03 R {silence}\n"
    driver, _ = on_transcript(MODEL, script, SleptClock())
    with pytest.raises(InvalidData, match="stuck"):
        await open_and_sample(driver)


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
def test_options_with_a_resolution_that_no_lm75_has_are_refused_in_plain_words(bits: int) -> None:
    with pytest.raises(ValueError, match=f"bits must be 9, or 11 .* found {bits}"):
        Options(bits=bits)


@given(temperature=st.floats(-150, 150), litter=st.integers(0, 0xFFFF))
async def test_driver_at_any_temperature_reports_exactly_what_the_chip_presents(
    temperature: float, litter: int
) -> None:
    """For all temperatures and undefined bits, in range or not, the reading is what the simulator's formula says."""
    for case, bits in ((_CASE, 9), (_FINE, 11)):
        clock = SleptClock()
        chip = Lm75Chip(bits=bits, litter=litter, mono_ns=clock.mono_ns)
        chip.set(temperature_c=temperature)
        assert await open_and_sample(case.drive(DirectI2c(chip), clock)) == chip.presented
