"""The SCD30 on I2C: identify, set up what differs, then continuous measurement every 2 s.

In: an I2C device, a clock and `Options`. Out: readings. Never: opening the bus, a repeated start, a read within 10 ms
of its command (the sensor would stretch the clock), a needless write to the sensor's memory.
"""

from dataclasses import dataclass

from drivers.bus.api import I2cDevice
from drivers.errors import DriverError, NotReady
from drivers.reading import Clock, Reading
from drivers.scd30 import commands, decode
from drivers.sensirion import Command, CommandPort, check_air_pressure

_NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a technician may set.

    Attributes:
        altitude_m: height of the unit above sea level, by which the sensor corrects for air pressure.
        ambient_pressure_hpa: usual air pressure at the unit; takes the place of `altitude_m`.
        automatic_self_calibration: let the sensor take the lowest concentrations for fresh air. Right for open air;
            to be false where the air is never fresh, as in a tunnel.
    """

    altitude_m: int = 0
    ambient_pressure_hpa: int | None = None
    automatic_self_calibration: bool = True

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            ValueError: a value that the sensor does not take, or two that contradict each other.
        """
        check_air_pressure(
            self.altitude_m,
            self.ambient_pressure_hpa,
            altitudes_m=commands.ALTITUDE_M,
            pressures_hpa=commands.AMBIENT_PRESSURE_HPA,
        )


class Scd30:
    """One SCD30."""

    def __init__(self, device: I2cDevice, clock: Clock, options: Options) -> None:
        self._port = CommandPort(commands.CHIP, device, clock)
        self._clock = clock
        self._options = options
        self._identified = False
        self._first_ns: int | None = None

    async def open(self) -> None:
        """Identify the sensor, set it up and start measuring.

        Its settings outlast a power cut, so they are read first and written only when they differ.

        Raises:
            ChecksumMismatch: what answers is no Sensirion sensor, or the line is disturbed.
            InvalidData: the line is stuck.
        """
        self._identified, self._first_ns = False, None
        await self._port.call(commands.READ_FIRMWARE_VERSION)  # its checksum is the identification: there is no id
        self._identified = True
        await self._ensure(commands.INTERVAL, commands.PERIOD_S)
        await self._ensure(commands.SELF_CALIBRATION, int(self._options.automatic_self_calibration))
        await self._ensure(commands.ALTITUDE, self._options.altitude_m)
        await self._port.tell(commands.START, self._options.ambient_pressure_hpa or commands.NO_PRESSURE)
        self._first_ns = self._clock.mono_ns() + commands.PERIOD_S * _NS_PER_S

    async def sample(self) -> Reading:
        """Return the sensor's newest sample, at most 2 s old; waits for one that has not been read yet.

        The first one comes 2 s after `open`. Cancelled while waiting, nothing is lost; cancelled while reading, that
        one sample is.

        Raises:
            NotReady: `open` has not succeeded, or there was nothing new for 3 s: the sensor is not measuring.
            ChecksumMismatch: a word was disturbed on the line.
            InvalidData: the line is stuck.
        """
        await self._wait_until_ready()
        mono_ns, words = await self._port.burst(commands.READ_MEASUREMENT)
        ticks = decode.ticks(words)
        return Reading(mono_ns=mono_ns, values=decode.values(ticks), raw=ticks)

    async def close(self) -> None:
        """Stop measuring if the sensor was identified; another one is left alone."""
        if not self._identified:
            return
        self._identified, self._first_ns = False, None
        try:
            await self._port.tell(commands.STOP)
        except DriverError:
            return  # it does not answer: there is nothing to stop

    async def _ensure(self, setting: Command, wanted: int) -> None:
        (found,) = await self._port.call(setting)
        if found != wanted:
            await self._port.tell(setting, wanted)

    async def _wait_until_ready(self) -> None:
        if self._first_ns is None:
            raise NotReady(commands.CHIP, "not opened")
        wait_ns = self._first_ns - self._clock.mono_ns()
        if wait_ns > 0:
            await self._clock.sleep(wait_ns / _NS_PER_S)
        await self._port.wait_until_ready(
            commands.GET_DATA_READY, mask=1, every_s=commands.READY_RETRY_S, looks=commands.READY_LOOKS
        )
