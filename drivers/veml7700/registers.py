"""The VEML7700's registers, settings and ranges. Each register has two bytes, low byte first.

Sources, by number:
    [1] Vishay, VEML6030 data sheet, document 84366, revision 1.2, January 2017, page 7: the same chip, another case.
    [2] Linux, ``drivers/iio/light/veml6030.c``, and its commit c9e9746f275c (resolution of data sheet revision 1.7).
    [3] Adafruit, Adafruit_CircuitPython_VEML7700 2.2.2, ``adafruit_veml7700.py``, whose automatic ranging follows
        Vishay, Designing the VEML7700 into an application, document 84323, figure 24.
"""

from dataclasses import dataclass
from typing import Final

CHIP: Final = "veml7700"

CONFIGURATION: Final = 0x00
SHUTDOWN: Final = 0x0001
PERSISTENCE_2: Final = 0x0010
"""[2] bits 5 and 4, for interrupts, which are off: set so that no configuration reads as all zeros."""
SLEEP: Final = PERSISTENCE_2 | SHUTDOWN
POWER_SAVING: Final = 0x03
NO_POWER_SAVING: Final = 0x0000
LIGHT: Final = 0x04
"""[1] page 7."""
TOP: Final = 0xFFFF
"""More light than fits."""

GAINS: Final = {"1/8": 1, "1/4": 2, "1": 8, "2": 16}
"""Names of the gains, and eighths."""
_GAIN_BITS: Final = {1: 0b10, 2: 0b11, 8: 0b00, 16: 0b01}
"""[1] table 1, bits 12 and 11."""
_TIME_BITS: Final = {25: 0b1100, 50: 0b1000, 100: 0b0000, 200: 0b0001, 400: 0b0010, 800: 0b0011}
"""[2] bits 9 to 6."""
INTEGRATION_MS: Final = tuple(_TIME_BITS)

_START_MS: Final = 4
"""[2] `veml6030_als_pwr_on`: until processor and oscillator run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How to measure.

    Attributes:
        gain_eighths: gain in eighths: 1, 2, 8 or 16.
        integration_ms: 25 to 800.
    """

    gain_eighths: int
    integration_ms: int

    @property
    def word(self) -> int:
        """The configuration."""
        gain, time = _GAIN_BITS[self.gain_eighths], _TIME_BITS[self.integration_ms]
        return gain << 11 | time << 6 | PERSISTENCE_2

    @property
    def lux_e4(self) -> int:
        """What a count is worth, in 0.0001 lx: 42 at gain 2 and 800 ms ([2], [3])."""
        return 42 * (16 // self.gain_eighths) * (800 // self.integration_ms)

    @property
    def wait_s(self) -> float:
        """How long until a count is surely of this setting: the integration that runs, and one more ([3])."""
        return (_START_MS + 2 * self.integration_ms) / 1000


RANGES: Final = (
    Setting(gain_eighths=1, integration_ms=25),
    Setting(gain_eighths=1, integration_ms=100),
    Setting(gain_eighths=16, integration_ms=100),
    Setting(gain_eighths=16, integration_ms=800),
)
"""From bright to dark. Figure 24 of document 84323 takes more steps between them ([3]); each step costs time."""
START: Final = 1
FEW: Final = 100
MANY: Final = 10_000
"""[3]: below and above these counts another range is better."""
