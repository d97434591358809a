"""The driver of Bosch Sensortec's chips of air in forced mode: opened, measured once for each sample, put to sleep.

In: an I2C device, a clock, one chip's numbers (`Part`) and what its own driver adds. Out: readings. Never: opening
the bus, waiting while the bus is held, how one chip is identified and reset.

Forced mode, not normal mode: a sample is measured when it is asked for; the chip sleeps in between and does not warm
itself; and a chip that lost power for a moment, or was swapped, is told by its settings (`bosch_chip`), opened anew,
and measures right at the next sample, where normal mode would show its last value for ever.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from drivers.bosch_chip import Bits, Patience, is_known, wait_for
from drivers.bus.api import I2cDevice
from drivers.errors import DriverError, NotReady
from drivers.reading import Clock, Reading

Calibration = TypeVar("Calibration")
"""What is known of one chip while it is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What tells one of these chips from another.

    Attributes:
        chip: the model's name.
        mark: the setting that `open` leaves in it, by which it is known again.
        measured: what a register shows when the measurement is done.
        measure: how long that takes.
        data: the first of the data registers.
        data_length: how many they are.
        sleep: the register that sends it to sleep, and what to write there.
    """

    chip: str
    mark: Bits
    measured: Bits
    measure: Patience
    data: int
    data_length: int
    sleep: tuple[int, int]


class ForcedChip(ABC, Generic[Calibration]):
    """One chip, below what its own driver adds."""

    def __init__(self, device: I2cDevice, clock: Clock, *, part: Part) -> None:
        self._device = device
        self._clock = clock
        self._part = part
        self._calibration: Calibration | None = None

    @abstractmethod
    async def _prepare(self) -> Calibration:
        """Identify the chip, reset it and return its calibration. Another chip is written nothing."""

    @abstractmethod
    def _start(self, calibration: Calibration) -> bytes:
        """Return what begins one measurement: register and value, one pair after the other, as one write."""

    @abstractmethod
    def _reading(self, calibration: Calibration, mono_ns: int, data: bytes) -> Reading:
        """Return the reading of the data registers."""

    async def open(self) -> None:
        """Identify the chip, reset it and read its calibration.

        Raises:
            WrongChip: the id register holds another value.
            InvalidData: the line is stuck, the calibration cannot be one, or the chip reports a fatal error.
            NotReady: the chip did not finish its reset.
        """
        self._calibration = None
        calibration = await self._prepare()
        await self._device.write_register(self._part.mark.register, self._part.mark.wanted)
        self._calibration = calibration

    async def sample(self) -> Reading:
        """Measure once and return everything of that one measurement.

        A chip that lost its power or was swapped since is opened anew first. Cancelled at any point, it leaves a chip
        that goes to sleep by itself.

        Raises:
            NotReady: `open` has not succeeded, or the chip did not finish measuring.
            WrongChip: the chip was swapped for another kind.
            InvalidData: the line is stuck.
        """
        part = self._part
        if self._calibration is None:
            raise NotReady(part.chip, "not opened")
        if not await is_known(self._device, mark=part.mark):
            await self.open()
        await self._device.write(self._start(self._calibration))
        await wait_for(self._device, self._clock, part.chip, bits=part.measured, patience=part.measure)
        data = await self._device.read_register(part.data, part.data_length)
        mono_ns = self._clock.mono_ns()
        return self._reading(self._calibration, mono_ns, data)

    async def close(self) -> None:
        """Send the chip to sleep if it was identified; another chip at the address is left alone."""
        if self._calibration is None:
            return
        self._calibration = None
        try:
            await self._device.write_register(*self._part.sleep)
        except DriverError:
            return  # it does not answer: there is nothing to put to sleep


def taken(ticks: Mapping[str, int | None]) -> dict[str, int]:
    """Return the ticks of what was measured, without those of what was skipped."""
    return {name: tick for name, tick in ticks.items() if tick is not None}
