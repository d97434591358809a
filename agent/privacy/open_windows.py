"""The windows of a stream that are open: the one that runs and the one after it.

In: times on the caller's grid. Out: the window of a time, and each that has ended, in order. Never: a clock, a third
window, one that was cut short by a change of pace or overlaps another.
"""

from collections.abc import Iterator

from agent.privacy.opening import Opener
from agent.privacy.window import Window


class OpenWindows:
    """The open windows of one stream, none until `begin`.

    Args:
        opener: opens them.
        step_ms: their length.

    Attributes:
        step_ms: their length now; see `pace`.
        running: the one that runs, None before `begin` and after `forget`.
    """

    __slots__ = ("_next", "_opener", "running", "step_ms")

    def __init__(self, opener: Opener, step_ms: int) -> None:
        self.step_ms = step_ms
        self.running: Window | None = None
        self._next: Window | None = None
        self._opener = opener

    def begin(self, at_ms: int) -> None:
        """Open the window of this time; it is partial unless this is exactly its start. None may be open."""
        start_ms = at_ms - at_ms % self.step_ms
        self.running = self._opener.window(start_ms, partial=start_ms != at_ms)

    def pace(self, step_ms: int, at_ms: int) -> bool:
        """Make them as long as this where both grids meet; returns whether they are now.

        The one that runs must have begun on both grids, must not be longer than the new ones already, and nothing may
        be known of the one after it.
        """
        window = self.running
        if window is not None and (window.start_ms % step_ms or at_ms >= window.start_ms + step_ms or self._next):
            return False
        self.step_ms = step_ms
        return True

    def at(self, at_ms: int) -> Window | None:
        """Return the window of a time, None where neither is."""
        window, step = self.running, self.step_ms
        if window is None:
            return None
        late_ms = at_ms - window.start_ms
        if 0 <= late_ms < step:
            return window
        if not step <= late_ms < 2 * step:
            return None
        if self._next is None:
            self._next = self._following(window)
        return self._next

    def ended(self, now_ms: int) -> Iterator[Window]:
        """Yield every window that has ended by now; the one after it runs as soon as the next is asked for."""
        while (window := self.running) is not None and now_ms >= window.start_ms + self.step_ms:
            yield window
            self.running, self._next = self._next or self._following(window), None

    def doubt_clock(self) -> None:
        """Have them remember that the clock was not synchronised, whatever it says at their end."""
        for window in self._all():
            window.synchronised = False

    def forget(self) -> int:
        """Wipe them; returns how many there were."""
        windows = self._all()
        for window in windows:
            window.wipe()
        self.running = self._next = None
        return len(windows)

    def _all(self) -> list[Window]:
        return [window for window in (self.running, self._next) if window is not None]

    def _following(self, window: Window) -> Window:
        return self._opener.window(window.start_ms + self.step_ms, partial=False)
