"""Checksums as chips and lines use them.

In: bytes. Out: one number. Never: input, output, an opinion on what a wrong sum means.
"""

_SENSIRION_POLYNOMIAL = 0x31
_SENSIRION_START = 0xFF


def _table(polynomial: int) -> bytes:
    return bytes(_shift(byte, polynomial) for byte in range(256))


def _shift(byte: int, polynomial: int) -> int:
    for _ in range(8):
        byte = (byte << 1) ^ polynomial if byte & 0x80 else byte << 1
    return byte & 0xFF


_SENSIRION_TABLE = _table(_SENSIRION_POLYNOMIAL)


def crc8_sensirion(data: bytes) -> int:
    """Return Sensirion's CRC-8 of `data`: polynomial 0x31, start 0xFF, not reflected, no final XOR.

    Known values: ``BE EF`` gives 0x92 (a comment in sensirion_common.h, found in drivers built on Sensirion's);
    ``123456789`` gives 0xF7 (listed for CRC-8/NRSC-5, which has the same parameters; unverified).
    """
    crc = _SENSIRION_START
    for byte in data:
        crc = _SENSIRION_TABLE[crc ^ byte]
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
