"""What the process gives to the unit that runs in it: time, places, counters, and whom to tell.

In: what `lamppost run` has found out about its process. Out: one value that the composer takes. Never: what the
configuration says.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.boots import Boots
from agent.clock import Clock
from agent.discipline import GnssDiscipline
from agent.flash import Written
from agent.health import PERIOD_S

StoredRows = Callable[[Sequence[tuple[str, int, int]]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the process gives to the unit.

    Attributes:
        clock: time.
        remember: told what is known of the time from before this process.
        certified: told from when until when the broker's certificate is valid, once it was verified.
        gnss: the clock's discipline when a GNSS receiver is its source, else None.
        environment: environment variables, for systemd.
        runtime: folder of the status file, None for no status file.
        status_every_s: how often the status file is written.
        keep_status: leave the status file behind, with how it ended.
        on_stored: told of each row after it was committed: stream, number, window start.
        written: how many bytes this process has written to disks, None where that is not known.
    """

    clock: Clock
    remember: Callable[[Boots], None] = lambda _boots: None
    certified: Callable[[int, int], None] | None = None
    gnss: GnssDiscipline | None = None
    environment: Mapping[str, str]
    runtime: Path | None = None
    status_every_s: float = PERIOD_S
    keep_status: bool = False
    on_stored: StoredRows | None = None
    written: Written = lambda: None
