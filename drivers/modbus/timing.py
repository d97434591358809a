"""How long things take on a Modbus line.

In: the line's format, requests. Out: seconds, known before anything is sent. Never: a clock, a measurement; how long
a slave takes before it begins to answer: its driver knows no more than the most that it may be.
"""

from typing import Final

from drivers.bus.framing import LineFormat
from drivers.modbus.frames import Request

_GAP_BYTES: Final = 3.5
_FAST_BAUDRATE: Final = 19200
_FAST_GAP_S: Final = 0.00175
_SLACK_S: Final = 0.05
"""What an operating system and a USB adapter add to the way of an answer: FTDI's hold bytes 16 ms (unverified)."""


def gap_s(form: LineFormat, *, turnaround_s: float) -> float:
    """Return seconds of quiet before a request: the specification's (V1.02, section 2.5.1.1) and `turnaround_s`."""
    own_s = _GAP_BYTES * form.byte_s if form.baudrate <= _FAST_BAUDRATE else _FAST_GAP_S
    return own_s + turnaround_s


def bytes_s(request: Request, form: LineFormat) -> float:
    """Return seconds that a request and its whole answer are on the wire."""
    return (len(request.wire) + request.answer_bytes) * form.byte_s


def limit_s(request: Request, form: LineFormat, *, response_s: float) -> float:
    """Return in how many seconds an answer that begins within `response_s` must be whole: what silence costs."""
    return response_s + bytes_s(request, form) + _SLACK_S
