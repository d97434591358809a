"""Whether streams may be released as they are written. Pure.

Asked twice: by the configuration checker, so that a person is told in the file what is wrong, and by the filter's
constructor, so that no configuration can get round it.

All problems are found at once. `problems` judges one stream, `conflicts` what several tell together.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final

from agent.privacy.classes import channel_problems
from agent.privacy.histogram import MOST_BINS, bins_by_source
from agent.privacy.problem import Problem, about, about_all, origin
from agent.privacy.spec import ReleasedChannel, Rule, StreamSpec
from drivers.reading import Channel, Sensitivity

SMALLEST_K: Final = 5
DEFAULT_K: Final = 10
LARGEST_K: Final = 50
FEWEST_BINS: Final = 2
LONGEST_PEOPLE_WINDOW_MS: Final = 24 * 60 * 60 * 1000
"""A window's pseudonyms share one key, and no key lives longer than a day."""


def problems(spec: StreamSpec) -> tuple[Problem, ...]:
    """Return everything that is wrong with one stream; empty when it may be released."""
    found = [*_stream_problems(spec), *_suppression_problems(spec)]
    for channel in spec.channels:
        found += channel_problems(spec, channel)
    found += _description_problems(spec)
    found += _uncounted_groups(spec)
    found += _lone_sightings([spec])
    found += _shared_positions([spec])
    found += _histogram_problems(spec)
    found += _noise_problems(spec)
    return tuple(found)


def _noise_problems(spec: StreamSpec) -> Iterable[Problem]:
    if spec.noise is None:
        return ()
    from agent.privacy.noise_rules import noise_problems  # noqa: PLC0415 - see `agent.privacy.payment`

    return noise_problems(spec)


def conflicts(specs: Sequence[StreamSpec]) -> tuple[Problem, ...]:
    """Return what is wrong between streams beyond what is wrong with each: what one withholds no other may tell."""
    alone = {problem for spec in specs for problem in (*_lone_sightings([spec]), *_shared_positions([spec]))}
    together = (*_shared_groups(specs), *_lone_sightings(specs), *_shared_positions(specs))
    return tuple(problem for problem in together if problem not in alone)


def _stream_problems(spec: StreamSpec) -> Iterator[Problem]:
    if not spec.channels:
        yield about_all(spec, "channel", what="it has no channel", why="only listed channels leave, so nothing would")
    if spec.window_ms < 1:
        yield about_all(spec, "window", what=f"a window of {spec.window_ms} ms", why="windows are at least 1 ms long")
    names: set[str] = set()
    for channel in spec.channels:
        if channel.name in names:
            why = "a released name means one thing"
            yield about(spec, channel, "channel", what="two channels have this name", why=why)
        names.add(channel.name)


def _suppression_problems(spec: StreamSpec) -> Iterator[Problem]:
    k = spec.suppress_below
    people = [channel.name for channel in spec.channels if channel.group is not None]
    if k is not None and not SMALLEST_K <= k <= LARGEST_K:
        why = f"it must be {SMALLEST_K} to {LARGEST_K}"
        yield about_all(spec, "suppress_below", what=f"suppress_below is {k}", why=why)
    if people and k is None and spec.noise is None:
        why = (
            f"{', '.join(people)} tell about people or vehicles (class count or identifier, or a member of a group), "
            f"and small numbers of those are suppressed: write suppress_below = {DEFAULT_K}, or add noise"
        )
        yield about_all(spec, "suppress_below", what="suppress_below is missing", why=why)
    if people and spec.window_ms > LONGEST_PEOPLE_WINDOW_MS:
        why = "class identifier or count: a pseudonym may live for a day at most"
        yield about_all(spec, "window", what="its window is longer than 24 hours", why=why)


def _description_problems(spec: StreamSpec) -> Iterator[Problem]:
    """Find sources described in two ways, and coordinates of one sensor in different powers of ten."""
    described: dict[tuple[str, str], Channel] = {}
    exponents: dict[str, int] = {}
    for channel in spec.channels:
        source = channel.source
        if described.setdefault((channel.sensor, source.name), source) != source:
            what = f"{origin(channel)} is described in two ways"
            yield about(spec, channel, "from", what=what, why="a channel has one class and one range")
        if source.unit in {"lat", "lon"} and exponents.setdefault(channel.sensor, source.exponent) != source.exponent:
            what = f"{origin(channel)} has another power of ten than the other coordinate"
            yield about(spec, channel, "from", what=what, why="class location: both are snapped together")


