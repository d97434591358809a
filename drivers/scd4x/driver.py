"""The SCD4x on I2C: stop, identify, set up, then periodic measurement every 5 s.

In: an I2C device, a clock and `Options`. Out: readings. Never: opening the bus, waiting while the bus is held,
writing to the chip's EEPROM (it endures 2000 writes; settings are sent at every open instead).
"""

from dataclasses import dataclass

from drivers.bus.api import I2cDevice
from drivers.errors import DriverError, NotReady
from drivers.reading import Clock, Reading
from drivers.scd4x import commands, decode
from drivers.sensirion import CommandPort, check_air_pressure

_NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a technician may set.

    Attributes:
        altitude_m: height of the unit above sea level, by which the chip corrects for air pressure.
        ambient_pressure_hpa: usual air pressure at the unit; takes the place of `altitude_m`.
        automatic_self_calibration: let the chip take the lowest concentration of each week for fresh air at 400 ppm.
            Right for open air; to be false where the air is never fresh, as in a tunnel.
    """

    altitude_m: int = 0
    ambient_pressure_hpa: int | None = None
    automatic_self_calibration: bool = True

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            ValueError: a value that the chip does not take, or two that contradict each other.
        """
        check_air_pressure(
            self.altitude_m,
            self.ambient_pressure_hpa,
            altitudes_m=commands.ALTITUDE_M,
            pressures_hpa=commands.AMBIENT_PRESSURE_HPA,
        )


class Scd4x:
    """One SCD40 or SCD41."""

    def __init__(self, device: I2cDevice, clock: Clock, options: Options) -> None:
        self._port = CommandPort(commands.CHIP, device, clock)
        self._clock = clock
        self._options = options
        self._identified = False
        self._first_ns: int | None = None

    async def open(self) -> None:
        """Stop whatever the chip was doing, identify it, set it up and start measuring.

        The settings are sent every time, so that none is left over from an earlier configuration: an altitude also
        cancels a pressure that was set before. Takes half a second.

        Raises:
            ChecksumMismatch: what answers is no Sensirion chip, or the line is disturbed.
            InvalidData: the line is stuck.
        """
        self._identified, self._first_ns = False, None
        await self._port.call(commands.STOP_PERIODIC_MEASUREMENT)
        await self._port.call(commands.GET_SERIAL_NUMBER)  # its checksums are the identification: the chip has no id
        self._identified = True
        if self._options.ambient_pressure_hpa is None:
            await self._port.call(commands.SET_SENSOR_ALTITUDE, self._options.altitude_m)
        else:
            await self._port.call(commands.SET_AMBIENT_PRESSURE, self._options.ambient_pressure_hpa)
        await self._port.call(commands.SET_AUTOMATIC_SELF_CALIBRATION, int(self._options.automatic_self_calibration))
        await self._port.call(commands.START_PERIODIC_MEASUREMENT)
        self._first_ns = self._clock.mono_ns() + int(commands.PERIOD_S * _NS_PER_S)

    async def sample(self) -> Reading:
        """Return the chip's newest sample, at most 5 s old; waits for one that has not been read yet.

        The first one comes 5 s after `open`. Cancelled while waiting, nothing is lost; cancelled while reading, that
        one sample is.

        Raises:
            NotReady: `open` has not succeeded, or there was nothing new for 6 s: the chip is not measuring.
            ChecksumMismatch: a word was disturbed on the line.
            InvalidData: the line is stuck.
        """
        await self._wait_until_ready()
        mono_ns, ticks = await self._port.burst(commands.READ_MEASUREMENT)
        values = decode.values(ticks)
        return Reading(
            mono_ns=mono_ns,
            values={
                "co2": values.co2_ppm,
                "temperature": values.temperature_centi_c,
                "humidity": values.humidity_centi_pct,
            },
            raw=dict(zip(("co2", "temperature", "humidity"), ticks, strict=True)),
        )

    async def close(self) -> None:
        """Stop measuring if the chip was identified, and wait until it is idle; another chip is left alone."""
        if not self._identified:
            return
        self._identified, self._first_ns = False, None
        try:
            await self._port.call(commands.STOP_PERIODIC_MEASUREMENT)
        except DriverError:
            return  # it does not answer: there is nothing to stop

    async def _wait_until_ready(self) -> None:
        if self._first_ns is None:
            raise NotReady(commands.CHIP, "not opened")
        wait_ns = self._first_ns - self._clock.mono_ns()
        if wait_ns > 0:
            await self._clock.sleep(wait_ns / _NS_PER_S)
        await self._port.wait_until_ready(
            commands.GET_DATA_READY_STATUS,
            mask=commands.DATA_READY_MASK,
            every_s=commands.READY_RETRY_S,
            looks=commands.READY_LOOKS,
        )
