"""The fields of NMEA 0183 sentences as integers: pure, exact, no floating point.

In: one field as bytes. Out: a number, or None for a field that is empty or not of its form. Never: an exception.

Formats: ``hhmmss.ss``, ``ddmmyy``, ``ddmm.mm``, ``dddmm.mm``, ``x.x`` (ntpsec/gpsd, drivers/driver_nmea0183.c,
comments of processRMC and processGGA). Degrees and minutes have leading zeros; a field without them is not
accepted. The number of digits after the point is the receiver's choice, and none of them is dropped before the
result is rounded.
"""

import re
from datetime import date

MS_PER_DAY = 86_400_000
_DECIMAL = re.compile(rb"(-?)([0-9]{1,9})(?:\.([0-9]{0,12}))?")
_TIME = re.compile(rb"([0-9]{2})([0-9]{2})([0-9]{2})(?:\.([0-9]{0,12}))?")
_DATE = re.compile(rb"([0-9]{2})([0-9]{2})([0-9]{2})")
_ANGLE = {
    2: re.compile(rb"([0-9]{2})([0-9]{2})(?:\.([0-9]{0,12}))?"),
    3: re.compile(rb"([0-9]{3})([0-9]{2})(?:\.([0-9]{0,12}))?"),
}
_E7 = 10_000_000
_MINUTES = 60
_LEAP_SECOND = (23, 59, 60)
_PIVOT = 80
_UNIX_EPOCH = date(1970, 1, 1).toordinal()


def decimal(field: bytes, *, places: int) -> int | None:
    """Return a decimal number in units of ``10 ** -places``, to the nearest, halves away from zero."""
    match = _DECIMAL.fullmatch(field)
    if match is None:
        return None
    fraction = match[3] or b""
    size = _divide(int(match[2] + fraction) * 10**places, 10 ** len(fraction))
    return -size if match[1] else size


def time_of_day_ms(field: bytes) -> int | None:
    """Return milliseconds since midnight UTC, digits beyond them dropped.

    23:59:60 is a leap second and gives 86,400,000 and more; second 60 at any other time is not accepted.
    """
    match = _TIME.fullmatch(field)
    if match is None:
        return None
    hour, minute, second = int(match[1]), int(match[2]), int(match[3])
    in_range = hour < 24 and minute < _MINUTES and second < _MINUTES  # noqa: PLR2004 - hours of a day
    if not in_range and (hour, minute, second) != _LEAP_SECOND:
        return None
    milliseconds = int((match[4] or b"").ljust(3, b"0")[:3])
    return ((hour * 60 + minute) * 60 + second) * 1000 + milliseconds


def days_since_1970(field: bytes) -> int | None:
    """Return the day of a ``ddmmyy`` field: years 80 to 99 are 1980 to 1999, years 00 to 79 are 2000 to 2079.

    The pivot is gpsd's (merge_ddmmyy): nothing of GPS is older than 1980.
    """
    match = _DATE.fullmatch(field)
    if match is None:
        return None
    year = int(match[3])
    try:
        day = date(year + (1900 if year >= _PIVOT else 2000), int(match[2]), int(match[1]))
    except ValueError:
        return None
    return day.toordinal() - _UNIX_EPOCH


def utc_ms(day: int | None, time_ms: int | None) -> int | None:
    """Return milliseconds since 1970; None within a leap second, which that count cannot express."""
    if day is None or time_ms is None or time_ms >= MS_PER_DAY:
        return None
    return day * MS_PER_DAY + time_ms


def latitude_e7(field: bytes, hemisphere: bytes) -> int | None:
    """Return latitude in 1e-7 degree, north positive."""
    return _angle_e7(field, digits=2, limit=90, negative={b"N": False, b"S": True}.get(hemisphere))


def longitude_e7(field: bytes, hemisphere: bytes) -> int | None:
    """Return longitude in 1e-7 degree, east positive."""
    return _angle_e7(field, digits=3, limit=180, negative={b"E": False, b"W": True}.get(hemisphere))


def _angle_e7(field: bytes, *, digits: int, limit: int, negative: bool | None) -> int | None:
    match = _ANGLE[digits].fullmatch(field)
    if match is None or negative is None or int(match[2]) >= _MINUTES:
        return None
    fraction = match[3] or b""
    size = int(match[1]) * _E7 + _divide(int(match[2] + fraction) * _E7, _MINUTES * 10 ** len(fraction))
    if size > limit * _E7:
        return None
    return -size if negative else size


def _divide(numerator: int, denominator: int) -> int:
    """Return the nearest integer to a quotient that is not negative, halves upwards."""
    return (2 * numerator + denominator) // (2 * denominator)
