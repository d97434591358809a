"""The MCP9808 on I2C: identify, let it measure all the time, read its newest value.

In: an I2C device and a clock. Out: readings. Never: opening the bus, waiting while the bus is held, the alert output.

The chip cannot be asked for one measurement, so it measures continuously, four times a second. After a power failure
it does the same by itself.
"""

from drivers.bus.api import I2cDevice
from drivers.chip_id import identify
from drivers.errors import DriverError, NotReady
from drivers.mcp9808 import decode, registers
from drivers.model import NoOptions
from drivers.reading import Clock, Reading


class Mcp9808:
    """One MCP9808."""

    def __init__(self, device: I2cDevice, clock: Clock, _options: NoOptions) -> None:
        self._device = device
        self._clock = clock
        self._identified = False

    async def open(self) -> None:
        """Identify the chip, have it measure with its finest step, and wait for the first value.

        Raises:
            WrongChip: an identification register holds another value.
            InvalidData: the line is stuck.
        """
        self._identified = False
        await self._identify()
        self._identified = True
        await self._device.write_word(registers.CONFIGURATION, registers.CONTINUOUS)
        await self._device.write_register(registers.RESOLUTION, registers.SIXTEENTH)
        await self._clock.sleep(registers.CONVERSION_S)

    async def sample(self) -> Reading:
        """Return the newest temperature, at most 0.3 s old.

        One that a silent line or a chip that has not measured would show is read again first.

        Raises:
            NotReady: `open` has not succeeded.
            WrongChip: the chip was swapped for another kind.
            InvalidData: the line is stuck.
        """
        if not self._identified:
            raise NotReady(registers.CHIP, "not opened")
        await self._identify()
        data = await self._device.read_register(registers.TEMPERATURE, 2)
        if decode.is_doubtful(data):  # 0 degrees, or the chip restarted and has not measured, or nobody is there
            await self._clock.sleep(registers.CONVERSION_S)
            data = await self._device.read_register(registers.TEMPERATURE, 2)
            await self._identify()
        mono_ns = self._clock.mono_ns()
        ticks = decode.ticks(data)
        return Reading(mono_ns=mono_ns, values={"temperature": decode.temperature_centi_c(ticks)}, raw={"T_A": ticks})

    async def close(self) -> None:
        """Send the chip to sleep if it was identified; another chip at the address is left alone."""
        if not self._identified:
            return
        self._identified = False
        try:
            await self._device.write_word(registers.CONFIGURATION, registers.SHUTDOWN)
        except DriverError:
            return  # it does not answer: there is nothing to put to sleep

    async def _identify(self) -> None:
        await self._expect(registers.MANUFACTURER_ID, registers.MICROCHIP)
        await self._expect(registers.DEVICE_ID, registers.MCP9808, mask=registers.DEVICE_ID_MASK)

    async def _expect(self, register: int, expected: int, *, mask: int = -1) -> None:
        hint = "check the address and which chip is fitted: a LIS3DH can have 0x18 or 0x19 too"
        await identify(
            self._device, registers.CHIP, register=register, expected=(expected,), length=2, mask=mask, hint=hint
        )
