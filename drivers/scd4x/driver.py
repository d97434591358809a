"""The SCD4x on I2C: stop, identify, set up, then periodic measurement every 5 s.

In: an I2C device, a clock and `Options`. Out: readings. Never: opening the bus, waiting while the bus is held,
writing to the chip's EEPROM (it endures 2000 writes; settings are sent at every open instead).
"""

from dataclasses import dataclass

from drivers.bus.api import I2cDevice
from drivers.reading import Clock, Reading
from drivers.scd4x import commands, decode
from drivers.sensirion import CommandPort
from drivers.sensirion_co2 import Co2Options
from drivers.sensirion_run import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(Co2Options):
    """What a technician may set.

    The self-calibration takes the lowest concentration of each week for fresh air at 400 ppm.
    """

    altitudes_m = commands.ALTITUDE_M
    pressures_hpa = commands.AMBIENT_PRESSURE_HPA


class Scd4x:
    """One SCD40 or SCD41."""

    def __init__(self, device: I2cDevice, clock: Clock, options: Options) -> None:
        self._port = CommandPort(commands.CHIP, device, clock)
        self._run = Run(commands.CHIP, self._port, clock, rhythm=commands.RHYTHM)
        self._options = options

    async def open(self) -> None:
        """Stop whatever the chip was doing, identify it, set it up and start measuring.

        The settings are sent every time, so that none is left over from an earlier configuration: an altitude also
        cancels a pressure that was set before. Takes half a second.

        Raises:
            ChecksumMismatch: what answers is no Sensirion chip, or the line is disturbed.
            InvalidData: the line is stuck.
        """
        self._run.forget()
        await self._port.call(commands.STOP_PERIODIC_MEASUREMENT)
        await self._port.call(commands.GET_SERIAL_NUMBER)  # its checksums are the identification: the chip has no id
        self._run.claim()
        if self._options.ambient_pressure_hpa is None:
            await self._port.call(commands.SET_SENSOR_ALTITUDE, self._options.altitude_m)
        else:
            await self._port.call(commands.SET_AMBIENT_PRESSURE, self._options.ambient_pressure_hpa)
        await self._port.call(commands.SET_AUTOMATIC_SELF_CALIBRATION, int(self._options.automatic_self_calibration))
        await self._port.call(commands.START_PERIODIC_MEASUREMENT)
        self._run.begun()

    async def sample(self) -> Reading:
        """Return the chip's newest sample, at most 5 s old; waits for one that has not been read yet.

        The first one comes 5 s after `open`. Cancelled while waiting, nothing is lost; cancelled while reading, that
        one sample is.

        Raises:
            NotReady: `open` has not succeeded, or there was nothing new for 6 s: the chip is not measuring.
            ChecksumMismatch: a word was disturbed on the line.
            InvalidData: the line is stuck.
        """
        await self._run.wait()
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
        await self._run.stop()
