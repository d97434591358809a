"""The privacy filter of one stream: readings in, released rows out, on a constant schedule.

Times are integers on the caller's grid: ms since 1970, or since boot when there is a boot id. The filter reads no
clock; the caller says when time passes. Two windows are kept, the open one and the one after it, so that the caller
may call `advance` a little late (up to one window) and give readings that were on their way a chance: they are placed
by their own time, whatever order they come in.

A rule that fails withholds the whole row of its window. Only the name of the error's type is kept: its text may carry
what the rule was looking at.

A stream with noise pays for each window before anything is made of it, whether or not anybody was there, and once. A
window that is partial for all that is about people costs nothing: nothing of that leaves.
"""

from typing import TYPE_CHECKING, Final

from agent.privacy.counters import FilterCounters
from agent.privacy.distinct import RandomBytes
from agent.privacy.errors import IllegalStream, RuleBroken
from agent.privacy.intake import Intake
from agent.privacy.laplace import discrete_laplace
from agent.privacy.legality import problems
from agent.privacy.opening import Opener
from agent.privacy.pacing import paced
from agent.privacy.pauses import Pauses
from agent.privacy.payment import noised, payment
from agent.privacy.released import Released, release
from agent.privacy.spans import Spans
from agent.privacy.spec import ReleasedChannel, StreamSpec
from agent.privacy.verdict import NOTHING, Outcome, Verdict
from agent.privacy.window import Window
from agent.quality import Quality
from drivers.reading import Reading

if TYPE_CHECKING:
    from agent.privacy.ledger import Ledger
    from agent.privacy.ledger import Verdict as Grant
    from agent.privacy.noised import Sampler

MOST_SKIPPED_WINDOWS: Final = 600
"""A longer silence between two calls of `advance` is taken for a clock step that the caller did not announce."""
_MOST_ERROR_TYPES: Final = 16


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
        self._step_ms = spec.window_ms
        self.synchronised = False
        self._payment = payment(spec, ledger)
        self._noised = noised(spec, sampler=sampler, random_bytes=random_bytes)
        self._opener = Opener(spec, random_bytes)
        self._verdict = Verdict(spec)
        fed: dict[str, list[tuple[int, ReleasedChannel]]] = {}
        for number, channel in enumerate(spec.channels):
            fed.setdefault(channel.sensor, []).append((number, channel))
        self._intakes = {sensor: Intake(channels, noisy=spec.noise is not None) for sensor, channels in fed.items()}
        self._open: Window | None = None
        self._next: Window | None = None
        self._boot_id: bytes | None = None
        self._given: dict[bytes | None, Spans] = {}
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

    def begin(self, at_ms: int, *, boot_id: bytes | None, given: Spans | None = None) -> None:
        """Start a new grid at this time; the first window is partial unless this is exactly its start.

        Call `interrupt` first when a grid was running: what a window held is forgotten here.

        Args:
            at_ms: now, on the new grid.
            boot_id: 16 bytes when the grid counts from boot, None when it is wall time.
            given: windows of this grid that were given out, by an earlier process too, as far as that is known; they
                are not given out again. It is kept up to date from now on.
        """
        self._counters.windows_abandoned += self._forget()
        self._boot_id = boot_id
        if given is not None:
            self._given[boot_id] = given
        self._given.setdefault(boot_id, Spans())
        self._pauses.move(at_ms)
        start_ms = at_ms - at_ms % self._step_ms
        self._open = self._new_window(start_ms, partial=start_ms != at_ms)

    def pace(self, step_ms: int, at_ms: int) -> bool:
        """Make the windows shorter, or as long as they were, where both grids meet; returns whether they are now.

        No window is cut and none overlaps another: the one that is open must have begun on both grids, and must not
        be longer than the new ones already. The caller tries again later. Streams about people, vehicles or places
        keep their pace: their rows come on a constant schedule.

        Args:
            step_ms: length of the windows from now on; the usual one, or one that divides it.
            at_ms: now, on the present grid.
        """
        window, usual = self._open, self._spec.window_ms
        if step_ms != usual and (usual % step_ms or not paced(self._spec)):
            return False
        if window is not None and (window.start_ms % step_ms or at_ms >= window.start_ms + step_ms or self._next):
            return False
        self._step_ms = step_ms
        return True

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
        window, step = self._open, self._step_ms
        self._note_clock()
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

    def _note_clock(self) -> None:
        """Have the open windows remember a clock that is not synchronised, whatever it says at their end."""
        if not self.synchronised:
            for window in (self._open, self._next):
                if window is not None:
                    window.synchronised = False

    def _window_at(self, at_ms: int) -> Window | None:
        window, step = self._open, self._step_ms
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
        """Return the window's row, or nothing when it was given out before."""
        window.unwatched = self._pauses.during(window.start_ms, self._step_ms)
        if window.start_ms in self._given[self._boot_id]:
            window.wipe()
            self._counters.rows_repeated += 1
            return []
        outcomes = self._judge(window, self._pay(window))
        window.wipe()
        self._given[self._boot_id].add(window.start_ms, step_ms=self._step_ms)
        self._counters.rows_released += 1
        row = release(
            self._spec.name,
            start_ms=window.start_ms,
            step_ms=self._step_ms,
            boot_id=self._boot_id,
            values=tuple([value for value, _ in outcomes]),
            quality=tuple([quality for _, quality in outcomes]),
        )
        return [row]

    def _pay(self, window: Window) -> "Grant | None":
        """Pay for the noise of a window that is given out; None when there is none to be paid for."""
        if self._payment is None or self._noised is None or not self._noised.is_due(window):
            return None
        dated = self._boot_id is None and self.synchronised and window.synchronised
        return self._payment.spend(window.start_ms, synchronised=dated)

    def _judge(self, window: Window, grant: "Grant | None") -> list[Outcome]:
        """Return the outcome of every column; all withheld when any rule failed or let through what may not leave."""
        try:
            if not window.broken:
                noisy = NOTHING if self._noised is None else self._noised.outcomes(window, grant, self._counters)
                outcomes = self._verdict.outcomes(window, self._failing, self._counters, noisy=noisy)
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
