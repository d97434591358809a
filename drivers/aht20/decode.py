"""From the AHT20's reply to quantities: pure, in integers only.

In: the bytes of one reply. Out: ticks, values. Never: input, output, a clock.

Conversions as in Aosong's DHT20 data sheet 1.0, page 11: humidity is the word by 2**20 in 100 %RH, temperature the
word by 2**20 in 200 degrees, less 50. The checksum is the CRC of page 10 (start 0xFF, polynomial 0x31).
"""

from dataclasses import dataclass

from drivers.aht20.commands import BUSY, CALIBRATED, CHIP
from drivers.crc import crc8_sensirion
from drivers.decoding import rounded
from drivers.errors import ChecksumMismatch

_SCALE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticks:
    """The two words of 20 bits."""

    humidity: int
    temperature: int


def is_busy(status: int) -> bool:
    """Return whether a measurement or the initialisation is going on."""
    return bool(status & BUSY)


def is_calibrated(status: int) -> bool:
    """Return whether the chip has loaded its calibration."""
    return bool(status & CALIBRATED)


def ticks(reply: bytes) -> Ticks:
    """Return the words of a finished measurement.

    Raises:
        ChecksumMismatch: the reply was disturbed.
    """
    if crc8_sensirion(reply[:6]) != reply[6]:
        raise ChecksumMismatch(CHIP, "the measurement")
    both = int.from_bytes(reply[1:6], "big")
    return Ticks(humidity=both >> 20, temperature=both & (_SCALE - 1))


def temperature_centi_c(word: int) -> int:
    """Return the temperature in 0.01 degree Celsius, halves upwards."""
    return rounded(word * 20_000, _SCALE) - 5_000


def humidity_centi_pct(word: int) -> int:
    """Return the relative humidity in 0.01 %RH, halves upwards."""
    return rounded(word * 10_000, _SCALE)
