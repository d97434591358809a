"""The HDC1080 on I2C: identify, reset, then one measurement of both quantities for each sample.

In: an I2C device and a clock. Out: readings. Never: opening the bus, waiting while the bus is held, the heater.
"""

from drivers.bus.api import I2cDevice
from drivers.chip_id import identify
from drivers.errors import NotReady
from drivers.hdc1080 import decode, registers
from drivers.model import NoOptions
from drivers.reading import Clock, Reading


class Hdc1080:
    """One HDC1080."""

    def __init__(self, device: I2cDevice, clock: Clock, _options: NoOptions) -> None:
        self._device = device
        self._clock = clock
        self._opened = False

    async def open(self) -> None:
        """Identify the chip, reset it and have it measure both quantities with 14 bits.

        Raises:
            WrongChip: an identification register holds another value.
            InvalidData: the line is stuck.
        """
        self._opened = False
        await self._identify(registers.MANUFACTURER_ID, registers.TEXAS_INSTRUMENTS)
        await self._identify(registers.DEVICE_ID, registers.HDC1080)
        await self._device.write_word(registers.CONFIGURATION, registers.RESET_WORD)
        await self._clock.sleep(registers.STARTUP_S)
        await self._device.write_word(registers.CONFIGURATION, registers.MEASURE_BOTH)
        self._opened = True

    async def sample(self) -> Reading:
        """Measure once and return temperature and humidity, one after the other.

        A chip that lost power for a moment measures in the same way: its settings are those after power-up.
        Cancelled at any point, it leaves a chip that goes to sleep by itself.

        Raises:
            NotReady: `open` has not succeeded.
            WrongChip: the chip was swapped for another kind.
            NoAcknowledge: the chip is gone, or takes longer to measure than its data sheet says.
            InvalidData: the line is stuck.
        """
        if not self._opened:
            raise NotReady(registers.CHIP, "not opened")
        await self._identify(registers.DEVICE_ID, registers.HDC1080)
        await self._device.write(bytes([registers.TEMPERATURE]))
        await self._clock.sleep(registers.MEASURE_S)
        data = await self._device.read(registers.DATA_LENGTH)
        mono_ns = self._clock.mono_ns()
        ticks = decode.ticks(data)
        return Reading(
            mono_ns=mono_ns,
            values={
                "temperature": decode.temperature_centi_c(ticks.temperature),
                "humidity": decode.humidity_centi_pct(ticks.humidity),
            },
            raw={"TEMPERATURE": ticks.temperature, "HUMIDITY": ticks.humidity},
        )

    async def close(self) -> None:
        """Do nothing on the wire: the chip sleeps between measurements."""
        self._opened = False

    async def _identify(self, register: int, expected: int) -> None:
        hint = "check the address and which chip is fitted: an INA219, INA226 or Si7021 can have it too"
        await identify(self._device, registers.CHIP, register=register, expected=(expected,), length=2, hint=hint)
