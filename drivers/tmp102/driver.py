"""The TMP102 on I2C: recognise it, then one measurement in extended mode for each sample.

In: an I2C device and a clock. Out: readings. Never: opening the bus, waiting while the bus is held, writing
thresholds.

Extended mode has a reason beside its range: 0 degrees is then not all zeros, as a line that is stuck would be. Each
sample sends the settings again, so a chip that lost power for a moment measures correctly at the next one.
"""

from drivers.bus.api import I2cDevice
from drivers.decoding import reject_dead
from drivers.errors import InvalidData, NotReady
from drivers.model import NoOptions
from drivers.reading import Clock, Reading
from drivers.tmp102 import decode, registers


class Tmp102:
    """One TMP102 or TMP112."""

    def __init__(self, device: I2cDevice, clock: Clock, _options: NoOptions) -> None:
        self._device = device
        self._clock = clock
        self._opened = False

    async def open(self) -> None:
        """Look whether it is a TMP102, and send it to sleep until it is asked to measure.

        The chip has no identification; two read-only bits of its configuration, four that are always zero, and
        whether it keeps its settings take that place.

        Raises:
            InvalidData: the line is stuck, or another kind of chip answers.
        """
        self._opened = False
        await self._configuration()
        await self._device.write_word(registers.CONFIGURATION, registers.SLEEP)
        if await self._configuration() & registers.SLEEP != registers.SLEEP:
            raise _another("it does not keep its settings")
        self._opened = True

    async def sample(self) -> Reading:
        """Measure once and return the temperature.

        Cancelled at any point, it leaves a chip that goes to sleep by itself.

        Raises:
            NotReady: `open` has not succeeded, or the chip did not finish measuring.
            InvalidData: the line is stuck, or the chip was swapped for another kind.
        """
        if not self._opened:
            raise NotReady(registers.CHIP, "not opened")
        await self._device.write_word(registers.CONFIGURATION, registers.MEASURE)
        await self._wait_until_done()
        data = await self._device.read_register(registers.TEMPERATURE, 2)
        mono_ns = self._clock.mono_ns()
        ticks = decode.ticks(data)
        return Reading(
            mono_ns=mono_ns,
            values={"temperature": decode.temperature_centi_c(ticks)},
            raw={"Temperature": ticks},
        )

    async def close(self) -> None:
        """Do nothing on the wire: the chip sleeps between measurements."""
        self._opened = False

    async def _wait_until_done(self) -> None:
        await self._clock.sleep(registers.MEASURE_S)
        for look in range(registers.LOOKS):
            if look:
                await self._clock.sleep(registers.MEASURE_RETRY_S)
            if await self._configuration() & registers.ONE_SHOT:
                return
        raise NotReady(registers.CHIP, "it does not finish measuring; if this lasts, switch its power off and on")

    async def _configuration(self) -> int:
        data = await self._device.read_register(registers.CONFIGURATION, 2)
        reject_dead(registers.CHIP, data, "the configuration")
        word = int.from_bytes(data, "big")
        if word & registers.RESOLUTION != registers.RESOLUTION or word & registers.ALWAYS_ZERO:
            raise _another("the configuration is not that of a TMP102")
        return word


def _another(what: str) -> InvalidData:
    hint = (
        "another chip answers, such as an LM75 (which has a model of its own); check the address and what is fitted"
    )
    return InvalidData(registers.CHIP, f"{what}: {hint}")
