"""Texas Instruments TMP102: temperature on I2C."""

from drivers.model import I2cModel
from drivers.reading import Channel
from drivers.tmp102.driver import Tmp102

MODEL = I2cModel(
    name="tmp102",
    title="Texas Instruments TMP102, TMP112",
    addresses=(0x48, 0x49, 0x4A, 0x4B),
    create=Tmp102,
    interval_s=10.0,
    timeout_s=2.0,
    agreement=(
        "independent driver: sparkfun-qwiic-tmp102 from 0 °C on the simulated chip (tests/agreement/agree_tmp102.py)",
        "independent driver: adafruit-circuitpython-pct2075 below 0 °C (tests/agreement/agree_tmp102.py)",
        "examples of Texas Instruments: SBOS397, both word forms (tests/drivers/tmp102/test_decode.py)",
    ),
    channels=(
        Channel(
            name="temperature",
            title="Temperature at the sensor",
            property="http://qudt.org/vocab/quantitykind/Temperature",
            unit="Cel",
            exponent=-2,
            minimum=-5500,
            maximum=15_000,
            accuracy="±2 °C from -25 to 85 °C, ±3 °C from -40 to 125 °C (SBOS397F, page 1)",
        ),
    ),
)
"""What the registry and the configuration checker know of this chip."""
