"""The SHT3x on I2C: end a periodic mode, reset, identify, then measure once a sample. How: `drivers.sht`."""

from drivers.bus.api import I2cDevice
from drivers.reading import Clock
from drivers.sht import Family, Options, Sht
from drivers.sht3x import commands, decode

FAMILY = Family(
    chip=commands.CHIP,
    resets=(commands.BREAK, commands.SOFT_RESET),
    serial_number=commands.READ_SERIAL,
    measure=commands.MEASURE,
    values=decode.values,
)


def create(device: I2cDevice, clock: Clock, options: Options) -> Sht:
    """Return the driver of one SHT3x."""
    return Sht(FAMILY, device, clock, options)
