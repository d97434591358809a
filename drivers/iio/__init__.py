"""The bridge to the kernel's Industrial I/O: any chip that it has a driver for."""

from drivers.bridge import channels_of
from drivers.iio.decode import Options
from drivers.iio.driver import Iio
from drivers.model import SysfsModel

MODEL = SysfsModel(
    name="iio",
    title="Linux Industrial I/O: any chip that the kernel drives",
    channels=Options.bridge.general(),
    channels_of=channels_of,
    interval_s=10.0,
    timeout_s=10.0,
    options=Options,
    create=Iio,
    agreement=(
        "worked example of Analog Devices in the kernel's page on the ADIS16475 (tests/drivers/iio/test_decode.py)",
    ),
)
"""What the registry and the configuration checker know of this bridge."""