def _uncounted_groups(spec: StreamSpec) -> Iterator[Problem]:
    if spec.noise is not None and spec.suppress_below is None:
        return  # noise hides few as well as many
    groups: dict[str, list[ReleasedChannel]] = {}
    for channel in spec.channels:
        if channel.group is not None:
            groups.setdefault(channel.group, []).append(channel)
    for name, members in groups.items():
        if not any(member.tells_contributors for member in members):
            why = (
                "without their number it cannot be suppressed when they are few: release the group's channel of "
                "class count, or count_distinct or dwell of its channel of class identifier, in the same stream"
            )
            what = f"nothing in this stream counts the contributors of group {name}"
            yield about(spec, members[0], "channel", what=what, why=why)


def _lone_sightings(specs: Sequence[StreamSpec]) -> Iterator[Problem]:
    """Find channels outside a group, of sensors that report somebody with every reading: being there tells enough."""
    pairs = [(spec, channel) for spec in specs for channel in spec.channels]
    scanners = {channel.sensor for _, channel in pairs if channel.source.sensitivity is Sensitivity.IDENTIFIER}
    for spec, channel in pairs:
        if channel.sensor in scanners and channel.group is None:
            what = f"{origin(channel)} comes with sightings but is in no group"
            why = "class identifier: every reading of this sensor is a sighting, so all of it tells about people"
            yield about(spec, channel, "from", what=what, why=why)


def _histogram_problems(spec: StreamSpec) -> Iterator[Problem]:
    """Find histograms that are not one row of bins: what two of one source tell can be subtracted, too."""
    for bins in bins_by_source(spec):
        first = bins[0][1]
        if len(bins) < FEWEST_BINS or len(bins) > MOST_BINS:
            what = f"the histogram of {origin(first)} has {len(bins)} bins"
            yield about(spec, first, "bins", what=what, why=f"a histogram has {FEWEST_BINS} to {MOST_BINS}")
        for (_, before), (_, after) in pairwise(bins):
            if before.bins is not None and after.bins is not None and before.bins[1] != after.bins[0]:
                what = f"the bins of {origin(first)} do not follow each other in ascending order without a gap"
                why = "a source has one histogram in a stream: bins that overlap can be subtracted from each other"
                yield about(spec, after, "bins", what=what, why=why)


def _shared_groups(specs: Sequence[StreamSpec]) -> Iterator[Problem]:
    owners: dict[str, int] = {}
    for number, spec in enumerate(specs):
        told: set[str] = set()
        for channel in spec.channels:
            group = channel.group
            if group is None or owners.setdefault(group, number) == number or group in told:
                continue
            told.add(group)
            owner = specs[owners[group]]
            what = f"group {group} already feeds stream {owner.name}"
            yield about(spec, channel, "from", what=what, why=_subtraction(owner, spec))


def _subtraction(first: StreamSpec, second: StreamSpec) -> str:
    """Return why a group feeds one stream, as the sum that somebody could do with the two."""
    k = max(first.suppress_below or DEFAULT_K, second.suppress_below or DEFAULT_K)
    short, long = sorted((first, second), key=lambda spec: spec.window_ms)
    if short.window_ms == long.window_ms:
        example = f"{k + 3} told by {first.name} less {k} told by {second.name} leaves 3"
    else:
        most, last = _span(long.window_ms), _span(short.window_ms)
        example = f"{k + 3} in {most} of {long.name} less {k} in all but the last {last}, of {short.name}, leaves 3"
    return (
        "a group of people or vehicles (class count or identifier) feeds one stream with one window, because two of "
        f"one crowd can be subtracted: {example}, and fewer than {k} may not be told"
    )


def _span(window_ms: int) -> str:
    """Return a length of time in words."""
    for unit, name in ((60_000, "min"), (1000, "s")):
        if window_ms % unit == 0:
            return f"{window_ms // unit} {name}"
    return f"{window_ms} ms"


def _shared_positions(specs: Sequence[StreamSpec]) -> Iterator[Problem]:
    grids: dict[str, int] = {}
    for spec in specs:
        for channel in spec.channels:
            if channel.rule is not Rule.GRID or channel.grid_m is None:
                continue
            grid_m = grids.setdefault(channel.sensor, channel.grid_m)
            if grid_m != channel.grid_m:
                what = f"sensor {channel.sensor} has a grid of {grid_m} m in another channel"
                why = "class location: two grids over one position narrow it down further than either"
                yield about(spec, channel, "grid", what=what, why=why)
