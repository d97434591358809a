"""The INA219 on I2C: reset, look at what a reset leaves, then one triggered measurement for each sample.

In: an I2C device, a clock and `Options`. Out: readings. Never: opening the bus, waiting while the bus is held.
"""

from dataclasses import dataclass

from drivers.bus.api import I2cDevice
from drivers.ina219 import decode, registers
from drivers.power_monitor import PowerMonitor, check_shunt
from drivers.reading import Clock, Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a technician may set.

    Attributes:
        shunt_uohm: the shunt resistor in micro-ohm: R100 on a board is 100000, R010 is 10000.
        range_mv: full scale of the shunt voltage: 40, 80, 160 or 320 mV. A smaller one has a smaller offset; what is
            more is not available.
    """

    shunt_uohm: int = 100_000
    range_mv: int = 320

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            ValueError: one that the chip cannot have.
        """
        check_shunt(self.shunt_uohm)
        if self.range_mv not in registers.GAINS:
            raise ValueError(f"range_mv must be one of 40, 80, 160 and 320, found {self.range_mv}")


class Ina219:
    """One INA219."""

    def __init__(self, device: I2cDevice, clock: Clock, options: Options) -> None:
        self._options = options
        setting = registers.setting(options.range_mv)
        self._monitor = PowerMonitor(device, clock, part=registers.PART, setting=setting)

    async def open(self) -> None:
        """Reset the chip and identify it by what a reset leaves.

        Raises:
            WrongChip: the configuration register holds something else after the reset.
            InvalidData: the line is stuck.
        """
        known = {registers.INA226_AFTER_RESET: 'this is an INA226; write model = "ina226"'}
        await self._monitor.identify(registers.AFTER_RESET, known=known)

    async def sample(self) -> Reading:
        """Measure once and return bus voltage, shunt voltage, current and power of that one measurement.

        Raises:
            NotReady: `open` has not succeeded, or the chip did not finish measuring.
            InvalidData: the line is stuck, or the chip lost its power meanwhile.
        """
        words = await self._monitor.measure()
        ticks = decode.ticks(words)
        options = self._options
        return Reading(
            mono_ns=words.mono_ns,
            values=decode.values(ticks, range_mv=options.range_mv, shunt_uohm=options.shunt_uohm),
            raw={"bus": ticks.bus, "shunt": ticks.shunt, "overflow": int(ticks.overflow)},
        )

    async def close(self) -> None:
        """Power the chip down if it was identified; another chip at the address is left alone."""
        await self._monitor.sleep()
