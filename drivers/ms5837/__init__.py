"""TE Connectivity MS5837-30BA and MS5837-02BA: absolute pressure under water, and its temperature, on I2C."""

from drivers.model import I2cModel
from drivers.ms5837.commands import ADDRESS, Variant
from drivers.ms5837.driver import Ms5837, Options
from drivers.reading import Channel

_TOP_PA = {Variant.BA30: 3_000_000, Variant.BA02: 200_000, Variant.AUTO: 3_000_000}


def _channels_of(options: Options) -> tuple[Channel, ...]:
    """Return what a sensor with these options measures: the range of the pressure is the variant's."""
    return (
        Channel(
            name="pressure",
            title="Absolute pressure at the sensor: of the air, and of the water above it",
            property="http://qudt.org/vocab/quantitykind/Pressure",
            unit="Pa",
            minimum=1_000,
            maximum=_TOP_PA[options.variant],
            accuracy="unverified; step 10 Pa (30BA, rev. C2, page 11) or 1 Pa (02BA, 09/2017, page 7)",
        ),
        Channel(
            name="temperature",
            title="Temperature of the sensor: of the water, when it has been in it for a while",
            property="http://qudt.org/vocab/quantitykind/Temperature",
            unit="Cel",
            exponent=-2,
            minimum=-2000,
            maximum=8500,
            accuracy="unverified; operating range -20 to 85 °C (MS5837-30BA data sheet 10/2015, page 1)",
        ),
    )


MODEL = I2cModel(
    name="ms5837",
    title="TE Connectivity MS5837-30BA, MS5837-02BA",
    addresses=(ADDRESS,),
    create=Ms5837,
    interval_s=10.0,
    timeout_s=2.0,
    options=Options,
    channels=_channels_of(Options()),
    channels_of=_channels_of,
    agreement=(
        "worked example of TE, 30BA rev. C2 page 11: 3999.8 mbar, 19.81 °C (tests/drivers/ms5837/test_decode.py)",
        "worked example of TE, 02BA 09/2017 page 7: 1100.02 mbar, 20.00 °C (tests/drivers/ms5837/test_decode.py)",
    ),
)
"""What the registry and the configuration checker know of both variants."""
