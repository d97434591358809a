"""A simulated TCA9548A: eight buses behind one chip. It knows nothing of what drives it.

In: chips behind each channel, writes to its control register. Out: which chips hear a transfer now; a channel that
somebody holds low. Never: a bus, a chip's own behaviour.

Retyped from TI's "TCA9548A-Q1" (SCPS273C, control register): the last byte of a write becomes the control register,
bit n joins channel n, several at once if so written; a channel is joined after the STOP; a read returns the register;
at power-up and after RESET it is 0, nothing joined.
"""

from collections.abc import Mapping
from typing import Final

from drivers.sim.chip import SimulatedChip

CHANNELS: Final = 8


class Tca9548aChip:
    """One multiplexer.

    Attributes:
        channels: the chips of each channel, by address; put others in, or take some out, while it runs.
        stuck: channels on which somebody holds a line low for ever: once one of them is joined nothing works on the
            whole bus, the multiplexer's own address included, until `reset`.
        selections: every byte that was written to its control register, in order.
    """

    def __init__(self, channels: Mapping[int, Mapping[int, SimulatedChip]] | None = None) -> None:
        self.channels: list[dict[int, SimulatedChip]] = [
            dict((channels or {}).get(channel, {})) for channel in range(CHANNELS)
        ]
        self.stuck: set[int] = set()
        self.selections: list[int] = []
        self._register = self._next = 0

    def write(self, data: bytes) -> None:
        """Take the control register; it holds from the STOP on."""
        if data:
            self._next = data[-1]
            self.selections.append(self._next)

    def read(self, length: int) -> bytes:
        """Return the control register, over and over."""
        return bytes([self._register]) * length

    def stop(self) -> None:
        """Join what was selected."""
        self._register = self._next

    def reset(self) -> None:
        """Pull RESET low, or switch the power off and on: nothing is joined."""
        self._register = self._next = 0

    @property
    def joined(self) -> tuple[Mapping[int, SimulatedChip], ...]:
        """The chips, by address, of each channel that is joined now."""
        return tuple(chips for channel, chips in enumerate(self.channels) if self._register >> channel & 1)

    @property
    def held(self) -> bool:
        """Whether a line of a channel that is joined now is held low."""
        return any(self._register >> channel & 1 for channel in self.stuck)


def hearing(chips: Mapping[int, SimulatedChip], address: int) -> list[SimulatedChip]:
    """Return every chip that hears a transfer to `address`: on this bus, and behind what is joined to it."""
    found = [chips[address]] if address in chips else []
    for behind in _behind(chips):
        found += hearing(behind, address)
    return found


def is_held(chips: Mapping[int, SimulatedChip]) -> bool:
    """Return whether a line of this bus is held low through a multiplexer."""
    held = any(chip.held for chip in list(chips.values()) if isinstance(chip, Tca9548aChip))
    return held or any(is_held(behind) for behind in _behind(chips))


def _behind(chips: Mapping[int, SimulatedChip]) -> list[Mapping[int, SimulatedChip]]:
    joining = [chip for chip in list(chips.values()) if isinstance(chip, Tca9548aChip)]
    return [behind for chip in joining for behind in chip.joined]
