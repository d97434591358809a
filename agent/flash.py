"""What this unit writes to its flash: counted, kept across restarts, reported when it is more than was allowed.

In: the kernel's count of what this process has made it write, the outbox's counters. Out: plain values for the
status, one line in the log. Never: a commit of its own, a reason to write less: what is stored is not for the flash
to decide.

The kernel counts 4 KiB pages that were made dirty (`write_bytes` of /proc/PID/io, proc(5)): what reaches the medium,
but for the file system's own journal. Only root may open the file of a process that is not dumpable, so it is opened
before that is set; what is open can be read for ever, since a process may look at itself. Where it cannot be opened,
what each commit costs is estimated by the model that `agent.planning.flash` explains.

The counters go with the rows' own transaction, once an hour and at the end; a crash loses an hour of them at most.
"""

import json
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import Final

from agent.buffer.records import OutboxStats
from agent.clock import Clock

_LOG = logging.getLogger(__name__)
NAME: Final = "flash"
"""Under this name the outbox keeps the counters."""
COMMIT_BYTES: Final = 4_950
SEAL_BYTES: Final = 2_760
ROW_FACTOR: Final = 3.2
ROW_OVERHEAD: Final = 35
ENVELOPE_BYTES: Final = 240
ENVELOPE_FACTOR: Final = 1.7
_TYPICAL_ROW: Final = 16
_TYPICAL_ENVELOPE: Final = 400
_FORMAT: Final = 1
_KEEP_NS: Final = 3_600 * 1_000_000_000
_LARGEST: Final = 1 << 62
_LONGEST: Final = 512

Written = Callable[[], int | None]
"""Returns how many bytes this process has made the kernel write, None where that is not known."""
Today = Callable[[], tuple[date, int] | None]
"""Returns the day and what is left of it, None while no date is known."""


def open_count() -> Written:
    """Return what reads the kernel's count; call it while the process may still be looked at."""
    try:
        handle = os.open("/proc/self/io", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return lambda: None

    def read() -> int | None:
        with suppress(OSError, ValueError, IndexError):
            text = os.pread(handle, _LONGEST, 0)
            return int(text.split(b"\nwrite_bytes:", 1)[1].split(b"\n", 1)[0])
        return None

    return read


def estimate(*, commits: int, rows: int, envelopes: int) -> int:
    """Return about how much so many commits write, with what they bring."""
    rows_bytes = rows * (_TYPICAL_ROW + ROW_OVERHEAD) * ROW_FACTOR
    sealed = envelopes * (ENVELOPE_BYTES + ENVELOPE_FACTOR * _TYPICAL_ENVELOPE) + min(commits, envelopes) * SEAL_BYTES
    return round(commits * COMMIT_BYTES + rows_bytes + sealed)


class Flash:
    """Counts.

    Args:
        written: the kernel's count.
        today: the day that is counted in.
        clock: monotonic time.
        limit: bytes in a day after which it is reported, None for never.
        saved: what `export` returned in an earlier run, None or damaged bytes to begin from nothing.
    """

    def __init__(
        self, written: Written, *, today: Today, clock: Clock, limit: int | None = None, saved: bytes | None = None
    ) -> None:
        self._written = written
        self._today = today
        self._clock = clock
        self._limit = limit
        self._began_ns = self._kept_ns = clock.mono_ns()
        self._day: date | None = None
        self._day_bytes = self._total_bytes = 0
        self._seen = self._first = 0
        self._counted = written() is not None
        self._base: OutboxStats | None = None
        self._rows = 0
        self._reported: date | None = None
        if saved is not None:
            self._restore(saved)

    def look(self, stats: OutboxStats) -> None:
        """Count what was written since the last look."""
        base = self._base or stats
        now = (self._written() if self._counted else self._estimated(stats, base)) or self._seen
        if self._base is None:  # what the start has written counts, but tells nothing about rows
            self._base, self._first, self._began_ns = stats, now, self._clock.mono_ns()
        self._rows = stats.rows_stored - base.rows_stored
        more, self._seen = max(0, now - self._seen), max(now, self._seen)
        self._enter_day()
        self._day_bytes = min(_LARGEST, self._day_bytes + more)
        self._total_bytes = min(_LARGEST, self._total_bytes + more)
        if self.over and self._reported != self._day:
            self._reported = self._day
            _LOG.warning(
                "more was written to the flash today than [buffer] flash_daily allows; see `lamppost plan`, and make "
                "loss_window, windows or batches longer"
            )

    @property
    def over(self) -> bool:
        """Whether more was written in this day than is allowed."""
        return self._limit is not None and self._day_bytes > self._limit

    def counters(self, *, early: bool) -> dict[str, bytes]:
        """Return what the next transaction is to keep: hourly, or (`early`) because there may be no other."""
        now_ns = self._clock.mono_ns()
        if not early and now_ns - self._kept_ns < _KEEP_NS:
            return {}
        self._kept_ns = now_ns
        return {NAME: self.export()}

    def export(self) -> bytes:
        """Return the counters for a later `saved`."""
        day = None if self._day is None else self._day.isoformat()
        fields = {"format": _FORMAT, "day": day, "day_bytes": self._day_bytes, "total_bytes": self._total_bytes}
        return json.dumps(fields).encode()

    def state(self) -> dict[str, object]:
        """Return what `lamppost status` shows."""
        seconds = (self._clock.mono_ns() - self._began_ns) / 1_000_000_000
        life = self._seen - self._first
        return {
            "counted": self._counted,
            "day_bytes": self._day_bytes,
            "total_bytes": self._total_bytes,
            "bytes_a_row": round(life / self._rows) if self._rows else None,
            "bytes_a_day": round(life / seconds * 86_400) if seconds >= 600 else None,  # noqa: PLR2004 - ten minutes
            "daily_limit": self._limit,
            "over": self.over,
        }

    @staticmethod
    def _estimated(stats: OutboxStats, base: OutboxStats) -> int:
        return estimate(
            commits=stats.commits - base.commits,
            rows=stats.rows_stored - base.rows_stored,
            envelopes=stats.envelopes_sealed - base.envelopes_sealed,
        )

    def _enter_day(self) -> None:
        """Begin a new day; a clock that steps back keeps what was counted."""
        known = self._today()
        if known is None:
            return
        if self._day is not None and known[0] > self._day:
            self._day_bytes = 0
        self._day = known[0]

    def _restore(self, saved: bytes) -> None:
        """Take the counters of an earlier run; bytes that are not what `export` writes change nothing."""
        try:
            self._day, self._day_bytes, self._total_bytes = _read(saved)
        except (ValueError, KeyError, TypeError, RecursionError):
            _LOG.warning("the count of what was written to the flash cannot be read: it begins from nothing")


def _read(saved: bytes) -> tuple[date | None, int, int]:
    """Return the day, what was written on it, and what was written in all."""
    fields = json.loads(saved)
    day, day_bytes, total_bytes = fields["day"], fields["day_bytes"], fields["total_bytes"]
    if fields["format"] != _FORMAT:
        raise ValueError("another format")
    if not all(type(number) is int and 0 <= number <= _LARGEST for number in (day_bytes, total_bytes)):
        raise ValueError("a count is a number from 0")
    return None if day is None else date.fromisoformat(day), day_bytes, total_bytes
