"""The windows of all streams: routes readings to the filters, and closes windows on time.

In: readings and states from the pollers. Out: released rows. Never: a reading kept, a window over a clock step.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict

from agent.clock import NS_PER_MS, Clock
from agent.poller import SensorState
from agent.privacy.filter import StreamFilter
from agent.privacy.released import Released
from agent.privacy.spec import StreamSpec
from agent.timeline import Timeline
from drivers.reading import Reading

GRACE_MS = 150
"""A window is closed this long after its end, so that readings on their way are in it."""

Watcher = Callable[[str, Reading], None]


class Windows:
    """Feeds the filters and asks them for rows. A stream without a filter is suspended and gets nothing.

    Args:
        specs: the streams that run.
        filters: their filters, by stream.
        clock: for the time of each tick.
        watch: sees each reading before the filters do: the clock's GNSS source; it may keep nothing else.
    """

    def __init__(
        self,
        specs: tuple[StreamSpec, ...],
        *,
        filters: Mapping[str, StreamFilter],
        clock: Clock,
        watch: Watcher | None = None,
    ) -> None:
        self._clock = clock
        self._watch = watch
        self._filters = filters
        self._steps_ms = [spec.window_ms for spec in specs if spec.name in filters]
        self._routes: dict[str, list[StreamFilter]] = {}
        for spec in specs:
            if spec.name in filters:
                for sensor in dict.fromkeys(channel.sensor for channel in spec.channels):
                    self._routes.setdefault(sensor, []).append(filters[spec.name])
        self.timeline = Timeline(clock.boot_id, clock.instant())
        self.states: dict[str, SensorState] = {}
        self.readings = 0
        self._begin(self.timeline.grid.at_ms(clock.mono_ns()))

    def on_reading(self, sensor: str, reading: Reading) -> None:
        """Hand a reading to the filters of the streams that its sensor feeds."""
        self.readings += 1
        if self._watch is not None:
            self._watch(sensor, reading)
        at_ms = self.timeline.grid.at_ms(reading.mono_ns)
        for stream in self._routes.get(sensor, ()):
            stream.observe(sensor, reading, at_ms)

    def on_state(self, sensor: str, state: SensorState) -> None:
        """Note a sensor's state, for the status and for the code of values that are missing."""
        self.states[sensor] = state
        for stream in self._routes.get(sensor, ()):
            stream.sensor_state(sensor, state is SensorState.OK)

    def tick(self) -> list[Released]:
        """Close every window that has ended; after a clock step, all of them as partial, on their own grid."""
        now = self._clock.instant()
        old = self.timeline.grid
        if self.timeline.update(now):
            rows = self._interrupt(old.at_ms(now.mono_ns))
            self._begin(self.timeline.grid.at_ms(now.mono_ns))
            return rows
        now_ms = self.timeline.grid.at_ms(now.mono_ns) - GRACE_MS
        return [row for stream in self._filters.values() for row in stream.advance(now_ms)]

    def stop(self) -> list[Released]:
        """Close every window as it stands, as partial."""
        return self._interrupt(self.timeline.grid.at_ms(self._clock.mono_ns()))

    def counters(self) -> dict[str, dict[str, int]]:
        """Return what each stream's filter has counted."""
        return {name: asdict(stream.counters) for name, stream in self._filters.items()}

    def next_tick_s(self) -> float:
        """Return the seconds until the next window is due to be closed."""
        mono_ns = self._clock.mono_ns()
        now_ms = self.timeline.grid.at_ms(mono_ns) - GRACE_MS
        wait_ms = min((step - now_ms % step for step in self._steps_ms), default=1000)
        return wait_ms / 1000 - (mono_ns % NS_PER_MS) / (1000 * NS_PER_MS)

    def _begin(self, at_ms: int) -> None:
        for stream in self._filters.values():
            stream.begin(at_ms, boot_id=self.timeline.grid.boot_id)

    def _interrupt(self, at_ms: int) -> list[Released]:
        return [row for stream in self._filters.values() for row in stream.interrupt(at_ms)]
