"""Which windows were given out: remembered across restarts, so that none is given out twice.

In: released rows; what an earlier process exported. Out: the windows of a stream that were given out.
Never: a clock, a value.

A window that ended before the process did cannot come again: time has gone on. One that was closed early can, because
the unit stopped or its clock was set, and somebody starts it again before the window's end. So this is to be stored
whenever windows were closed early, together with their rows.

Spans of windows are remembered, not the last one only (`agent.privacy.spans`): a clock that once ran ahead and was
set right does not keep a stream silent until the date that it showed.
"""

import json
import logging
from collections.abc import Iterable
from itertools import pairwise
from typing import Any, Final

from agent.privacy.released import Released
from agent.privacy.spans import MOST, Spans

_LOG = logging.getLogger(__name__)
NAME: Final = "given"
"""Where it is kept in the outbox."""
_VERSION: Final = 2
_ONLY_THE_LAST: Final = 1
"""The version that kept the last start of each stream only: everything up to it counts as given out."""
_WALL: Final = "utc"
_Known = dict[str, dict[str, list[tuple[int, int]]]]


class Given:
    """The windows that were given out, by stream, for wall time and for this boot's.

    Args:
        boot_id: of this boot; what another one counted cannot come again.
        saved: what `export` returned, None for nothing; what a later version wrote is left alone, and what none
            wrote is as good as nothing.
    """

    def __init__(self, boot_id: bytes, saved: bytes | None = None) -> None:
        self._boot_id = boot_id
        self._spans: dict[tuple[str, bytes | None], Spans] = {}
        known = _restored(saved)
        for name, boot_id_saved in ((_WALL, None), (boot_id.hex(), boot_id)):
            for stream, spans in known.get(name, {}).items():
                self._spans[stream, boot_id_saved] = Spans(spans)

    def note(self, rows: Iterable[Released]) -> None:
        """Remember the windows of these rows."""
        for row in rows:
            self.spans(row.stream, row.boot_id).add(row.start_ms, step_ms=row.step_ms)

    def spans(self, stream: str, boot_id: bytes | None) -> Spans:
        """Return the windows of a stream that were given out; what is added to it is remembered."""
        return self._spans.setdefault((stream, boot_id), Spans())

    def last_ms(self, stream: str, boot_id: bytes | None) -> int | None:
        """Return the latest start of a stream's windows, None when none is known."""
        return self.spans(stream, boot_id).last_ms

    def export(self) -> bytes:
        """Return what was remembered, to be stored."""
        known: _Known = {}
        for (stream, boot_id), spans in self._spans.items():
            if spans.last_ms is not None:
                known.setdefault(_WALL if boot_id is None else boot_id.hex(), {})[stream] = list(spans)
        return json.dumps({"version": _VERSION, "spans": known}, separators=(",", ":")).encode()


def _restored(saved: bytes | None) -> _Known:
    """Return the spans by clock and stream; nothing if anything at all is not as a version has written it."""
    if saved is None:
        return {}
    try:
        return _read(json.loads(saved))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        _LOG.warning(
            "what was kept of the windows that were given out is damaged and left out: a window that was open when "
            "the unit stopped may be given out in two parts"
        )
        return {}


def _read(stored: dict[str, Any]) -> _Known:
    version = stored.get("version")
    if version == _ONLY_THE_LAST:
        return {
            clock: {stream: _spans([[0, last_ms]]) for stream, last_ms in starts.items()}
            for clock, starts in stored["starts"].items()
        }
    if version != _VERSION:
        return {}
    return {
        clock: {stream: _spans(spans) for stream, spans in streams.items()}
        for clock, streams in stored["spans"].items()
    }


def _spans(spans: list[list[int]]) -> list[tuple[int, int]]:
    """Return spans, ascending and apart, no more than there can be."""
    if len(spans) > MOST or any(
        type(start) is not int or start < 0 for first, last in spans for start in (first, last)
    ):
        raise ValueError("not spans of windows")
    if any(first > last for first, last in spans) or any(one[1] >= other[0] for one, other in pairwise(spans)):
        raise ValueError("not spans in their order")
    return [(first, last) for first, last in spans]
