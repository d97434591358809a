"""A simulated SEN5x: it measures the air that it is told about.

In: physical values (`Sen5xChip.set`) and I2C messages. Out: replies, and in `presented` the integers that a right
driver must make of them once the sensor has settled. Never: anything of the driver; typed again here are Sensirion's
SEN5x data sheet, version 2, March 2022 (cleaning page 15, status pages 15 and 16, commands and times page 18, output
page 19, product name page 24), and the marks for "not available" of Sensirion's driver, sensirion-i2c-sen5x 0.1.1.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import ClassVar, Final

from drivers.sim.chip import NotAcknowledged
from drivers.sim.physical import half_up
from drivers.sim.sensirion_chip import FanChip, Shown, text_words

PARTICLES: Final = ("pm1_0", "pm2_5", "pm4_0", "pm10")
AIR: Final = ("humidity", "temperature")
GASES: Final = ("voc_index", "nox_index")
_SCALES: Final[Mapping[str, int]] = {
    **dict.fromkeys(PARTICLES, 10),
    "humidity": 100,
    "temperature": 200,
    **dict.fromkeys(GASES, 10),
}
FAN_FAILED, LASER_FAILED, RHT_FAILED, GAS_FAILED = 0x10, 0x20, 0x40, 0x80
_CLEANING: Final = 1 << 19
_START, _START_WITHOUT_PARTICLES, _READ = 0x0021, 0x0037, 0x03C4
_NAME, _SERIAL, _VERSION, _INTERVAL = 0xD014, 0xD033, 0xD100, 0x8004
_NOX_NS: Final = 10_000_000_000
_NS_PER_S: Final = 1_000_000_000


class Sen5xChip(FanChip[tuple[int, ...]]):
    """An SEN55, or another one by its `product`, as the simulated adapter sees it.

    Attributes:
        product: its name; SEN54 has no NOx index, SEN50 particles only.
        on_readout: called with what was shown, each time the host reads a sample.
    """

    times_ms: ClassVar[Mapping[tuple[int, int], float]] = {
        (_START, 0): 50,
        (_START_WITHOUT_PARTICLES, 0): 50,
        (FanChip.stop_code, 0): 160,  # the data sheet says below 200, the maker's driver waits no longer
        (FanChip.ready_code, 0): 20,
        (_READ, 0): 20,
        (FanChip.clean_code, 0): 20,
        (_NAME, 0): 20,
        (_SERIAL, 0): 20,
        (_VERSION, 0): 20,
        (_INTERVAL, 0): 20,
        (FanChip.status_code, 0): 20,
        (FanChip.clear_code, 0): 20,
        (FanChip.reset_code, 0): 100,
    }

    def __init__(
        self,
        *,
        product: str = "SEN55",
        mono_ns: Callable[[], int] = time.monotonic_ns,
        on_readout: Callable[[Shown], None] | None = None,
    ) -> None:
        """Power the sensor up, idle, in ordinary air."""
        super().__init__(mono_ns=mono_ns)
        self.product = product
        self.on_readout = on_readout
        self._powered_ns = mono_ns()
        self._without_particles = False
        self._words: tuple[int, ...] = (0xFFFF,) * 4 + (0x7FFF,) * 4
        self._air: dict[str, float] = {}
        self.set(
            pm1_0=5.2,
            pm2_5=9.5,
            pm4_0=12.6,
            pm10=13.3,
            humidity=48.17,
            temperature=21.345,
            voc_index=104,
            nox_index=1,
        )

    def set(self, **values: float) -> Shown:
        """Change the air from now on and return `presented`; what is not given is not available."""
        with self.lock:
            self.advance(self.mono_ns())
            self._air = values
        return self.presented

    @property
    def presented(self) -> Shown:
        """What a driver must report for a sample that is taken now, once settled."""
        failed = {
            name
            for bit, names in ((FAN_FAILED | LASER_FAILED, PARTICLES), (RHT_FAILED, AIR), (GAS_FAILED, GASES))
            if self.status & bit
            for name in names
        }
        return {
            name: None if ticks is None or name in failed else ticks * 5 if name == "temperature" else ticks
            for name, ticks in self._ticks().items()
        }

    def surroundings(self) -> tuple[int, ...]:
        """Return the words of the air as it is now."""
        return tuple(
            (0xFFFF if name in PARTICLES else 0x7FFF) if ticks is None else ticks & 0xFFFF
            for name, ticks in self._ticks().items()
        )

    def obey(self, code: int, arguments: Sequence[int], now_ns: int) -> Sequence[int]:
        """Do what a command says; a measurement is started from idle."""
        if code in (_START, _START_WITHOUT_PARTICLES):
            if self.measuring:
                raise NotAcknowledged
            self._without_particles = code != _START
            self.start(now_ns)
            return ()
        if code == self.status_code:
            cleaning = _CLEANING if now_ns < self.cleaning_until_ns else 0
            return ((self.status | cleaning) >> 16, self.status & 0xFFFF)
        return self._answer(code) or super().obey(code, arguments, now_ns)

    def was_read(self, code: int) -> None:
        """Take note that a sample was read, which takes back the data-ready flag."""
        if code == _READ and self.sample is not None:
            self.sample = None
            if self.on_readout is not None:
                self.on_readout(self.presented)

    def _ticks(self) -> dict[str, int | None]:
        lacking = {"SEN50": (*AIR, *GASES), "SEN54": ("nox_index",)}.get(self.product, ())
        hidden = set(lacking) | (set(PARTICLES) if self._without_particles else set())
        if self.mono_ns() - self._powered_ns < _NOX_NS:
            hidden.add("nox_index")
        return {
            name: None if name in hidden or name not in self._air else half_up(Fraction(self._air[name]) * scale)
            for name, scale in _SCALES.items()
        }

    def _answer(self, code: int) -> tuple[int, ...]:
        if code == _READ:
            self._words = self._words if self.sample is None else self.sample
            return self._words
        answers = {
            _NAME: text_words(self.product, count=16),
            _SERIAL: text_words("1234567890ABCDEF", count=16),
            _VERSION: (0x0200, 0x0004, 0x0001, 0x0000),
            _INTERVAL: (0x0009, 0x3A80),
        }
        return answers.get(code, ())
