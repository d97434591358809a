"""How bytes are put on a serial line: speed, parity, stop bits.

In: three settings. Out: how long a byte takes, and what the settings are called. Never: a port.
"""

from dataclasses import dataclass
from enum import StrEnum

_DATA_BITS = 8


class Parity(StrEnum):
    """The bit that makes the number of ones in a byte even or odd."""

    NONE = "none"
    EVEN = "even"
    ODD = "odd"


@dataclass(frozen=True, slots=True)
class LineFormat:
    """How bytes are put on a line: eight data bits and these.

    Attributes:
        baudrate: bits a second.
        parity: which parity bit, if any.
        stop_bits: 1 or 2.
    """

    baudrate: int
    parity: Parity = Parity.NONE
    stop_bits: int = 1

    @property
    def byte_s(self) -> float:
        """Seconds that a byte takes, start bit included."""
        return (1 + _DATA_BITS + (self.parity is not Parity.NONE) + self.stop_bits) / self.baudrate

    def words(self) -> str:
        """Return it as manuals write it, such as ``19200 8E1``."""
        return f"{self.baudrate} {_DATA_BITS}{self.parity.value[0].upper()}{self.stop_bits}"
