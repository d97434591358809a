"""A bus with one chip on it, and a clock on which nobody waits."""

from collections.abc import Sequence

from lamppost_driver_si7021 import MODEL
from lamppost_driver_si7021.driver import Si7021
from simulated_si7021 import Si7021Chip

from drivers.bus.api import I2cDevice, Message, Read
from drivers.errors import NoAcknowledge
from drivers.sim.chip import NotAcknowledged


class Bus:
    """An adapter with one chip at 0x40, which `RecordingI2c` can stand in front of."""

    path = "simulated"
    simulated = True

    def __init__(self, chip: Si7021Chip) -> None:
        self.chip = chip

    async def open(self) -> None:
        """Do nothing."""

    async def close(self) -> None:
        """Do nothing."""

    async def transfer(self, address: int, messages: Sequence[Message]) -> list[bytes]:
        """Run one transaction with the chip."""
        assert address == 0x40
        answers: list[bytes] = []
        try:
            for message in messages:
                if isinstance(message, Read):
                    answers.append(self.chip.read(message.length))
                else:
                    self.chip.write(message.data)
        except NotAcknowledged:
            raise NoAcknowledge("nobody answers", bus=self.path, address=address) from None
        return answers


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now_ns = 1_000_000_000

    def mono_ns(self) -> int:
        """Return the time."""
        return self.now_ns

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now_ns += round(seconds * 1e9)


def driver(bus: Bus) -> Si7021:
    """Return the driver as Lamppost makes it."""
    made = MODEL.create(I2cDevice(bus, MODEL.addresses[0]), Clock(), MODEL.options())
    assert isinstance(made, Si7021)
    return made
