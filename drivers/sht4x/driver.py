"""The SHT4x on I2C: reset, identify, then measure once a sample. How: `drivers.sht`."""

from drivers.bus.api import I2cDevice
from drivers.reading import Clock
from drivers.sht import Family, Options, Sht
from drivers.sht4x import commands, decode

FAMILY = Family(
    chip=commands.CHIP,
    resets=(commands.SOFT_RESET,),
    serial_number=commands.READ_SERIAL,
    measure=commands.MEASURE,
    values=decode.values,
)


def create(device: I2cDevice, clock: Clock, options: Options) -> Sht:
    """Return the driver of one SHT4x."""
    return Sht(FAMILY, device, clock, options)
