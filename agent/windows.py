"""The windows of all streams: routes readings to the filters, and closes windows on time.

In: readings and states from the pollers, and which streams are suspended. Out: released rows. Never: a reading kept,
a window over a clock step, anything at all of a stream while it is suspended.
"""

from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import asdict, dataclass

from agent.boots import Boots
from agent.clock import NS_PER_MS, Clock
from agent.given import Given
from agent.poller import SensorState
from agent.privacy.filter import StreamFilter
from agent.privacy.released import Released
from agent.privacy.spec import StreamSpec
from agent.timeline import Timeline
from agent.wire.messages import ClockQuality, ClockStamp
from drivers.reading import Reading

GRACE_MS = 150
"""A window is closed this long after its end, so that readings on their way are in it."""
_NO_STREAM_MS = 1000
_NS_PER_S = 1_000_000_000

Watcher = Callable[[str, Reading], None]


@dataclass(frozen=True, slots=True)
class Closed:
    """Windows that were closed.

    Attributes:
        rows: what they released.
        clock: the clock's state while they were open.
        early: they had not ended: the clock was set, a stream was suspended, or the unit stops.
    """

    rows: list[Released]
    clock: ClockStamp
    early: bool


class Windows:
    """Feeds the filters and asks them for rows. A stream without a filter gets nothing, ever.

    Args:
        specs: the streams that run.
        filters: their filters, by stream.
        clock: for the time of each tick.
        given: what was given out before, which is not given out again; kept up to date.
        boots: what is known of this boot's time; kept up to date.
        watch: sees each reading before the filters do: the clock's GNSS source; it may keep nothing else.
        suspended: streams that are suspended on order from the start.

    Attributes:
        names: of all streams.
        suspended: streams that are suspended on order now: their filters are empty and get nothing.
    """

    def __init__(
        self,
        specs: tuple[StreamSpec, ...],
        *,
        filters: Mapping[str, StreamFilter],
        clock: Clock,
        given: Given,
        boots: Boots | None = None,
        watch: Watcher | None = None,
        suspended: AbstractSet[str] = frozenset(),
    ) -> None:
        self._clock = clock
        self._watch = watch
        self._filters = filters
        self._given = given
        self._usual_ms = {spec.name: spec.window_ms for spec in specs if spec.name in filters}
        self._steps_ms = dict(self._usual_ms)
        self.names = tuple(spec.name for spec in specs)
        self.suspended = frozenset(suspended)
        self._routes: dict[str, list[tuple[str, StreamFilter]]] = {}
        for spec in specs:
            if spec.name in filters:
                for sensor in dict.fromkeys(channel.sensor for channel in spec.channels):
                    self._routes.setdefault(sensor, []).append((spec.name, filters[spec.name]))
        now = clock.instant()
        self.timeline = Timeline(clock.boot_id, now, boots)
        self.states: dict[str, SensorState] = {}
        self.readings = 0
        self._ticked_ms = 0
        self._begin(now.mono_ns)

    def on_reading(self, sensor: str, reading: Reading) -> None:
        """Hand a reading to the filters of the streams that its sensor feeds."""
        self.readings += 1
        if self._watch is not None:
            self._watch(sensor, reading)
        at_ms = self.timeline.grid.at_ms(reading.mono_ns)
        for name, stream in self._routes.get(sensor, ()):
            if name not in self.suspended:
                stream.observe(sensor, reading, at_ms)

    def on_state(self, sensor: str, state: SensorState) -> None:
        """Note a sensor's state, for the status and for the code of values that are missing.

        A sensor is paused until it has shown another state: while it is opened again it does not observe either.
        """
        self.states[sensor] = state
        at_ms = self.timeline.grid.at_ms(self._clock.mono_ns())
        for _, stream in self._routes.get(sensor, ()):
            if state is SensorState.PAUSED:
                stream.sensor_paused(sensor, at_ms)
            else:
                stream.sensor_watched(sensor, at_ms)
            stream.sensor_state(sensor, state in {SensorState.OK, SensorState.PAUSED})

    def tick(self) -> Closed:
        """Close every window that has ended; after a clock step, all of them as partial, on their own grid."""
        now = self._clock.instant()
        grid, stamp = self.timeline.grid, self.timeline.stamp()
        if self.timeline.update(now):
            closed = self._interrupt(grid.at_ms(now.mono_ns), stamp)
            self._begin(now.mono_ns)
            return closed
        self._ticked_ms = self.timeline.grid.at_ms(now.mono_ns) - GRACE_MS
        self._tell_clock(self.timeline.stamp())
        rows = [row for _, stream in self._running() for row in stream.advance(self._ticked_ms)]
        self._given.note(rows)
        return Closed(rows, self.timeline.stamp(), early=False)

    def set_suspended(self, names: AbstractSet[str]) -> Closed:
        """Suspend these streams and no others; return what the newly suspended ones had observed until now.

        Their open windows close as partial, and their filters forget everything and are given nothing more. Streams
        that are no longer suspended begin in the middle of a window, which is partial; one that was given out when
        they were suspended is not given out again.
        """
        now_ms = self.timeline.grid.at_ms(self._clock.mono_ns())
        self._tell_clock(self.timeline.stamp())
        stopped, started = names - self.suspended, self.suspended - names
        rows = [row for name, stream in self._running() if name in stopped for row in stream.interrupt(now_ms)]
        self.suspended = frozenset(names)
        self._given.note(rows)
        for name, _ in self._running():
            if name in started:
                self._begin_stream(name, now_ms)
        return Closed(rows, self.timeline.stamp(), early=True)

    def pace(self, faster: Mapping[str, int], *, afresh: bool = False) -> None:
        """Have these streams keep these windows, in ms, and all others their usual ones: each as soon as it can.

        Args:
            faster: shorter windows, by stream.
            afresh: nothing was observed yet: begin with them at once.
        """
        at_ms = self.timeline.grid.at_ms(self._clock.mono_ns())
        for name, usual_ms in self._usual_ms.items():
            step_ms = faster.get(name, usual_ms)
            if step_ms == self._steps_ms[name]:
                continue
            if afresh:
                self._filters[name].interrupt(0)
            if self._filters[name].pace(step_ms, at_ms):
                self._steps_ms[name] = step_ms
            if afresh and name not in self.suspended:
                self._begin_stream(name, at_ms)

    def stop(self) -> Closed:
        """Close every window as it stands, as partial."""
        return self._interrupt(self.timeline.grid.at_ms(self._clock.mono_ns()), self.timeline.stamp())

    def counters(self) -> dict[str, dict[str, int]]:
        """Return what each stream's filter has counted."""
        return {name: asdict(stream.counters) for name, stream in self._filters.items()}

    def next_tick_s(self) -> float:
        """Return the seconds until the next window is due to be closed; 0 when one is overdue."""
        last_ms = self._ticked_ms
        steps_ms = self._steps_ms.values()
        end_ms = min((last_ms - last_ms % step + step for step in steps_ms), default=last_ms + _NO_STREAM_MS)
        due_ms = end_ms + GRACE_MS - self.timeline.grid.offset_ms
        return max(0, due_ms * NS_PER_MS - self._clock.mono_ns()) / _NS_PER_S

    def _begin(self, mono_ns: int) -> None:
        """Begin windows on the present grid."""
        self._ticked_ms = at_ms = self.timeline.grid.at_ms(mono_ns)
        for name, _ in self._running():
            self._begin_stream(name, at_ms)

    def _begin_stream(self, name: str, at_ms: int) -> None:
        boot_id = self.timeline.grid.boot_id
        self._filters[name].begin(at_ms, boot_id=boot_id, given=self._given.spans(name, boot_id))

    def _running(self) -> Iterator[tuple[str, StreamFilter]]:
        return ((name, stream) for name, stream in self._filters.items() if name not in self.suspended)

    def _tell_clock(self, stamp: ClockStamp) -> None:
        """Tell the filters whether the clock is synchronised: a free-running one may be in another day's budget."""
        for stream in self._filters.values():
            stream.synchronised = stamp.quality is ClockQuality.SYNCHRONISED

    def _interrupt(self, at_ms: int, stamp: ClockStamp) -> Closed:
        self._tell_clock(stamp)
        rows = [row for _, stream in self._running() for row in stream.interrupt(at_ms)]
        self._given.note(rows)
        return Closed(rows, stamp, early=True)
