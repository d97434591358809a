"""What Nova Fitness's SDS sensors have in common: replies and commands, as bytes. Pure.

In: a command and a value, frames. Out: bytes to send, settings. Never: input, output, a quantity.

Sources:
    protocol: Nova Fitness "Laser Dust Sensor Control Protocol V1.3", 2015-07-20 (by its text at
        scribd.com/document/536273202; page 3: serial port, packet, checksum, reporting mode).
    pypms: avaldebe/PyPMS, pms/sensor/pm/SDS01x.py and src/pms/sensors/novafitness/extra_commands.py; SDS198.py has
        the same commands.
    sds011lib: TimOrme/sds011lib, docs/understanding.md (how the sensor answers in practice).
"""

from enum import IntEnum
from typing import Final

from drivers.crc import sum8

REPLY_HEADER: Final = b"\xaa\xc5"
LENGTH: Final = 10
TAIL: Final = 0xAB
"""Head, command id, six data bytes, checksum, tail (pypms `Message`; capture sds01x.hexdump)."""

CONTINUOUS: Final = 0
LONGEST_PERIOD_MIN: Final = 30
"""Working period: 0 continuous, 1 to 30 minutes: work 30 s, then sleep (protocol, section 5; pypms `work_period`)."""


class Command(IntEnum):
    """Data byte 1 of a command and of its reply."""

    REPORTING_MODE = 2
    SLEEP_AND_WORK = 6
    WORKING_PERIOD = 8


class Mode(IntEnum):
    """Values of REPORTING_MODE (protocol, page 3)."""

    ACTIVE = 0
    QUERY = 1


class Power(IntEnum):
    """Values of SLEEP_AND_WORK (pypms `sleep`, `wake`)."""

    SLEEP = 0
    WORK = 1


def query(command: Command) -> bytes:
    """Return the command that asks for a setting."""
    return _command(command, 0, 0)


def set_to(command: Command, value: int) -> bytes:
    """Return the command that changes a setting."""
    return _command(command, 1, value)


def _command(command: Command, action: int, value: int) -> bytes:
    """Return head, B4, fifteen data bytes, checksum, tail; device id FF FF means every sensor (protocol, page 3)."""
    data = bytes([command, action, value, *[0] * 10, 0xFF, 0xFF])
    return bytes([0xAA, 0xB4, *data, sum8(data), TAIL])


def valid(frame: bytes) -> bool:
    """Return whether tail and checksum hold: the low 8 bits of the sum of the data bytes (protocol, page 3)."""
    return frame[-1] == TAIL and frame[-2] == sum8(frame[2:-2])


def reply_value(frame: bytes, command: Command) -> int | None:
    """Return the setting that a reply to `command` reports; None for every other frame."""
    if not frame.startswith(REPLY_HEADER) or frame[2] != command:
        return None
    return frame[4]
