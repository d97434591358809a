"""The privacy filter of one stream: readings in, released rows out, on a constant schedule.

Times are integers on the caller's grid: ms since 1970, or since boot when there is a boot id. The filter reads no
clock; the caller says when time passes. Two windows are kept, the open one and the one after it, so that the caller
may call `advance` a little late (up to one window) and give readings that were on their way a chance: they are placed
by their own time, whatever order they come in.

A rule that fails withholds the whole row of its window; what may leave of one says `agent.privacy.judge`.
"""

from typing import TYPE_CHECKING, Final

from agent.privacy.counters import FilterCounters
from agent.privacy.distinct import RandomBytes
from agent.privacy.errors import IllegalStream
from agent.privacy.intake import Intake
from agent.privacy.judge import Judge
from agent.privacy.laplace import discrete_laplace
from agent.privacy.legality import problems
from agent.privacy.open_windows import OpenWindows
from agent.privacy.opening import Opener
from agent.privacy.pacing import paced
from agent.privacy.pauses import Pauses
from agent.privacy.released import Released, release
from agent.privacy.spans import Spans
from agent.privacy.spec import ReleasedChannel, StreamSpec
from agent.privacy.window import Window
from drivers.reading import Reading

if TYPE_CHECKING:
    from agent.privacy.ledger import Ledger
    from agent.privacy.noised import Sampler

MOST_SKIPPED_WINDOWS: Final = 600
"""A longer silence between two calls of `advance` is taken for a clock step that the caller did not announce."""


class StreamFilter:
    """Turns the readings of a stream's sensors into its released rows.

    Args:
        spec: what may leave.
        random_bytes: the operating system's source, for keys and for noise.
        ledger: pays for the noise; needed where there is some. What it says after a row was given out must be
            stored by the transaction that stores the row.
        sampler: draws the noise; another one is for the rehearsal, which must know what was drawn.

    Attributes:
        synchronised: whether the clock that the caller's times come from is; set it before each call of `advance` and
            `interrupt`. While it is not, no noise is paid for.

    Raises:
        IllegalStream: the stream releases what its sensors' classes do not permit.
        NoLedger: a stream with noise was given no ledger, or one of another epsilon.
    """

    def __init__(
        self,
        spec: StreamSpec,
        *,
        random_bytes: RandomBytes,
        ledger: "Ledger | None" = None,
        sampler: "Sampler" = discrete_laplace,
    ) -> None:
        found = problems(spec)
        if found:
            raise IllegalStream(spec.name, found)
        self._spec = spec
        self.synchronised = False
        self._counters = FilterCounters()
        self._judge = Judge(spec, self._counters, random_bytes=random_bytes, ledger=ledger, sampler=sampler)
        self._windows = OpenWindows(Opener(spec, random_bytes), spec.window_ms)
        fed: dict[str, list[tuple[int, ReleasedChannel]]] = {}
        for number, channel in enumerate(spec.channels):
            fed.setdefault(channel.sensor, []).append((number, channel))
        self._intakes = {sensor: Intake(channels, noisy=spec.noise is not None) for sensor, channels in fed.items()}
        self._boot_id: bytes | None = None
        self._given: dict[bytes | None, Spans] = {}
        self._failing: set[str] = set()
        self._pauses = Pauses()

    def __repr__(self) -> str:
        return f"<StreamFilter {self._spec.name}>"

    @property
    def counters(self) -> FilterCounters:
        """Totals so far, as a copy."""
        return self._counters.copy()

    @property
    def errors(self) -> tuple[str, ...]:
        """Type names of the errors that withheld a row."""
        return tuple(sorted(self._judge.errors))

    def begin(self, at_ms: int, *, boot_id: bytes | None, given: Spans | None = None) -> None:
        """Start a new grid at this time; the first window is partial unless this is exactly its start.

        Call `interrupt` first when a grid was running: what a window held is forgotten here.

        Args:
            at_ms: now, on the new grid.
            boot_id: 16 bytes when the grid counts from boot, None when it is wall time.
            given: windows of this grid that were given out, by an earlier process too, as far as that is known; they
                are not given out again. It is kept up to date from now on.
        """
        self._counters.windows_abandoned += self._windows.forget()
        self._boot_id = boot_id
        if given is not None:
            self._given[boot_id] = given
        self._given.setdefault(boot_id, Spans())
        self._pauses.move(at_ms)
        self._windows.begin(at_ms)

    def pace(self, step_ms: int, at_ms: int) -> bool:
        """Make the windows shorter, or as long as they were, where both grids meet; returns whether they are now.

        No window is cut and none overlaps another: the one that is open must have begun on both grids, and must not
        be longer than the new ones already. The caller tries again later. Streams about people, vehicles or places
        keep their pace: their rows come on a constant schedule.

        Args:
            step_ms: length of the windows from now on; the usual one, or one that divides it.
            at_ms: now, on the present grid.
        """
        usual = self._spec.window_ms
        if step_ms != usual and (usual % step_ms or not paced(self._spec)):
            return False
        return self._windows.pace(step_ms, at_ms)

    def observe(self, sensor: str, reading: Reading, at_ms: int) -> None:
        """Take a reading into the window of its time; outside the two windows it is dropped and counted."""
        window = self._windows.at(at_ms)
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
            self._judge.condemn(window, error)

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
        if not self.synchronised:
            self._windows.doubt_clock()
        window = self._windows.running
        if window is not None and now_ms - window.start_ms > MOST_SKIPPED_WINDOWS * self._windows.step_ms:
            self._counters.clock_jumps += 1
            return self._restart(window, now_ms)
        rows: list[Released] = []
        for ended in self._windows.ended(now_ms):
            rows += self._close(ended)
        return rows

    def interrupt(self, at_ms: int) -> list[Released]:
        """Close what has ended by then, and the open window as partial; readings are dropped until `begin`."""
        rows = self.advance(at_ms)
        window = self._windows.running
        if window is not None and at_ms > window.start_ms:
            window.partial = True
            rows += self._close(window)
        self._windows.forget()
        return rows

    def _restart(self, window: Window, now_ms: int) -> list[Released]:
        window.partial = True
        rows = self._close(window)
        self._windows.forget()
        self.begin(now_ms, boot_id=self._boot_id)
        return rows

    def _close(self, window: Window) -> list[Released]:
        """Return the window's row, or nothing when it was given out before."""
        step_ms, given = self._windows.step_ms, self._given[self._boot_id]
        window.unwatched = self._pauses.during(window.start_ms, step_ms)
        if window.start_ms in given:
            window.wipe()
            self._counters.rows_repeated += 1
            return []
        outcomes = self._judge.outcomes(
            window, failing=self._failing, boot_id=self._boot_id, synchronised=self.synchronised
        )
        window.wipe()
        given.add(window.start_ms, step_ms=step_ms)
        self._counters.rows_released += 1
        row = release(
            self._spec.name,
            start_ms=window.start_ms,
            step_ms=step_ms,
            boot_id=self._boot_id,
            values=tuple([value for value, _ in outcomes]),
            quality=tuple([quality for _, quality in outcomes]),
        )
        return [row]
