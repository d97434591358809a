"""The MLX90614 on SMBus: it measures by itself; a sample reads what it has.

In: an I2C device and a clock. Out: readings. Never: opening the bus, writing to the sensor: its EEPROM holds its
factory calibration, its emissivity and its address.
"""

from drivers.bus.api import I2cDevice
from drivers.errors import NotReady
from drivers.mlx90614 import commands, decode
from drivers.mlx90614.commands import Cell
from drivers.model import NoOptions
from drivers.reading import Clock, Reading


class Mlx90614:
    """One MLX90614."""

    def __init__(self, device: I2cDevice, clock: Clock, _options: NoOptions) -> None:
        self._device = device
        self._clock = clock
        self._opened = False

    async def open(self) -> None:
        """Give it the time it needs after power-up, then read its id words: their codes are the identification.

        Raises:
            ChecksumMismatch: what answers is another kind of chip, or the line is disturbed.
            InvalidData: the line is stuck.
        """
        self._opened = False
        await self._clock.sleep(commands.VALID_S)
        for cell in commands.ID_WORDS:
            await self._word(cell)
        self._opened = True

    async def sample(self) -> Reading:
        """Return the sensor's newest temperatures: ambient, then object, 1 ms apart.

        Raises:
            NotReady: `open` has not succeeded.
            ChecksumMismatch: a word was disturbed on the line.
            InvalidData: the line is stuck.
        """
        if not self._opened:
            raise NotReady(commands.CHIP, "not opened")
        ambient = await self._word(commands.AMBIENT)
        surface = await self._word(commands.OBJECT)
        mono_ns = self._clock.mono_ns()
        return Reading(
            mono_ns=mono_ns,
            values={"object_temperature": decode.centi_c(surface), "ambient_temperature": decode.centi_c(ambient)},
            raw={"Tobj1": surface, "Ta": ambient},
        )

    async def close(self) -> None:
        """Do nothing on the bus: the sensor goes on measuring."""
        self._opened = False

    async def _word(self, cell: Cell) -> int:
        reply = await self._device.read_register(cell.command, commands.REPLY_LENGTH)
        return decode.word(cell, reply, address=self._device.address)
