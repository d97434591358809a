"""The lines of a MaxBotix ultrasonic sensor: ``R1234`` and a carriage return. Pure.

In: one line. Out: the number in it, and what is odd in it. Never: a line in an error or a log.

Sources:
    hrxl: MaxBotix HRXL-MaxSonar-WR datasheet: "R", four digits in millimetres, carriage return; 4999 or 9998 at most,
        5000 or 9999 when there is no target (quoted in weewx-maxbotix's maxbotix.py of 2016 by Matthew Wall, and,
        from the SCXL-MaxSonar-WR datasheet, in a tide sensor's run_hardware.py).
    hrusb: MaxBotix HRUSB-MaxSonar-EZ datasheet PD12141h, page 3: "R0480 <carriage return>", with a space before the
        carriage return (by its text at manualshelf.com, mb1403).
    pmod: Digilent PmodMAXSONAR reference manual, page 2: three digits on other models, 9600 8N1.
"""

import re
from functools import partial
from typing import Final

from drivers.lines import LineParser
from drivers.tripwire import Tally

CHIP: Final = "maxbotix"
END: Final = b"\r"
LONGEST_LINE: Final = 64
SHORTEST_LINE: Final = len(b"R123\r")

_LINE: Final = re.compile(rb"R([0-9]{3,4})(?: ?P[01])?\Z")
"""Some models add ``P`` and whether something is near (unverified): it is passed over."""


def take(line: bytes, *, digits: int | None = None) -> tuple[int | None, bytes]:
    """Return the number of a line, None if it has none; and what stands before it, or the whole odd line.

    A number of another length than `digits` is none: a digit was lost on the line, and 123 stands for 1234.
    """
    found = _LINE.search(line)
    if found is None or digits not in (None, len(found[1])):
        return None, line
    return int(found[1]), line[: found.start()]


def parser(tally: Tally | None = None, *, digits: int | None = None) -> LineParser[int]:
    """Return a fresh parser for this sensor's lines, with numbers of so many digits; None for any model's."""
    return LineParser(
        partial(take, digits=digits), end=END, longest=LONGEST_LINE, shortest=SHORTEST_LINE, tally=tally
    )
