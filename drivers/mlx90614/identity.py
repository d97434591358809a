"""How an MLX90614 is told from other chips, for `lamppost scan`.

Its words carry a code over the whole transaction, the address included. Only cells that never change are read.
"""

from collections.abc import Sequence
from typing import Final

from drivers.errors import ChipError
from drivers.identity import Ask, Check, I2cIdentity, Step
from drivers.mlx90614 import commands, decode
from drivers.mlx90614.commands import Cell


def _holds(cell: Cell) -> Check:
    def fits(answer: bytes, address: int) -> bool:
        try:
            decode.word(cell, answer, address=address)
        except ChipError:
            return False
        return True

    return fits


def _steps(cells: Sequence[Cell]) -> tuple[Step, ...]:
    return tuple(
        Step(ask=Ask(send=bytes([cell.command]), length=commands.REPLY_LENGTH), fits=_holds(cell)) for cell in cells
    )


IDENTITY: Final = I2cIdentity(steps=_steps(commands.ID_WORDS[:2]), by="the codes of its id words")
