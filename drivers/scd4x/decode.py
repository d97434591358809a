"""From the SCD4x's replies to quantities: pure, in integers only.

In: the bytes of one reply. Out: words, values. Never: input, output, a clock.

Conversions as in Sensirion's ``scd4x_i2c.h``: temperature -45 + 175 * word / 65535 degrees Celsius, humidity
100 * word / 65535 %RH (the Linux driver and older data sheets divide by 65536, which is at most 0.003 less).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from drivers.crc import crc8_sensirion
from drivers.decoding import reject_dead, rounded
from drivers.errors import ChecksumMismatch, InvalidData
from drivers.scd4x.commands import CHIP, DATA_READY_MASK, Command

_FULL_SCALE = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """One sample in the units of the model's channels.

    Attributes:
        co2_ppm: None while the chip has no concentration (it then sends 0).
        temperature_centi_c: 0.01 degree Celsius.
        humidity_centi_pct: 0.01 %RH.
    """

    co2_ppm: int | None
    temperature_centi_c: int
    humidity_centi_pct: int


def words(command: Command, reply: bytes) -> tuple[int, ...]:
    """Return the words of a reply, each of whose checksums holds.

    Raises:
        InvalidData: nobody drove the line, or the length is not that of the command's reply.
        ChecksumMismatch: a word's checksum does not hold.
    """
    if len(reply) != command.reply_words * 3:
        raise InvalidData(CHIP, f"the reply to {command.name} has another length than the data sheet says")
    if reply:
        reject_dead(CHIP, reply, f"the reply to {command.name}")
    return tuple(_word(command, reply[at : at + 3], at // 3) for at in range(0, len(reply), 3))


def _word(command: Command, triple: bytes, index: int) -> int:
    if crc8_sensirion(triple[:2]) != triple[2]:
        raise ChecksumMismatch(CHIP, f"word {index} of {command.name}")
    return int.from_bytes(triple[:2], "big")


def data_ready(status: int) -> bool:
    """Return whether a sample waits to be read."""
    return bool(status & DATA_READY_MASK)


def values(ticks: Sequence[int]) -> Values:
    """Return the sample behind the words of read_measurement, rounded to the channels' units, halves upwards."""
    co2, temperature, humidity = ticks
    return Values(
        co2_ppm=co2 or None,
        temperature_centi_c=rounded(temperature * 17_500, _FULL_SCALE) - 4_500,
        humidity_centi_pct=rounded(humidity * 10_000, _FULL_SCALE),
    )
