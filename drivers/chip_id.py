"""Identifies a chip by a register that holds its number, before anything is written to it.

In: an I2C device, what the register must hold. Out: what it holds. Never: a write.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from drivers.bus.api import I2cDevice
from drivers.decoding import reject_dead
from drivers.errors import WrongChip

NOBODY: Final[Mapping[int, str]] = MappingProxyType({})
"""No other chip is known by its number."""
_USUAL_HINT: Final = "check the address and which chip is fitted"


async def identify(
    device: I2cDevice,
    chip: str,
    *,
    register: int,
    expected: tuple[int, ...],
    length: int = 1,
    mask: int = -1,
    known: Mapping[int, str] = NOBODY,
    hint: str = _USUAL_HINT,
) -> int:
    """Return the masked content of an id register, which is one of `expected`.

    Args:
        device: who is asked.
        chip: the model's name.
        register: its id register.
        expected: what may be in it.
        length: its bytes, high byte first.
        mask: the bits that count.
        known: what other chips have in it, and what to tell then.
        hint: what to tell otherwise.

    Raises:
        WrongChip: it is another one.
        InvalidData: the line is stuck.
    """
    data = await device.read_register(register, length)
    found = int.from_bytes(data, "big") & mask
    if found in expected:
        return found
    reject_dead(chip, data, "the id register")
    raise WrongChip(chip, expected=expected, found=found, hint=known.get(found, hint))
