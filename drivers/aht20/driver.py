"""The AHT20 on I2C: reset, calibration, then one measurement for each sample.

In: an I2C device and a clock. Out: readings. Never: opening the bus, waiting while the bus is held.

The chip has no identification; a reply whose checksum holds is it.
"""

from drivers.aht20 import commands, decode
from drivers.bus.api import I2cDevice
from drivers.decoding import reject_dead
from drivers.errors import NotReady
from drivers.model import NoOptions
from drivers.reading import Clock, Reading


class Aht20:
    """One AHT20."""

    def __init__(self, device: I2cDevice, clock: Clock, _options: NoOptions) -> None:
        self._device = device
        self._clock = clock
        self._opened = False

    async def open(self) -> None:
        """Reset the chip and let it load its calibration if it has not.

        Raises:
            InvalidData: the line is stuck.
            NotReady: the chip does not load its calibration.
        """
        self._opened = False
        await self._device.write(commands.SOFT_RESET)
        await self._clock.sleep(commands.RESET_S)
        if not decode.is_calibrated(await self._status()):
            await self._device.write(commands.INITIALISE)
            await self._clock.sleep(commands.INITIALISE_S)
            status = await self._status()
            reject_dead(commands.CHIP, bytes([status]), "the status")  # 0x00 is a status only before that
            self._require_calibration(status)
        self._opened = True

    async def sample(self) -> Reading:
        """Measure once and return temperature and humidity of that one measurement.

        Cancelled at any point, it leaves a chip that goes to sleep by itself.

        Raises:
            NotReady: `open` has not succeeded, the chip does not finish, or it has lost its calibration.
            ChecksumMismatch: the reply was disturbed.
            InvalidData: the line is stuck.
        """
        if not self._opened:
            raise NotReady(commands.CHIP, "not opened")
        await self._device.write(commands.MEASURE)
        reply = await self._reply()
        mono_ns = self._clock.mono_ns()
        ticks = decode.ticks(reply)
        self._require_calibration(reply[0])
        return Reading(
            mono_ns=mono_ns,
            values={
                "temperature": decode.temperature_centi_c(ticks.temperature),
                "humidity": decode.humidity_centi_pct(ticks.humidity),
            },
            raw={"S_T": ticks.temperature, "S_RH": ticks.humidity},
        )

    async def close(self) -> None:
        """Do nothing on the wire: the chip sleeps between measurements."""
        self._opened = False

    async def _reply(self) -> bytes:
        """Return the reply of the measurement that goes on, as soon as it is done."""
        await self._clock.sleep(commands.MEASURE_S)
        for look in range(commands.LOOKS):
            if look:
                await self._clock.sleep(commands.MEASURE_RETRY_S)
            reply = await self._device.read(commands.REPLY_LENGTH)
            reject_dead(commands.CHIP, reply, "the measurement")
            if not decode.is_busy(reply[0]):
                return reply
        raise NotReady(commands.CHIP, "it stays busy; if this lasts, switch its power off and on")

    async def _status(self) -> int:
        status = (await self._device.read(1))[0]
        if status == 0xFF:  # noqa: PLR2004 - busy, calibrated and every reserved bit: nobody drives the line
            reject_dead(commands.CHIP, b"\xff", "the status")
        return status

    def _require_calibration(self, status: int) -> None:
        if not decode.is_calibrated(status):
            raise NotReady(commands.CHIP, "it has not loaded its calibration; if this lasts, replace it")
