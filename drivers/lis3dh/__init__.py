"""STMicroelectronics LIS3DH: tilt, vibration and knocks of the pole, on I2C."""

from drivers.lis3dh.driver import Lis3dh, Options
from drivers.lis3dh.registers import ADDRESSES, MG_PER_DIGIT
from drivers.model import I2cModel
from drivers.reading import Channel

_PROPERTY = "http://qudt.org/vocab/quantitykind/"
_SOURCE = "(DocID17530 Rev 2, table 4, pages 10 and 11)"
_OFFSET = f"zero ±0.39 m/s2 (±40 mg) at 2 g, ±0.005 m/s2 for each °C from 25 °C, typical {_SOURCE}"
_TILT = Channel(
    name="tilt",
    title="Tilt of the pole against how it was mounted",
    property=f"{_PROPERTY}PlaneAngle",
    unit="deg",
    exponent=-1,
    minimum=0,
    maximum=1800,
    accuracy="±2.3 degrees against the vertical, by the zero of one axis; ±0.03 degrees for each °C since it was "
    f"mounted, typical {_SOURCE}",
)
# A knock on the pole is an act of somebody, but it counts acts on the unit, not people: anybody, or the wind.
_KNOCKS = Channel(
    name="knocks",
    title="Whether the pole was knocked since the last sample: 0 or 1",
    property=f"{_PROPERTY}Count",
    unit="count",
    minimum=0,
    maximum=1,
    accuracy="at least one; the chip does not tell how many",
)


def _acceleration(name: str, title: str, *, minimum: int, maximum: int) -> Channel:
    """Return a channel whose range is in 1e-3 m/s2."""
    return Channel(
        name=name,
        title=title,
        property=f"{_PROPERTY}Acceleration",
        unit="m/s2",
        exponent=-3,
        minimum=minimum,
        maximum=maximum,
        accuracy=_OFFSET,
    )


def channels(options: Options) -> tuple[Channel, ...]:
    """Return the channels of a sensor with these options."""
    full = 2048 * MG_PER_DIGIT[options.range_g] * 980_665 // 100_000
    axes = (
        _acceleration(axis, f"Steady acceleration along {axis}, gravity included", minimum=-full, maximum=full)
        for axis in "xyz"
    )
    rms, peak = "Vibration, root mean square over 32 samples", "Vibration, largest of 32 samples"
    return (
        *axes,
        _TILT,
        _acceleration("vibration_rms", rms, minimum=0, maximum=2 * full),
        _acceleration("vibration_peak", peak, minimum=0, maximum=4 * full),
        _KNOCKS,
    )


MODEL = I2cModel(
    name="lis3dh",
    title="STMicroelectronics LIS3DH",
    addresses=ADDRESSES,
    create=Lis3dh,
    interval_s=5.0,
    timeout_s=3.0,
    options=Options,
    channels=channels(Options()),
    channels_of=channels,
    agreement=(
        "independent driver: adafruit-circuitpython-lis3dh on the simulated chip (tests/agreement/agree_lis3dh.py)",
    ),
)
"""What the registry and the configuration checker know of this chip."""
