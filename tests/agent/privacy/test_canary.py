import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from agent.privacy import aggregate
from agent.privacy.canary import CanaryReport, self_test
from agent.privacy.filter import StreamFilter
from agent.privacy.grid import Grid
from agent.privacy.intake import IdentifierPort, NumberPort
from agent.privacy.released import Released
from agent.privacy.rounding import Scale
from agent.privacy.spec import Rule, StreamSpec
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
    PLACE,
    SPEED,
    TEMPERATURE,
    TRAFFIC,
    WEATHER,
    counting_bytes,
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


def _take_anything(port: NumberPort, values: dict[str, int], window: object, counters: object) -> None:
    del counters
    if port._source in values:
        for column in port._columns:
            window.numbers[column].add(values[port._source])  # type: ignore[attr-defined]  # a window


def _take_stranger(port: IdentifierPort, values: dict[str, bytes], window: object, counters: object) -> bool:
    del counters
    for column in port._columns:
        for value in values.values():
            if isinstance(value, bytes):
                window.crowds[column].add(value)  # type: ignore[attr-defined]  # a window
    return True


def _longitude_without_cosine(grid: Grid, longitude: int, *, latitude: int) -> int:
    del latitude
    step = grid.edge_m * 10**-grid.exponent // 111_319
    return int(longitude // step * step + step // 2)


def _never(*_: object) -> bool:
    return False


def _pass(_: object, value: int, **__: int) -> int:
    return value


def _numerator(_: object, exact: tuple[int, int]) -> int:
    return exact[0]


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
]


@pytest.mark.parametrize(
    ("spec", "owner", "name", "rule"), [case[1:] for case in PASS_THROUGH], ids=[case[0] for case in PASS_THROUGH]
)
def test_self_test_with_one_rule_replaced_by_a_pass_through_fails(
    spec: StreamSpec, owner: object, name: str, rule: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    if owner is None:
        monkeypatch.setattr(name, rule)
    else:
        monkeypatch.setattr(owner, name, rule)
    report = run(spec)
    assert not report.passed
    assert report.reason


NUMBERS = stream(
    *[
        released(TEMPERATURE, rule, name=rule, bounds=(-(10**6), 10**6))
        for rule in (Rule.MEAN, Rule.MIN, Rule.MAX, Rule.LAST, Rule.COUNT, Rule.SUM)
    ]
)


@pytest.mark.parametrize("rule", [Rule.MEAN, Rule.MIN, Rule.MAX, Rule.LAST, Rule.COUNT, Rule.SUM])
def test_self_test_with_one_aggregator_replaced_by_another_fails(rule: Rule, monkeypatch: pytest.MonkeyPatch) -> None:
    other = aggregate.Last if rule is not Rule.LAST else aggregate.Minimum
    if rule is Rule.MAX:
        other = aggregate.Minimum
    monkeypatch.setitem(aggregate.AGGREGATORS, rule, other)
    report = run(NUMBERS)
    assert not report.passed
    assert f"channel {rule} is not what its rule makes of the canaries" in report.reason


class _Talkative(StreamFilter):
    """Keeps what it saw where a log line would find it."""

    def observe(self, sensor: str, reading: Reading, at_ms: int) -> None:
        self.told = repr(dict(reading.values))
        super().observe(sensor, reading, at_ms)

    def __repr__(self) -> str:
        return f"<filter {getattr(self, 'told', '')}>"


class _NeverPartial(StreamFilter):
    def begin(self, at_ms: int, *, boot_id: bytes | None, after_ms: int | None = None) -> None:
        step = self._spec.window_ms
        super().begin(at_ms // step * step, boot_id=boot_id, after_ms=after_ms)


class _Hoarder(StreamFilter):
    """Remembers pseudonyms across windows."""

    def advance(self, now_ms: int) -> list[Released]:
        window = self._open
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
