"""The driver of Sensirion's humidity sensors that measure when they are told to (SHT3x, SHT4x).

In: an I2C device, a clock, the commands of one family. Out: readings. Never: the heater, a periodic mode, anything
that outlasts a reset.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from drivers.bus.api import I2cDevice
from drivers.errors import NotReady
from drivers.reading import Clock, Reading
from drivers.sensirion import Command, CommandPort

_TICKS = ("temperature", "humidity")


class Repeatability(StrEnum):
    """How little a measurement scatters: less noise takes longer and more current."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a technician may set.

    Attributes:
        repeatability: ``"high"``, ``"medium"`` or ``"low"``.
    """

    repeatability: Repeatability = Repeatability.HIGH


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """The commands of one family.

    Attributes:
        chip: its name in error texts.
        resets: what makes it idle, whatever it was doing.
        serial_number: read once; its checksums are the identification, for these chips have no id.
        measure: the single measurement, by repeatability.
        values: from the two words of a measurement to channel values.
    """

    chip: str
    resets: tuple[Command, ...]
    serial_number: Command
    measure: Mapping[Repeatability, Command]
    values: Callable[[Sequence[int]], dict[str, int]]


class Sht:
    """One SHT3x or SHT4x."""

    def __init__(self, family: Family, device: I2cDevice, clock: Clock, options: Options) -> None:
        self._family = family
        self._port = CommandPort(family.chip, device, clock)
        self._measure = family.measure[options.repeatability]
        self._opened = False

    async def open(self) -> None:
        """Reset the chip, which also turns off a heater that somebody left on, and identify it.

        Raises:
            ChecksumMismatch: what answers is no Sensirion chip, or the line is disturbed.
            InvalidData: the line is stuck.
        """
        self._opened = False
        for reset in self._family.resets:
            await self._port.call(reset)
        await self._port.call(self._family.serial_number)
        self._opened = True

    async def sample(self) -> Reading:
        """Return one measurement, taken now. Cancelled while waiting, only that measurement is lost.

        Raises:
            NotReady: `open` has not succeeded.
            ChecksumMismatch: a word was disturbed on the line.
            InvalidData: the line is stuck.
        """
        if not self._opened:
            raise NotReady(self._family.chip, "not opened")
        mono_ns, ticks = await self._port.burst(self._measure)
        return Reading(mono_ns=mono_ns, values=self._family.values(ticks), raw=dict(zip(_TICKS, ticks, strict=True)))

    async def close(self) -> None:
        """Send nothing: the chip is idle between measurements."""
        self._opened = False
