"""Maxim DS3231: a clock with a battery, and the temperature of its crystal, on I2C."""

from drivers.ds3231.driver import Ds3231
from drivers.ds3231.registers import ADDRESS
from drivers.model import I2cModel
from drivers.reading import Channel

_MS_2000 = 946_684_800_000
_MS_2200 = 7_258_118_400_000

MODEL = I2cModel(
    name="ds3231",
    title="Maxim DS3231",
    addresses=(ADDRESS,),
    create=Ds3231,
    interval_s=60.0,
    timeout_s=1.0,
    agreement=(
        "independent driver: adafruit-circuitpython-ds3231 on the simulated chip (tests/agreement/agree_ds3231.py)",
    ),
    channels=(
        Channel(
            name="temperature",
            title="Temperature of the clock's crystal, inside the unit",
            property="http://qudt.org/vocab/quantitykind/Temperature",
            unit="Cel",
            exponent=-2,
            minimum=-4000,
            maximum=8500,
            accuracy="±3 °C (DS3231 data sheet 19-5170, features)",
        ),
        Channel(
            name="utc",
            title="Time of the chip's clock since 1970, if it was set to UTC; not available once it has stopped",
            property="http://qudt.org/vocab/quantitykind/Time",
            unit="s",
            exponent=-3,
            minimum=_MS_2000,
            maximum=_MS_2200,
            accuracy="whole seconds; ±2 ppm from 0 to 40 °C, ±3.5 ppm from -40 to 85 °C (19-5170, features)",
        ),
        Channel(
            name="oscillator_stopped",
            title="Whether the clock has stood still since it was set: 0 no, 1 yes",
            property="http://qudt.org/vocab/quantitykind/Dimensionless",
            unit="/",
            minimum=0,
            maximum=1,
            accuracy="exact: a flag",
        ),
    ),
)
"""What the registry and the configuration checker know of this chip."""
