"""What is to be shown, and what happened.

In: nothing. Out: values. Never: a process.
"""

from dataclasses import dataclass
from pathlib import Path

from agent.cli.demo.broker import Program
from agent.cli.demo.progress import Snapshot
from agent.cli.demo.rows import Row
from agent.cli.demo.scene import Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be shown.

    Attributes:
        seconds: how long the unit works.
        broker: which broker.
        seed: of the people who pass.
    """

    seconds: float
    broker: Program
    seed: int

    @property
    def outage(self) -> tuple[float, float]:
        """When the broker goes away, and when it returns, in seconds."""
        begin = 0.4 * self.seconds
        return begin, begin + max(5.0, 0.2 * self.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What happened.

    Attributes:
        scene: where everything is.
        last: everything at the end.
        stored: rows that the unit reported as stored: stream and window start.
        received: rows of the receiver's store.
        outage_s: how long the broker was away.
        most_waiting: rows that waited in the outbox at the most.
        resumed_s: seconds from the broker's return until the unit was connected again, None if it never was.
        exit_code: the unit's.
        complaints: lines of the unit's log that should not be there.
    """

    scene: Scene
    last: Snapshot
    stored: list[tuple[str, int]]
    received: list[Row]
    outage_s: float
    most_waiting: int
    resumed_s: float | None
    exit_code: int
    complaints: list[str]


def complaints(log: Path) -> list[str]:
    """Return the lines of the unit's log that should not be there: all but news, and what it says of the broker."""
    lines = log.read_text(errors="replace").splitlines()
    return [line for line in lines if not line.startswith(("INFO ", "WARNING agent.publisher:"))]
