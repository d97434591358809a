"""Checksums as chips and lines use them.

In: bytes. Out: one number. Never: input, output, an opinion on what a wrong sum means.
"""

import struct
from collections.abc import Sequence

_SENSIRION_POLYNOMIAL = 0x31
_SENSIRION_START = 0xFF
_SMBUS_POLYNOMIAL = 0x07
_PROM_POLYNOMIAL = 0x3000
_MODBUS_POLYNOMIAL_REFLECTED = 0xA001
_MODBUS_START = 0xFFFF


def _table(polynomial: int) -> bytes:
    return bytes(_shift(byte, polynomial) for byte in range(256))


def _shift(byte: int, polynomial: int) -> int:
    for _ in range(8):
        byte = (byte << 1) ^ polynomial if byte & 0x80 else byte << 1
    return byte & 0xFF


_SENSIRION_TABLE = _table(_SENSIRION_POLYNOMIAL)
_SMBUS_TABLE = _table(_SMBUS_POLYNOMIAL)


def _table_reflected_16(polynomial: int) -> tuple[int, ...]:
    return tuple(_shift_reflected(byte, polynomial) for byte in range(256))


def _shift_reflected(byte: int, polynomial: int) -> int:
    for _ in range(8):
        byte = (byte >> 1) ^ polynomial if byte & 1 else byte >> 1
    return byte


_MODBUS_TABLE = _table_reflected_16(_MODBUS_POLYNOMIAL_REFLECTED)


def crc8_sensirion(data: bytes) -> int:
    """Return Sensirion's CRC-8 of `data`: polynomial 0x31, start 0xFF, not reflected, no final XOR.

    Known values: ``BE EF`` gives 0x92 (a comment in sensirion_common.h, found in drivers built on Sensirion's);
    ``123456789`` gives 0xF7 (listed for CRC-8/NRSC-5, which has the same parameters; unverified).
    """
    crc = _SENSIRION_START
    for byte in data:
        crc = _SENSIRION_TABLE[crc ^ byte]
    return crc


def crc8_smbus(data: bytes) -> int:
    """Return SMBus's packet error code of `data`: polynomial x8 + x2 + x + 1, start 0, not reflected, no final XOR.

    Over every byte of the transaction, addresses with their read/write bit included (Melexis, MLX90614 data sheet,
    3901090614 revision 004, page 15). Known value: ``123456789`` gives 0xF4 (listed for CRC-8/SMBUS; unverified).
    """
    crc = 0
    for byte in data:
        crc = _SMBUS_TABLE[crc ^ byte]
    return crc


def crc4_prom(words: Sequence[int]) -> int:
    """Return the CRC-4 of a pressure sensor's PROM (TE Connectivity MS58xx): seven words, the last of eight is zero.

    The four highest bits of the first word hold the sum itself and count as zero (TE's MS5837_Generic_C_Driver,
    ``ms5837.c``, `ms5837_crc_check`). Polynomial x4 + x + 1, as the upper four bits of a 16-bit remainder.
    """
    remainder = 0
    for byte in struct.pack(">8H", words[0] & 0x0FFF, *words[1:7], 0):
        remainder ^= byte
        for _ in range(8):
            remainder = (remainder << 1 ^ (_PROM_POLYNOMIAL if remainder & 0x8000 else 0)) & 0xFFFF
    return remainder >> 12


def crc16_modbus(data: bytes) -> int:
    """Return the CRC-16 of Modbus RTU: polynomial 0x8005 reflected, start 0xFFFF, no final XOR; sent low byte first.

    Known values: ``02 07`` gives 0x1241 (worked example of "MODBUS over Serial Line", unverified); ``123456789``
    gives 0x4B37 (listed for CRC-16/MODBUS; unverified).
    """
    crc = _MODBUS_START
    for byte in data:
        crc = (crc >> 8) ^ _MODBUS_TABLE[(crc ^ byte) & 0xFF]
    return crc


def sum8(data: bytes) -> int:
    """Return the sum of `data` modulo 256 (Nova SDS011)."""
    return sum(data) & 0xFF


def sum16(data: bytes) -> int:
    """Return the sum of `data` modulo 65536 (Plantower PMSx003)."""
    return sum(data) & 0xFFFF


def xor8(data: bytes) -> int:
    """Return the exclusive or of `data` (NMEA 0183: everything between ``$`` and ``*``)."""
    result = 0
    for byte in data:
        result ^= byte
    return result
