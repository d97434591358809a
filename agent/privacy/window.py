"""What is known of one window while it is open. It starts empty and is wiped when it closes: nothing crosses over."""

from dataclasses import dataclass, field

from agent.privacy.aggregate import Aggregator, Told
from agent.privacy.distinct import Distinct
from agent.privacy.dwell import Dwell
from agent.privacy.histogram import Bin
from agent.privacy.spread import Samples


@dataclass(slots=True, kw_only=True)
class Window:
    """What is known of one window while it is open.

    Attributes:
        start_ms: its start on the current grid.
        partial: it is not observed from end to end.
        numbers: aggregator of each column of numbers.
        crowds: distinct counter of each column that counts identifiers.
        stays: what each column remembers that tells how long identifiers stay.
        bins: bin of each column of a histogram; the bins of one source share what they are filled from.
        outside: columns for which a sample was dropped as implausible.
        broken: a rule failed; nothing of this window leaves.
        unwatched: sensors that were paused during a part of it, known when it closes.
        synchronised: whenever the filter was asked for rows while it was open, the clock was.
    """

    start_ms: int
    partial: bool
    numbers: dict[int, Aggregator] = field(default_factory=dict)
    crowds: dict[int, Distinct] = field(default_factory=dict)
    stays: dict[int, Dwell] = field(default_factory=dict)
    bins: dict[int, Bin] = field(default_factory=dict)
    outside: set[int] = field(default_factory=set)
    broken: bool = False
    unwatched: frozenset[str] = frozenset()
    synchronised: bool = True

    def __repr__(self) -> str:
        return f"<Window {self.start_ms}>"

    def told(self, column: int) -> Told:
        """Return what a column is told from."""
        for part in (self.numbers, self.crowds, self.stays):
            if column in part:
                return part[column]
        return self.bins[column]

    def wipe(self) -> None:
        """Forget everything, keys first, then what was kept of samples."""
        for keyed in (*self.crowds.values(), *self.stays.values()):
            keyed.wipe()
        for piece in self.bins.values():
            piece.histogram.wipe()
        for number in self.numbers.values():
            if isinstance(number, Samples):
                number.wipe()
        for part in (self.numbers, self.crowds, self.stays, self.bins):
            part.clear()
