"""The SDS011's reports. Replies and commands are those of the family, in `drivers.novafitness`."""

from typing import Final

from drivers.novafitness import Command, Mode, Power, query, reply_value, set_to

__all__ = ["CHIP", "DATA_HEADER", "Command", "Mode", "Power", "query", "reply_value", "set_to"]

CHIP: Final = "sds011"

DATA_HEADER: Final = b"\xaa\xc0"
"""Then PM2.5 and PM10, low byte first, and the device id (pypms SDS01x `Message`; capture sds01x.hexdump)."""
