"""Which windows were given out: remembered across restarts, so that none is given out twice.

In: released rows; what an earlier process exported. Out: the last window of a stream, a time that has passed.
Never: a clock, a value.

A window that ended before the process did cannot come again: time has gone on. One that was closed early can, because
the unit stopped or its clock was set, and somebody starts it again before the window's end. So this is to be stored
whenever windows were closed early, together with their rows.
"""

import json
from collections.abc import Iterable
from typing import Final

from agent.privacy.released import Released

NAME: Final = "given"
"""Where it is kept in the outbox."""
_VERSION: Final = 1
_WALL: Final = "utc"


class Given:
    """The start of the last window that was given out, by stream, for wall time and for this boot's.

    Args:
        boot_id: of this boot; what another one counted cannot come again.
        saved: what `export` returned, None for nothing; what another version wrote is left alone.
    """

    def __init__(self, boot_id: bytes, saved: bytes | None = None) -> None:
        self._boot_id = boot_id
        self._last: dict[tuple[str, bytes | None], int] = {}
        stored = json.loads(saved) if saved else {}
        if stored.get("version") == _VERSION:
            for name, boot_id_saved in ((_WALL, None), (boot_id.hex(), boot_id)):
                for stream, start_ms in stored["starts"].get(name, {}).items():
                    self._last[stream, boot_id_saved] = start_ms

    def note(self, rows: Iterable[Released]) -> None:
        """Remember the windows of these rows."""
        for row in rows:
            key = (row.stream, row.boot_id)
            self._last[key] = max(row.start_ms, self._last.get(key, row.start_ms))

    def last_ms(self, stream: str, boot_id: bytes | None) -> int | None:
        """Return the start of a stream's last window, None when none is known."""
        return self._last.get((stream, boot_id))

    @property
    def passed_utc_ms(self) -> int:
        """A wall time that has passed; 0 when none is known."""
        return max((start_ms for (_, boot_id), start_ms in self._last.items() if boot_id is None), default=0)

    def export(self) -> bytes:
        """Return what was remembered, to be stored."""
        starts: dict[str, dict[str, int]] = {}
        for (stream, boot_id), start_ms in self._last.items():
            starts.setdefault(_WALL if boot_id is None else boot_id.hex(), {})[stream] = start_ms
        return json.dumps({"version": _VERSION, "starts": starts}, separators=(",", ":")).encode()
