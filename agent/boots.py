"""What is known of the time of this boot and of earlier ones: where they lie on the calendar, or between what.

In: instants of a believed clock; what an earlier process exported. Out: the place in time of rows that count from a
boot, and the floor of wall time. Never: a date for a boot that was never synchronised, only what it lies between.

A boot's clock is placed by one instant that is known on both clocks, with the bound of its error. A row that lies
away from it is less certain: until the clock was disciplined the crystal ran free, and is charged `DRIFT_PPM` for it.

A boot that was never synchronised began after the last time that an earlier one was sure of, and was over before the
next one began that was synchronised. That and no more is said of its rows.

What is kept is believed as a whole or not at all: of damaged bytes nothing is known, which is told once.

The floor is the last time of a synchronised clock with a bound of its error. It is what "after" means above, and no
clock is believed that says less, unless something else vouches for it (`agent.clock`).
"""

import json
import logging
from dataclasses import replace
from typing import Final

from agent.clock import NS_PER_MS, Instant
from agent.discipline import DRIFT_PPM
from agent.wire.messages import ClockStamp, Mapped
from agent.wire.stamp import BOOT_ID_BYTES

_LOG = logging.getLogger(__name__)
NAME: Final = "clock"
"""Where it is kept in the outbox."""
FORGET: Final = "clock.forget"
"""A file of this name beside the outbox: a person says that the clock may be believed although it was later once."""
MOST: Final = 32
"""Boots that are remembered. Rows of older ones leave with their boot id alone."""
SAVE_EVERY_MS: Final = 3_600_000
"""So far behind may the stored floor be."""
_MOVED_MS: Final = 1000
_LATEST_MS: Final = 250_000_000_000_000
"""In the year 9892: no clock is right that tells a later time, and calendars end a hundred years on."""
_PPM: Final = 1_000_000
_VERSION: Final = 1

Placed = tuple[int, int, int | None]
"""One instant of a boot: monotonic ms, wall ms, bound of the error in ms."""
_Known = tuple[int, list[tuple[bytes, int, Placed | None]]]
"""The floor, and of each boot what it began after, and where it lies."""


