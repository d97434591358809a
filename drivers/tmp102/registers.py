"""The TMP102's registers and settings. Each register has two bytes, high byte first.

Sources, by number:
    [1] Texas Instruments, TMP102 data sheet: SBOS397B, October 2008 (page 7); SBOS397C, October 2012 (pages 6, 9).
    [2] Texas Instruments, TMP112-Q1 data sheet, SLOS887G, May 2025: a more accurate TMP102.
    [3] Linux, ``drivers/hwmon/tmp102.c``.
"""

from typing import Final

CHIP: Final = "tmp102"

TEMPERATURE: Final = 0x00
EXTENDED_FLAG: Final = 0x0001
"""[1] SBOS397C page 6: bit 0 of the word says that it has 13 bits, not 12."""

CONFIGURATION: Final = 0x01
ONE_SHOT: Final = 0x8000
"""[1] SBOS397C page 9: starts one measurement; reads 0 while it goes on and 1 afterwards."""
RESOLUTION: Final = 0x6000
"""[1] SBOS397C page 9: read-only, both ones."""
SHUTDOWN: Final = 0x0100
EXTENDED: Final = 0x0010
"""[3] SD and EM; [1] SBOS397B page 7: table 7."""
ALWAYS_ZERO: Final = 0x000F
"""[1] SBOS397B page 7: table 7."""
FOUR_HERTZ: Final = 0x0080
"""[1] SBOS397B page 7: the default of bits that do nothing in shutdown."""
SLEEP: Final = SHUTDOWN | FOUR_HERTZ | EXTENDED
MEASURE: Final = ONE_SHOT | SLEEP

MEASURE_S: Final = 0.04
"""[2]: 26 ms, 35 ms at most."""
MEASURE_RETRY_S: Final = 0.01
LOOKS: Final = 10
"""Ours: a chip that takes three times as long has hung."""
