"""Rows that wait in memory for longer than one commit, as bytes in mappings of their own.

In: groups of rows while the disk refuses to be written. Out: the same groups, in the order they are asked for. Never:
memory that is kept for a group which is gone.

As objects, as many rows as may wait are twenty thousand blocks and a megabyte and a half; what the process makes
meanwhile and keeps lies between them, so that its memory never shrinks to what it was. A mapping is given back to the
system as a whole, when the last group in it is gone.
"""

import marshal
import mmap
from dataclasses import dataclass
from typing import Final

from agent.buffer.work import Group, Place, Rows

_BALE_BYTES: Final = 256 * 1024
_PRIVATE: Final = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS


class Bale:
    """A mapping that groups are written to, one behind the other."""

    def __init__(self, size: int) -> None:
        self.mapping = mmap.mmap(-1, size, flags=_PRIVATE)
        self.used = 0

    def room_for(self, size: int) -> bool:
        """Tell whether so many bytes fit behind what is there."""
        return len(self.mapping) - self.used >= size


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """A group of rows that is packed.

    Attributes:
        count: how many rows.
        size: how many bytes they have, encoded.
        completes: one of them is the last of its batch.
        bale: what holds it, from `first` to `end`.
    """

    count: int
    size: int
    completes: bool
    bale: Bale
    first: int
    end: int

    def unpacked(self) -> Rows:
        """Return the group."""
        with memoryview(self.bale.mapping) as memory, memory[self.first : self.end] as written:
            places, data, declaration, clock, counters, alarms = marshal.loads(written)  # noqa: S302 - our own
        return Rows(
            rows=[Place(*place) for place in places],
            data=data,
            declaration=declaration,
            clock=clock,
            completes=self.completes,
            counters=counters,
            alarms=alarms,
        )


def pack(rows: Rows, *, behind: Group | None) -> Packed:
    """Return a group packed, into the mapping of the one that it waits behind if there is room."""
    places = [(row.stream, row.start_ms, row.step_ms, row.boot_id) for row in rows.rows]
    written = marshal.dumps(
        (
            places,
            list(rows.data),
            rows.declaration,
            rows.clock,
            dict(rows.counters),
            tuple(rows.alarms),
        )
    )
    bale = behind.bale if isinstance(behind, Packed) else None
    if bale is None or not bale.room_for(len(written)):
        bale = Bale(max(_BALE_BYTES, len(written)))
    first, bale.used = bale.used, bale.used + len(written)
    bale.mapping[first : bale.used] = written
    return Packed(count=rows.count, size=rows.size, completes=rows.completes, bale=bale, first=first, end=bale.used)
