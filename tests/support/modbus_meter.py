"""A small Modbus model for tests of the whole agent: two input registers and a coil of its own.

As a program (`python -m tests.support.modbus_meter`) it is `lamppost` with this model.
"""

import sys
from types import MappingProxyType

from drivers import registry
from drivers.decoding import signed
from drivers.modbus import ModbusDevice
from drivers.model import ModbusModel, NoOptions
from drivers.reading import Channel, Clock, Reading

POWER, VOLTAGE, IDENTITY = 0x0100, 0x0101, 0x0000
IDENTIFIES_AS = 0x4D45


class Meter:
    """One meter."""

    def __init__(self, device: ModbusDevice, clock: Clock, _options: NoOptions) -> None:
        self._device = device
        self._clock = clock

    async def open(self) -> None:
        """See that it answers."""
        await self._device.read_holding(IDENTITY)

    async def sample(self) -> Reading:
        """Read power and voltage in one request."""
        power, voltage = await self._device.read_input(POWER, 2)
        return Reading(mono_ns=self._clock.mono_ns(), values={"power": signed(power, 16), "voltage": voltage})

    async def close(self) -> None:
        """Do nothing: the line is shared."""


MODEL = ModbusModel(
    name="meter",
    title="Energy meter",
    create=Meter,
    interval_s=1.0,
    fastest_s=0.1,
    response_s=0.2,
    channels=(
        Channel(name="power", title="Power", unit="W", exponent=0, minimum=-30_000, maximum=30_000),
        Channel(name="voltage", title="Voltage", unit="V", exponent=-1, minimum=0, maximum=5000),
    ),
)


def install() -> None:
    """Make the model known to this process."""
    registry.MODELS = MappingProxyType({**registry.MODELS, "meter": "tests.support.modbus_meter"})


def main() -> int:
    """Run `lamppost`."""
    from agent.cli.main import main as lamppost  # noqa: PLC0415 - a test that wants the model alone needs no agent

    install()
    return lamppost(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
