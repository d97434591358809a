"""From the MLX90614's replies to quantities: pure, in integers only.

In: the bytes of one reply. Out: words, values. Never: input, output, a clock.
"""

from drivers.crc import crc8_smbus
from drivers.decoding import reject_dead
from drivers.errors import ChecksumMismatch
from drivers.mlx90614.commands import CHIP, ERROR_FLAG, LOWEST, ZERO_CELSIUS, Cell


def word(cell: Cell, reply: bytes, *, address: int) -> int:
    """Return the word of a reply, whose packet error code holds.

    The code is over the whole transaction, the addresses with their read/write bit included (data sheet 3901090614,
    page 15): an answer to another command or of another sensor does not pass either.

    Raises:
        InvalidData: nobody drove the line.
        ChecksumMismatch: the packet error code does not hold.
    """
    reject_dead(CHIP, reply, cell.name)
    if crc8_smbus(bytes([address << 1, cell.command, address << 1 | 1]) + reply[:2]) != reply[2]:
        raise ChecksumMismatch(CHIP, cell.name)
    return int.from_bytes(reply[:2], "little")


def centi_c(raw: int) -> int | None:
    """Return a linearized temperature in 0.01 degree Celsius, None where the sensor says that it has none.

    A step is 0.02 K, so this is exact.
    """
    if raw & ERROR_FLAG or raw < LOWEST:
        return None
    return raw * 2 - ZERO_CELSIUS
