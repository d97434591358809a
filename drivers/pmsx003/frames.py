"""The PMSx003's frames and commands, as bytes.

Sources:
    manual: Plantower "PMS5003 series data manual", V2.3, 2016-06-01, appendix I (frame, by its text at
        usermanual.wiki/Pdf/plantowerpms5003manualannotated.626592918 and manualshelf.com/manual/adafruit/3686, page
        14).
    linux: drivers/iio/chemical/pms7003.c of the Linux kernel (frame, checksum, commands).
    pypms: avaldebe/PyPMS, pms/sensor/pm/PMSx003.py and PMS3003.py (same frame for PMS1003, 5003, 7003 and A003).
"""

import struct
from typing import Final

from drivers.crc import sum16

CHIP: Final = "pmsx003"

HEADER: Final = b"\x42\x4d\x00\x1c"
"""Start characters 0x42 0x4d, then the frame length: 2 x 13 data bytes + 2 check bytes (manual, appendix I)."""

LENGTH: Final = 32
WORDS: Final = struct.Struct(">4x13H2x")
"""Thirteen words, high byte first: data 1 to data 13 (manual, appendix I)."""

_CHECK: Final = struct.Struct(">H")

WAKE: Final = bytes.fromhex("42 4d e4 00 01 01 74")
SLEEP: Final = bytes.fromhex("42 4d e4 00 00 01 73")
"""Both: linux pms7003_cmd_tbl, pypms `wake` and `sleep`."""

ACTIVE_MODE: Final = bytes.fromhex("42 4d e1 00 01 01 71")
"""The sensor sends on its own (pypms `active_mode`). It is the mode after power-up (manual, "Output result")."""


def valid(frame: bytes) -> bool:
    """Return whether the check code holds: the sum of all bytes before it, in 16 bits (manual, appendix I)."""
    check: int = _CHECK.unpack_from(frame, LENGTH - _CHECK.size)[0]
    return check == sum16(frame[: -_CHECK.size])
