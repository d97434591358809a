"""The DS3231 on I2C: all its registers in one burst for each sample.

In: an I2C device and a clock. Out: readings. Never: opening the bus, writing to the chip: who sets its clock is the
kernel, or whoever mounted it.
"""

from drivers.bus.api import I2cDevice
from drivers.ds3231 import decode, registers
from drivers.errors import NotReady
from drivers.model import NoOptions
from drivers.reading import Clock, Reading


class Ds3231:
    """One DS3231."""

    def __init__(self, device: I2cDevice, clock: Clock, _options: NoOptions) -> None:
        self._device = device
        self._clock = clock
        self._identified = False

    async def open(self) -> None:
        """Look at the bits that are always 0 in this chip, which has no id.

        Raises:
            InvalidData: one of them is set, or the line is stuck.
        """
        self._identified = False
        decode.check(await self._read())
        self._identified = True

    async def sample(self) -> Reading:
        """Return temperature and time.

        Raises:
            NotReady: `open` has not succeeded.
            InvalidData: the line is stuck, or the clock runs and shows no date.
        """
        if not self._identified:
            raise NotReady(registers.CHIP, "not opened")
        data = await self._read()
        mono_ns = self._clock.mono_ns()
        raw = {
            "status": data[registers.STATUS],
            "temperature": int.from_bytes(data[registers.TEMPERATURE :], "big"),
        }
        return Reading(mono_ns=mono_ns, values=decode.values(data), raw=raw)

    async def close(self) -> None:
        """Do nothing to the chip: its clock goes on."""
        self._identified = False

    async def _read(self) -> bytes:
        return await self._device.read_register(registers.FIRST, registers.LENGTH)
