"""The privacy filter of one stream: readings in, released rows out, on a constant schedule.

Times are integers on the caller's grid: ms since 1970, or since boot when there is a boot id. The filter reads no
clock; the caller says when time passes. Two windows are kept, the open one and the one after it, so that the caller
may call `advance` a little late (up to one window) and give readings that were on their way a chance: they are placed
by their own time, whatever order they come in.

A rule that fails withholds the whole row of its window. Only the name of the error's type is kept: its text may carry
what the rule was looking at.
"""

from typing import Final

from agent.privacy.counters import FilterCounters
from agent.privacy.distinct import RandomBytes
from agent.privacy.errors import IllegalStream, RuleBroken
from agent.privacy.intake import Intake
from agent.privacy.legality import problems
from agent.privacy.opening import Opener
from agent.privacy.pauses import Pauses
from agent.privacy.released import Released, release
from agent.privacy.spec import ReleasedChannel, StreamSpec
from agent.privacy.verdict import Outcome, Verdict
from agent.privacy.window import Window
from agent.quality import Quality
from drivers.reading import Reading

MOST_SKIPPED_WINDOWS: Final = 600
"""A longer silence between two calls of `advance` is taken for a clock step that the caller did not announce."""
_MOST_ERROR_TYPES: Final = 16


class StreamFilter:
    """Turns the readings of a stream's sensors into its released rows.

    Raises:
        IllegalStream: the stream releases what its sensors' classes do not permit.
    """

    def __init__(self, spec: StreamSpec, *, random_bytes: RandomBytes) -> None:
        found = problems(spec)
        if found:
            raise IllegalStream(spec.name, found)
        self._spec = spec
        self._opener = Opener(spec, random_bytes)
        self._verdict = Verdict(spec)
        fed: dict[str, list[tuple[int, ReleasedChannel]]] = {}
        for number, channel in enumerate(spec.channels):
            fed.setdefault(channel.sensor, []).append((number, channel))
        self._intakes = {sensor: Intake(channels) for sensor, channels in fed.items()}
        self._open: Window | None = None
        self._next: Window | None = None
        self._boot_id: bytes | None = None
        self._given: dict[bytes | None, int] = {}
        self._failing: set[str] = set()
        self._pauses = Pauses()
        self._counters = FilterCounters()
        self._errors: set[str] = set()

    def __repr__(self) -> str:
        return f"<StreamFilter {self._spec.name}>"

    @property
    def counters(self) -> FilterCounters:
        """Totals so far, as a copy."""
        return self._counters.copy()

    @property
    def errors(self) -> tuple[str, ...]:
        """Type names of the errors that withheld a row."""
        return tuple(sorted(self._errors))

    def begin(self, at_ms: int, *, boot_id: bytes | None, after_ms: int | None = None) -> None:
        """Start a new grid at this time; the first window is partial unless this is exactly its start.

        Call `interrupt` first when a grid was running: what a window held is forgotten here.

        Args:
            at_ms: now, on the new grid.
            boot_id: 16 bytes when the grid counts from boot, None when it is wall time.
            after_ms: start of the last window of this grid that an earlier process gave out, when that is known;
                windows up to it are not given out again.
        """
        self._counters.windows_abandoned += self._forget()
        self._boot_id = boot_id
        if after_ms is not None:
            self._given[boot_id] = max(after_ms, self._given.get(boot_id, after_ms))
        self._pauses.move(at_ms)
        start_ms = at_ms - at_ms % self._spec.window_ms
        self._open = self._new_window(start_ms, partial=start_ms != at_ms)

    def observe(self, sensor: str, reading: Reading, at_ms: int) -> None:
        """Take a reading into the window of its time; outside the two windows it is dropped and counted."""
        window = self._window_at(at_ms)
        if window is None:
            self._counters.late_readings += 1
            return
        intake = self._intakes.get(sensor)
        if intake is None:
            self._counters.dropped_fields += len(reading.values)
            return
        self._counters.readings += 1
        if window.broken:
            return
        try:
            intake.pour(reading.values, window, self._counters, at_ms=at_ms)
        except Exception as error:  # noqa: BLE001  fails closed: whatever went wrong in a rule, nothing leaves
            self._condemn(window, error)

    def sensor_state(self, sensor: str, ok: bool) -> None:  # noqa: FBT001  the one thing that is said about a sensor
        """Note whether a sensor works, for the code of values that are missing."""
        if ok:
            self._failing.discard(sensor)
        elif sensor in self._intakes:
            self._failing.add(sensor)

    def sensor_paused(self, sensor: str, at_ms: int) -> None:
        """Note that a sensor is not watched from this time on: for what it feeds, windows are partial.

        People-derived columns of it are null, with code `partial`; others carry that code if they have samples.
        """
        if sensor in self._intakes:
            self._pauses.begin(sensor, at_ms)

    def sensor_watched(self, sensor: str, at_ms: int) -> None:
        """Note that a sensor that was paused is watched again from this time on."""
        self._pauses.end(sensor, at_ms)

    def advance(self, now_ms: int) -> list[Released]:
        """Close every window that has ended by now and return their rows, empty ones too.

        When more than `MOST_SKIPPED_WINDOWS` have ended at once, time has jumped: the open window closes as partial
        and a new grid begins now. A caller that sees the step itself calls `interrupt` and `begin`.
        """
        window, step = self._open, self._spec.window_ms
        if window is None or now_ms < window.start_ms + step:
            return []
        if now_ms - window.start_ms > MOST_SKIPPED_WINDOWS * step:
            self._counters.clock_jumps += 1
            return self._restart(window, now_ms)
        rows: list[Released] = []
        while now_ms >= window.start_ms + step:
            rows += self._close(window)
            window = self._next or self._new_window(window.start_ms + step)
            self._open, self._next = window, None
        return rows

    def interrupt(self, at_ms: int) -> list[Released]:
        """Close what has ended by then, and the open window as partial; readings are dropped until `begin`."""
        rows = self.advance(at_ms)
        window = self._open
        if window is not None and at_ms > window.start_ms:
            window.partial = True
            rows += self._close(window)
        self._forget()
        return rows

    def _restart(self, window: Window, now_ms: int) -> list[Released]:
        window.partial = True
        rows = self._close(window)
        self._forget()
        self.begin(now_ms, boot_id=self._boot_id)
        return rows

    def _forget(self) -> int:
        """Wipe what is open; returns how many windows were."""
        windows = [window for window in (self._open, self._next) if window is not None]
        for window in windows:
            window.wipe()
        self._open = self._next = None
        return len(windows)

    def _window_at(self, at_ms: int) -> Window | None:
        window, step = self._open, self._spec.window_ms
        if window is None:
            return None
        late_ms = at_ms - window.start_ms
        if 0 <= late_ms < step:
            return window
        if not step <= late_ms < 2 * step:
            return None
        if self._next is None:
            self._next = self._new_window(window.start_ms + step)
        return self._next

    def _new_window(self, start_ms: int, *, partial: bool = False) -> Window:
        return self._opener.window(start_ms, partial=partial)

    def _condemn(self, window: Window, error: Exception) -> None:
        window.broken = True
        window.wipe()
        if len(self._errors) < _MOST_ERROR_TYPES:
            self._errors.add(type(error).__name__)

    def _close(self, window: Window) -> list[Released]:
        """Return the window's row, or nothing when its start is not after the last one given out."""
        window.unwatched = self._pauses.during(window.start_ms, self._spec.window_ms)
        outcomes = self._judge(window)
        window.wipe()
        if window.start_ms <= self._given.get(self._boot_id, window.start_ms - 1):
            self._counters.rows_repeated += 1
            return []
        self._given[self._boot_id] = window.start_ms
        self._counters.rows_released += 1
        row = release(
            self._spec.name,
            start_ms=window.start_ms,
            step_ms=self._spec.window_ms,
            boot_id=self._boot_id,
            values=tuple([value for value, _ in outcomes]),
            quality=tuple([quality for _, quality in outcomes]),
        )
        return [row]

    def _judge(self, window: Window) -> list[Outcome]:
        """Return the outcome of every column; all withheld when any rule failed or let through what may not leave."""
        try:
            if not window.broken:
                outcomes = self._verdict.outcomes(window, self._failing, self._counters)
                self._last_look(outcomes)
                return outcomes
        except Exception as error:  # noqa: BLE001  fails closed: whatever went wrong in a rule, nothing leaves
            self._condemn(window, error)
        self._counters.rows_withheld += 1
        return [(None, Quality.WITHHELD)] * len(self._spec.channels)

    def _last_look(self, outcomes: list[Outcome]) -> None:
        """Hold every value against its declared range once more, whatever the rules have done.

        Raises:
            RuleBroken: something else than a declared integer was about to leave.
        """
        for (value, _), channel in zip(outcomes, self._spec.channels, strict=True):
            if value is not None and not (type(value) is int and channel.minimum <= value <= channel.maximum):
                raise RuleBroken(f"channel {channel.name}: a value outside its declaration was stopped")
