"""Keeps what passes between one sensor's driver and its bus, as a transcript that replays.

In: a sensor's plan, its bus. Out: the bus and drivers that are taped, and the transcript of all that went well.
Never: a sensor that tells of people or places (`agent.discretion`); a transcript that does not replay; a file; part
of the service.

Only what went well is kept: opening, each sample that gave a reading, closing. A sample that was cut short, or that
was not there yet, leaves no trace; after a failure nothing more is kept. Before the transcript is given out it is
replayed: a driver made afresh must get the same readings from it, with the same times, and leave nothing over.
"""

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import Final

from agent.config.plans import BusKind, BusPlan, SensorPlan
from agent.discretion import NotTaped, refuse, refuse_somebody
from agent.sensors import AnyBus
from drivers.bus.api import I2cBus, I2cDevice, SerialLine
from drivers.bus.framing import LineFormat
from drivers.bus.linux_serial import LinuxSerial
from drivers.bus.linux_sysfs import LinuxSysfs
from drivers.bus.playback import PlaybackI2c, PlaybackSerial
from drivers.bus.recording import RecordingI2c, RecordingSerial
from drivers.errors import DriverError, NotReady
from drivers.modbus.device import ModbusDevice
from drivers.modbus.line import ModbusLine
from drivers.model import Delivery, Driver, I2cModel, ModbusModel, SerialModel
from drivers.reading import Clock, Reading, Value

_REPLAY_S: Final = 30.0


class Tape:
    """What one sensor and its bus said.

    Attributes:
        bus: to be opened in place of the sensor's own.
        ended: whether a failure has ended it.
        sampling, closing: what is going on.
    """

    def __init__(self, plan: SensorPlan, *, line: BusPlan, bus: AnyBus, clock: Clock) -> None:
        """Begin an empty tape.

        Args:
            plan: of the sensor.
            line: of its bus.
            bus: its bus.
            clock: of the drivers.

        Raises:
            NotTaped: the sensor tells of people or places, or there is no wire of ours to it.
        """
        refuse(plan)
        self.ended = False
        self.sampling = self.closing = False
        self._plan = plan
        self._line = line
        self._clock = _Ticks(clock)
        self._values: list[Mapping[str, Value]] = []
        self._drivers: list[Driver] = []
        self.bus = _recording(line, bus)

    @property
    def samples(self) -> int:
        """How many readings are on it."""
        return len(self._values)

    @property
    def unfinished(self) -> bool:
        """Whether something is going on that is to be waited for; a sensor that sends by itself never has done."""
        return self.closing or (self.sampling and self._plan.model.delivery is Delivery.POLLED)

    def driver(self) -> Driver:
        """Return a new driver, taped until something fails."""
        wired = _wired(self._plan, line=self._line, bus=self.bus, clock=self._clock)
        self._drivers.append(wired)
        return _Taped(wired, self)

    async def text(self) -> str:
        """Return the transcript.

        Raises:
            NotTaped: there is no reading on it, it does not replay, or there was somebody's identifier on the line.
        """
        if not self.samples:
            raise NotTaped(f"sensor {self._plan.name} gave no reading, so there is nothing to keep")
        refuse_somebody(self._plan, arrived=_arrived(self.bus), drivers=self._drivers)
        transcript = self.bus.transcript.text()
        try:
            async with asyncio.timeout(_REPLAY_S):
                same = await self._replay(transcript) == self._values
        except (AssertionError, DriverError, TimeoutError) as error:
            raise self._refusal(f"it does not replay ({type(error).__name__})") from error
        if not same:
            raise self._refusal("replayed it gives other readings")
        return transcript

    def mark(self) -> tuple[int, int]:
        """Return how long the tape is now."""
        return self.bus.length, len(self._clock.ticks)

    def cut(self, mark: tuple[int, int]) -> None:
        """Forget what came after a mark."""
        self.bus.forget(mark[0])
        del self._clock.ticks[mark[1] :]

    def keep(self, reading: Reading) -> None:
        """Take note of a reading whose steps are on the tape."""
        self._values.append(dict(reading.values))

    async def _replay(self, transcript: str) -> list[Mapping[str, Value]]:
        played = PlaybackI2c(transcript) if isinstance(self.bus, RecordingI2c) else PlaybackSerial(transcript)
        driver = _wired(self._plan, line=self._line, bus=played, clock=_Replayed(self._clock.ticks))
        await driver.open()
        values = [dict((await driver.sample()).values) for _ in range(self.samples)]
        await driver.close()
        played.assert_finished()
        return list(values)

    def _refusal(self, problem: str) -> NotTaped:
        return NotTaped(
            f"the transcript of sensor {self._plan.name} is of no use: {problem}, so nothing was kept. "
            f"Something besides the wire decides what a {self._plan.model.name} gives; report it"
        )


