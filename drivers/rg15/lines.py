"""The lines of a Hydreon RG-15, and its commands. Pure.

In: one line. Out: the rain in it or a notice, and what is odd in it. Never: a line in an error or a log.

    Acc  0.00 mm, EventAcc  0.00 mm, TotalAcc  1.11 mm, RInt  0.00 mmph

Sources:
    esphome: esphome/esphome, components/hydreon_rgxx/hydreon_rgxx.cpp (commands, PwrDays after a restart, TooCold,
        LensBad, EmSat, comments, acknowledgements of one letter).
    waggle: waggle-sensor/plugin-raingauge, main.py, parse.py and test_parse.py (the line in both units, commands).
    rg9: Hydreon, RG-9 instruction guide, "RS232 Communication", for the sister model with the same hardware (by its
        text at manuals.online: line ends, K, B, P, C, "Reset N" and the other reasons, TooCold).
"""

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from drivers.decoding import rounded
from drivers.lines import LineParser
from drivers.tripwire import Tally

CHIP: Final = "rg15"
END: Final = b"\n"
LONGEST_LINE: Final = 160
SHORTEST_LINE: Final = len(b"EmSat\n")

READ: Final = b"R\n"
POLLED: Final = b"P\n"
"""It speaks only when it is asked (rg9: "P"); after a restart the switches decide again."""
METRIC: Final = b"M\n"
FINE: Final = b"H\n"
"""High resolution (esphome: "H")."""

_VALUE: Final = rb"([0-9]+)\.([0-9]{1,3})"
_RAIN: Final = re.compile(
    rb"Acc +%b (mm|in), EventAcc +%b \3, TotalAcc +%b \3, RInt +%b (mmph|iph)((?:,? +[A-Za-z]+)*)\Z"
    % (_VALUE, _VALUE, _VALUE, _VALUE)
)
_KNOWN: Final = re.compile(rb"(?:;|(?:Reset|SW|Emitters|EmTotal|DIP|PwrDays|Baud|Event) ?|[a-z]\Z|LensBad|EmSat)")
_PRINTABLE: Final = re.compile(rb"[\x20-\x7e]*\Z")


class Notice(Enum):
    """What it says without being asked."""

    RESTARTED = auto()
    """Its settings are those of its switches again, and its counters are zero."""
    LENS_BAD = auto()
    EMITTERS_SATURATED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rain:
    """One answer, in hundredths of a millimetre, and of a millimetre in an hour.

    Attributes:
        acc: rain since the answer before.
        event: rain since it began to rain.
        total: rain since the counters were zero.
        intensity: how hard it rains.
        metric: whether it counts in millimetres; if not, the numbers are of inches.
        words: what it says besides: ``TooCold``, ``LensBad``, ``EmSat``.
    """

    acc: int
    event: int
    total: int
    intensity: int
    metric: bool
    words: frozenset[bytes]


Item = Rain | Notice


def take(line: bytes) -> tuple[Item | None, bytes]:
    """Return what a line says, None if it says nothing; and the noise before it, or the whole odd line."""
    rain = _RAIN.search(line)
    if rain is not None:
        return _rain(rain), line[: rain.start()]
    start = _start(line)
    text = line[start:]
    if _KNOWN.match(text) is None:
        return None, line
    return _notice(text), line[:start]


def parser(tally: Tally | None = None) -> LineParser[Item]:
    """Return a fresh parser for this sensor's lines."""
    return LineParser(take, end=END, longest=LONGEST_LINE, shortest=SHORTEST_LINE, tally=tally)


def _start(line: bytes) -> int:
    """Return where the text at the end of a line begins."""
    found = _PRINTABLE.search(line)
    return len(line) if found is None else found.start()


def _notice(text: bytes) -> Notice | None:
    if text.startswith((b"PwrDays", b"Reset")):
        return Notice.RESTARTED
    if text.startswith(b"LensBad"):
        return Notice.LENS_BAD
    return Notice.EMITTERS_SATURATED if text.startswith(b"EmSat") else None


def _rain(found: re.Match[bytes]) -> Rain:
    return Rain(
        acc=_hundredths(found[1], found[2]),
        event=_hundredths(found[4], found[5]),
        total=_hundredths(found[6], found[7]),
        intensity=_hundredths(found[8], found[9]),
        metric=(found[3], found[10]) == (b"mm", b"mmph"),
        words=frozenset(found[11].replace(b",", b" ").split()),
    )


def _hundredths(whole: bytes, fraction: bytes) -> int:
    return rounded(int(whole) * 1000 + int(fraction.ljust(3, b"0")), 10)
