"""What drivers of Bosch Sensortec's chips do alike: wait for bits of a register, and know a chip again.

In: an I2C device, a clock, a chip's numbers. Out: the return when the bits are as wanted; whether the chip is still
the one that was opened. Never: opening the bus, waiting while the bus is held, a chip's own numbers.

To be known again matters because every chip carries a calibration of its own: with another one's its numbers are
wrong, and possible. None of these chips has a serial number that its data sheet names. So `open` leaves a setting in
it that no power-up leaves, and `sample` opens a chip anew that does not show it.
"""

from dataclasses import dataclass

from drivers.bus.api import I2cDevice
from drivers.errors import InvalidData, NotReady
from drivers.reading import Clock

_NOT_DRIVEN = 0xFF
"""What a line reads that nobody drives; no status register here ever shows it, since some of its bits are unused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bits:
    """What bits of a register should be.

    Attributes:
        register: its address.
        mask: which bits count.
        wanted: their value then.
    """

    register: int
    mask: int
    wanted: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait.

    Attributes:
        after_s: before the first look.
        retry_s: between looks.
        looks: how many.
    """

    after_s: float
    retry_s: float
    looks: int = 5


async def is_known(device: I2cDevice, *, mark: Bits) -> bool:
    """Return whether the chip still shows what `open` left in it: it is the same one, and kept its power."""
    return (await device.read_register(mark.register))[0] & mark.mask == mark.wanted


async def wait_for(device: I2cDevice, clock: Clock, chip: str, *, bits: Bits, patience: Patience) -> None:
    """Return when the register shows the bits as wanted.

    Raises:
        NotReady: it did not in all those looks.
        InvalidData: the line is stuck, at 0xff or (where a bit is awaited that becomes set) at 0x00.
    """
    status = _NOT_DRIVEN
    await clock.sleep(patience.after_s)
    for look in range(patience.looks):
        if look:
            await clock.sleep(patience.retry_s)
        status = (await device.read_register(bits.register))[0]
        if status == _NOT_DRIVEN:
            raise InvalidData(chip, "the status register is 0xff: check wiring and power")
        if status & bits.mask == bits.wanted:
            return
    if bits.wanted and not status:
        raise InvalidData(chip, "the status register stays 0x00: the line is stuck, or the chip lost power")
    raise NotReady(chip, "it stays busy; if this lasts, switch its power off and on")
