"""How often the agent has restarted itself, so that a part that no restart mends does not become a loop of them.

In: the part for which a restart is wanted. Out: whether it may be, counted on disk before it is. Never: a restart
that was not counted; a wait.

The count is a small file beside the store, replaced as a whole and synced, so that it survives a power cut; it is
written for a restart only. Each part (a bus, a sensor, the uplink) has `LIMIT` in 24 hours, the unit `TOTAL`. Within
a boot hours are counted by the monotonic clock, over a boot by wall time; where the clock was not set at both ends
they count from the start of this process, so that a unit without a clock is rather too patient than too eager.
A file that cannot be written allows no restart: one that is not counted could be the first of a loop.
"""

import json
import logging
from pathlib import Path
from typing import Final

from agent.clock import Clock
from agent.control.medium import read_file, replace_file
from agent.errors import LamppostError

_LOG = logging.getLogger(__name__)
NAME: Final = "restarts.json"
LIMIT: Final = 3
TOTAL: Final = 8
UPLINK: Final = "uplink"
FAILURE: Final = "failure"
"""What ends with an error that nobody expected: counted, never refused."""
HUNG: Final = 10
"""Exit code: a bus or a sensor hangs, and opening it anew did not help."""
UNREACHED: Final = 11
"""Exit code: a new process reaches the broker, this one does not."""

_DAY_S: Final = 86_400
_MOST_BYTES: Final = 8192
_FAILURES: Final = 20
_KEPT: Final = TOTAL + _FAILURES
_NS: Final = 1_000_000_000

_Entry = tuple[str, str, int, int | None]
"""Part; boot id; seconds of that boot; wall time in seconds, None where the clock was not set."""


class RestartNeeded(LamppostError):
    """Only a new process can help; systemd starts one.

    Attributes:
        exit_code: tells systemd and the technician why.
    """

    def __init__(self, text: str, *, exit_code: int) -> None:
        super().__init__(text)
        self.exit_code = exit_code


class Restarts:
    """The restarts of the last 24 hours.

    Args:
        folder: where the file is.
        clock: time.
    """

    def __init__(self, folder: Path, *, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._opened_s = clock.mono_ns() // _NS
        self._entries = _load(folder / NAME)

    def count(self, part: str | None = None) -> int:
        """Return how many there were in the last 24 hours, of one part or of all; `FAILURE` by its name only."""
        parts = [entry[0] for entry in self._recent()]
        return parts.count(part) if part is not None else len(parts) - parts.count(FAILURE)

    def spend(self, part: str, *, limit: int = LIMIT) -> bool:
        """Count a restart for `part` and return True; or return False: there must be none."""
        if self.count(part) >= limit or self.count() >= TOTAL:
            return False
        return self.note(part)

    def note(self, part: str) -> bool:
        """Count a restart that cannot be refused; return whether it was."""
        entries = [*self._recent(), self._entry(part)]
        failures = [entry for entry in entries if entry[0] == FAILURE]
        self._entries = [entry for entry in entries if entry not in failures[:-_FAILURES]]
        try:
            replace_file(self._folder, NAME, json.dumps(self._entries).encode())
        except OSError as error:
            _LOG.warning("%s: a restart cannot be counted: %s", self._folder / NAME, error.strerror)
            return False
        return True

    def _entry(self, part: str) -> _Entry:
        now = self._clock.instant()
        return part, self._clock.boot_id.hex(), now.mono_ns // _NS, now.utc_ns // _NS if now.dated else None

    def _recent(self) -> list[_Entry]:
        now = self._entry("")
        return [entry for entry in self._entries if self._age_s(entry, now) < _DAY_S]

    def _age_s(self, entry: _Entry, now: _Entry) -> int:
        """Return how long ago an entry was made; a clock that was set back does not make it younger than now."""
        _, boot, mono_s, utc_s = entry
        _, this_boot, now_s, now_utc_s = now
        if boot == this_boot:
            return now_s - mono_s
        if utc_s is not None and now_utc_s is not None:
            return max(0, now_utc_s - utc_s)
        return now_s - self._opened_s


def _load(path: Path) -> list[_Entry]:
    """Return what a file says; one that says nothing sensible is as good as none: each restart writes it anew."""
    try:
        entries = [_checked(entry) for entry in json.loads(read_file(path, most=_MOST_BYTES))]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, RecursionError):
        _LOG.warning("%s: cannot be read, so restarts are counted anew", path)
        return []
    return entries[-_KEPT:]


def _checked(entry: object) -> _Entry:
    match entry:
        case [str() as part, str() as boot, int() as mono_s, int() | None as utc_s]:
            return part, boot, mono_s, utc_s
    raise ValueError("not an entry")
