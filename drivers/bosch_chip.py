"""What drivers of Bosch Sensortec's chips do alike: identify, and wait for bits of a register.

In: an I2C device, a clock, a chip's numbers. Out: the id that answered; the return when the bits are as wanted.
Never: opening the bus, waiting while the bus is held, a chip's own numbers.
"""

from collections.abc import Callable
from dataclasses import dataclass

from drivers.bus.api import I2cDevice
from drivers.decoding import reject_dead
from drivers.errors import InvalidData, NotReady, WrongChip
from drivers.reading import Clock

_NOT_DRIVEN = 0xFF
"""What a line reads that nobody drives; no status register here ever shows it, since some of its bits are unused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bits:
    """Bits of a register to wait for.

    Attributes:
        register: its address.
        mask: which bits count.
        wanted: their value when the wait is over.
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


async def identify(
    device: I2cDevice, chip: str, *, register: int, expected: tuple[int, ...], hint: Callable[[int], str]
) -> int:
    """Return the content of the id register, which is one of `expected`.

    Raises:
        WrongChip: it is another one; `hint` says what that may be.
        InvalidData: the line is stuck.
    """
    found = (await device.read_register(register))[0]
    if found in expected:
        return found
    reject_dead(chip, bytes([found]), "the id register")
    raise WrongChip(chip, expected=expected, found=found, hint=hint(found))


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
