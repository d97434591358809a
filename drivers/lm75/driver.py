"""The LM75 on I2C: wake it, read its newest value.

In: an I2C device, a clock and `Options`. Out: readings. Never: opening the bus, waiting while the bus is held,
writing thresholds: a board may use the chip's output as its thermostat.

The chip has no identification. What can be told from its registers is: the threshold is not that of a silent line,
and the reserved bits of the configuration are clear. Registers of two bytes are always read whole: half a read can
leave an LM75 holding the data line down (SNIS153B, page 11).
"""

from dataclasses import dataclass

from drivers.bus.api import I2cDevice
from drivers.decoding import reject_dead
from drivers.errors import InvalidData, NotReady
from drivers.lm75 import decode, registers
from drivers.reading import Clock, Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a technician may set.

    Attributes:
        bits: resolution of the chip that is fitted: 9 for any LM75, 11 for NXP's LM75A and LM75B and the PCT2075.
    """

    bits: int = 9

    def __post_init__(self) -> None:
        """Check the resolution.

        Raises:
            ValueError: no LM75 has it.
        """
        if self.bits not in registers.RESOLUTIONS:
            raise ValueError(f"bits must be 9, or 11 for an LM75A, LM75B (NXP) or PCT2075, found {self.bits}")


class Lm75:
    """One LM75 or a copy of it."""

    def __init__(self, device: I2cDevice, clock: Clock, options: Options) -> None:
        self._device = device
        self._clock = clock
        self._bits = options.bits
        self._opened = False

    async def open(self) -> None:
        """Look whether it may be an LM75, wake it, and wait for the first value.

        Raises:
            InvalidData: the line is stuck, or another kind of chip answers.
        """
        self._opened = False
        configuration = await self._recognise()
        await self._device.write_register(registers.CONFIGURATION, configuration & ~registers.SHUTDOWN)
        await self._clock.sleep(registers.CONVERSION_S)
        self._opened = True

    async def sample(self) -> Reading:
        """Return the newest temperature; one that a silent line or a fresh chip would show is read again first.

        Raises:
            NotReady: `open` has not succeeded.
            InvalidData: the line is stuck, another kind of chip answers, or somebody sent this one to sleep.
        """
        if not self._opened:
            raise NotReady(registers.CHIP, "not opened")
        if await self._recognise() & registers.SHUTDOWN:
            raise InvalidData(registers.CHIP, "it sleeps, and would show an old value: another program uses it")
        data = await self._device.read_register(registers.TEMPERATURE, 2)
        if decode.is_doubtful(data):  # 0 degrees, or the chip restarted and has not measured, or nobody is there
            await self._clock.sleep(registers.CONVERSION_S)
            data = await self._device.read_register(registers.TEMPERATURE, 2)
            await self._prove_line()
        mono_ns = self._clock.mono_ns()
        steps = decode.ticks(data, bits=self._bits)
        return Reading(
            mono_ns=mono_ns,
            values={"temperature": decode.temperature_centi_c(steps, bits=self._bits)},
            raw={"Temp": steps},
        )

    async def close(self) -> None:
        """Do nothing on the wire: the chip goes on watching its thresholds, as after power-up."""
        self._opened = False

    async def _recognise(self) -> int:
        """Return the configuration of what may be an LM75."""
        await self._prove_line()
        configuration = (await self._device.read_register(registers.CONFIGURATION))[0]
        if configuration & registers.RESERVED:
            raise InvalidData(
                registers.CHIP,
                "the configuration has reserved bits set: another chip answers, such as a TMP102 (which has a model "
                "of its own); check the address and which chip is fitted",
            )
        return configuration

    async def _prove_line(self) -> None:
        threshold = await self._device.read_register(registers.THRESHOLD, 2)
        reject_dead(registers.CHIP, threshold, "the threshold")
