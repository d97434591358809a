import hashlib
import hmac
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import permutations

import pytest

from agent.privacy import aggregate
from agent.privacy.bearing import ONE, MeanDirection
from agent.privacy.canaries import canary
from agent.privacy.canary import CanaryReport, self_test
from agent.privacy.dwell import Dwell
from agent.privacy.filter import StreamFilter
from agent.privacy.grid import Grid
from agent.privacy.histogram import Histogram
from agent.privacy.intake import IdentifierPort, NumberPort
from agent.privacy.released import Released
from agent.privacy.rounding import Scale
from agent.privacy.spans import Spans
from agent.privacy.spec import Rule, StreamSpec
from agent.privacy.spread import Deviation, Samples
from agent.privacy.verdict import Column, Group
from agent.quality import Quality
from drivers.reading import Reading
from tests.support.privacy import (
    ALTITUDE,
    CARS,
    CORNER,
    DEVICES,
    EXAMPLES,
    HUMIDITY,
    LATITUDE,
    LONGITUDE,
    MAC,
    PARKED,
    PLACE,
    SPEED,
    SPEEDS,
    SPREAD,
    STAYS,
    TEMPERATURE,
    TRAFFIC,
    WEATHER,
    counting_bytes,
    histogram,
    make_filter,
    released,
    stream,
)


def run(spec: StreamSpec, make: Callable[[], StreamFilter] | None = None) -> CanaryReport:
    return self_test(spec, make or (lambda: make_filter(spec)))


@pytest.mark.parametrize(
    "spec",
    [
        *EXAMPLES,
        replace(DEVICES, window_ms=1),
        replace(DEVICES, window_ms=24 * 3_600_000),
        replace(DEVICES, suppress_below=50),
        stream(released(MAC, Rule.COUNT_DISTINCT, bounds=(0, 11)), k=10),
        stream(released(MAC, Rule.COUNT_DISTINCT, resolution=5), k=5),
        stream(released(MAC, Rule.COUNT_DISTINCT, exponent=1, bounds=(0, 100)), k=5),
        stream(released(CARS, Rule.MEAN, exponent=-2, bounds=(0, 10_000)), released(SPEED), k=20),
        stream(released(CARS, Rule.MAX), released(CARS, Rule.SUM, name="total", bounds=(0, 10**6)), k=20),
        stream(*SPEEDS.channels, *STAYS.channels, k=5),
        stream(released(LONGITUDE, Rule.GRID, grid_m=100_000)),
        stream(released(LATITUDE, Rule.GRID, grid_m=100, bounds=(600_000_000, 610_000_000))),
        stream(released(TEMPERATURE, Rule.SUM), released(TEMPERATURE, exponent=2, name="hundreds", bounds=(0, 5))),
    ],
    ids=repr,
)
def test_self_test_of_the_real_filter_passes(spec: StreamSpec) -> None:
    assert run(spec) == CanaryReport(stream=spec.name, passed=True, reason="", canaries=run(spec).canaries)


def test_self_test_sends_more_identifiers_than_k() -> None:
    assert run(DEVICES).canaries > 10
    assert run(WEATHER).canaries == 0


def _identity(identifier: bytes, key: bytearray) -> bytes:
    del key
    return identifier


def _unkeyed(identifier: bytes, key: bytearray) -> bytes:
    del key
    return hashlib.sha256(identifier).digest()[:16]


def _text(identifier: bytes, key: bytearray) -> str:
    del key
    return identifier.hex(":")


def _fixed_key(identifier: bytes, key: bytearray) -> bytes:
    del key
    return hmac.digest(b"the same for ever", identifier, "sha256")[:16]


def _take_anything(
    port: NumberPort, values: dict[str, int], window: object, counters: object, *, by: bytes | None = None
) -> None:
    del counters, by
    if port._source in values:
        for column in port._columns:
            window.numbers[column].add(values[port._source])  # type: ignore[attr-defined]  # a window


