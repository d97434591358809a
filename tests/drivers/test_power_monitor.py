"""TI's shunt monitors, INA219 and INA226: too much current, chips that hang or lose their power, resistors."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from drivers.bus.api import I2cDevice
from drivers.errors import NotReady
from drivers.ina219 import MODEL as INA219
from drivers.ina219.driver import Options as Ina219Options
from drivers.ina226 import MODEL as INA226
from drivers.ina226.driver import Options as Ina226Options
from drivers.model import Driver, I2cModel
from drivers.power_monitor import quantities
from drivers.sim.ina219 import Ina219Chip
from drivers.sim.ina226 import Ina226Chip
from tests.support.i2c_chips import DirectI2c, open_and_sample
from tests.support.slept_clock import SleptClock

Chip = Ina219Chip | Ina226Chip


class Bench:
    """One chip with a resistor of 0.1 ohm, and its driver."""

    def __init__(self, model: I2cModel, chip: Callable[[Callable[[], int]], Chip]) -> None:
        self.clock = SleptClock()
        self.chip = chip(self.clock.mono_ns)
        self.chip.set(bus_v=12, current_a=Decimal("0.5"))
        device = I2cDevice(DirectI2c(self.chip), 0x40)
        self.driver: Driver = model.create(device, self.clock, model.options())


@pytest.fixture(params=["ina219", "ina226"])
def bench(request: pytest.FixtureRequest) -> Bench:
    if request.param == "ina219":
        return Bench(INA219, lambda now: Ina219Chip(mono_ns=now))
    return Bench(INA226, lambda now: Ina226Chip(mono_ns=now))


async def _missing(bench: Bench) -> set[str]:
    values = await open_and_sample(bench.driver)
    assert values == bench.chip.presented
    return {name for name, value in values.items() if value is None}


async def test_monitor_with_a_load_within_range_reports_everything(bench: Bench) -> None:
    assert await _missing(bench) == set()


@pytest.mark.parametrize("amperes", [-5, 5])
async def test_monitor_with_too_much_current_reports_the_bus_voltage_only(bench: Bench, amperes: int) -> None:
    bench.chip.set(current_a=amperes)
    assert await _missing(bench) == {"shunt_voltage", "current", "power"}


async def test_monitor_whose_chip_flags_an_overflow_reports_both_voltages_only(bench: Bench) -> None:
    bench.chip.overflowed = True
    assert await _missing(bench) == {"current", "power"}


async def test_monitor_with_a_chip_that_hangs_is_not_ready(bench: Bench) -> None:
    await bench.driver.open()
    bench.chip.hung = True
    with pytest.raises(NotReady, match="does not finish"):
        await bench.driver.sample()


async def test_monitor_whose_chip_loses_its_power_between_samples_measures_right_again(bench: Bench) -> None:
    await open_and_sample(bench.driver)
    bench.chip.power_up()
    bench.chip.set(current_a=Decimal("0.25"))
    assert (await bench.driver.sample()).values == bench.chip.presented


@pytest.mark.parametrize("options", [Ina219Options, Ina226Options], ids=["ina219", "ina226"])
@pytest.mark.parametrize("shunt_uohm", [0, 99, 10_000_001])
def test_options_with_an_impossible_resistor_are_refused(options: Callable[..., object], shunt_uohm: int) -> None:
    with pytest.raises(
        ValueError, match=r"shunt_uohm must be 100 to 10000000 micro-ohm \(R100 on the board is 100000\)"
    ):
        options(shunt_uohm=shunt_uohm)


@pytest.mark.parametrize(
    ("shunt_nv", "current_ua", "power_uw"),
    [(1_000, 10, 120), (-1_000, -10, -120), (5, 0, 1), (-5, 0, -1), (50, 1, 6)],
)
def test_quantities_follow_from_resistor_and_voltages_halves_upwards(
    shunt_nv: int, current_ua: int, power_uw: int
) -> None:
    found = quantities(shunt_nv=shunt_nv, bus_uv=12_000_000, shunt_uohm=100_000)
    assert (found.current_ua, found.power_uw) == (current_ua, power_uw)
