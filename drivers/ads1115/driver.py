"""The ADS1115 on I2C: identify, then one single-shot conversion of each input that is used.

In: an I2C device, a clock and `Options`. Out: readings. Never: opening the bus, waiting while the bus is held.

Single-shot: the chip powers down after each conversion, and the config register that is read back tells not only
that the conversion is over but also that it was ours: a chip that lost its power, and one that another program uses,
have another input or range there.
"""

from drivers.ads1115 import decode, registers
from drivers.ads1115.options import Options
from drivers.bus.api import I2cDevice
from drivers.chip_id import identify
from drivers.decoding import reject_dead
from drivers.errors import InvalidData, NotReady
from drivers.reading import Clock, Reading

_HINT = "check the address, which chip is fitted, and that no other program uses it; switch it off and on"


class Ads1115:
    """One ADS1115."""

    def __init__(self, device: I2cDevice, clock: Clock, options: Options) -> None:
        self._device = device
        self._clock = clock
        self._used = options.used
        self._identified = False

    async def open(self) -> None:
        """Identify the chip by the thresholds it has after power-up; nothing is written.

        Raises:
            WrongChip: they are others.
            InvalidData: the line is stuck.
        """
        self._identified = False
        await self._identify()
        self._identified = True

    async def sample(self) -> Reading:
        """Convert every input that is used, one after the other: 0.14 s each.

        Cancelled at any point, it leaves a chip that powers down by itself.

        Raises:
            NotReady: `open` has not succeeded, or a conversion did not end.
            WrongChip: the chip was swapped for another kind.
            InvalidData: the line is stuck, or somebody else changed the chip's setting.
        """
        if not self._identified:
            raise NotReady(registers.CHIP, "not opened")
        await self._identify()
        raw: dict[str, int] = {}
        values: dict[str, int | None] = {}
        for number, entry in self._used:
            name = registers.INPUTS[number]
            steps = decode.ticks(await self._convert(registers.setting(number, entry.range_mv)))
            raw[name] = steps
            values |= decode.values(name, entry, steps)
        return Reading(mono_ns=self._clock.mono_ns(), values=values, raw=raw)

    async def close(self) -> None:
        """Do nothing to the chip: it powers down after each conversion."""
        self._identified = False

    async def _identify(self) -> None:
        for register, content in registers.THRESHOLDS.items():
            await identify(self._device, registers.CHIP, register=register, expected=(content,), length=2, hint=_HINT)

    async def _convert(self, setting: int) -> int:
        await self._device.write_word(registers.CONFIG, setting)
        await self._clock.sleep(registers.CONVERT_S)
        for look in range(registers.LOOKS):
            if look:
                await self._clock.sleep(registers.RETRY_S)
            if await self._is_done(setting):
                return await self._device.read_word(registers.CONVERSION)
        raise NotReady(registers.CHIP, "a conversion does not end; if this lasts, switch its power off and on")

    async def _is_done(self, setting: int) -> bool:
        data = await self._device.read_register(registers.CONFIG, 2)
        reject_dead(registers.CHIP, data, "the config register")
        found = int.from_bytes(data, "big")
        if (found ^ setting) & ~registers.START:
            raise InvalidData(
                registers.CHIP, "it did not keep its setting: it lost its power, or another program uses it"
            )
        return bool(found & registers.START)
