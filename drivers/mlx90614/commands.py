"""The MLX90614's memory, as far as it is read.

Sources, by number:
    [1] Melexis, MLX90614 data sheet, 3901090614, revisions 004 (July 2008) and 008 (February 2013).
    [2] Melexis, SMBus communication with MLX90614, 390119061402, revision 004, January 2008.
    [3] Adafruit, CircuitPython_MLX90614 1.2.25.
"""

from dataclasses import dataclass
from typing import Final

CHIP: Final = "mlx90614"
ADDRESSES: Final = (0x5A, 0x5B, 0x5C, 0x5D)
"""[3]: 0x5A as delivered. Another one can be written into the sensor, for more of them on one bus: the next three."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One word of the sensor's memory.

    Attributes:
        name: what is in it.
        command: its address with the code of its memory: RAM 000x xxxx, EEPROM 001x xxxx ([2] pages 14 and 17).
    """

    name: str
    command: int


AMBIENT: Final = Cell(name="the ambient temperature", command=0x06)
OBJECT: Final = Cell(name="the object temperature", command=0x07)
"""[2] page 14, table 7."""
ID_WORDS: Final = tuple(Cell(name=f"id word {index}", command=0x3C + index) for index in range(4))
"""[3]: EEPROM 0x1C to 0x1F."""
REPLY_LENGTH: Final = 3
"""[1] page 15, read word: low byte, high byte, packet error code."""

ERROR_FLAG: Final = 0x8000
"""[2] page 14: the most significant bit of a linearized temperature is an error flag, active high."""
LOWEST: Final = 0x27AD
"""[2] page 14: an object temperature sweeps between 0x27AD and 0x7FFF, -70.01 to 382.19 degrees."""
ZERO_CELSIUS: Final = 27_315
"""[3]: 0.02 K a step, 273.15 K at 0 degrees."""

VALID_S: Final = 0.27
"""20 ms to come up, as another project has it (unverified: the data sheet's page was not found), and 0.25 s to the
first data, as Linux has it (``drivers/iio/temperature/mlx90614.c``, `MLX90614_TIMING_STARTUP`)."""
