"""The VEML7700 on I2C: one to four measurements for each sample, until the range fits the light.

In: an I2C device, a clock and `Options`. Out: readings. Never: opening the bus, waiting while the bus is held, the
interrupt.

The chip has no identification that all of its revisions have; that it keeps its settings takes that place. No
configuration that is ever set reads as all zeros or all ones, so night is told from a line that is stuck.
"""

from dataclasses import dataclass

from drivers.bus.api import I2cDevice
from drivers.decoding import reject_dead
from drivers.errors import DriverError, InvalidData, NotReady
from drivers.reading import Clock, Reading
from drivers.veml7700 import decode, registers
from drivers.veml7700.registers import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a technician may set.

    Attributes:
        gain: "auto", or one of "1/8", "1/4", "1", "2". Automatic, gain and integration time follow the light.
        integration_ms: 25, 50, 100, 200, 400 or 800, with a gain that is not automatic; 100 when left out.
    """

    gain: str = "auto"
    integration_ms: int | None = None

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            ValueError: the chip does not have them, or they contradict each other.
        """
        if self.gain != "auto" and self.gain not in registers.GAINS:
            raise ValueError(f'gain must be "auto", "1/8", "1/4", "1" or "2", found "{self.gain}"')
        if self.integration_ms is None:
            return
        if self.integration_ms not in registers.INTEGRATION_MS:
            raise ValueError(f"integration_ms must be 25, 50, 100, 200, 400 or 800, found {self.integration_ms}")
        if self.gain == "auto":
            raise ValueError("integration_ms is chosen with the gain: give a gain, too, or leave both out")

    @property
    def setting(self) -> Setting | None:
        """The setting, None when it follows the light."""
        if self.gain == "auto":
            return None
        return Setting(gain_eighths=registers.GAINS[self.gain], integration_ms=self.integration_ms or 100)


class Veml7700:
    """One VEML7700 or VEML6030."""

    def __init__(self, device: I2cDevice, clock: Clock, options: Options) -> None:
        self._device = device
        self._clock = clock
        self._fixed = options.setting
        self._identified = False

    async def open(self) -> None:
        """Send the chip to sleep, and see that it keeps its settings.

        Raises:
            InvalidData: the line is stuck, or another kind of chip answers.
        """
        self._identified = False
        await self._write(registers.CONFIGURATION, registers.SLEEP)
        await self._write(registers.POWER_SAVING, registers.NO_POWER_SAVING)
        await self._expect(registers.SLEEP)
        self._identified = True

    async def sample(self) -> Reading:
        """Measure and return the illuminance; None when there is more light than the chip can measure.

        Takes 0.2 s by day and 2.1 s at the very most. Each measurement sends its settings, so a chip that lost power
        for a moment measures correctly at the next one.

        Raises:
            NotReady: `open` has not succeeded.
            InvalidData: the line is stuck, or the chip has lost its settings meanwhile.
        """
        if not self._identified:
            raise NotReady(registers.CHIP, "not opened")
        setting, count = (
            await self._ranged() if self._fixed is None else (self._fixed, await self._measure(self._fixed))
        )
        mono_ns = self._clock.mono_ns()
        return Reading(
            mono_ns=mono_ns,
            values={"illuminance": decode.illuminance_centi_lux(count, setting)},
            raw={"ALS": count, "ALS_CONF": setting.word},
        )

    async def close(self) -> None:
        """Send the chip to sleep if it was opened; another chip at the address is left alone."""
        if not self._identified:
            return
        self._identified = False
        try:
            await self._write(registers.CONFIGURATION, registers.SLEEP)
        except DriverError:
            return  # it does not answer: there is nothing to put to sleep

    async def _ranged(self) -> tuple[Setting, int]:
        """Return the first range that fits the light, and its count."""
        index, following = -1, registers.START
        count = 0
        while following != index:
            index = following
            count = await self._measure(registers.RANGES[index])
            following = decode.next_range(index, count)
        return registers.RANGES[index], count

    async def _measure(self, setting: Setting) -> int:
        await self._write(registers.CONFIGURATION, setting.word)
        await self._clock.sleep(setting.wait_s)
        count = int.from_bytes(await self._device.read_register(registers.LIGHT, 2), "little")
        if decode.is_doubtful(count):
            await self._expect(setting.word)
        return count

    async def _expect(self, word: int) -> None:
        """See that the configuration is what was sent."""
        data = await self._device.read_register(registers.CONFIGURATION, 2)
        if int.from_bytes(data, "little") == word:
            return
        reject_dead(registers.CHIP, data, "the configuration")
        raise InvalidData(
            registers.CHIP,
            "it does not keep its settings: it restarted, or another chip answers; check what is fitted",
        )

    async def _write(self, register: int, word: int) -> None:
        await self._device.write_register(register, word & 0xFF, word >> 8)