class Boots:
    """The boots of this unit that rows may be from, oldest first; this one is the last.

    Args:
        boot_id: of this boot.
        saved: what `export` returned, None for nothing; what another version wrote is left alone, and what none wrote
            is as good as nothing.

    Attributes:
        floor_ms: a wall time that has passed, 0 when none is known.
    """

    def __init__(self, boot_id: bytes, saved: bytes | None = None) -> None:
        self.floor_ms, known = _read(saved)
        self._boot_id = boot_id
        self._after = {boot: after_ms for boot, after_ms, _ in known}
        self._placed = {boot: placed for boot, _, placed in known if placed is not None}
        self.is_due = boot_id not in self._after
        self._after.setdefault(boot_id, self.floor_ms)
        for forgotten in list(self._after)[:-MOST]:
            del self._after[forgotten]
            self._placed.pop(forgotten, None)
        self._saved_ms = self.floor_ms
        self._untold = list(self._placed)

    def note(self, now: Instant) -> None:
        """Take an instant at which the clock is synchronised; says no more of one at which it is not."""
        if not now.synchronised:
            return
        mono_ms, utc_ms = now.mono_ns // NS_PER_MS, now.utc_ns // NS_PER_MS
        before = self._placed.get(self._boot_id)
        moved = before is None or abs((utc_ms - mono_ms) - (before[1] - before[0])) > _MOVED_MS
        self._placed[self._boot_id] = (mono_ms, utc_ms, now.error_ms)
        if now.error_ms is not None:
            self.floor_ms = max(self.floor_ms, utc_ms - now.error_ms)
        if moved and self._boot_id not in self._untold:
            self._untold.append(self._boot_id)
        self.is_due = self.is_due or moved or self.floor_ms - self._saved_ms >= SAVE_EVERY_MS

    def lower(self, utc_ms: int) -> None:
        """Put the floor down: a clock that ran ahead had raised it."""
        self.floor_ms = min(self.floor_ms, utc_ms)
        self._after = {boot: min(after, self.floor_ms) for boot, after in self._after.items()}
        self.is_due = True

    def forget(self) -> None:
        """Know of no time that has passed any more."""
        self.lower(0)

    def placed(self, boot_id: bytes) -> Placed | None:
        """Return one instant of a boot on both clocks, None while none is known."""
        return self._placed.get(boot_id)

    def place(self, stamp: ClockStamp, boot_id: bytes | None, *, start_ms: int, end_ms: int) -> ClockStamp:
        """Return the stamp of rows with what is known of where they lie in time.

        Rows of wall time carry the instant of a boot that the city may not have been told yet, for rows of that boot
        that are there already.

        Args:
            stamp: the clock's state when they were released.
            boot_id: the boot that they count from, None for wall time.
            start_ms: start of the first, on their grid.
            end_ms: end of the last.
        """
        if boot_id is None:
            return replace(stamp, mapping=self._tell()) if self._untold else stamp
        placed = self._placed.get(boot_id)
        if placed is None:
            return replace(stamp, bounds=self._bounds(boot_id))
        mono_ms, utc_ms, error_ms = placed
        if utc_ms - mono_ms + start_ms < 0:
            return stamp
        away_ms = max(abs(mono_ms - start_ms), abs(mono_ms - end_ms))
        bound_ms = None if error_ms is None else error_ms + drift_ms(away_ms)
        return replace(stamp, mapping=(boot_id, *placed), error_ms=bound_ms)

    def _tell(self) -> Mapped:
        boot_id = self._untold.pop()
        return boot_id, *self._placed[boot_id]

    def _bounds(self, boot_id: bytes) -> tuple[int, int | None] | None:
        """Return what an unplaced boot lies between: after a time, and, once known, before another."""
        if boot_id not in self._after:
            return None
        boots = list(self._after)
        later = [self._placed[boot] for boot in boots[boots.index(boot_id) + 1 :] if boot in self._placed]
        if not later:
            return (self._after[boot_id], None) if self._after[boot_id] else None
        mono_ms, utc_ms, error_ms = later[0]
        before_ms = utc_ms - mono_ms + drift_ms(mono_ms) + (error_ms or 0)
        return (self._after[boot_id], before_ms) if before_ms >= self._after[boot_id] else None

    def export(self) -> bytes:
        """Return what is known, to be stored."""
        self.is_due = False
        self._saved_ms = self.floor_ms
        boots = [(boot.hex(), after, self._placed.get(boot)) for boot, after in self._after.items()]
        return json.dumps(
            {"version": _VERSION, "floor": self.floor_ms, "boots": boots}, separators=(",", ":")
        ).encode()


def _read(saved: bytes | None) -> _Known:
    """Return what is known; nothing at all if anything is not as `export` writes it, or by another version."""
    if saved is None:
        return 0, []
    try:
        stored = json.loads(saved)
        if stored.get("version") != _VERSION:
            return 0, []
        return _time(stored["floor"]), [_boot(*fields) for fields in stored["boots"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        _LOG.warning(
            "what was kept of the times of earlier boots is damaged and left out: rows of boots that were never "
            "synchronised get no date any more, and a clock that is set back is not noticed until it is synchronised"
        )
        return 0, []


def _boot(name: str, after_ms: object, placed: list[object] | None) -> tuple[bytes, int, Placed | None]:
    boot = bytes.fromhex(name)
    if len(boot) != BOOT_ID_BYTES:
        raise ValueError("not a boot id")
    if placed is None:
        return boot, _time(after_ms), None
    mono_ms, utc_ms, error_ms = placed
    return boot, _time(after_ms), (_time(mono_ms), _time(utc_ms), None if error_ms is None else _time(error_ms))


def _time(value: object) -> int:
    if type(value) is not int or not 0 <= value <= _LATEST_MS:
        raise ValueError("not a time")
    return value


def drift_ms(elapsed_ms: int) -> int:
    """Return how far a free-running clock may be off after so long."""
    return -(-elapsed_ms * DRIFT_PPM // _PPM)
