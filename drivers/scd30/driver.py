"""The SCD30 on I2C: identify, set up what differs, then continuous measurement every 2 s.

In: an I2C device, a clock and `Options`. Out: readings. Never: opening the bus, a repeated start, a read within 10 ms
of its command (the sensor would stretch the clock), a needless write to the sensor's memory.
"""

from dataclasses import dataclass

from drivers.bus.api import I2cDevice
from drivers.reading import Clock, Reading
from drivers.scd30 import commands, decode
from drivers.sensirion import Command, CommandPort
from drivers.sensirion_co2 import Co2Options
from drivers.sensirion_run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(Co2Options):
    """What a technician may set."""

    altitudes_m = commands.ALTITUDE_M
    pressures_hpa = commands.AMBIENT_PRESSURE_HPA


class Scd30:
    """One SCD30."""

    def __init__(self, device: I2cDevice, clock: Clock, options: Options) -> None:
        self._port = CommandPort(commands.CHIP, device, clock)
        self._run = Run(commands.CHIP, self._port, clock, rhythm=commands.RHYTHM)
        self._options = options

    async def open(self) -> None:
        """Identify the sensor, set it up and start measuring.

        Its settings outlast a power cut, so they are read first and written only when they differ.

        Raises:
            ChecksumMismatch: what answers is no Sensirion sensor, or the line is disturbed.
            InvalidData: the line is stuck.
        """
        self._run.forget()
        await self._port.call(commands.READ_FIRMWARE_VERSION)  # its checksum is the identification: there is no id
        self._run.claim()
        await self._ensure(commands.INTERVAL, commands.PERIOD_S)
        await self._ensure(commands.SELF_CALIBRATION, int(self._options.automatic_self_calibration))
        await self._ensure(commands.ALTITUDE, self._options.altitude_m)
        await self._port.tell(commands.START, self._options.ambient_pressure_hpa or commands.NO_PRESSURE)
        self._run.begun()

    async def sample(self) -> Reading:
        """Return the sensor's newest sample, at most 2 s old; waits for one that has not been read yet.

        The first one comes 2 s after `open`. Cancelled while waiting, nothing is lost; cancelled while reading, that
        one sample is.

        Raises:
            NotReady: `open` has not succeeded, or there was nothing new for 3 s: the sensor is not measuring.
            ChecksumMismatch: a word was disturbed on the line.
            InvalidData: the line is stuck.
        """
        await self._run.wait()
        mono_ns, words = await self._port.burst(commands.READ_MEASUREMENT)
        ticks = decode.ticks(words)
        return Reading(mono_ns=mono_ns, values=decode.values(ticks), raw=ticks)

    async def close(self) -> None:
        """Stop measuring if the sensor was identified; another one is left alone."""
        await self._run.stop()

    async def _ensure(self, setting: Command, wanted: int) -> None:
        (found,) = await self._port.call(setting)
        if found != wanted:
            await self._port.tell(setting, wanted)
