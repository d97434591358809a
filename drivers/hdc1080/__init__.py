"""Texas Instruments HDC1080: temperature and humidity on I2C."""

from drivers.hdc1080.driver import Hdc1080
from drivers.hdc1080.registers import ADDRESS
from drivers.model import I2cModel
from drivers.reading import Channel

MODEL = I2cModel(
    name="hdc1080",
    title="Texas Instruments HDC1080",
    addresses=(ADDRESS,),
    create=Hdc1080,
    interval_s=10.0,
    timeout_s=2.0,
    agreement=("independent driver: circuitpython-hdc1080 on the simulated chip (tests/agreement/agree_hdc1080.py)",),
    channels=(
        Channel(
            name="temperature",
            title="Air temperature",
            property="http://qudt.org/vocab/quantitykind/Temperature",
            unit="Cel",
            exponent=-2,
            minimum=-4000,
            maximum=12_500,
            accuracy="±0.2 °C, typical (SNAS672A, page 1)",
        ),
        Channel(
            name="humidity",
            title="Relative humidity",
            property="http://qudt.org/vocab/quantitykind/RelativeHumidity",
            unit="%RH",
            exponent=-2,
            minimum=0,
            maximum=10_000,
            accuracy="±2 %RH, typical (SNAS672A, page 1)",
        ),
    ),
)
"""What the registry and the configuration checker know of this chip."""
