"""LM75 and its many copies: temperature on I2C."""

from drivers.lm75.driver import Lm75, Options
from drivers.model import I2cModel
from drivers.reading import Channel

MODEL = I2cModel(
    name="lm75",
    title="LM75 and compatible (LM75A, LM75B, PCT2075)",
    addresses=(0x48, 0x49, 0x4A, 0x4B, 0x4C, 0x4D, 0x4E, 0x4F),
    create=Lm75,
    interval_s=10.0,
    timeout_s=2.0,
    options=Options,
    agreement=(
        "independent driver: adafruit-circuitpython-pct2075 on the simulated chip (tests/agreement/agree_lm75.py)",
        "examples of Texas Instruments: SNIS153B, page 9 (tests/drivers/lm75/test_decode.py)",
    ),
    channels=(
        Channel(
            name="temperature",
            title="Temperature at the sensor",
            property="http://qudt.org/vocab/quantitykind/Temperature",
            unit="Cel",
            exponent=-2,
            minimum=-5500,
            maximum=12_500,
            accuracy="±2 °C from -25 to 100 °C, ±3 °C from -55 to 125 °C (National LM75, DS012658, page 1)",
        ),
    ),
)
"""What the registry and the configuration checker know of this chip."""
