"""The ADS1115's driver: what every chip's driver does, and its inputs one by one."""

from collections.abc import Callable, Mapping
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.ads1115 import MODEL
from drivers.ads1115.options import Input, Options
from drivers.ads1115.signals import Signal, Unit
from drivers.errors import InvalidData, NotReady, WrongChip
from drivers.sim.ads1115 import Ads1115Chip
from tests.support.i2c_chips import DirectI2c, on_transcript, open_and_sample, run_once, transcript
from tests.support.i2c_faults import ChipFaults, FaultCase, StuckLineFaults
from tests.support.slept_clock import SleptClock

_LEVEL = Input(
    signal=Signal.LOOP_4_20_MA,
    name="level",
    unit=Unit.METRE,
    low=Decimal(0),
    high=Decimal(5),
    shunt_ohm=Decimal(150),
)
_PROBE = Options(a0=_LEVEL)


class _Probe(Ads1115Chip):
    """The chip with a level probe at 12 mA over 150 ohm on a0."""

    def __init__(self, mono_ns: Callable[[], int]) -> None:
        super().__init__(mono_ns=mono_ns)
        self.set(a0=Decimal("1.8"))

    @property
    def presented(self) -> Mapping[str, int | None]:
        return {"a0": 12_000, "level": 2500, "level_fault": 0}


class TestFaults(ChipFaults, StuckLineFaults):
    case = FaultCase(model=MODEL, transcript="ads1115", chip=_Probe, closing=0, options=_PROBE)


async def test_driver_on_its_transcript_reports_the_loop_and_the_level() -> None:
    driver, bus = on_transcript(MODEL, transcript("ads1115"), clock := SleptClock(), _PROBE)
    await driver.open()
    reading = await driver.sample()
    bus.assert_finished()
    assert reading.values == {"a0": 12_000, "level": 2500, "level_fault": 0}
    assert reading.raw == {"a0": 14_400}
    assert clock.slept_s == [0.138, 0.01]


@given(volts=st.tuples(*[st.decimals(-1, 5, places=4)] * 4))
def test_driver_without_options_reports_four_voltages(volts: tuple[Decimal, Decimal, Decimal, Decimal]) -> None:
    """For any voltages, in range or beyond, the reading is what the simulator's own formulas say."""
    clock = SleptClock()
    chip = Ads1115Chip(mono_ns=clock.mono_ns)
    assert chip.set(*volts) == run_once(MODEL, chip, clock)


def test_driver_reads_the_inputs_that_are_written_and_no_others() -> None:
    clock = SleptClock()
    chip = Ads1115Chip(mono_ns=clock.mono_ns)
    chip.set(a0=Decimal("0.3"), a1=Decimal("2.5"), a2=1, a3=Decimal("1.25"))
    pressure = Input(
        signal=Signal.VOLTS_0_5,
        name="pressure",
        unit=Unit.HECTOPASCAL,
        low=Decimal(800),
        high=Decimal(1100),
        divider_ohm=(Decimal(10_000), Decimal(10_000)),
    )
    values = run_once(MODEL, chip, clock, Options(a0=_LEVEL, a1=pressure, a3=Input(full_scale_mv=2048)))
    assert values == {
        "a0": 2000,
        "level": None,
        "level_fault": 1,
        "a1": 50_000,
        "pressure": 11_000,
        "pressure_fault": 0,
        "a3": 12_500,
    }


async def test_driver_with_a_short_circuit_says_so_and_reports_no_level() -> None:
    clock = SleptClock()
    chip = Ads1115Chip(mono_ns=clock.mono_ns)
    chip.set(a0=Decimal("3.2"))
    driver = FaultCase(model=MODEL, transcript="ads1115", chip=_Probe, options=_PROBE).drive(DirectI2c(chip), clock)
    assert await open_and_sample(driver) == {"a0": 21_333, "level": None, "level_fault": 2}
    chip.set(a0=Decimal("0.6"))
    assert (await driver.sample()).values == {"a0": 4000, "level": 0, "level_fault": 0}


async def test_driver_with_a_chip_that_hangs_is_not_ready() -> None:
    clock = SleptClock()
    chip = Ads1115Chip(mono_ns=clock.mono_ns)
    driver = TestFaults.case.drive(DirectI2c(chip), clock)
    await driver.open()
    chip.hung = True
    with pytest.raises(NotReady, match="does not end"):
        await driver.sample()


async def test_driver_whose_chip_loses_its_power_while_converting_refuses_the_sample() -> None:
    script = "0x48 W 02 R 80 00\n0x48 W 03 R 7f ff\n" * 2 + "0x48 W 01 c3 03\n0x48 W 01 R 85 83\n"
    driver, _ = on_transcript(MODEL, script, SleptClock(), _PROBE)
    with pytest.raises(InvalidData, match="did not keep its setting"):
        await open_and_sample(driver)


async def test_driver_with_a_thermometer_at_its_address_writes_nothing() -> None:
    driver, bus = on_transcript(MODEL, "0x48 W 02 R 4b 00\n", SleptClock(), _PROBE)
    with pytest.raises(WrongChip, match="expected id 0x8000, found 0x4b00"):
        await driver.open()
    await driver.close()
    bus.assert_finished()
