"""Every driver with every other chip that can be at its address: it says no number, at the start or between samples.

A technician fits another board than the configuration says, or swaps one while nobody looks. The only driver that has
to believe what it hears is the BH1750's: nothing in that chip can be read back.
"""

from collections.abc import Callable, Mapping
from typing import Final

import pytest

from drivers import registry
from drivers.bus.api import I2cDevice
from drivers.errors import DriverError
from drivers.model import Driver, I2cModel
from drivers.sim.ads1115 import Ads1115Chip
from drivers.sim.aht20 import Aht20Chip
from drivers.sim.bh1750 import Bh1750Chip
from drivers.sim.bme280 import Bme280Chip
from drivers.sim.bme680 import Bme680Chip
from drivers.sim.bmp280 import Bmp280Chip
from drivers.sim.bmp388 import Bmp388Chip
from drivers.sim.chip import SimulatedChip
from drivers.sim.ds3231 import Ds3231Chip
from drivers.sim.hdc1080 import Hdc1080Chip
from drivers.sim.ina219 import Ina219Chip
from drivers.sim.ina226 import Ina226Chip
from drivers.sim.lis3dh import Lis3dhChip
from drivers.sim.lm75 import Lm75Chip
from drivers.sim.mcp9808 import Mcp9808Chip
from drivers.sim.mlx90614 import Mlx90614Chip
from drivers.sim.ms5837 import Ms5837Chip
from drivers.sim.scd4x import Scd4xChip
from drivers.sim.scd30 import Scd30Chip
from drivers.sim.sen5x import Sen5xChip
from drivers.sim.sht import Sht3xChip, Sht4xChip
from drivers.sim.sps30 import Sps30Chip
from drivers.sim.tmp102 import Tmp102Chip
from drivers.sim.tmp117 import Tmp117Chip
from drivers.sim.veml7700 import Veml7700Chip
from tests.support.i2c_chips import DirectI2c, open_and_sample
from tests.support.slept_clock import SleptClock

CHIPS: Final[Mapping[str, Callable[[SleptClock], SimulatedChip]]] = {
    "ads1115": lambda clock: Ads1115Chip(mono_ns=clock.mono_ns),
    "aht20": lambda clock: Aht20Chip(mono_ns=clock.mono_ns),
    "bh1750": lambda clock: Bh1750Chip(mono_ns=clock.mono_ns),
    "bme280": lambda clock: Bme280Chip(mono_ns=clock.mono_ns),
    "bme680": lambda clock: Bme680Chip(mono_ns=clock.mono_ns),
    "bmp280": lambda clock: Bmp280Chip(mono_ns=clock.mono_ns),
    "bmp388": lambda clock: Bmp388Chip(mono_ns=clock.mono_ns),
    "ds3231": lambda clock: Ds3231Chip(mono_ns=clock.mono_ns),
    "hdc1080": lambda clock: Hdc1080Chip(mono_ns=clock.mono_ns),
    "ina219": lambda clock: Ina219Chip(mono_ns=clock.mono_ns),
    "ina226": lambda clock: Ina226Chip(mono_ns=clock.mono_ns),
    "lis3dh": lambda clock: Lis3dhChip(mono_ns=clock.mono_ns),
    "lm75": lambda clock: Lm75Chip(mono_ns=clock.mono_ns),
    "mcp9808": lambda clock: Mcp9808Chip(mono_ns=clock.mono_ns),
    "mlx90614": lambda _clock: Mlx90614Chip(),
    "ms5837": lambda clock: Ms5837Chip(mono_ns=clock.mono_ns),
    "scd30": lambda clock: Scd30Chip(mono_ns=clock.mono_ns),
    "scd4x": lambda clock: Scd4xChip(mono_ns=clock.mono_ns),
    "sen5x": lambda clock: Sen5xChip(mono_ns=clock.mono_ns),
    "sht3x": lambda clock: Sht3xChip(mono_ns=clock.mono_ns),
    "sht4x": lambda clock: Sht4xChip(mono_ns=clock.mono_ns),
    "sps30": lambda clock: Sps30Chip(mono_ns=clock.mono_ns),
    "tmp102": lambda clock: Tmp102Chip(mono_ns=clock.mono_ns),
    "tmp117": lambda clock: Tmp117Chip(mono_ns=clock.mono_ns),
    "veml7700": lambda clock: Veml7700Chip(mono_ns=clock.mono_ns),
}
_BELIEVES: Final = {"bh1750"}


def _model(name: str) -> I2cModel:
    model = registry.load(name)
    assert isinstance(model, I2cModel)
    return model


_PAIRS: Final = [
    (name, stranger)
    for name in CHIPS
    for stranger in CHIPS
    if name not in _BELIEVES | {stranger} and {*_model(name).addresses} & {*_model(stranger).addresses}
]


def _driver(name: str, bus: DirectI2c, clock: SleptClock) -> Driver:
    model = _model(name)
    return model.create(I2cDevice(bus, model.addresses[0]), clock, model.options())


def test_chips_of_all_models_on_i2c_are_here() -> None:
    assert [name for name in registry.names() if isinstance(registry.load(name), I2cModel)] == [*CHIPS]


@pytest.mark.parametrize(("name", "stranger"), _PAIRS)
async def test_driver_with_another_chip_at_its_address_says_no_number(name: str, stranger: str) -> None:
    clock = SleptClock()
    driver = _driver(name, DirectI2c(CHIPS[stranger](clock)), clock)
    clock.jump(10)
    with pytest.raises(DriverError):
        await open_and_sample(driver)
    await driver.close()


@pytest.mark.parametrize(("name", "stranger"), _PAIRS)
async def test_driver_whose_chip_was_swapped_for_another_says_no_number(name: str, stranger: str) -> None:
    clock = SleptClock()
    bus = DirectI2c(CHIPS[name](clock))
    driver = _driver(name, bus, clock)
    await open_and_sample(driver)
    bus.chip = CHIPS[stranger](clock)
    clock.jump(60)
    with pytest.raises(DriverError):
        await driver.sample()
    await driver.close()
