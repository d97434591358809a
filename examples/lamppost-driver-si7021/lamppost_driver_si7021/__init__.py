"""The Silicon Labs Si7021 for Lamppost: `MODEL` is all that Lamppost looks at."""

from drivers.model import I2cModel
from drivers.reading import Channel
from lamppost_driver_si7021.commands import ADDRESS, CHIP
from lamppost_driver_si7021.driver import Si7021

MODEL = I2cModel(
    name=CHIP,
    title="Silicon Labs Si7021",
    addresses=(ADDRESS,),
    create=Si7021,
    interval_s=10.0,
    timeout_s=2.0,
    agreement=("independent driver: adafruit-circuitpython-si7021 on the simulated chip (tests/agree_adafruit.py)",),
    channels=(
        Channel(
            name="temperature",
            title="Air temperature",
            property="http://qudt.org/vocab/quantitykind/Temperature",
            unit="Cel",
            exponent=-2,
            minimum=-4_000,
            maximum=12_500,
            accuracy="±0.4 °C (title of the data sheet; unverified)",
        ),
        Channel(
            name="humidity",
            title="Relative humidity",
            property="http://qudt.org/vocab/quantitykind/RelativeHumidity",
            unit="%RH",
            exponent=-2,
            minimum=0,
            maximum=10_000,
            accuracy="±3 %RH (title of the data sheet; unverified)",
        ),
    ),
)
