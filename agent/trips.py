"""What the tripwires of one sensor's drivers have counted: a driver is made anew for each opening, the counts stay.

In: drivers, one after the other. Out: how many frames were stopped since the start, by kind. Never: a frame.
"""

from collections import Counter

from drivers.model import Tripwired


class Trips:
    """The sum over all drivers that a sensor has had."""

    __slots__ = ("_before", "_driver")

    def __init__(self) -> None:
        self._before: Counter[str] = Counter()
        self._driver: Tripwired | None = None

    def follow(self, driver: object) -> None:
        """Count this driver from now on; what those before have counted stays. One without a tripwire has none."""
        if driver is not self._driver:
            self._before = self._sum()
            self._driver = driver if isinstance(driver, Tripwired) else None

    @property
    def counts(self) -> dict[str, int]:
        """Frames that were stopped, by kind; kinds that never came are left out."""
        return dict(self._sum())

    def _sum(self) -> Counter[str]:
        return self._before + Counter(dict(self._driver.trips) if self._driver is not None else {})
