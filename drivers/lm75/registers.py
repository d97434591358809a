"""The LM75's registers and settings. The configuration has one byte, the others two, high byte first.

Sources, by number:
    [1] Texas Instruments, LM75B, LM75C data sheet, SNIS153B, March 2013.
    [2] NXP, LM75B data sheet, revision 6.1, February 2015.
    [3] National Semiconductor, LM75 data sheet, DS012658.
"""

from typing import Final

CHIP: Final = "lm75"

TEMPERATURE: Final = 0x00
"""[1] page 11: 9 bits, left-justified, the others undefined; [2] page 9: 11 bits."""
WORD_BITS: Final = 16

CONFIGURATION: Final = 0x01
SHUTDOWN: Final = 0x01
RESERVED: Final = 0xE0
"""[1] page 11: bits 7 to 5 are zero. In a TMP102 two of them are ones."""

THRESHOLD: Final = 0x03
"""[1] page 11: T_OS, 80 degrees after power-up; never written here."""

RESOLUTIONS: Final = (9, 11)

CONVERSION_S: Final = 0.3
"""[3] page 11: conversions take about 100 ms; three times as much, since copies are slower (ours)."""
