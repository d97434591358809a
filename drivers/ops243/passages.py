"""Makes vehicles of speed reports: the reports of one direction that follow each other closely are one vehicle. Pure.

In: reports with the time of their read. Out: passages, when they have ended. Never: a clock, a report of somebody who
is slower than vehicles are taken to be.

A passage begins with two reports, as in the sensor's own counter ("CountToPass": 2; UM-003-A, page 14), or with one
that the sensor has confirmed, and ends when nothing comes for a while. Vehicles that follow each other more closely
than that are one: too few are counted, never too many by this. One that stands in a queue and starts again is counted
again.
"""

from dataclasses import dataclass

from drivers.ops243.lines import Report

_ENOUGH = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One vehicle.

    Attributes:
        mono_ns: when it had passed, which is when nothing had come for the gap: a window would be closed before a
            reading with the time when it was seen last could be placed in it.
        inbound: it came towards the sensor.
        cm_s: how fast it was at its fastest, in hundredths of a metre a second.
        reports: how many there were of it.
    """

    mono_ns: int
    inbound: bool
    cm_s: int
    reports: int


@dataclass(slots=True)
class _Run:
    first_ns: int
    last_ns: int
    cm_s: int
    reports: int
    confirmed: bool


class Passages:
    """Vehicles that pass, in both directions."""

    def __init__(self, *, gap_ns: int, longest_ns: int, slowest_cm_s: int) -> None:
        """Begin with an empty street.

        Args:
            gap_ns: a passage ends when nothing of its direction comes for so long.
            longest_ns: a passage that lasts longer is ended, and another one begins: dense traffic.
            slowest_cm_s: what is slower is no vehicle.
        """
        self._gap_ns = gap_ns
        self._longest_ns = longest_ns
        self._slowest_cm_s = slowest_cm_s
        self._runs: dict[bool, _Run] = {}

    @property
    def due_ns(self) -> int | None:
        """When the next passage ends if nothing comes until then; None when nobody passes."""
        return min((run.last_ns + self._gap_ns for run in self._runs.values()), default=None)

    def report(self, mono_ns: int, report: Report) -> list[Passage]:
        """Take a report; return the passages that had ended before it."""
        ended = self.expire(mono_ns)
        if abs(report.cm_s) < max(self._slowest_cm_s, 1):
            return ended
        inbound = report.cm_s > 0
        run = self._runs.get(inbound)
        if run is not None and mono_ns - run.first_ns >= self._longest_ns:
            ended += self._end(inbound, mono_ns)
            run = None
        if run is None:
            run = self._runs[inbound] = _Run(mono_ns, mono_ns, 0, 0, confirmed=False)
        run.last_ns, run.cm_s = mono_ns, max(run.cm_s, abs(report.cm_s))
        run.reports += 1
        run.confirmed |= report.confirmed
        return ended

    def expire(self, now_ns: int) -> list[Passage]:
        """Return the passages that have ended by now, in the order in which they have."""
        over = [
            (inbound, end) for inbound, run in self._runs.items() if (end := run.last_ns + self._gap_ns) <= now_ns
        ]
        passages = [passage for inbound, end_ns in over for passage in self._end(inbound, end_ns)]
        return sorted(passages, key=lambda passage: passage.mono_ns)

    def _end(self, inbound: bool, at_ns: int) -> list[Passage]:  # noqa: FBT001 - the key of a run
        run = self._runs.pop(inbound)
        if run.reports < _ENOUGH and not run.confirmed:
            return []
        return [Passage(mono_ns=at_ns, inbound=inbound, cm_s=run.cm_s, reports=run.reports)]
