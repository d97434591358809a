"""What Sensirion's I2C sensors share: commands, words of 16 bits that each carry a CRC-8, and the waits between.

In: an I2C device, a clock, commands as data. Out: words whose checksums hold. Never: a particular sensor, a
repeated start (the SCD30 and the SPS30 know none), waiting while the bus is held. A command and its reply are two
transactions, so that no sensor has to stretch the clock, which the Raspberry Pi's own controller gets wrong.

Sources, the same in all of them: Sensirion, SHT3x-DIS data sheet, version 6, February 2019, pages 9 (commands) and 14
(CRC-8); SPS30 data sheet, version 2.0, June 2023, sections 6.1 and 6.2; SEN5x data sheet, version 2, March 2022,
page 17.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from drivers.bus.api import I2cDevice
from drivers.crc import crc8_sensirion
from drivers.decoding import reject_dead, rounded
from drivers.errors import ChecksumMismatch, InvalidData, NotReady
from drivers.reading import Clock

FULL_SCALE = 65_535
_NS_PER_S = 1_000_000_000
_WORD_BYTES = 3
"""Two bytes, high byte first, and their checksum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command.

    Attributes:
        name: as the data sheet calls it.
        code: the number that is sent.
        delay_s: how long it takes; until then the sensor acknowledges nothing, or stretches the clock.
        reply_words: 16-bit words to read afterwards, each followed by its checksum.
        width: bytes of the code; 1 for the SHT4x.
    """

    name: str
    code: int
    delay_s: float = 0.001
    reply_words: int = 0
    width: int = 2


def request(command: Command, *arguments: int) -> bytes:
    """Return the bytes that send `command`: its code, then each argument with its checksum."""
    return command.code.to_bytes(command.width, "big") + b"".join(_checked(argument) for argument in arguments)


def _checked(word: int) -> bytes:
    data = word.to_bytes(2, "big")
    return data + bytes([crc8_sensirion(data)])


def reply_length(command: Command) -> int:
    """Return how many bytes to read for `command`."""
    return command.reply_words * _WORD_BYTES


def words(chip: str, command: Command, reply: bytes) -> tuple[int, ...]:
    """Return the words of a reply, each of whose checksums holds.

    Raises:
        InvalidData: nobody drove the line, or the length is not that of the command's reply.
        ChecksumMismatch: a word's checksum does not hold.
    """
    if len(reply) != reply_length(command):
        raise InvalidData(chip, f"the reply to {command.name} has another length than the data sheet says")
    if reply:
        reject_dead(chip, reply, f"the reply to {command.name}")
    return tuple(
        _word(chip, command, reply[at : at + _WORD_BYTES], at // _WORD_BYTES)
        for at in range(0, len(reply), _WORD_BYTES)
    )


def _word(chip: str, command: Command, triple: bytes, index: int) -> int:
    if crc8_sensirion(triple[:2]) != triple[2]:
        raise ChecksumMismatch(chip, f"word {index} of {command.name}")
    return int.from_bytes(triple[:2], "big")


def doubles(ticks: Sequence[int]) -> tuple[int, ...]:
    """Return pairs of words as numbers of 32 bits, the high word first."""
    return tuple(high << 16 | low for high, low in zip(ticks[::2], ticks[1::2], strict=True))


def text(ticks: Sequence[int]) -> str:
    """Return the text in words of two characters, up to its terminating zero; what is no ASCII becomes ``?``."""
    data = b"".join(word.to_bytes(2, "big") for word in ticks)
    return data.partition(b"\0")[0].decode("ascii", errors="replace").replace("\ufffd", "?")


def temperature_centi_c(word: int) -> int:
    """Return 0.01 degree Celsius: -45 + 175 * word / 65535 (SHT3x, SHT4x, SCD4x), halves upwards."""
    return rounded(word * 17_500, FULL_SCALE) - 4_500


def humidity_centi_pct(word: int) -> int:
    """Return 0.01 %RH: 100 * word / 65535 (SHT3x, SCD4x), halves upwards."""
    return rounded(word * 10_000, FULL_SCALE)


def check_range(name: str, value: int, limits: tuple[int, int], unit: str) -> None:
    """Raise if an option is outside its range.

    Raises:
        ValueError: it is; in words for who wrote the option.
    """
    low, high = limits
    if not low <= value <= high:
        raise ValueError(f"{name} must be {low} to {high} {unit}, found {value}")


class CommandPort:
    """The commands of one sensor on the bus.

    Cancelled while it waits, the reply it waited for is lost; the next command waits until the sensor is done.
    """

    def __init__(self, chip: str, device: I2cDevice, clock: Clock) -> None:
        self._chip = chip
        self._device = device
        self._clock = clock
        self._busy_until_ns = 0

    async def call(self, command: Command, *arguments: int) -> tuple[int, ...]:
        """Send a command, wait its time, return the words of its reply.

        Raises:
            InvalidData: the line is stuck.
            ChecksumMismatch: a word was disturbed on the line, or what answers is no Sensirion sensor.
        """
        return words(self._chip, command, await self._exchange(command, *arguments))

    async def burst(self, command: Command) -> tuple[int, tuple[int, ...]]:
        """Do as `call`, and return CLOCK_MONOTONIC before the words, taken before anything was interpreted."""
        reply = await self._exchange(command)
        return self._clock.mono_ns(), words(self._chip, command, reply)

    async def tell(self, command: Command, *arguments: int) -> None:
        """Send a command, wait its time, and leave whatever it could reply unread."""
        busy_ns = self._busy_until_ns - self._clock.mono_ns()
        if busy_ns > 0:
            await self._clock.sleep(busy_ns / _NS_PER_S)
        await self._device.write(request(command, *arguments))
        self._busy_until_ns = self._clock.mono_ns() + int(command.delay_s * _NS_PER_S)
        if command.delay_s:
            await self._clock.sleep(command.delay_s)

    async def _exchange(self, command: Command, *arguments: int) -> bytes:
        await self.tell(command, *arguments)
        length = reply_length(command)
        return await self._device.read(length) if length else b""

    async def wait_until_ready(self, command: Command, *, mask: int, every_s: float, looks: int) -> None:
        """Ask for a data-ready word until one of the bits of `mask` is set.

        Raises:
            NotReady: it was not set at the last look.
        """
        for look in range(looks):
            if look:
                await self._clock.sleep(every_s)
            (status,) = await self.call(command)
            if status & mask:
                return
        waited_s = every_s * (looks - 1)
        raise NotReady(
            self._chip, f"no new sample for {waited_s:.0f} s: it is not measuring; if this lasts, check its supply"
        )
