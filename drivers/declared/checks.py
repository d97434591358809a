"""Checksums by name, and CRCs by their parameters. Pure.

In: bytes. Out: one number. Never: an opinion on what a wrong sum means.

The parameters of the named CRCs are those of the catalogue of parametrised CRC algorithms (Greg Cook, "Catalogue of
parametrised CRC algorithms"; unverified), under which names: crc8 is CRC-8/SMBUS, crc8-sensirion CRC-8/NRSC-5,
crc8-maxim CRC-8/MAXIM-DOW, crc16-modbus CRC-16/MODBUS, crc16-ccitt CRC-16/IBM-3740, crc16-xmodem CRC-16/XMODEM,
crc16-kermit CRC-16/KERMIT. Each gives the check value that is listed there; the tests have them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final

from drivers.crc import sum8, sum16, xor8


@dataclass(frozen=True, slots=True, kw_only=True)
class Crc:
    """The parameters of a CRC of 8 or 16 bits.

    Attributes:
        bits: 8 or 16.
        polynomial: without its highest term.
        start: what the register holds at first.
        reflected: whether bits go in and out lowest first.
        final: what the result is combined with by exclusive or.
    """

    bits: int
    polynomial: int
    start: int = 0
    reflected: bool = False
    final: int = 0

    def of(self, data: bytes) -> int:
        """Return the CRC of `data`."""
        table, crc, top = _table(self.bits, self.polynomial, self.reflected), self.start, self.bits - 8
        for byte in data:
            if self.reflected:
                crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
            else:
                crc = table[crc >> top ^ byte] ^ crc << 8 & (1 << self.bits) - 1
        return crc ^ self.final


CRCS: Final[Mapping[str, Crc]] = MappingProxyType(
    {
        "crc8": Crc(bits=8, polynomial=0x07),
        "crc8-sensirion": Crc(bits=8, polynomial=0x31, start=0xFF),
        "crc8-maxim": Crc(bits=8, polynomial=0x31, reflected=True),
        "crc16-modbus": Crc(bits=16, polynomial=0x8005, start=0xFFFF, reflected=True),
        "crc16-ccitt": Crc(bits=16, polynomial=0x1021, start=0xFFFF),
        "crc16-xmodem": Crc(bits=16, polynomial=0x1021),
        "crc16-kermit": Crc(bits=16, polynomial=0x1021, reflected=True),
    }
)


def negated8(data: bytes) -> int:
    """Return what makes the sum of `data` and itself a multiple of 256 (Honeywell HPM, Winsen ZE)."""
    return -sum(data) & 0xFF


SUMS: Final[Mapping[str, Callable[[bytes], int]]] = MappingProxyType(
    {"sum8": sum8, "sum16": sum16, "xor8": xor8, "negated8": negated8}
)
NAMES: Final = (*SUMS, *CRCS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One kind of checksum.

    Attributes:
        name: one of `NAMES`.
        crc: its parameters where it is a CRC.
    """

    name: str
    crc: Crc | None = None

    @property
    def length(self) -> int:
        """Bytes that it takes."""
        return self.crc.bits // 8 if self.crc is not None else 2 if self.name.endswith("16") else 1

    def of(self, data: bytes) -> int:
        """Return the checksum of `data`."""
        return self.crc.of(data) if self.crc is not None else SUMS[self.name](data)


@cache
def _table(bits: int, polynomial: int, reflected: bool) -> tuple[int, ...]:  # noqa: FBT001 - a cache takes it as is
    if reflected:
        mirrored = int(f"{polynomial:0{bits}b}"[::-1], 2)
        return tuple(_down(byte, mirrored) for byte in range(256))
    return tuple(_up(byte << bits - 8, polynomial, bits) for byte in range(256))


def _up(crc: int, polynomial: int, bits: int) -> int:
    for _ in range(8):
        crc = crc << 1 ^ (polynomial if crc >> bits - 1 else 0)
        crc &= (1 << bits) - 1
    return crc


def _down(crc: int, mirrored: int) -> int:
    for _ in range(8):
        crc = crc >> 1 ^ (mirrored if crc & 1 else 0)
    return crc
