"""The MH-Z19B's requests and answers, as bytes: nine each.

Sources:
    manual: Winsen "MH-Z19B User's Manual", page 7 (by its text at manualshive.com/en/manual/winsen/mh-z19b/987733).
    pypms: avaldebe/PyPMS, src/pms/sensors/winsen/mhz19b.py (answer, checksum).
"""

from typing import Final

CHIP: Final = "mhz19b"

ANSWER_HEADER: Final = b"\xff\x86"
"""Start byte, command; then the concentration, high byte first (manual, 0x86)."""

LENGTH: Final = 9

_SENSOR: Final = 0x01
_READ: Final = 0x86
_SELF_CALIBRATION: Final = 0x79
_ON, _OFF = 0xA0, 0x00


def checksum(frame: bytes) -> int:
    """Return what must be the last byte: the sum of all bytes but the first and the last, negated (pypms)."""
    return -sum(frame[1:-1]) & 0xFF


def valid(frame: bytes) -> bool:
    """Return whether the checksum holds."""
    return frame[-1] == checksum(frame)


def _request(command: int, value: int = 0) -> bytes:
    frame = bytes([0xFF, _SENSOR, command, value, 0, 0, 0, 0, 0])
    return frame[:-1] + bytes([checksum(frame)])


READ: Final = _request(_READ)
"""Asks for the concentration: ``FF 01 86 00 00 00 00 00 79`` (manual, 0x86)."""

CALIBRATES_ITSELF: Final = _request(_SELF_CALIBRATION, _ON)
NEVER_CALIBRATES_ITSELF: Final = _request(_SELF_CALIBRATION, _OFF)
"""The first is ``FF 01 79 A0 00 00 00 00 E6``; neither is answered (manual, 0x79)."""
