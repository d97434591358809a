"""ROHM BH1750FVI: illuminance on I2C."""

from drivers.bh1750.driver import Bh1750, Options
from drivers.model import I2cModel
from drivers.reading import Channel

MODEL = I2cModel(
    name="bh1750",
    title="ROHM BH1750FVI (GY-30, GY-302)",
    addresses=(0x23, 0x5C),
    create=Bh1750,
    interval_s=10.0,
    timeout_s=3.0,
    options=Options,
    agreement=(
        "independent driver: adafruit-circuitpython-bh1750 on the simulated chip (tests/agreement/agree_bh1750.py)",
        "example of ROHM: 28067 lx, technical note 2009.04 B, page 10 (tests/drivers/bh1750/test_decode.py)",
    ),
    channels=(
        Channel(
            name="illuminance",
            title="Illuminance",
            property="http://qudt.org/vocab/quantitykind/Illuminance",
            unit="lx",
            exponent=-2,
            minimum=0,
            maximum=12_200_000,
            accuracy="±20 %: sensor output 0.96 to 1.44 of what it is taken for, 1.2, at 1000 lx "
            "(technical note 2009.04 B, page 2)",
        ),
    ),
)
"""What the registry and the configuration checker know of this chip."""
