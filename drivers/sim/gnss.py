"""A simulated GNSS receiver: given a place and a time, or a recording, it sends NMEA 0183.

It knows nothing of the driver.

In: position, fix, time; or the log of a real receiver. Out: the burst of one epoch, and the numbers in it. Never:
input, output, a clock: a line sends what `frame` returns, as often as `interval_s` says.

Retyped from ntpsec/gpsd, drivers/driver_nmea0183.c; five digits of a minute like a u-blox 8.
"""

import itertools
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction

_SENTENCE = re.compile(rb"\$([^$*\r\n]+)\*([0-9A-F]{2})")
_PER_MINUTE = 100_000
_NAMES = ("latitude", "longitude", "altitude", "fix", "satellites", "hdop", "utc")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Presented = dict[str, int | None]


def sentence(body: str) -> bytes:
    """Return `body` as a sentence: with ``$``, checksum and line end."""
    checksum = 0
    for byte in body.encode("ascii"):
        checksum ^= byte
    return f"${body}*{checksum:02X}\r\n".encode("ascii")


class SimulatedGnss:
    """A receiver somewhere, RMC first.

    Attributes:
        interval_s: seconds between epochs.
        presented: what a reading of the last `frame` must say, by channel.
    """

    def __init__(
        self, utc: datetime, *, talker: str = "GN", satellites_in_view: int = 8, interval_s: float = 1.0
    ) -> None:
        """Switch a receiver on.

        Args:
            utc: time of the first epoch.
            talker: first two letters of its sentences.
            satellites_in_view: how many GSV sentences there are, four satellites to each.
            interval_s: seconds between epochs.
        """
        self.interval_s = interval_s
        self.presented: Presented = {}
        self._utc = utc
        self._talker = talker
        self._in_view = satellites_in_view
        self.set(latitude_deg=44.06889, longitude_deg=-121.31427)

    def set(
        self,
        *,
        latitude_deg: float,
        longitude_deg: float,
        altitude_m: float = 1144.8,
        quality: int = 1,
        satellites: int = 12,
        hdop: float = 1.01,
    ) -> None:
        """Set place and fix; quality 0 is a receiver that has lost it."""
        self._latitude = round(latitude_deg * 60 * _PER_MINUTE)
        self._longitude = round(longitude_deg * 60 * _PER_MINUTE)
        self._altitude_dm = round(altitude_m * 10)
        self._quality = quality
        self._satellites = satellites
        self._hdop_e2 = round(hdop * 100)

    def frame(self) -> bytes:
        """Return the burst of one epoch; time goes on."""
        utc, self._utc = self._utc, self._utc + timedelta(seconds=self.interval_s)
        self.presented = self._present(utc)
        return sentence(self._rmc(utc)) + sentence(self._gga(utc)) + b"".join(map(sentence, self._gsv()))

    def _present(self, utc: datetime) -> Presented:
        fixed: list[int | None] = [_e7(self._latitude), _e7(self._longitude), self._altitude_dm]
        milliseconds: int | None = (utc - _EPOCH) // timedelta(milliseconds=1)
        if self._quality == 0:
            fixed, milliseconds = [None, None, None], None
        return dict(zip(_NAMES, (*fixed, self._quality, self._satellites, self._hdop_e2, milliseconds), strict=True))

    def _rmc(self, utc: datetime) -> str:
        status, mode = ("A", "A") if self._quality else ("V", "N")
        return f"{self._talker}RMC,{_clock(utc)},{status},{self._position()},0.02,,{utc:%d%m%y},,,{mode}"

    def _gga(self, utc: datetime) -> str:
        altitude = _point(self._altitude_dm, 1) if self._quality else ""
        return (
            f"{self._talker}GGA,{_clock(utc)},{self._position()},{self._quality},{self._satellites:02},"
            f"{_point(self._hdop_e2, 2)},{altitude},M,-21.4,M,,"
        )

    def _gsv(self) -> Iterator[str]:
        total = -(-self._in_view // 4)
        for number in range(1, total + 1):
            satellites = range(4 * number - 3, min(4 * number, self._in_view) + 1)
            seen = ",".join(f"{satellite:02},45,{satellite * 11 % 360:03},30" for satellite in satellites)
            yield f"GPGSV,{total},{number},{self._in_view:02},{seen}"

    def _position(self) -> str:
        if self._quality == 0:
            return ",,,"
        north, east = "SN"[self._latitude >= 0], "WE"[self._longitude >= 0]
        return f"{_angle(self._latitude, 2)},{north},{_angle(self._longitude, 3)},{east}"


class ReplayedGnss:
    """A receiver that sends a recording, epoch by epoch; epochs of which the recording lacks a half are left out.

    Attributes:
        interval_s: seconds between epochs.
        presented: what a reading of the last `frame` must say, by channel.
    """

    def __init__(self, lines: Iterable[bytes], *, repeat: bool = True, interval_s: float = 1.0) -> None:
        """Take the lines of a log.

        Args:
            lines: with their ends, noise included.
            repeat: begin again at the end. The time in it jumps back then.
            interval_s: seconds between epochs.
        """
        self.interval_s = interval_s
        self.presented: Presented = {}
        epochs = [(burst, presented) for burst in _bursts(lines) if (presented := _decode(burst)) is not None]
        self.epochs = len(epochs)
        self._next = itertools.cycle(epochs) if repeat else iter(epochs)

    def frame(self) -> bytes:
        """Return the burst of the next epoch; nothing when the recording has ended."""
        burst, self.presented = next(self._next, (b"", self.presented))
        return burst


def _bursts(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the lines of one epoch after the other: a new one begins with an RMC or GGA of another time."""
    burst, time = b"", None
    for line in lines:
        found = re.search(rb"\$..(?:RMC|GGA),([0-9.]+),", line)
        if found is not None and time not in (None, found[1]):
            yield burst
            burst = b""
        time = found[1] if found is not None else time
        burst += line
    yield burst


def _decode(burst: bytes) -> Presented | None:
    """Return the numbers of a burst with a valid RMC and GGA; written without a look at the driver."""
    found: dict[str, list[str]] = {}
    for body, checksum in _SENTENCE.findall(burst):
        if sentence(body.decode("ascii"))[-4:-2] == checksum:
            found[body[2:5].decode()] = body.decode().split(",")
    if not {"RMC", "GGA"} <= found.keys() or found["RMC"][2] != "A" or found["GGA"][6] == "0":
        return None
    rmc, gga = found["RMC"], found["GGA"]
    moment = datetime.strptime(f"{rmc[9]} {rmc[1].partition('.')[0]} +0000", "%d%m%y %H%M%S %z")
    milliseconds = (moment - _EPOCH) // timedelta(milliseconds=1) + int(Fraction(rmc[1]) * 1000) % 1000
    numbers = (
        _degrees_e7(gga[2], gga[3]),
        _degrees_e7(gga[4], gga[5]),
        _nearest(Fraction(gga[9]) * 10),
        int(gga[6]),
        int(gga[7]),
        _nearest(Fraction(gga[8]) * 100),
        milliseconds,
    )
    return dict(zip(_NAMES, numbers, strict=True))


def _degrees_e7(text: str, hemisphere: str) -> int:
    number = Fraction(text)
    degrees = number // 100
    size = _nearest((degrees + (number - 100 * degrees) / 60) * 10**7)
    return -size if hemisphere in "SW" else size


def _nearest(number: Fraction) -> int:
    """Return the nearest integer, halves away from zero."""
    size = (abs(number) + Fraction(1, 2)).__floor__()
    return -size if number < 0 else size


def _clock(utc: datetime) -> str:
    return f"{utc:%H%M%S}.{utc.microsecond // 10_000:02}"


def _e7(steps: int) -> int:
    """Return hundred-thousandths of a minute in 1e-7 degree: five thirds of them."""
    size = (abs(steps) * 10 + 3) // 6
    return -size if steps < 0 else size


def _angle(steps: int, digits: int) -> str:
    minutes, fraction = divmod(abs(steps), _PER_MINUTE)
    return f"{minutes // 60:0{digits}}{minutes % 60:02}.{fraction:05}"


def _point(number: int, places: int) -> str:
    whole, fraction = divmod(abs(number), 10**places)
    return f"{'-' if number < 0 else ''}{whole}.{fraction:0{places}}"
