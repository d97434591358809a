"""What TI's shunt monitors share: one triggered measurement of shunt and bus voltage, and what follows from the two.

In: an I2C device, a clock, what one chip's data sheet says (`Part`) and a setting. Out: words; in `quantities`
amperes and watts as integers. Never: opening the bus, waiting while the bus is held, a register of one chip only.

One triggered measurement for each sample, not the chip's continuous mode: what is read was measured when it was asked
for, and because every sample sends the settings again, a chip that lost its power for a moment measures correctly at
the next one. The calibration word is chosen so that the chip's current register counts like its shunt register
(current = shunt * word / divisor, with word = divisor), whatever the resistor is: then nothing is lost to rounding,
and the chip's overflow flag is live.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from drivers.bus.api import I2cDevice
from drivers.chip_id import NOBODY, identify
from drivers.decoding import reject_dead, rounded
from drivers.errors import DriverError, InvalidData, NotReady
from drivers.reading import Channel, Clock

CONFIGURATION = 0x00
SHUNT_VOLTAGE = 0x01
BUS_VOLTAGE = 0x02
CALIBRATION = 0x05
RESET = 0x8000
POWER_DOWN = 0x0000
"""The registers that both chips have at these numbers: SBOS448F page 25, SBOS547B table 7-1."""

SHUNT_UOHM = (100, 10_000_000)
_LOOKS = 4
_PROPERTY = "http://qudt.org/vocab/quantitykind/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What tells one of these chips from another.

    Attributes:
        chip: the model's name.
        calibration: the word that makes the current register equal to the shunt register.
        flags: the register with the flags.
        ready: its bit for "measured".
        overflow: its bit for "current and power may be meaningless".
        measure_s: the longest measurement with the setting that the driver uses.
        retry_s: pause between further looks at the flags.
        bus_uv: one step of the bus voltage.
        shunt_nv: one step of the shunt voltage.
        bus_shift: bits below the bus voltage in its register.
    """

    chip: str
    calibration: int
    flags: int
    ready: int
    overflow: int
    measure_s: float
    retry_s: float
    bus_uv: int
    shunt_nv: int
    bus_shift: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One measurement, as read."""

    mono_ns: int
    flags: int
    shunt: int
    bus: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantities:
    """Current in 1e-6 A and power in 1e-6 W."""

    current_ua: int
    power_uw: int


def quantities(*, shunt_nv: int, bus_uv: int, shunt_uohm: int) -> Quantities:
    """Return current and power through a resistor at a shunt voltage and a bus voltage; halves upwards."""
    return Quantities(
        current_ua=rounded(shunt_nv * 1000, shunt_uohm),
        power_uw=rounded(shunt_nv * bus_uv, shunt_uohm * 1000),
    )


def check_shunt(shunt_uohm: int) -> None:
    """Refuse a resistor that cannot be meant.

    Raises:
        ValueError: it is out of range.
    """
    low, high = SHUNT_UOHM
    if not low <= shunt_uohm <= high:
        raise ValueError(f"shunt_uohm must be {low} to {high} micro-ohm (R100 on the board is 100000)")


def power_channels(
    *, bus: Channel, shunt: Channel, full_nv: int, shunt_uohm: int, accuracy: str
) -> tuple[Channel, ...]:
    """Return the four channels: current and power reach as far as the shunt voltage and the resistor say.

    Args:
        bus: the bus voltage.
        shunt: the shunt voltage.
        full_nv: the largest shunt voltage that is no saturation.
        shunt_uohm: the resistor.
        accuracy: of current and power, by the maker.
    """
    highest_uv = bus.maximum * int(10 ** (6 + bus.exponent))
    most = quantities(shunt_nv=full_nv, bus_uv=highest_uv, shunt_uohm=shunt_uohm)
    return (
        bus,
        shunt,
        Channel(
            name="current",
            title="Current through the shunt",
            property=f"{_PROPERTY}ElectricCurrent",
            unit="A",
            exponent=-6,
            minimum=-most.current_ua,
            maximum=most.current_ua,
            accuracy=accuracy,
        ),
        Channel(
            name="power",
            title="Power through the shunt, at the bus voltage",
            property=f"{_PROPERTY}ElectricPower",
            unit="W",
            exponent=-6,
            minimum=-most.power_uw,
            maximum=most.power_uw,
            accuracy=accuracy,
        ),
    )


class PowerMonitor:
    """One shunt monitor, below what its own driver adds."""

    def __init__(self, device: I2cDevice, clock: Clock, *, part: Part, setting: int) -> None:
        self._device = device
        self._clock = clock
        self._part = part
        self._setting = setting
        self._identified = False

    def forget(self) -> None:
        """Count the chip as not identified: `sleep` leaves it alone."""
        self._identified = False

    async def identify(self, after_reset: int, *, known: Mapping[int, str] = NOBODY) -> None:
        """Reset the chip and take what the reset leaves in the configuration register for its id.

        From here on `measure` and `sleep` work.

        Args:
            after_reset: what it leaves in this chip.
            known: what it leaves in others, and what to tell then.

        Raises:
            WrongChip: the register holds something else after the reset.
            InvalidData: the line is stuck.
        """
        self._identified = False
        await self._device.write_word(CONFIGURATION, RESET)
        await identify(
            self._device, self._part.chip, register=CONFIGURATION, expected=(after_reset,), length=2, known=known
        )
        self._identified = True

    async def measure(self) -> Words:
        """Measure once. Cancelled at any point, it leaves a chip that idles by itself.

        Raises:
            NotReady: the chip was not opened, or did not finish.
            InvalidData: the line is stuck, or the chip has not kept its setting.
        """
        if not self._identified:
            raise NotReady(self._part.chip, "not opened")
        await self._device.write_word(CALIBRATION, self._part.calibration)
        await self._device.write_word(CONFIGURATION, self._setting)
        await self._clock.sleep(self._part.measure_s)
        await self._check_setting()
        flags = await self._wait()
        shunt, bus = await self._device.read_word(SHUNT_VOLTAGE), await self._device.read_word(BUS_VOLTAGE)
        return Words(mono_ns=self._clock.mono_ns(), flags=flags, shunt=shunt, bus=bus)

    async def sleep(self) -> None:
        """Power the chip down if it was identified; another chip at the address is left alone."""
        if not self._identified:
            return
        self._identified = False
        try:
            await self._device.write_word(CONFIGURATION, POWER_DOWN)
        except DriverError:
            return  # it does not answer: there is nothing to power down

    async def _check_setting(self) -> None:
        """Refuse what a stuck line or another chip would answer: zero volts look like a stuck line, this does not."""
        data = await self._device.read_register(CONFIGURATION, 2)
        reject_dead(self._part.chip, data, "the configuration register")
        if int.from_bytes(data, "big") != self._setting:
            raise InvalidData(self._part.chip, "it did not keep its setting: it lost its power, or was swapped")

    async def _wait(self) -> int:
        for look in range(_LOOKS):
            if look:
                await self._clock.sleep(self._part.retry_s)
            flags = await self._device.read_word(self._part.flags)
            if flags & self._part.ready:
                return flags
        raise NotReady(self._part.chip, "it does not finish measuring; if this lasts, switch its power off and on")
