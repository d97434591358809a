"""The TFmini's frames and commands, as bytes.

Sources:
    plus: Benewake, TFmini Plus data sheet SJ-GU-TFmini Plus-01 A04, page 4 (frame) and page 5 (commands), by its text
        at manualshelf.com, benewake tfminiplus-uart.
    s: Benewake, TFmini-S Product Manual SJ-PM-TFmini-S, A00 page 12 (abnormal values, temperature), A01 page 17
        (commands, 100 frames a second at first, 1000/n).
    first: Benewake, TFmini data sheet SJ-GU-TFmini-01 A01, page 6 (the first TFmini: integration time in the place of
        the temperature).
"""

import struct
from typing import Final

from drivers.crc import sum8

CHIP: Final = "tfmini"

HEADER: Final = b"\x59\x59"
LENGTH: Final = 9
WORDS: Final = struct.Struct("<2x3Hx")
"""Distance, strength, temperature, low byte first (plus, table 4)."""

_COMMAND_HEAD: Final = 0x5A
_FRAME_RATE, _OUTPUT_FORMAT = 0x03, 0x05
_CENTIMETRES: Final = 0x01
_FASTEST_HZ: Final = 1000


def valid(frame: bytes) -> bool:
    """Return whether the checksum holds: the low 8 bits of the sum of the eight bytes before it (plus, table 4)."""
    return frame[-1] == sum8(frame[:-1])


def _command(number: int, content: bytes) -> bytes:
    """Return head, length, number, content, and the low 8 bits of their sum (plus, 8.2)."""
    frame = bytes([_COMMAND_HEAD, len(content) + 4, number]) + content
    return frame + bytes([sum8(frame)])


CENTIMETRES: Final = _command(_OUTPUT_FORMAT, bytes([_CENTIMETRES]))
"""``5A 05 05 01 65``: frames of nine bytes, in centimetres (s, page 17)."""


def frame_rate(rate_hz: int) -> bytes:
    """Return the command that sets how many frames come in a second: ``5A 06 03 LL HH SU`` (s, page 17)."""
    return _command(_FRAME_RATE, rate_hz.to_bytes(2, "little"))


def settable(rate_hz: int) -> bool:
    """Return whether the sensor can send so many frames a second: 1000/n (s, page 18)."""
    return _FASTEST_HZ % rate_hz == 0
