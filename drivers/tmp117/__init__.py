"""Texas Instruments TMP117: precise temperature on I2C."""

from drivers.model import I2cModel
from drivers.reading import Channel
from drivers.tmp117.driver import Tmp117

MODEL = I2cModel(
    name="tmp117",
    title="Texas Instruments TMP117, TMP119",
    addresses=(0x48, 0x49, 0x4A, 0x4B),
    create=Tmp117,
    interval_s=10.0,
    timeout_s=2.0,
    agreement=(
        "independent driver: adafruit-circuitpython-tmp117 on the simulated chip (tests/agreement/agree_tmp117.py)",
        "examples of Texas Instruments: SNOSD82D, table 7-1 (tests/drivers/tmp117/test_decode.py)",
    ),
    channels=(
        Channel(
            name="temperature",
            title="Temperature at the sensor",
            property="http://qudt.org/vocab/quantitykind/Temperature",
            unit="Cel",
            exponent=-3,
            minimum=-55_000,
            maximum=150_000,
            accuracy="±0.1 °C from -20 to 50 °C, ±0.15 °C from -40 to 70 °C, ±0.3 °C from -55 to 150 °C "
            "(SNOSD82D, page 1)",
        ),
    ),
)
"""What the registry and the configuration checker know of this chip."""
