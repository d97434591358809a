"""What `lamppost plan` foretells for a configuration of the bench, for each of its rows.

In: the very file that the agent is started with. Out: bytes on the wire and to the flash for a row, the size of a
batch, and what they may be off by. Never: a model of its own: everything is the plan's, and the tolerances are those
of `make prove-plan`.

The wire is foretold twice, since it is measured twice: for a window amid the work, in which nothing happens that
happens once, and for all the time since the start, with the connection, the declaration and the head of the log.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.config import Settings, load
from agent.planning.flash import writes_a_day
from agent.planning.traffic import traffic
from tests.proofs.plan import FLASH, SIZE, TOLERANCE, WIRE

WIRE_TOLERANCE: Final = TOLERANCE[WIRE]
FLASH_TOLERANCE: Final = TOLERANCE[FLASH]
BATCH_TOLERANCE: Final = TOLERANCE[SIZE]
_DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class Foretold:
    """The plan of one configuration."""

    settings: Settings

    @classmethod
    def of(cls, configuration: Path) -> "Foretold":
        """Return the plan of a configuration's file."""
        return cls(load(configuration))

    @property
    def rows_a_second(self) -> float:
        """How many rows are released."""
        return writes_a_day(self.settings).rows / _DAY_S

    @property
    def flash_row_bytes(self) -> float:
        """Bytes written to the flash for a row."""
        return writes_a_day(self.settings).row_bytes

    @property
    def batch_bytes(self) -> float:
        """The size of a batch: the mean of all streams, which have batches as often as each other."""
        sizes = [cost.batch_bytes for cost in traffic(self.settings).streams]
        return sum(sizes) / len(sizes)

    def wire_row_bytes(self, seconds: float) -> float:
        """Return the bytes on the wire for a row, in so many seconds amid the work.

        What the plan adds for doubling the time has nothing in it that happens once.
        """
        first, both = (
            traffic(self.settings, connections_a_day=0, seconds=times * seconds).month_bytes for times in (1, 2)
        )
        return (both - first) / (self.rows_a_second * seconds)

    def wire_row_bytes_since_start(self, rows: int) -> float:
        """Return the bytes on the wire for a row, from the first start of a unit until it has stored so many."""
        seconds = rows / self.rows_a_second
        return traffic(self.settings, connections_a_day=_DAY_S / seconds, seconds=seconds).month_bytes / rows