def _take_stranger(
    port: IdentifierPort, values: dict[str, bytes], window: object, counters: object, *, at_ms: int
) -> bytes:
    del counters, at_ms
    for column in port._columns:
        for value in values.values():
            if isinstance(value, bytes):
                window.crowds[column].add(value)  # type: ignore[attr-defined]  # a window
    return canary(0)


def _longitude_without_cosine(grid: Grid, longitude: int, *, latitude: int) -> int:
    del latitude
    step = grid.edge_m * 10**-grid.exponent // 111_319
    return int(longitude // step * step + step // 2)


SPEEDS_WITHIN = stream(released(CARS, Rule.SUM, bounds=(0, 10**5)), *histogram(SPEED, 50, 139, 278), k=5)


def _never(*_: object) -> bool:
    return False


def _pass(_: object, value: int, **__: int) -> int:
    return value


def _numerator(_: object, exact: tuple[int, int]) -> int:
    return exact[0]


def _first_sample(samples: Sequence[int], _: int) -> tuple[int, int]:
    return samples[0], 1


def _last_ms(stay: Dwell) -> tuple[int, int] | None:
    seen = sorted(last for _, last in stay._seen.values())
    return (seen[len(seen) // 2], 1) if seen else None


def _mean_stay(stay: Dwell) -> tuple[int, int] | None:
    seen = [last - first for first, last in stay._seen.values()]
    return (sum(seen), len(seen)) if seen else None


def _latest_visit(stay: Dwell, identifier: bytes, at_ms: int) -> None:
    name = stay._name(identifier)
    first, _ = stay._seen.get(name, (at_ms, at_ms))
    stay._seen[name] = first, at_ms


def _no_visit(stay: Dwell, identifier: bytes, at_ms: int) -> None:
    if stay._seen.setdefault(stay._name(identifier), (at_ms, at_ms)):
        return


def _linear(mean: MeanDirection, sample: int) -> None:
    mean._east += ONE
    mean._samples += 1
    mean._north += sample


def _upper_included(histogram: Histogram, sample: int, by: bytes | None = None) -> None:
    cell = (bisect_left(histogram._edges, sample) - 1) % len(histogram._edges)
    histogram._samples[cell] += 1
    if histogram._crowds is not None and by is not None:
        histogram._crowds[cell].add(by)


def _beside_is_last(histogram: Histogram, sample: int, by: bytes | None = None) -> None:
    cell = min(max(bisect_right(histogram._edges, sample) - 1, 0), len(histogram._edges) - 2)
    histogram._samples[cell] += 1
    if histogram._crowds is not None and by is not None:
        histogram._crowds[cell].add(by)


def _samples_are_people(histogram: Histogram, k: int) -> bool:
    return any(0 < samples < k for samples in histogram._samples)


def _beside_does_not_matter(histogram: Histogram, k: int) -> bool:
    if histogram._crowds is None:
        return any(0 < samples < k for samples in histogram._samples[:-1])
    return any(0 < crowd.result()[0] < k for crowd in histogram._crowds[:-1])


def _all_samples(histogram: Histogram, cell: int) -> tuple[int, int] | None:
    del cell
    return (sum(histogram._samples), 1) if any(histogram._samples) else None


def _never_short(_: MeanDirection) -> bool:
    return False


def _no_root(scale: Scale, square: tuple[int, int]) -> int:
    return scale.apply(square)


def _of_a_sample(deviation: Deviation) -> tuple[int, int] | None:
    n = deviation._samples
    return (n * deviation._squares - deviation._total**2, n * max(1, n - 1)) if n else None


PASS_THROUGH: Sequence[tuple[str, StreamSpec, object, str, object]] = [
    ("pseudonym is the identifier", DEVICES, None, "agent.privacy.distinct.pseudonym", _identity),
    ("pseudonym is its text", DEVICES, None, "agent.privacy.distinct.pseudonym", _text),
    ("pseudonym is an unkeyed hash", DEVICES, None, "agent.privacy.distinct.pseudonym", _unkeyed),
    ("pseudonym under a fixed key", DEVICES, None, "agent.privacy.distinct.pseudonym", _fixed_key),
    ("key never rotates", DEVICES, None, "agent.privacy.distinct._new_key", lambda _: bytearray(b"k" * 32)),
    ("nothing is small", DEVICES, Group, "is_small", _never),
    ("nothing is small among cars", TRAFFIC, Group, "is_small", _never),
    ("everything is small", DEVICES, Group, "is_small", lambda *_: True),
    ("contributors are not counted", TRAFFIC, Group, "contributors", lambda *_: 1000),
    ("plausible range is not held", WEATHER, NumberPort, "take", _take_anything),
    ("types are not held", TRAFFIC, NumberPort, "take", _take_anything),
    ("unlisted identifiers are taken", DEVICES, IdentifierPort, "take", _take_stranger),
    ("latitude is not snapped", PLACE, Grid, "latitude", _pass),
    ("longitude is not snapped", PLACE, Grid, "longitude", _pass),
    ("longitude is snapped to too fine a grid", PLACE, Grid, "longitude", _longitude_without_cosine),
    ("altitude is not snapped", PLACE, Grid, "height", _pass),
    ("values are not scaled", WEATHER, Scale, "apply", _numerator),
    ("values are not held to anything", WEATHER, Column, "outcome", lambda *_: (2250, Quality.OK)),
    ("everything is withheld", WEATHER, Column, "outcome", lambda *_: (None, Quality.NO_DATA)),
    ("positions are withheld", PLACE, Column, "outcome", lambda *_: (None, Quality.NO_DATA)),
    ("nothing is aggregated", WEATHER, StreamFilter, "advance", lambda *_: []),
    ("quantiles are the first sample", SPREAD, None, "agent.privacy.spread.quantile", _first_sample),
    ("quantiles are the smallest", PARKED, None, "agent.privacy.spread.quantile", _first_sample),
    ("quantiles keep nothing", SPREAD, Samples, "add", lambda *_: None),
    ("deviation is not rooted", SPREAD, Scale, "apply_root", _no_root),
    ("deviation is that of a sample", SPREAD, Deviation, "result", _of_a_sample),
    ("directions are not vectors", SPREAD, MeanDirection, "add", _linear),
    ("directions that cancel have a mean", SPREAD, MeanDirection, "_is_short", _never_short),
    ("directions of vehicles that cancel have a mean", SPEEDS, MeanDirection, "_is_short", _never_short),
    ("a stay is when somebody left", STAYS, Dwell, "result", _last_ms),
    ("a stay is a mean", STAYS, Dwell, "result", _mean_stay),
    ("a stay ends with the last to be told", STAYS, Dwell, "add", _latest_visit),
    ("a stay has no end", STAYS, Dwell, "add", _no_visit),
    ("stays under the identifier", STAYS, Dwell, "_name", lambda _, identifier: identifier),
    ("bins have their upper edge", SPREAD, Histogram, "add", _upper_included),
    ("bins of people have their upper edge", STAYS, Histogram, "add", _upper_included),
    ("bins of vehicles have what is beside them", SPEEDS_WITHIN, Histogram, "add", _beside_is_last),
    ("bins are not told apart", SPREAD, Histogram, "samples", _all_samples),
    ("bins of vehicles are not told apart", SPEEDS, Histogram, "samples", _all_samples),
    ("no bin is small", STAYS, Histogram, "has_small_cell", _never),
    ("no bin is small among vehicles", SPEEDS, Histogram, "has_small_cell", _never),
    ("every bin is small", STAYS, Histogram, "has_small_cell", lambda *_: True),
    ("sightings of one are many in a bin", STAYS, Histogram, "has_small_cell", _samples_are_people),
    ("few beside the bins do not matter", STAYS, Histogram, "has_small_cell", _beside_does_not_matter),
    (
        "few vehicles beside the bins do not matter",
        SPEEDS_WITHIN,
        Histogram,
        "has_small_cell",
        _beside_does_not_matter,
    ),
    ("histograms of people are told", STAYS, None, "agent.privacy.verdict.tells_few", _never),
]

WHERE_IT_SHOWS: Mapping[str, str] = {
    "pseudonym is the identifier": "identifiers are held without",
    "pseudonym is its text": "identifiers are held without",
    "pseudonym is an unkeyed hash": "identifiers are held without",
    "pseudonym under a fixed key": "a pseudonym or its key outlived",
    "key never rotates": "a pseudonym or its key outlived",
    "nothing is small": "fewer than k: channel devices is not",
    "nothing is small among cars": "fewer than k: channel cars is not",
    "everything is small": "more than k: channel devices is not",
    "contributors are not counted": "fewer than k: channel cars is not",
    "plausible range is not held": "above the plausible range: channel temperature is not",
    "types are not held": "above the plausible range: channel cars is not",
    "unlisted identifiers are taken": "more than k: channel devices is not",
    "latitude is not snapped": "channel latitude: positions are not snapped",
    "longitude is not snapped": "channel longitude: positions are not snapped",
    "longitude is snapped to too fine a grid": "channel longitude: positions are not snapped",
    "altitude is not snapped": "channel altitude: positions are not snapped",
    "values are not scaled": "more than k: channel temperature is not",
    "values are not held to anything": "more than k: a rule failed with an error",
    "everything is withheld": "more than k: channel temperature is not",
    "positions are withheld": "channel latitude: no position came out",
    "nothing is aggregated": "a window gave 0 rows instead of one",
    "quantiles are the first sample": "more than k: channel median is not",
    "quantiles are the smallest": "more than k: channel usually is not",
    "quantiles keep nothing": "more than k: channel median is not",
    "deviation is not rooted": "more than k: channel stdev is not",
    "deviation is that of a sample": "more than k: channel stdev is not",
    "directions are not vectors": "more than k: channel wind is not",
    "directions that cancel have a mean": "opposite directions: channel wind is not",
    "directions of vehicles that cancel have a mean": "opposite directions: channel course is not",
    "a stay is when somebody left": "more than k: channel stay is not",
    "a stay is a mean": "more than k: channel stay is not",
    "a stay ends with the last to be told": "more than k: channel stay is not",
    "a stay has no end": "more than k: channel stay is not",
    "stays under the identifier": "identifiers are held without",
    "bins have their upper edge": "start of the plausible range: channel humidity_0 is not",
    "bins of people have their upper edge": "start of the plausible range: channel signal_0 is not",
    "bins of vehicles have what is beside them": "more than k: channel speed_1 is not",
    "bins are not told apart": "more than k: channel humidity_0 is not",
    "bins of vehicles are not told apart": "more than k: channel speed_0 is not",
    "no bin is small": "more than k: channel signal_0 is not",
    "no bin is small among vehicles": "one person in a bin of vehicles_sensor.speed: channel speed_0 is not",
    "every bin is small": "end of the plausible range: channel signal_0 is not",
    "sightings of one are many in a bin": "more than k: channel signal_0 is not",
    "few beside the bins do not matter": "more than k: channel signal_0 is not",
    "few vehicles beside the bins do not matter": "one person above the bins of vehicles_sensor.speed: channel",
    "histograms of people are told": "more than k: channel signal_0 is not",
}
"""How the reason begins: the scene in which the fault is found, and the channel."""


@pytest.mark.parametrize(
    ("fault", "spec", "owner", "name", "rule"), PASS_THROUGH, ids=[case[0] for case in PASS_THROUGH]
)
def test_self_test_with_one_rule_replaced_by_a_pass_through_fails_and_says_where(
    *, fault: str, spec: StreamSpec, owner: object, name: str, rule: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    if owner is None:
        monkeypatch.setattr(name, rule)
    else:
        monkeypatch.setattr(owner, name, rule)
    report = run(spec)
    assert not report.passed
    assert report.reason.startswith(WHERE_IT_SHOWS[fault])


NUMERIC = [rule for rule in aggregate.AGGREGATORS if rule is not Rule.GRID]
NUMBERS = stream(*[released(TEMPERATURE, rule, name=rule, bounds=(-(10**6), 10**6)) for rule in NUMERIC])


@pytest.mark.parametrize(("rule", "other"), [*permutations(NUMERIC, 2)])
def test_self_test_with_one_aggregator_replaced_by_another_fails(
    rule: Rule, other: Rule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(aggregate.AGGREGATORS, rule, aggregate.AGGREGATORS[other])
    report = run(NUMBERS)
    assert not report.passed
    assert f"channel {rule} is not what its rule makes of the canaries" in report.reason


def test_every_rule_is_replaced_by_a_pass_through_above() -> None:
    """A rule that is added must be exercised by a stream of these tests."""
    specs = [NUMBERS, *(case[1] for case in PASS_THROUGH)]
    assert {channel.rule for spec in specs for channel in spec.channels} == set(Rule)


class _Talkative(StreamFilter):
    """Keeps what it saw where a log line would find it."""

    def observe(self, sensor: str, reading: Reading, at_ms: int) -> None:
        self.told = repr(dict(reading.values))
        super().observe(sensor, reading, at_ms)

    def __repr__(self) -> str:
        return f"<filter {getattr(self, 'told', '')}>"


class _NeverPartial(StreamFilter):
    def begin(self, at_ms: int, *, boot_id: bytes | None, given: Spans | None = None) -> None:
        step = self._spec.window_ms
        super().begin(at_ms // step * step, boot_id=boot_id, given=given)


class _Hoarder(StreamFilter):
    """Remembers pseudonyms across windows."""

    def advance(self, now_ms: int) -> list[Released]:
        window = self._windows.running
        self.hoard = [getattr(self, "hoard", ()), *[set(c._seen) for c in window.crowds.values()]] if window else []
        return super().advance(now_ms)


class _Crashing(StreamFilter):
    def advance(self, now_ms: int) -> list[Released]:
        raise ValueError(f"secret at {now_ms}")


@pytest.mark.parametrize(
    ("kind", "spec", "words"),
    [
        (_Talkative, DEVICES, "identifiers are held without a keyed hash"),
        (_Talkative, WEATHER, "held"),
        (_NeverPartial, DEVICES, "partial window: channel devices tells about people"),
        (_NeverPartial, WEATHER, "partial window: channel temperature is not marked"),
        (_Hoarder, DEVICES, "outlived its window"),
        (_Crashing, CORNER, "the filter raised ValueError"),
    ],
)
def test_self_test_of_a_filter_with_another_fault_fails_and_says_which(
    kind: type[StreamFilter], spec: StreamSpec, words: str
) -> None:
    report = run(spec, lambda: kind(spec, random_bytes=counting_bytes()))
    assert not report.passed
    assert words in report.reason
    assert "secret" not in report.reason


def test_self_test_of_an_illegal_stream_fails() -> None:
    spec = stream(released(MAC, Rule.LAST), k=10)
    assert run(spec).reason == "the filter raised IllegalStream"


def test_self_test_without_randomness_fails() -> None:
    report = run(DEVICES, lambda: StreamFilter(DEVICES, random_bytes=bytes))
    assert report.reason == "more than k: a rule failed with an error"


def test_self_test_of_a_position_that_can_never_leave_says_so() -> None:
    spec = stream(released(LATITUDE, Rule.GRID, grid_m=100_000, bounds=(601_000_000, 601_000_100)))
    assert "its range may be smaller than its grid" in run(spec).reason


def test_self_test_releases_nothing_from_the_filter_in_use() -> None:
    in_use = make_filter(CORNER)
    in_use.begin(0, boot_id=None)
    assert run(CORNER).passed
    assert in_use.counters.readings == 0


def test_self_test_of_height_and_humidity_on_odd_exponents_passes() -> None:
    odd = stream(
        released(replace(ALTITUDE, exponent=-3, minimum=-(10**6), maximum=10**7), Rule.GRID, grid_m=100),
        released(HUMIDITY, exponent=-4, bounds=(0, 10**6)),
    )
    assert run(odd).passed
