"""Texas Instruments INA226: voltage, current and power of a solar panel, a battery or a load, on I2C."""

from drivers.ina226.driver import Ina226, Options
from drivers.ina226.registers import ADDRESSES, SHUNT_FULL_TICKS
from drivers.model import I2cModel
from drivers.power_monitor import power_channels
from drivers.reading import Channel

_BUS = Channel(
    name="bus_voltage",
    title="Voltage at the VBUS pin against ground",
    property="http://qudt.org/vocab/quantitykind/Voltage",
    unit="V",
    exponent=-5,
    minimum=0,
    maximum=3_600_000,
    accuracy="gain ±0.1 %, offset ±7.5 mV at 25 °C (SBOS547, page 3)",
)
_SHUNT = Channel(
    name="shunt_voltage",
    title="Voltage across the shunt",
    property="http://qudt.org/vocab/quantitykind/Voltage",
    unit="V",
    exponent=-7,
    minimum=-(SHUNT_FULL_TICKS - 1) * 25,
    maximum=(SHUNT_FULL_TICKS - 1) * 25,
    accuracy="gain ±0.1 %, offset ±10 microvolts at 25 °C (SBOS547, page 3)",
)


def channels(options: Options) -> tuple[Channel, ...]:
    """Return the channels of a sensor with these options."""
    return power_channels(
        bus=_BUS,
        shunt=_SHUNT,
        full_nv=(SHUNT_FULL_TICKS - 1) * 2500,
        shunt_uohm=options.shunt_uohm,
        accuracy="as the two voltages (SBOS547, page 3), and the resistor's tolerance",
    )


MODEL = I2cModel(
    name="ina226",
    title="Texas Instruments INA226",
    addresses=ADDRESSES,
    create=Ina226,
    interval_s=10.0,
    timeout_s=2.0,
    options=Options,
    channels=channels(Options()),
    channels_of=channels,
    agreement=(
        "worked example of Texas Instruments: 10 A and 119.8 W (tests/drivers/ina226/test_decode.py)",
        "independent codec: pamoja-sensors on words of the simulated chip (tests/agreement/agree_ina226.py)",
    ),
)
"""What the registry and the configuration checker know of this chip."""
