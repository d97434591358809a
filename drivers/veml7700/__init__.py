"""Vishay VEML7700: illuminance on I2C."""

from drivers.model import I2cModel
from drivers.reading import Channel
from drivers.veml7700.driver import Options, Veml7700

MODEL = I2cModel(
    name="veml7700",
    title="Vishay VEML7700, VEML6030",
    addresses=(0x10, 0x48),
    create=Veml7700,
    interval_s=10.0,
    fastest_s=3.0,
    timeout_s=5.0,
    options=Options,
    agreement=(
        "independent driver: adafruit-circuitpython-veml7700, simulated chip (tests/agreement/agree_veml7700.py)",
        "example of Vishay: 1500 lx uncorrected are 1658 lx, document 84323 (tests/drivers/veml7700/test_decode.py)",
    ),
    channels=(
        Channel(
            name="illuminance",
            title="Illuminance",
            property="http://qudt.org/vocab/quantitykind/Illuminance",
            unit="lx",
            exponent=-2,
            minimum=0,
            maximum=14_000_000,
            accuracy="output tolerance at most 10 % in the data sheet of 0 to 167 klx; the later one of 0 to 140 klx "
            "states none (VEML7700 data sheet, page 1)",
        ),
    ),
)
"""What the registry and the configuration checker know of this chip."""
