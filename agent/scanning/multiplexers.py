"""Decides whether a multiplexer of the TCA9548A's kind has an address. Pure: whoever drives it does the asking.

In: answers. Out: questions, one at a time; in the end what it had joined, None for another chip. Never: input,
output.

It has no id. Its one register is what was last written, read over and over ("TCA9548A-Q1", SCPS273C, control
register). So it is told to join nothing, then channel 0, then channel 1, then nothing, and must show that each time.
Joining nothing goes first: other chips at these addresses take a 0 for a register's number (BMP280, HT16K33) or for
a question (MS5837, 0x00 is "ADC read"), and one that then shows something else is told nothing more.
"""

from collections.abc import Generator
from typing import Final

from agent.scanning.inquiry import Answer, May
from drivers.identity import Ask

LOOK: Final = Ask(length=2)
_SETTLE_S: Final = 0.001
"""What is written holds from the STOP on, so it is read in a transaction of its own."""
_NOTHING: Final = 0x00


def selecting(selection: int) -> Ask:
    """Return the question that lets a multiplexer join channels, and shows what it has joined."""
    return Ask(send=bytes([selection]), length=2, pause_s=_SETTLE_S)


def recognise(may: May) -> Generator[Ask, Answer, int | None]:
    """Yield what to ask, and return what the multiplexer had joined before; it has joined nothing afterwards."""
    before = yield LOOK
    if before is None or len(set(before)) > 1 or not may(selecting(_NOTHING), False):  # noqa: FBT003 - a `May`
        return None
    for selection in (_NOTHING, 0b01, 0b10, _NOTHING):
        answer = yield selecting(selection)
        if answer != bytes([selection] * LOOK.length):
            return None
    return before[0]
