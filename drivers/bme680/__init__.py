"""Bosch Sensortec BME680 and BME688: temperature, humidity, pressure and gas resistance on I2C."""

from drivers.bme680.driver import Bme680, Options
from drivers.bme680.registers import BURN_IN_S
from drivers.model import I2cModel
from drivers.reading import Channel

_AIR = (
    Channel(
        name="temperature",
        title="Temperature at the sensor",
        property="http://qudt.org/vocab/quantitykind/Temperature",
        unit="Cel",
        exponent=-2,
        minimum=-4000,
        maximum=8500,
        accuracy="unverified: ±0.5 °C at 25 °C, ±1 °C from 0 to 65 °C in a board maker's table",
    ),
    Channel(
        name="humidity",
        title="Relative humidity at the sensor",
        property="http://qudt.org/vocab/quantitykind/RelativeHumidity",
        unit="%RH",
        exponent=-2,
        minimum=0,
        maximum=10_000,
        accuracy="±3 %RH from 20 to 80 %RH at 25 °C, hysteresis included (BST-BME680-DS001-00, page 10)",
    ),
    Channel(
        name="pressure",
        title="Air pressure at the sensor",
        property="http://qudt.org/vocab/quantitykind/AtmosphericPressure",
        unit="Pa",
        exponent=-1,
        minimum=300_000,
        maximum=1_100_000,
        accuracy="unverified: ±0.6 hPa from 0 to 65 °C in a board maker's table",
    ),
)
_GAS = Channel(
    name="gas_resistance",
    title="Resistance of the heated gas sensor",
    property="http://qudt.org/vocab/quantitykind/Resistance",
    unit="Ohm",
    minimum=100,
    maximum=110_000_000,
    accuracy="unverified; it differs from one sensor to another: only its changes mean something",
)


def _channels_of(options: Options) -> tuple[Channel, ...]:
    """Return what a sensor with these options measures."""
    return (*_AIR, _GAS) if options.gas else _AIR


MODEL = I2cModel(
    name="bme680",
    title="Bosch Sensortec BME680, BME688",
    addresses=(0x76, 0x77),
    create=Bme680,
    interval_s=10.0,
    timeout_s=10.0,
    warm_up_s=BURN_IN_S,
    options=Options,
    channels_of=_channels_of,
    agreement=(
        "independent drivers: bme680, adafruit-circuitpython-bme680 (tests/agreement/agree_bme680.py)",
        "formulas of the maker: Bosch's 32-bit integers (tests/drivers/bme680/test_decode.py)",
    ),
    channels=(*_AIR, _GAS),
)
"""What the registry and the configuration checker know of both chips: they differ in the range of the gas sensor."""
