"""The self-test: canaries go through a fresh instance of a stream's real filter before the stream may release.

The positive control comes with it: the exact numbers must come out, so a filter that merely withholds everything
fails as well. A stream whose report has not passed stays suspended, and says why.
"""

from collections.abc import Callable
from dataclasses import dataclass

from agent.privacy.canaries import Flock, canary, held_bytes
from agent.privacy.filter import StreamFilter
from agent.privacy.oracle import Sighting, expected_values
from agent.privacy.rehearsal import STRANGER, Scene, crowd_size, scenes, walks
from agent.privacy.released import Released
from agent.privacy.spec import Rule, StreamSpec
from agent.quality import Quality
from drivers.reading import Reading, Sensitivity

_MOST_CELLS_OF_A_WALK = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryReport:
    """Whether a stream may release.

    Attributes:
        stream: its identifier.
        passed: every rule did what it must.
        reason: what did not, in words and without data; empty when it passed.
        canaries: how many identifiers were sent through.
    """

    stream: str
    passed: bool
    reason: str
    canaries: int


class _Failed(Exception):
    """A rule did not hold; the text names the scene and the channel."""


def self_test(spec: StreamSpec, make_filter: Callable[[], StreamFilter]) -> CanaryReport:
    """Return whether the filter that `make_filter` makes afresh keeps every rule of the stream.

    Nothing it releases goes anywhere. Costs some milliseconds.
    """
    reason = ""
    identifiers = _identifiers(spec)
    try:
        flock = Flock([STRANGER, *identifiers])
        for play in (_play_scenes, _play_partial, _play_walks):
            play(_Stage(spec, make_filter(), flock))
    except _Failed as failure:
        reason = str(failure)
    except Exception as error:  # noqa: BLE001  fails closed: a filter that cannot be tested is not used
        reason = f"the filter raised {type(error).__name__}"
    return CanaryReport(stream=spec.name, passed=not reason, reason=reason, canaries=len(identifiers))


def _identifiers(spec: StreamSpec) -> list[bytes]:
    named = any(channel.source.sensitivity is Sensitivity.IDENTIFIER for channel in spec.channels)
    return [canary(number) for number in range(crowd_size(spec) if named else 0)]


class _Stage:
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
            raise _Failed(f"a window gave {len(rows)} rows instead of one")
        return rows[0]

    def search(self) -> None:
        """Look for the canaries in everything that can be seen from outside."""
        seen = (repr(self.filter), str(self.filter), repr(self.filter.counters), repr(self.filter.errors))
        if self._flock.is_seen(rows=self.rows, texts=seen):
            raise _Failed("a canary identifier came out")

    def search_inside(self) -> frozenset[bytes]:
        """Look for the canaries in what the filter holds while a window is open, and return that."""
        held = held_bytes(self.filter)
        if self._flock.is_held(held):
            raise _Failed("identifiers are held without a keyed hash")
        return held


def _play_scenes(stage: _Stage) -> None:
    stage.filter.begin(stage.now_ms, boot_id=None)
    before = held_bytes(stage.filter)
    earlier: frozenset[bytes] = frozenset()
    for scene in scenes(stage.spec):
        stage.show(scene.sightings)
        held = stage.search_inside() - before
        if held & earlier:
            raise _Failed("a pseudonym or its key outlived its window")
        earlier = held
        _compare(stage.spec, scene, stage.close())
    if held_bytes(stage.filter) - before:
        raise _Failed("the filter still holds something of a window that has ended")
    stage.search()


def _compare(spec: StreamSpec, scene: Scene, row: Released) -> None:
    """Hold a row against the oracle, and against what the scene must hide whatever the oracle says."""
    outcomes = zip(spec.channels, row.values, row.quality, expected_values(spec, scene.sightings), strict=True)
    for channel, value, quality, expected in outcomes:
        if quality is Quality.WITHHELD:
            raise _Failed(f"{scene.name}: a rule failed with an error")
        if channel.source.sensitivity is Sensitivity.LOCATION:
            continue
        if value != expected or (value is not None and type(value) is not int):
            raise _Failed(f"{scene.name}: channel {channel.name} is not what its rule makes of the canaries")
        hides = scene.hides or (scene.hides_bins and channel.rule is Rule.HISTOGRAM)
        if hides and channel.group is not None and quality is not Quality.SUPPRESSED:
            raise _Failed(f"{scene.name}: channel {channel.name} was not suppressed")


def _play_partial(stage: _Stage) -> None:
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
            raise _Failed(f"partial window: channel {channel.name} tells about people")
        if channel.group is None and quality is Quality.OK:
            raise _Failed(f"partial window: channel {channel.name} is not marked")
    stage.search()


def _play_walks(stage: _Stage) -> None:
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
            raise _Failed(f"channel {name}: no position came out; its range may be smaller than its grid")
        if found > _MOST_CELLS_OF_A_WALK:
            raise _Failed(f"channel {name}: positions are not snapped to a grid of the declared size")
    stage.search()
