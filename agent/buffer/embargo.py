"""Whether a stream's delay has passed for a window: rows are stored at once, and may not leave before.

In: the unit's clocks. Out: yes or no. Never: yes because nobody knows what time it is.

Windows of wall time are judged by a dated wall clock, windows of this boot by the time since boot. Where neither
helps (windows of another boot that was never dated, or wall windows while this boot has no date yet) the rows are
older than this process, so that its own age is a delay that has surely passed.
"""

from agent.clock import NS_PER_MS, Clock


class Embargo:
    """The delays of one process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began_ns = clock.mono_ns()
        self._was_dated = False

    def is_over(self, end_ms: int, *, boot_id: bytes | None, delay_ms: int) -> bool:
        """Return whether `delay_ms` have passed since a window ended at `end_ms` of its own time."""
        if delay_ms == 0:
            return True
        now = self._clock.instant()
        self._was_dated = self._was_dated or now.dated
        if boot_id is None and now.dated:
            return end_ms + delay_ms <= now.utc_ns // NS_PER_MS
        if boot_id == self._clock.boot_id:
            return end_ms + delay_ms <= now.mono_ns // NS_PER_MS
        if boot_id is None and self._was_dated:
            return False
        return (now.mono_ns - self._began_ns) // NS_PER_MS >= delay_ms