class _Taped:
    """A driver whose failures leave no trace on the tape."""

    def __init__(self, driver: Driver, tape: Tape) -> None:
        self._driver = driver
        self._tape = tape

    async def open(self) -> None:
        """Open the sensor."""
        mark = self._tape.mark()
        try:
            await self._driver.open()
        except BaseException:
            self._tape.cut(mark)
            raise

    async def sample(self) -> Reading:
        """Take a sample, and keep it if it is one."""
        mark, self._tape.sampling = self._tape.mark(), True
        try:
            reading = await self._driver.sample()
        except BaseException as error:
            self._tape.cut(mark)
            failed = isinstance(error, DriverError) and not isinstance(error, NotReady)
            self._tape.closing |= failed  # whoever polls closes it next
            self._tape.ended |= failed and self._tape.samples > 0
            raise
        finally:
            self._tape.sampling = False
        self._tape.keep(reading)
        return reading

    async def close(self) -> None:
        """Close the sensor; that is kept where something was sampled."""
        mark = self._tape.mark()
        try:
            await self._driver.close()
        finally:
            self._tape.closing = False
            if not self._tape.samples:
                self._tape.cut(mark)


class _Ticks:
    """A clock that remembers what it said."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.ticks: list[int] = []

    def mono_ns(self) -> int:
        """Return the time."""
        self.ticks.append(self._clock.mono_ns())
        return self.ticks[-1]

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._clock.sleep(seconds)


class _Replayed:
    """A clock that says again what another one said, and on which nobody waits."""

    def __init__(self, ticks: list[int]) -> None:
        self._ticks = deque(ticks)
        self._last = 0

    def mono_ns(self) -> int:
        """Return the next time; the last one again where there is none left."""
        self._last = self._ticks.popleft() if self._ticks else self._last
        return self._last

    async def sleep(self, seconds: float) -> None:
        """Let the others have their turn."""
        del seconds
        await asyncio.sleep(0)


def _recording(line: BusPlan, bus: AnyBus) -> RecordingI2c | RecordingSerial:
    """Return a bus that writes down what another one does.

    Raises:
        NotTaped: there is no wire of ours.
    """
    if isinstance(bus, LinuxSysfs):
        raise NotTaped("a sensor that the kernel reads has no wire of ours, so there is no transcript of it")
    if isinstance(bus, ModbusLine):
        if line.baudrate is None:
            raise AssertionError("a Modbus line has a speed")
        return RecordingSerial(LinuxSerial(line.path, line.baudrate, parity=line.parity, stop_bits=line.stop_bits))
    return RecordingSerial(bus) if isinstance(bus, LinuxSerial) else RecordingI2c(bus)


def _arrived(bus: RecordingI2c | RecordingSerial) -> bytes:
    """Return what came on a serial line and is on the tape; chips on I2C send no text."""
    return b"".join(step.data for step in bus.transcript.steps) if isinstance(bus, RecordingSerial) else b""


def _wired(plan: SensorPlan, *, line: BusPlan, bus: I2cBus | SerialLine, clock: Clock) -> Driver:
    """Return a new driver of a sensor on a bus that is taped or played."""
    match plan.model:
        case I2cModel() as model if isinstance(bus, RecordingI2c | PlaybackI2c) and plan.address is not None:
            return model.create(I2cDevice(bus, plan.address), clock, plan.options)
        case SerialModel() as model if isinstance(bus, RecordingSerial | PlaybackSerial):
            return model.create(bus, clock, plan.options)
        case ModbusModel() as model if isinstance(bus, RecordingSerial | PlaybackSerial) and plan.slave is not None:
            form = LineFormat(line.baudrate or 0, line.parity, line.stop_bits)
            modbus = ModbusLine(bus, clock, form=form, turnaround_s=line.turnaround_s)
            return model.create(ModbusDevice(modbus, plan.slave, model.response_s), clock, plan.options)
    raise AssertionError(f"sensor {plan.name}: no such bus is ever taped, kind {BusKind(line.kind).value}")
