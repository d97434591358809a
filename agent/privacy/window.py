"""What is known of one window while it is open. It starts empty and is wiped when it closes: nothing crosses over."""

from dataclasses import dataclass

from agent.privacy.aggregate import Aggregator
from agent.privacy.distinct import Distinct


@dataclass(slots=True, kw_only=True)
class Window:
    """What is known of one window while it is open.

    Attributes:
        start_ms: its start on the current grid.
        partial: it is not observed from end to end.
        numbers: aggregator of each column of numbers.
        crowds: distinct counter of each column of identifiers.
        outside: columns for which a sample was dropped as implausible.
        broken: a rule failed; nothing of this window leaves.
    """

    start_ms: int
    partial: bool
    numbers: dict[int, Aggregator]
    crowds: dict[int, Distinct]
    outside: set[int]
    broken: bool = False

    def __repr__(self) -> str:
        return f"<Window {self.start_ms}>"

    def wipe(self) -> None:
        """Forget everything, keys first."""
        for crowd in self.crowds.values():
            crowd.wipe()
        self.crowds.clear()
        self.numbers.clear()
