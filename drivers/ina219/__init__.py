"""Texas Instruments INA219: voltage, current and power of a solar panel, a battery or a load, on I2C."""

from drivers.ina219.driver import Ina219, Options
from drivers.ina219.registers import ADDRESSES, SHUNT_TICKS_PER_MV
from drivers.model import I2cModel
from drivers.power_monitor import power_channels
from drivers.reading import Channel

_BUS = Channel(
    name="bus_voltage",
    title="Voltage of the load side against ground",
    property="http://qudt.org/vocab/quantitykind/Voltage",
    unit="V",
    exponent=-3,
    minimum=0,
    maximum=26_000,
    accuracy="±0.5 % at 25 °C, ±1 % from -25 to 85 °C (SBOS448G, page 5)",
)


def channels(options: Options) -> tuple[Channel, ...]:
    """Return the channels of a sensor with these options."""
    full_ticks = options.range_mv * SHUNT_TICKS_PER_MV - 1
    shunt = Channel(
        name="shunt_voltage",
        title="Voltage across the shunt",
        property="http://qudt.org/vocab/quantitykind/Voltage",
        unit="V",
        exponent=-5,
        minimum=-full_ticks,
        maximum=full_ticks,
        accuracy="offset ±0.1 mV at 40 mV full scale, ±0.2 mV at 320 mV (SBOS448G, page 5, INA219A)",
    )
    return power_channels(
        bus=_BUS,
        shunt=shunt,
        full_nv=full_ticks * 10_000,
        shunt_uohm=options.shunt_uohm,
        accuracy="±0.5 % at 25 °C, ±1 % from -25 to 85 °C, and the resistor's tolerance (SBOS448G, page 5, INA219A)",
    )


MODEL = I2cModel(
    name="ina219",
    title="Texas Instruments INA219",
    addresses=ADDRESSES,
    create=Ina219,
    interval_s=10.0,
    timeout_s=2.0,
    options=Options,
    channels=channels(Options()),
    channels_of=channels,
    agreement=(
        "independent driver: adafruit-circuitpython-ina219 on the simulated chip (tests/agreement/agree_ina219.py)",
    ),
)
"""What the registry and the configuration checker know of this chip."""
