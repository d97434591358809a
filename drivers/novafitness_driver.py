"""The driver of Nova Fitness's SDS sensors in active reporting mode: set up by commands, then listened to.

In: a serial line, how one model reports. Out: one reading a report. Never: a frame whose checksum does not hold, a
needless write to the sensor's memory.
"""

import contextlib
from dataclasses import dataclass
from typing import ClassVar, Protocol

from drivers import novafitness
from drivers.bus.api import SerialLine
from drivers.errors import BusTimeout, ChipError, DriverError
from drivers.framing import FixedFramer
from drivers.listener import Listener
from drivers.novafitness import Command, Mode, Power
from drivers.reading import Clock, Reading

REPORT_TIMEOUT_S = 5.0
"""Active mode reports once a second ("1 + 0.5 s", data sheet by its text at ali.retronic.us/dust-detection-
sensor)."""

REPLY_TIMEOUT_S = 1.5
"""A reply "typically takes about a second" (TimOrme/sds011lib, docs/understanding.md)."""

_NS_PER_S = 1_000_000_000
_MINUTE_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `[sensor.NAME.options]` may say.

    Attributes:
        period_min: 0 measures all the time; 1 to 30 works 30 s in so many minutes, for a longer life of the laser.
            The sensor's `timeout` must then be longer than the period.
        settle_s: seconds after opening in which every channel is None. The maker calls data stable after 30 s of
            work.
    """

    period_min: int = novafitness.CONTINUOUS
    settle_s: int = 0

    def __post_init__(self) -> None:
        """Refuse a period that the sensor does not know, and a time that is none."""
        if not 0 <= self.period_min <= novafitness.LONGEST_PERIOD_MIN:
            raise ValueError(f"period_min: expected 0 (all the time) to 30 minutes, found {self.period_min}")
        if self.settle_s < 0:
            raise ValueError(f"settle_s: expected 0 seconds or more, found {self.settle_s}")


class Decode(Protocol):
    """How one model's reports are decoded: its `decode` module."""

    def ticks(self, frame: bytes) -> dict[str, int]:
        """Return the words of a report."""
        ...

    def values(self, frame: bytes) -> dict[str, int | None]:
        """Return a value for every channel."""
        ...

    def unavailable(self) -> dict[str, int | None]:
        """Return None for every channel."""
        ...


@dataclass(frozen=True, slots=True)
class Report:
    """How one model reports.

    Attributes:
        chip: the model's name.
        header: the first two bytes of its reports.
        decode: what decodes them.
    """

    chip: str
    header: bytes
    decode: Decode

    def framer(self) -> FixedFramer:
        """Return a fresh framer for this model's reports and replies."""
        return FixedFramer(self.header, novafitness.REPLY_HEADER, length=novafitness.LENGTH, valid=novafitness.valid)


class NovaFitness:
    """One sensor.

    Attributes:
        report: how this model reports.
    """

    report: ClassVar[Report]

    def __init__(self, line: SerialLine, clock: Clock, options: Options) -> None:
        self._line = line
        self._clock = clock
        self._options = options
        self._listener = Listener(self.report.chip, line, clock, parser=self.report.framer)
        self._timeout_s = REPORT_TIMEOUT_S + options.period_min * _MINUTE_S
        self._settled_at_ns = 0
        self._opened = False

    async def open(self) -> None:
        """Wake the sensor and see that it reports on its own, at the configured period.

        Mode and period outlast a power cut, so they are asked for first and written only when they differ. A sensor
        that does not answer is left as it is: one whose RX is not connected only talks, and one in active mode may
        drown its answer in reports; if it is silent as well, `sample` says so.
        """
        await self._listener.open()
        self._opened = True
        if (
            await self._ask(novafitness.set_to(Command.SLEEP_AND_WORK, Power.WORK), Command.SLEEP_AND_WORK)
            is not None
        ):
            await self._ensure(Command.REPORTING_MODE, Mode.ACTIVE)
            await self._ensure(Command.WORKING_PERIOD, self._options.period_min)
        self._settled_at_ns = self._clock.mono_ns() + self._options.settle_s * _NS_PER_S

    async def sample(self) -> Reading:
        """Return the next report's reading.

        Raises:
            BusTimeout: no report came.
            ChecksumMismatch: frames came, none whose checksum holds.
            InvalidData: something else came, or a report full of 0xffff.
        """
        mono_ns, frame = await self._next_report(self._timeout_s)
        values = self.report.decode.values(frame)
        if mono_ns < self._settled_at_ns:
            values = self.report.decode.unavailable()
        return Reading(mono_ns=mono_ns, values=values, raw=self.report.decode.ticks(frame))

    async def close(self) -> None:
        """Send the sensor to sleep, which stops fan and laser until the next command, and close the line."""
        if self._opened:
            self._opened = False
            with contextlib.suppress(DriverError):
                await self._line.write(novafitness.set_to(Command.SLEEP_AND_WORK, Power.SLEEP))
        await self._line.close()

    async def _next_report(self, timeout_s: float) -> tuple[int, bytes]:
        while True:
            mono_ns, frame = await self._listener.next(timeout_s=timeout_s)
            if frame.startswith(self.report.header):
                return mono_ns, frame

    async def _ensure(self, command: Command, wanted: int) -> None:
        found = await self._ask(novafitness.query(command), command)
        if found not in (None, wanted):
            await self._ask(novafitness.set_to(command, wanted), command)

    async def _ask(self, request: bytes, command: Command) -> int | None:
        """Send `request` and return the value in its reply, None if none came. Reports meanwhile are lost."""
        await self._line.write(request)
        deadline_ns = self._clock.mono_ns() + int(REPLY_TIMEOUT_S * _NS_PER_S)
        while (left_ns := deadline_ns - self._clock.mono_ns()) > 0:
            try:
                _, frame = await self._listener.next(timeout_s=left_ns / _NS_PER_S)
            except (BusTimeout, ChipError):
                return None
            if (value := novafitness.reply_value(frame, command)) is not None:
                return value
        return None
