"""The LIS3DH on I2C: identify, set up, then the newest 32 samples and the click detection's memory for each sample.

In: an I2C device, a clock and `Options`. Out: readings. Never: opening the bus, waiting while the bus is held, an
interrupt pin.

The chip watches for knocks by itself, at every one of its samples, and remembers one until it is asked. It cannot
tell how many: `knocks` is 0 or 1, and a window counts the samples with a knock. Before the first sample the memory is
emptied, because the chip takes its own turning on for a knock.
"""

from dataclasses import dataclass
from decimal import Decimal

from drivers.bus.api import I2cDevice
from drivers.chip_id import identify
from drivers.decoding import reject_dead
from drivers.errors import DriverError, InvalidData, NotReady
from drivers.lis3dh import decode, registers
from drivers.lis3dh.angle import Vector
from drivers.reading import Clock, Reading

_UPRIGHT_SCALE = 10**6
_LARGEST_PART = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a technician may set.

    Attributes:
        upright: x, y and z as they were shown when the pole stood as it should; only the direction counts. Tilt is
            told against it.
        rate_hz: samples a second inside the chip: 50, 100, 200 or 400. The 32 newest make one reading.
        range_g: full scale: 2, 4, 8 or 16 g. More than it is not available.
        knock_mg: a knock is stronger than this, in thousandths of g, and shorter than 50 ms.
    """

    upright: tuple[Decimal, Decimal, Decimal] = (Decimal(0), Decimal(0), Decimal(1))
    rate_hz: int = 200
    range_g: int = 2
    knock_mg: int = 500

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            ValueError: one that the chip cannot have.
        """
        if self.rate_hz not in registers.RATES:
            raise ValueError("rate_hz must be one of 50, 100, 200 and 400")
        if self.range_g not in registers.RANGES:
            raise ValueError("range_g must be one of 2, 4, 8 and 16")
        least = registers.THRESHOLD_MG[self.range_g]
        most = min(self.range_g * 1000 - least, registers.MOST_STEPS * least)
        if not least <= self.knock_mg <= most:
            raise ValueError(f"knock_mg must be {least} to {most} with range_g = {self.range_g}")
        if not all(part.is_finite() and abs(part) <= _LARGEST_PART for part in self.upright) or not any(self.vector):
            raise ValueError("upright must be x, y and z as they are shown, and not all of them zero")

    @property
    def vector(self) -> Vector:
        """`upright` in whole numbers."""
        x, y, z = (int(part * _UPRIGHT_SCALE) for part in self.upright)
        return x, y, z


class Lis3dh:
    """One LIS3DH."""

    def __init__(self, device: I2cDevice, clock: Clock, options: Options) -> None:
        self._device = device
        self._clock = clock
        self._options = options
        self._control = registers.control(rate_hz=options.rate_hz, range_g=options.range_g)
        self._identified = False

    async def open(self) -> None:
        """Identify the chip, set it up, wait until its filter has settled and forget the knock of its turning on.

        Takes 100 samples: half a second, by default.

        Raises:
            WrongChip: the id register holds another value.
            InvalidData: the line is stuck.
        """
        self._identified = False
        await identify(self._device, registers.CHIP, register=registers.WHO_AM_I, expected=(registers.CHIP_ID,))
        options, device = self._options, self._device
        clicks = registers.clicks(rate_hz=options.rate_hz, range_g=options.range_g, knock_mg=options.knock_mg)
        await device.write_register(registers.CTRL_REG1, registers.POWER_DOWN)
        self._identified = True
        await device.write_register(registers.FIFO_CTRL, registers.BYPASS)
        await device.write_register(registers.CLICK_CFG, registers.SINGLE_CLICKS)
        await device.write_register(registers.CLICK_THS | registers.INCREMENT, *clicks)
        await device.write_register(registers.FIFO_CTRL, registers.STREAM)
        await device.write_register(registers.CTRL_REG1 | registers.INCREMENT, *self._control)
        await self._clock.sleep(registers.SETTLING_SAMPLES / options.rate_hz)
        await device.read_register(registers.CLICK_SRC)

    async def sample(self) -> Reading:
        """Return the newest 32 samples as one reading, and whether there was a knock since the last one.

        Cancelled before the knock was asked for, nothing is lost; cancelled after it, that knock is.

        Raises:
            NotReady: `open` has not succeeded, or the chip is not measuring.
            InvalidData: the line is stuck, or the chip lost its power meanwhile.
        """
        if not self._identified:
            raise NotReady(registers.CHIP, "not opened")
        await self._check_control()
        await self._wait_until_full()
        length = registers.DEPTH * registers.SAMPLE_LENGTH
        data = await self._device.read_register(registers.OUTPUT | registers.INCREMENT, length)
        clicked = (await self._device.read_register(registers.CLICK_SRC))[0]
        mono_ns = self._clock.mono_ns()
        block = decode.samples(data)
        values = decode.values(block, range_g=self._options.range_g, upright=self._options.vector)
        knocks = int(bool(clicked & registers.CLICKED))
        return Reading(
            mono_ns=mono_ns,
            values={**values, "knocks": knocks},
            raw={"samples": len(block), "click_src": clicked, "saturated": int(decode.saturated(block))},
        )

    async def close(self) -> None:
        """Power the chip down if it was identified; another chip at the address is left alone."""
        if not self._identified:
            return
        self._identified = False
        try:
            await self._device.write_register(registers.CTRL_REG1, registers.POWER_DOWN)
        except DriverError:
            return  # it does not answer: there is nothing to power down

    async def _check_control(self) -> None:
        found = await self._device.read_register(registers.CTRL_REG1 | registers.INCREMENT, registers.CONTROL_LENGTH)
        reject_dead(registers.CHIP, found, "the control registers")
        if found != self._control:
            raise InvalidData(registers.CHIP, "it did not keep its settings: it lost its power, or was swapped")

    async def _wait_until_full(self) -> None:
        for look in range(registers.LOOKS):
            if look:
                await self._clock.sleep(registers.DEPTH / self._options.rate_hz / (registers.LOOKS - 2))
            status = (await self._device.read_register(registers.FIFO_SRC))[0]
            if status & registers.OVERRUN or status & registers.LEVEL == registers.LEVEL:
                return
        raise NotReady(registers.CHIP, "no new samples: it is not measuring; if this lasts, switch it off and on")
