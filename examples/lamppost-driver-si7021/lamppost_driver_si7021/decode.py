"""From the Si7021's words to values. Pure: exact, in integers.

Sources: Linux drivers/iio/humidity/si7020.c, commit 064a7463, and adafruit-circuitpython-si7021 4.1.19, which have
the same formulas: 175.72 * code / 65536 - 46.85 degrees Celsius, 125 * code / 65536 - 6 per cent.
"""

from drivers.decoding import reject_dead, rounded
from drivers.errors import ChecksumMismatch
from lamppost_driver_si7021.commands import CHIP


def crc8(data: bytes) -> int:
    """Return the chip's CRC-8: polynomial 0x31, start 0, not reflected."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1) ^ 0x131 if crc & 0x80 else crc << 1
    return crc


def word(data: bytes, what: str) -> int:
    """Return the number in two bytes and their checksum.

    Raises:
        InvalidData: the line is stuck.
        ChecksumMismatch: the checksum does not hold.
    """
    reject_dead(CHIP, data, what)
    if crc8(data[:2]) != data[2]:
        raise ChecksumMismatch(CHIP, what)
    return int.from_bytes(data[:2], "big")


def temperature_centi_c(code: int) -> int:
    """Return the temperature in 0.01 degrees Celsius."""
    return rounded(17_572 * code, 65_536) - 4_685


def humidity_centi_pct(code: int) -> int:
    """Return the relative humidity in 0.01 per cent; the formula goes a little beyond 0 and 100, the air does not."""
    return min(10_000, max(0, rounded(12_500 * code, 65_536) - 600))
