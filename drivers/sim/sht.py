"""A simulated SHT3x and a simulated SHT4x: they measure, when told to, what they are told.

In: physical values (`set`) and I2C messages. Out: replies, and in `presented` the integers that a right driver must
make of them. Never: anything of the drivers; typed again here are: for the SHT3x Sensirion's SHT3x-DIS data sheet,
version 6 (times page 7, commands pages 10 to 13, conversions page 14), for the SHT4x Sensirion's own Python driver,
sensirion-i2c-sht 0.4.0, and the pseudo code of the data sheet, which crops humidity.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import ClassVar

from drivers.sim.chip import NotAcknowledged
from drivers.sim.physical import Physical, half_up
from drivers.sim.sensirion_chip import SensirionChip, Shown, word

_SERIAL_NUMBER = 0x0F15_B1D7


class _ShtChip(SensirionChip):
    """What both have in common.

    Attributes:
        heater: whether the heater is on.
        on_readout: called with what was shown, each time the host reads a measurement.
    """

    serial_code: ClassVar[int]
    reset_code: ClassVar[int]
    measure_codes: ClassVar[frozenset[int]]
    humidity_scale: ClassVar[tuple[int, int]]
    """%RH at word 0, and from there to word 65535."""

    def __init__(
        self,
        *,
        mono_ns: Callable[[], int] = time.monotonic_ns,
        on_readout: Callable[[Shown], None] | None = None,
    ) -> None:
        """Power the chip up, idle, in air of 20 degrees Celsius and 50 %RH."""
        super().__init__(mono_ns=mono_ns)
        self.heater = False
        self.on_readout = on_readout
        self._words = (0, 0)
        self.set(temperature_c=20, humidity_pct=50)

    def set(self, *, temperature_c: Physical, humidity_pct: Physical) -> Shown:
        """Change the air around the chip and return `presented`."""
        lowest, span = self.humidity_scale
        with self.lock:
            self._words = (
                word((Fraction(temperature_c) + 45) * 65535 / 175),
                word((Fraction(humidity_pct) - lowest) * 65535 / span),
            )
        return self.presented

    @property
    def presented(self) -> dict[str, int | None]:
        """What a driver must report for a measurement that is taken now."""
        temperature, humidity = self._words
        lowest, span = self.humidity_scale
        percent = lowest + Fraction(span * humidity, 65535)
        return {
            "temperature": half_up(Fraction(175 * temperature, 65535) * 100 - 4500),
            "humidity": half_up(min(max(percent, Fraction(0)), Fraction(100)) * 100),
        }

    def obey(self, code: int, arguments: Sequence[int], now_ns: int) -> Sequence[int]:
        """Do what a command says."""
        del arguments, now_ns
        if code in self.measure_codes:
            return self._words
        if code == self.serial_code:
            return (_SERIAL_NUMBER >> 16, _SERIAL_NUMBER & 0xFFFF)
        if code == self.reset_code:
            self.heater = False
        return ()

    def was_read(self, code: int) -> None:
        """Tell who listens what a measurement has shown."""
        if code in self.measure_codes and self.on_readout is not None:
            self.on_readout(self.presented)


class Sht4xChip(_ShtChip):
    """An SHT40 as the simulated adapter sees it."""

    times_ms: ClassVar[Mapping[tuple[int, int], float]] = {
        (0xFD, 0): 8.3,
        (0xF6, 0): 4.5,
        (0xE0, 0): 1.6,
        (0x89, 0): 1,
        (0x94, 0): 1,
    }
    code_bytes: ClassVar[int] = 1
    serial_code: ClassVar[int] = 0x89
    reset_code: ClassVar[int] = 0x94
    measure_codes: ClassVar[frozenset[int]] = frozenset({0xFD, 0xF6, 0xE0})
    humidity_scale: ClassVar[tuple[int, int]] = (-6, 125)


class Sht3xChip(_ShtChip):
    """An SHT31 as the simulated adapter sees it.

    Attributes:
        periodic: whether somebody has started a periodic mode; then only break and status are taken.
    """

    times_ms: ClassVar[Mapping[tuple[int, int], float]] = {
        (0x2400, 0): 15,
        (0x240B, 0): 6,
        (0x2416, 0): 4,
        (0x2130, 0): 1,
        (0x3093, 0): 1,
        (0x30A2, 0): 1.5,
        (0x306D, 0): 1,
        (0x3066, 0): 1,
        (0x3780, 0): 0,
        (0xF32D, 0): 0,
        (0x3041, 0): 1,
    }
    serial_code: ClassVar[int] = 0x3780
    reset_code: ClassVar[int] = 0x30A2
    measure_codes: ClassVar[frozenset[int]] = frozenset({0x2400, 0x240B, 0x2416})
    humidity_scale: ClassVar[tuple[int, int]] = (0, 100)

    def __init__(
        self,
        *,
        mono_ns: Callable[[], int] = time.monotonic_ns,
        on_readout: Callable[[Shown], None] | None = None,
    ) -> None:
        super().__init__(mono_ns=mono_ns, on_readout=on_readout)
        self.periodic = False
        self._status = 0x8010

    def obey(self, code: int, arguments: Sequence[int], now_ns: int) -> Sequence[int]:
        """Do what a command says; a periodic mode is ended first, by break."""
        if self.periodic and code not in (0x3093, 0xF32D):
            raise NotAcknowledged
        if code in (0x3093, 0x2130):
            self.periodic = code == 0x2130  # noqa: PLR2004 - one measurement a second
        if code in (0x306D, 0x3066):
            self.heater = code == 0x306D  # noqa: PLR2004 - on
        if code == 0x3041:  # noqa: PLR2004 - clear status
            self._status = 0
        if code == 0xF32D:  # noqa: PLR2004 - read status
            return (self._status | (0x2000 if self.heater else 0),)
        return super().obey(code, arguments, now_ns)
