"""What RMC, GGA and GNS sentences say: pure.

In: the body of a sentence whose checksum holds. Out: what it says about one epoch. Never: a position where the
receiver says that it has none.

Sources:
    gpsd: ntpsec/gpsd, drivers/driver_nmea0183.c, processRMC, processGGA, processGNS (fields, fix quality, FAA
    mode). u-blox: "ZED-F9P Interface Description", UBX-18010854 R04, page 23 (RMC; its example is a valid fix with
    navigation status V, so that last field of RMC and GNS is not looked at). NovAtel: "Which Novatel Position Types
    Correspond to the GGA Quality Indicator?" (9 is a fix with WAAS, where others say 2).
"""

from dataclasses import dataclass

from drivers.gnss import fields

Position = tuple[int, int]
"""Latitude and longitude in 1e-7 degree."""

NO_FIX = 0
_DIFFERENTIAL = 2
_QUALITY_OF_MODE = {
    "N": NO_FIX,
    "A": 1,
    "D": _DIFFERENTIAL,
    "P": 3,
    "R": 4,
    "F": 5,
    "E": 6,
    "M": 7,
    "S": 8,
}
"""FAA mode to GGA quality; P (precise) to 3 (PPS) is unverified, gpsd makes it a differential fix."""

_BEST_FIRST = "RFPDAEMS"
_HDOP_LIMIT = 9900
"""gpsd: receivers send 99.99 for a dilution that is not valid; 99.00 and more is none."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Part:
    """What one sentence says.

    Attributes:
        address: talker and type, ``GNRMC``.
        time_ms: milliseconds since midnight UTC, None when the receiver does not know.
        quality: GGA fix quality, 0 is none.
        position: None without a fix.
        utc_ms: milliseconds since 1970; RMC with a valid status only.
        altitude_dm: decimetres above mean sea level; GGA and GNS only.
        satellites: in use; GGA and GNS only.
        hdop_e2: hundredths; GGA and GNS only.
    """

    address: bytes
    time_ms: int | None
    quality: int
    position: Position | None
    utc_ms: int | None = None
    altitude_dm: int | None = None
    satellites: int | None = None
    hdop_e2: int | None = None

    @property
    def minimum(self) -> bool:
        """Whether this is an RMC, the half with the date; otherwise it is the half with the altitude."""
        return self.address.endswith(b"RMC")


_FIELDS = {b"RMC": 10, b"GGA": 10, b"GNS": 10}
"""Fields that a sentence must have, its address counted: the last one needed is the tenth in all three."""

WANTED = frozenset(_FIELDS)


def part(body: bytes) -> Part | None:
    """Return what a sentence says; None if it is another sentence, is cut short or has an impossible time."""
    found = body.split(b",")
    kind = found[0][2:]
    if len(found) < _FIELDS.get(kind, len(found) + 1):
        return None
    time_ms = fields.time_of_day_ms(found[1])
    if time_ms is None and found[1]:
        return None
    return _minimum(found, time_ms) if kind == b"RMC" else _fix(found, time_ms, gns=kind == b"GNS")


def _minimum(found: list[bytes], time_ms: int | None) -> Part:
    """RMC: 1 time, 2 status, 3-6 position, 7 speed, 8 course, 9 date, 10-11 variation, 12 mode, 13 status."""
    mode = found[12].decode() if len(found) > 12 else ""  # noqa: PLR2004 - mode came with NMEA 2.3
    quality = {b"A": _QUALITY_OF_MODE.get(mode, 1), b"D": _DIFFERENTIAL}.get(found[2], NO_FIX)
    fix = quality != NO_FIX
    # With status V some receivers send a clock that is wrong (gpsd: MTK3301, Royaltek RGM-3800).
    utc_ms = fields.utc_ms(fields.days_since_1970(found[9]), time_ms) if fix else None
    return Part(
        address=found[0],
        time_ms=time_ms,
        quality=quality,
        position=_position(found[3:7]) if fix else None,
        utc_ms=utc_ms,
    )


def _fix(found: list[bytes], time_ms: int | None, *, gns: bool) -> Part:
    """GGA and GNS: 1 time, 2-5 position, 6 quality or modes, 7 satellites, 8 HDOP, 9 altitude above the sea."""
    quality = _best_mode(found[6].decode()) if gns else _gga_quality(found[6])
    fix = quality != NO_FIX
    hdop_e2 = fields.decimal(found[8], places=2)
    return Part(
        address=found[0],
        time_ms=time_ms,
        quality=quality,
        position=_position(found[2:6]) if fix else None,
        altitude_dm=fields.decimal(found[9], places=1) if fix else None,
        satellites=int(found[7]) if found[7].isdigit() else None,
        hdop_e2=hdop_e2 if hdop_e2 is not None and 0 <= hdop_e2 < _HDOP_LIMIT else None,
    )


def _gga_quality(field: bytes) -> int:
    return int(field) if len(field) == 1 and field.isdigit() else NO_FIX


def _best_mode(modes: str) -> int:
    """Return the quality of the best of a GNS sentence's modes, one letter a constellation."""
    return next((_QUALITY_OF_MODE[mode] for mode in _BEST_FIRST if mode in modes), NO_FIX)


def _position(found: list[bytes]) -> Position | None:
    latitude, longitude = fields.latitude_e7(found[0], found[1]), fields.longitude_e7(found[2], found[3])
    return None if latitude is None or longitude is None else (latitude, longitude)
