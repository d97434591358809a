"""How long somebody stays: the median time between the first and the last sighting of one pseudonym in one window.

Everybody who was seen is in the median. Who was seen once stayed for 0 s: left out, the median would tell about fewer
people than were counted, and k would be held against the wrong number.

Sightings may come in any order. Pseudonyms are as in `distinct`, under a key of their own.
"""

from typing import Final

from agent.privacy.distinct import Keyed, RandomBytes
from agent.privacy.rounding import Exact
from agent.privacy.spread import quantile
from agent.quality import Quality

MOST_STAYS: Final = 20_000
"""No window remembers more people than this: about 5 MB. Beyond, it has no dwell: the median of those who came first
is not the median of all."""
_MEDIAN: Final = 5


class Dwell(Keyed):
    """The stays of one window.

    Attributes:
        saturated: more people came than can be remembered.
    """

    __slots__ = ("_bound", "_seen", "saturated")

    def __init__(self, *, random_bytes: RandomBytes, bound: int = MOST_STAYS) -> None:
        super().__init__(random_bytes)
        self._bound = bound
        self._seen: dict[bytes, tuple[int, int]] = {}
        self.saturated = False

    @property
    def reason(self) -> Quality | None:
        """`SATURATED` when more people came than can be remembered."""
        return Quality.SATURATED if self.saturated else None

    @property
    def people(self) -> int:
        """How many different people the stays are of."""
        return len(self._seen)

    def add(self, identifier: bytes, at_ms: int, /) -> None:
        """Take one sighting.

        Raises:
            NoRandomness: there is no key to be had; the caller withholds the window.
        """
        name = self._name(identifier)
        stay = self._seen.get(name)
        if stay is not None:
            self._seen[name] = min(stay[0], at_ms), max(stay[1], at_ms)
        elif len(self._seen) < self._bound:
            self._seen[name] = at_ms, at_ms
        else:
            self.saturated = True

    def result(self) -> Exact | None:
        """Return the median stay in milliseconds, None of nobody or of too many."""
        if not self._seen or self.saturated:
            return None
        return quantile(sorted(last_ms - first_ms for first_ms, last_ms in self._seen.values()), _MEDIAN)

    def wipe(self) -> None:
        """Overwrite the key and forget the pseudonyms."""
        super().wipe()
        self._seen.clear()
