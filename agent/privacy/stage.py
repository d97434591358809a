"""The stage on which a stream's filter is rehearsed, and the plays: what every filter must do with canaries.

In: a fresh filter. Out: nothing, or why it may not be used. Never: a filter that is in use.
"""

from collections.abc import Sequence

from agent.privacy.canaries import Flock, held_bytes
from agent.privacy.filter import StreamFilter
from agent.privacy.oracle import Sighting, expected_values
from agent.privacy.rehearsal import Scene, scenes, walks
from agent.privacy.released import Released
from agent.privacy.spec import StreamSpec
from agent.quality import Quality
from drivers.reading import Reading, Sensitivity

_MOST_CELLS_OF_A_WALK = 2


class Failed(Exception):
    """A rule did not hold; the text names the scene and the channel."""


class Stage:
    """A filter under test, and everything that came out of it."""

    def __init__(self, spec: StreamSpec, stream_filter: StreamFilter, flock: Flock) -> None:
        self.spec = spec
        self.filter = stream_filter
        self.now_ms = 0
        self.rows: list[Released] = []
        self._flock = flock

    def show(self, sightings: tuple[Sighting, ...]) -> None:
        """Let the filter see readings of the window that begins now."""
        for sensor, values, at_ms in sightings:
            self.filter.observe(sensor, Reading(mono_ns=0, values=values), self.now_ms + at_ms)

    def close(self) -> Released:
        """End the window and return its row."""
        self.now_ms += self.spec.window_ms
        rows = self.filter.advance(self.now_ms)
        self.rows += rows
        if len(rows) != 1:
            raise Failed(f"a window gave {len(rows)} rows instead of one")
        return rows[0]

    def compare(self, scene: Scene, row: Released) -> None:
        """Hold the row of a scene against the oracle."""
        compare(self.spec, scene, row, expected_values(self.spec, scene.sightings))

    def search(self) -> None:
        """Look for the canaries in everything that can be seen from outside."""
        seen = (repr(self.filter), str(self.filter), repr(self.filter.counters), repr(self.filter.errors))
        if self._flock.is_seen(rows=self.rows, texts=seen):
            raise Failed("a canary identifier came out")

    def search_inside(self) -> frozenset[bytes]:
        """Look for the canaries in what the filter holds while a window is open, and return that."""
        held = held_bytes(self.filter)
        if self._flock.is_held(held):
            raise Failed("identifiers are held without a keyed hash")
        return held


def play_scenes(stage: Stage) -> None:
    """Play every scene: what comes out is what must, and of what was inside nothing stays."""
    stage.filter.begin(stage.now_ms, boot_id=None)
    before = held_bytes(stage.filter)
    earlier: frozenset[bytes] = frozenset()
    for scene in scenes(stage.spec):
        stage.show(scene.sightings)
        held = stage.search_inside() - before
        if held & earlier:
            raise Failed("a pseudonym or its key outlived its window")
        earlier = held
        stage.compare(scene, stage.close())
    if held_bytes(stage.filter) - before:
        raise Failed("the filter still holds something of a window that has ended")
    stage.search()


def compare(spec: StreamSpec, scene: Scene, row: Released, expected: Sequence[int | None]) -> None:
    """Hold a row against what it must be, and against what the scene must hide whatever the oracle says."""
    told = zip(spec.channels, row.values, row.quality, expected, strict=True)
    for number, (channel, value, quality, wanted) in enumerate(told):
        if quality is Quality.WITHHELD:
            raise Failed(f"{scene.name}: a rule failed with an error")
        if channel.source.sensitivity is Sensitivity.LOCATION:
            continue
        if value != wanted or (value is not None and type(value) is not int):
            raise Failed(f"{scene.name}: channel {channel.name} is not what its rule makes of the canaries")
        hides = scene.hides or number in scene.hides_bins
        if hides and channel.group is not None and quality is not Quality.SUPPRESSED:
            raise Failed(f"{scene.name}: channel {channel.name} was not suppressed")


def play_partial(stage: Stage) -> None:
    """Begin inside a window: nothing about people may leave of it."""
    if stage.spec.window_ms == 1:
        return
    stage.now_ms = 1
    stage.filter.begin(stage.now_ms, boot_id=None)
    stage.now_ms = 0
    stage.show(next(scenes(stage.spec)).sightings)
    row = stage.close()
    for channel, value, quality in zip(stage.spec.channels, row.values, row.quality, strict=True):
        if channel.group is not None and (value is not None or quality is not Quality.PARTIAL):
            raise Failed(f"partial window: channel {channel.name} tells about people")
        if channel.group is None and quality is Quality.OK:
            raise Failed(f"partial window: channel {channel.name} is not marked")
    stage.search()


def play_walks(stage: Stage) -> None:
    """Walk along each axis for less than an edge of the grid: at most two cells, and at least one, may come out."""
    stage.filter.begin(stage.now_ms, boot_id=None)
    for number, walk in walks(stage.spec):
        cells = set()
        for scene in walk:
            stage.show(scene.sightings)
            cells.add(stage.close().values[number])
        found = len(cells - {None})
        name = stage.spec.channels[number].name
        if not found:
            raise Failed(f"channel {name}: no position came out; its range may be smaller than its grid")
        if found > _MOST_CELLS_OF_A_WALK:
            raise Failed(f"channel {name}: positions are not snapped to a grid of the declared size")
    stage.search()
