"""The lines of a travel-time scanner: ``AA:BB:CC:DD:EE:FF,-67``. Pure.

In: bytes as they arrive, in any portions. Out: sightings, each once, in order. Never: a line in an error or a log;
memory for more than one unfinished line, and not even that for a line without end.

A line of another form is dropped, counted, and given to the tripwire: the fields of it that are not what they should
be may look like somebody's identifier, and then another device, or another format, is on the line.

The format is Lamppost's own: six pairs of hexadecimal digits with colons, a comma, the signal strength in dBm as a
decimal number, a line feed (a carriage return before it is allowed). Empty lines may come as a sign of life.
"""

import re

from drivers.tripwire import Tally

Sighting = tuple[bytes, int | None]
"""Address as six bytes, signal strength in dBm or None."""

LONGEST_LINE = 64
"""More than twice the longest line there can be; what is longer is dropped up to its line feed."""

_SHORTEST_LINE = len("AA:BB:CC:DD:EE:FF,0\n")
_ADDRESS = rb"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}"
_STRENGTH = rb"-?[0-9]{1,3}"
_LINE = re.compile(rb"(%b),(%b)\r?" % (_ADDRESS, _STRENGTH))
_FIELDS = (re.compile(_ADDRESS), re.compile(_STRENGTH))
_BETWEEN_FIELDS = re.compile(rb"[,;\t|]")
_NOBODY = frozenset({bytes(6), b"\xff" * 6})

WEAKEST_DBM, STRONGEST_DBM = -127, 20
RSSI_NOT_AVAILABLE = 127
"""Bluetooth HCI: -127 to 20 dBm, 127 if invalid (Analog Devices MAX-BLE-HCI documentation, "Read RSSI")."""


class LineParser:
    """Sightings out of a byte stream.

    Attributes:
        malformed: lines so far that were not of the form, too long ones included.
        bad_checksums: always 0, lines have none.
    """

    bad_checksums = 0

    def __init__(self, tally: Tally | None = None) -> None:
        """Make a parser; `tally` counts the lines with a field that looks like somebody's identifier."""
        self._tally = tally or Tally()
        self._pending = b""
        self._skipping = False
        self.malformed = 0

    @property
    def needed(self) -> int:
        """At least this many more bytes must come before `feed` can return a sighting; never less than 1."""
        return max(1, _SHORTEST_LINE - len(self._pending))

    def feed(self, data: bytes) -> list[Sighting]:
        """Return the sightings that `data` completes; an unfinished line is kept for the next call."""
        *lines, tail = (self._pending + data).split(b"\n")
        if self._skipping and lines:
            del lines[0]
            self._skipping = False
        if len(tail) > LONGEST_LINE and not self._skipping:
            self._skipping = True
            self._reject(tail)
        self._pending = b"" if self._skipping else tail
        return [sighting for line in lines if (sighting := self._sighting(line)) is not None]

    def _sighting(self, line: bytes) -> Sighting | None:
        match = _LINE.fullmatch(line)
        if match is None:
            if line not in (b"", b"\r"):
                self._reject(line)
            return None
        address, rssi_dbm = bytes.fromhex(match[1].decode().replace(":", "")), int(match[2])
        if address in _NOBODY:
            self.malformed += 1
            return None
        if WEAKEST_DBM <= rssi_dbm <= STRONGEST_DBM:
            return address, rssi_dbm
        if rssi_dbm == RSSI_NOT_AVAILABLE:
            return address, None
        self.malformed += 1
        return None

    def _reject(self, line: bytes) -> None:
        """Count a line of another form, and by kind if a field in its beginning trips."""
        self.malformed += 1
        self._tally.stops(_odd_fields(line[:LONGEST_LINE]))


def _odd_fields(line: bytes) -> list[bytes]:
    """Return the fields of a line that are not what they should be in their place."""
    fields = _BETWEEN_FIELDS.split(line)
    return [
        field
        for place, field in enumerate(fields)
        if place >= len(_FIELDS) or _FIELDS[place].fullmatch(field) is None
    ]
