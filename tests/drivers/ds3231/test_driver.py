"""The DS3231's driver: what every chip's driver does, and when its time is worth nothing."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.ds3231 import MODEL
from drivers.errors import InvalidData
from drivers.sim.ds3231 import Ds3231Chip
from tests.support.i2c_chips import DirectI2c, on_transcript, run_once, transcript
from tests.support.i2c_faults import ChipFaults, FaultCase, StuckLineFaults
from tests.support.slept_clock import SleptClock

_NOON = datetime(2026, 4, 15, 12, 0, tzinfo=UTC)


def _running(mono_ns: Callable[[], int]) -> Ds3231Chip:
    chip = Ds3231Chip(mono_ns=mono_ns)
    chip.set(utc=_NOON, temperature_c=-12.75)
    return chip


CASE = FaultCase(model=MODEL, transcript="ds3231", chip=_running, closing=0)


class TestFaults(ChipFaults, StuckLineFaults):
    case = CASE
    test_driver_cancelled_in_any_of_its_sleeps_opens_and_samples_again = None  # type: ignore[assignment]  # it never sleeps


async def test_driver_on_its_transcript_reports_time_and_temperature() -> None:
    driver, bus = on_transcript(MODEL, transcript("ds3231"), SleptClock())
    await driver.open()
    reading = await driver.sample()
    bus.assert_finished()
    moment = int(datetime(2026, 4, 15, 13, 5, 59, tzinfo=UTC).timestamp()) * 1000
    assert reading.values == {"temperature": 2525, "utc": moment, "oscillator_stopped": 0}
    assert reading.raw == {"status": 0x08, "temperature": 0x1940}


@given(
    utc=st.datetimes(datetime(2000, 1, 1), datetime(2199, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001
    quarters=st.integers(-40 * 4, 85 * 4),
    twelve_hours=st.booleans(),
)
def test_driver_at_any_time_reports_what_the_chip_presents(utc: datetime, quarters: int, twelve_hours: bool) -> None:  # noqa: FBT001
    """For every second of two centuries, on a dial of twelve hours or of twenty-four, the time comes out right."""
    clock = SleptClock()
    chip = Ds3231Chip(mono_ns=clock.mono_ns)
    chip.twelve_hours = twelve_hours
    presented = chip.set(utc=utc, temperature_c=quarters / 4)
    assert run_once(MODEL, chip, clock) == presented
    assert presented["utc"] == int(utc.timestamp()) * 1000


async def test_driver_whose_chip_lost_its_battery_reports_no_time_until_it_is_set() -> None:
    clock = SleptClock()
    chip = _running(clock.mono_ns)
    driver = CASE.drive(DirectI2c(chip), clock)
    await driver.open()
    chip.lose_battery()
    assert (await driver.sample()).values == {"temperature": -1275, "utc": None, "oscillator_stopped": 1}
    chip.set(utc=_NOON)
    clock.jump(61)
    assert (await driver.sample()).values["utc"] == (int(_NOON.timestamp()) + 61) * 1000


async def test_driver_with_a_new_chip_reports_temperature_only() -> None:
    clock = SleptClock()
    driver = CASE.drive(DirectI2c(Ds3231Chip(mono_ns=clock.mono_ns)), clock)
    await driver.open()
    assert (await driver.sample()).values == {"temperature": 2500, "utc": None, "oscillator_stopped": 1}


@pytest.mark.parametrize(
    ("register", "value"), [(0x00, 0x80), (0x03, 0x13), (0x05, 0x24), (0x0F, 0x48), (0x12, 0x41)]
)
def test_driver_with_another_chip_at_its_address_does_not_open(register: int, value: int) -> None:
    clock = SleptClock()
    chip = _running(clock.mono_ns)
    chip.advance = lambda: None  # type: ignore[method-assign]
    chip.registers[register] = value
    with pytest.raises(InvalidData, match="another chip may have its address"):
        run_once(MODEL, chip, clock)
