"""Puts the sentences of one epoch together: pure.

In: parts in the order of the line, each with the time of its read. Out: one epoch for each UTC time that the receiver
names. Never: two epochs for one time, unless the receiver's clock stands still.

An epoch is given out when it has its RMC and its GGA or GNS, in whichever order they come, or, when one of them is
missing, with the first sentence of another time. So a receiver that sends only one of them is one epoch late.

- A second GGA or GNS of the same time (other talkers, or both types) adds nothing and is passed over.
- The *same* sentence with the same time again means that the receiver's clock stands still; gpsd takes that for a
  lost fix (processGGA, "latch mode"), and so does this: the epoch has no fix, no position and no time.
- Sentences without a time are put together in pairs, as they come.
"""

from dataclasses import dataclass

from drivers.gnss.decode import NO_FIX, Part, Position

_HALVES = 2


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Epoch:
    """What a receiver says about one moment.

    Attributes:
        mono_ns: when the read came in that completed the epoch's first sentence.
        minimum: the RMC, if it came.
        fix: the GGA or GNS, if it came.
        stale: the receiver's clock stands still.
    """

    mono_ns: int
    minimum: Part | None
    fix: Part | None
    stale: bool

    @property
    def quality(self) -> int:
        """GGA fix quality; none if either sentence says so."""
        parts = [part for part in (self.fix, self.minimum) if part is not None]
        if self.stale or any(part.quality == NO_FIX for part in parts):
            return NO_FIX
        return parts[0].quality

    @property
    def position(self) -> Position | None:
        """Latitude and longitude, GGA's or GNS's before RMC's; None without a fix."""
        if self.quality == NO_FIX:
            return None
        return next((p.position for p in (self.fix, self.minimum) if p is not None and p.position is not None), None)

    def values(self) -> dict[str, int | None]:
        """Return a value for every channel."""
        quality, position = self.quality, self.position
        fix, minimum = self.fix, self.minimum
        return {
            "latitude": position[0] if position else None,
            "longitude": position[1] if position else None,
            "altitude": fix.altitude_dm if fix and quality != NO_FIX else None,
            "fix": quality,
            "satellites": fix.satellites if fix else None,
            "hdop": fix.hdop_e2 if fix else None,
            "utc": minimum.utc_ms if minimum and quality != NO_FIX else None,
        }


class EpochAssembler:
    """Epochs out of parts."""

    def __init__(self) -> None:
        self._parts: dict[bool, Part] = {}
        self._mono_ns = 0
        self._stale = False
        self._done_time_ms: int | None = None
        self._done_addresses: set[bytes] = set()

    def add(self, mono_ns: int, part: Part) -> Epoch | None:
        """Return the epoch that `part` completes, or the one that it ends by being of another time."""
        if self._belongs(part):
            self._parts[part.minimum] = part
            return self._finish() if len(self._parts) == _HALVES else None
        if self._is_repetition(part):
            return None
        ended = self._finish() if self._parts else None
        self._parts[part.minimum] = part
        self._mono_ns = mono_ns
        self._stale = part.time_ms is not None and part.time_ms == self._done_time_ms
        return ended

    def _belongs(self, part: Part) -> bool:
        """Return whether `part` is the half that the open epoch lacks."""
        if not self._parts or part.minimum in self._parts:
            return False
        return all(other.time_ms == part.time_ms for other in self._parts.values())

    def _is_repetition(self, part: Part) -> bool:
        """Return whether another sentence has said the same about this time; takes note of who says it."""
        if part.time_ms is None:
            return False
        if part.time_ms == self._done_time_ms and part.address not in self._done_addresses:
            self._done_addresses.add(part.address)
            return True
        open_one = self._parts.get(part.minimum)
        return open_one is not None and open_one.time_ms == part.time_ms and open_one.address != part.address

    def _finish(self) -> Epoch:
        parts, self._parts = self._parts, {}
        first = next(iter(parts.values()))
        self._done_time_ms = first.time_ms
        self._done_addresses = {part.address for part in parts.values()}
        return Epoch(mono_ns=self._mono_ns, minimum=parts.get(True), fix=parts.get(False), stale=self._stale)
