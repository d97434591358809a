"""The lines of an OmniPreSense OPS243-A, and its commands. Pure.

In: one line. Out: a speed report, and what is odd in the line. Never: a line in an error or a log.

    {"speed":0.58, "direction":"inbound", "time":105, "tick":135}
    {"DetectedObjectVelocity":"-12.3"}
    -12.3
    137.429,3.6

Sources:
    manual: OmniPreSense, UM-003-A, OPS243-A User Manual: pages 7 and 8 (answers, units, decimal places), 12 (time and
        magnitude before the speed), 13 (19 200 baud); OPS-UM-001-C, OPS242-A User Manual, page 8 (JSON example), page
        7 (inbound, outbound). By their texts at manualshelf.com, manualshive.com.
    traffic: glossyio/traffic-monitor, docs/sensor-payloads/ops243-radar-payload.md (DetectedObjectVelocity: after two
        reports, and again when it is faster).
    logger: a vehicle logger for this sensor, with a DS3231 and an SD card (DetectedObjectVelocity in quotes, negative
        for outbound; commands ended by CR LF).
"""

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from drivers.decoding import rounded
from drivers.lines import LineParser
from drivers.tripwire import Tally

CHIP: Final = "ops243"
END: Final = b"\n"
LONGEST_LINE: Final = 256
SHORTEST_LINE: Final = len(b"1\n")

SET_UP: Final = (b"UM\r\n", b"F2\r\n", b"OJ\r\n")
"""Metres a second, two decimals, JSON (manual). Not stored: after a power cut its own settings hold again."""

_NUMBER: Final = rb"[+-]?[0-9]{1,4}(?:\.[0-9]{1,5})?"
_PLAIN: Final = re.compile(
    rb'(?:\A|[^\x20-\x7e])((?:"([a-z/]{1,5})",)?(?:[0-9]{1,12}(?:\.[0-9]{1,5})?,){0,2}(%b))\Z' % _NUMBER
)
_OBJECT: Final = re.compile(rb"\{[^{}]*\}\Z")
_VALUE: Final = re.compile(_NUMBER.decode())
_BETWEEN: Final = re.compile(rb'[,;\t|{}]|":')

_SPEED, _OBJECT_SPEED = "speed", "DetectedObjectVelocity"
_KEYS: Final = frozenset({_SPEED, _OBJECT_SPEED, "direction", "time", "tick", "magnitude", "unit"})
_SIGNS: Final = {"inbound": 1, "+": 1, "outbound": -1, "-": -1}
_SCALES: Final = {
    "": (100, 1),
    "mps": (100, 1),
    "m/s": (100, 1),
    "cmps": (1, 1),
    "kmph": (1000, 36),
    "km/h": (1000, 36),
    "mph": (1_609_344, 36_000),
    "fps": (3048, 100),
}
"""Hundredths of a metre a second in one of each unit; a mile is 1609.344 m (manual, page 8)."""
_DECIMALS: Final = 5


@dataclass(frozen=True, slots=True)
class Report:
    """Something that moves.

    Attributes:
        cm_s: how fast, in hundredths of a metre a second; towards the sensor is positive.
        confirmed: the sensor itself has seen it twice.
    """

    cm_s: int
    confirmed: bool = False


def take(line: bytes) -> tuple[Report | None, bytes]:
    """Return the report in a line, None if it has none; and the noise before it, or the whole odd line.

    Answers to commands are odd too: nothing is read from them.
    """
    found = _OBJECT.search(line)
    if found is not None:
        report = _from_object(found[0])
        return report, line if report is None else line[: found.start()]
    plain = _PLAIN.search(line)
    if plain is None:
        return None, line
    report = _report(plain[3].decode(), unit=(plain[2] or b"").decode())
    return report, line if report is None else line[: plain.start(1)]


def parser(tally: Tally | None = None) -> LineParser[Report]:
    """Return a fresh parser for this sensor's lines."""
    return LineParser(take, end=END, longest=LONGEST_LINE, shortest=SHORTEST_LINE, tally=tally, between=_BETWEEN)


def _from_object(text: bytes) -> Report | None:
    try:
        found: dict[str, Any] = json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except ValueError:
        return None
    if not found.keys() <= _KEYS or (_SPEED in found) == (_OBJECT_SPEED in found):
        return None  # also what has a field that this sensor does not send
    direction, unit = found.get("direction", ""), found.get("unit", "")
    if not isinstance(direction, str) or direction not in {*_SIGNS, ""} or not isinstance(unit, str):
        return None
    speed = found.get(_SPEED, found.get(_OBJECT_SPEED))
    return _report(speed, unit=unit, sign=_SIGNS.get(direction, 0), confirmed=_OBJECT_SPEED in found)


def _report(speed: object, *, unit: str, sign: int = 0, confirmed: bool = False) -> Report | None:
    """Return a report; with a direction in words the number's own sign says the same or nothing."""
    scale = _SCALES.get(unit)
    if scale is None or not isinstance(speed, str) or _VALUE.fullmatch(speed) is None:
        return None
    whole, _, fraction = speed.lstrip("+-").partition(".")
    number = int(whole + fraction.ljust(_DECIMALS, "0"))
    size = rounded(number * scale[0], scale[1] * 10**_DECIMALS)
    return Report(size * (sign or (-1 if speed.startswith("-") else 1)), confirmed)
