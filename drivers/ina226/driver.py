"""The INA226 on I2C: identify, reset, then one triggered measurement for each sample.

In: an I2C device, a clock and `Options`. Out: readings. Never: opening the bus, waiting while the bus is held.
"""

from dataclasses import dataclass

from drivers.bus.api import I2cDevice
from drivers.decoding import reject_dead
from drivers.errors import WrongChip
from drivers.ina226 import decode, registers
from drivers.power_monitor import CONFIGURATION, PowerMonitor, check_shunt
from drivers.reading import Clock, Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a technician may set.

    Attributes:
        shunt_uohm: the shunt resistor in micro-ohm: R100 on a board is 100000, R010 is 10000.
    """

    shunt_uohm: int = 100_000

    def __post_init__(self) -> None:
        """Check the resistor.

        Raises:
            ValueError: it is out of range.
        """
        check_shunt(self.shunt_uohm)


class Ina226:
    """One INA226."""

    def __init__(self, device: I2cDevice, clock: Clock, options: Options) -> None:
        self._options = options
        self._device = device
        self._monitor = PowerMonitor(device, clock, part=registers.PART, setting=registers.SETTING)

    async def open(self) -> None:
        """Identify the chip by the maker's and its own number, then reset it; another one is not written to.

        Raises:
            WrongChip: one of the numbers is another.
            InvalidData: the line is stuck.
        """
        self._monitor.forget()
        await self._expect(registers.MANUFACTURER_ID, registers.MANUFACTURER, ignore=0)
        await self._expect(registers.DIE_ID, registers.DIE, ignore=registers.REVISION)
        await self._monitor.identify(registers.AFTER_RESET)

    async def sample(self) -> Reading:
        """Measure once and return bus voltage, shunt voltage, current and power of that one measurement.

        Raises:
            NotReady: `open` has not succeeded, or the chip did not finish measuring.
            InvalidData: the line is stuck, or the chip lost its power meanwhile.
        """
        words = await self._monitor.measure()
        ticks = decode.ticks(words)
        return Reading(
            mono_ns=words.mono_ns,
            values=decode.values(ticks, shunt_uohm=self._options.shunt_uohm),
            raw={"bus": ticks.bus, "shunt": ticks.shunt, "overflow": int(ticks.overflow)},
        )

    async def close(self) -> None:
        """Power the chip down if it was identified; another chip at the address is left alone."""
        await self._monitor.sleep()

    async def _expect(self, register: int, expected: int, *, ignore: int) -> None:
        found = await self._device.read_word(register)
        if found & ~ignore == expected:
            return
        reject_dead(registers.CHIP, found.to_bytes(2, "big"), f"the id register 0x{register:02x}")
        hint = "check the address and which chip is fitted"
        if await self._device.read_word(CONFIGURATION) == registers.INA219_AFTER_RESET:
            hint = 'this may be an INA219; write model = "ina219"'
        raise WrongChip(registers.CHIP, expected=(expected,), found=found, hint=hint)
