"""The SHT4x's commands as data: one byte each, unlike those of Sensirion's other sensors.

Sources, by number:
    [1] Sensirion, sensirion-i2c-sht 0.4.0, ``sensirion_i2c_sht/sht4x/commands.py`` and ``response_types.py``: codes,
        times, conversions, no clock stretching.
    [2] Sensirion, SHT4x data sheet, version 6, February 2023, as text at pdf.elecfans.com/p/7378898: page 1
        (accuracy, range, addresses).
    [3] A later SHT4x data sheet as text at scribd.com/document/748811509: addresses, pseudo code that crops humidity.
"""

from typing import Final

from drivers.sensirion import Command
from drivers.sht import Repeatability

CHIP: Final = "sht4x"
ADDRESSES: Final = (0x44, 0x45, 0x46)
"""By the part's name: SHT40-AD1B has 0x44, SHT40-BD1B 0x45 ([2]), and there is one with 0x46 ([3])."""

SOFT_RESET: Final = Command(name="soft reset", code=0x94, width=1)
READ_SERIAL: Final = Command(name="read serial number", code=0x89, width=1, reply_words=2)
MEASURE: Final = {
    kind: Command(name=f"measure, {kind} repeatability", code=code, width=1, reply_words=2, delay_s=delay_s)
    for kind, code, delay_s in (
        (Repeatability.HIGH, 0xFD, 0.01),
        (Repeatability.MEDIUM, 0xF6, 0.005),
        (Repeatability.LOW, 0xE0, 0.002),
    )
}
"""[1] waits 9, 5 and 2 ms; the maker's pseudo code in [3] waits 10 ms."""
