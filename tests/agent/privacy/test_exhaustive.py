"""Every class, group and rule there is: what is not permitted is not built, and what is built tells by its rule only.

The expected table is written out here a second time, so that a change of `classes` must be meant.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import pytest

from agent.privacy.canary import self_test
from agent.privacy.classes import permitted_rules
from agent.privacy.errors import IllegalStream
from agent.privacy.spec import ReleasedChannel, Rule, StreamSpec
from drivers.reading import Channel, Reading, Sensitivity, Value
from tests.support.privacy import histogram, mac, make_filter, only, released

R = Rule
BOTH = (None, "people")
NUMBERS = {R.MEAN, R.MIN, R.MAX, R.SUM, R.LAST, R.MEDIAN, R.P90}
PERMITTED: dict[tuple[Sensitivity, bool], set[Rule]] = {
    (Sensitivity.MEASUREMENT, False): NUMBERS | {R.COUNT, R.STDEV, R.HISTOGRAM, R.CIRCULAR_MEAN},
    (Sensitivity.MEASUREMENT, True): {R.MEAN, R.SUM, R.COUNT, R.HISTOGRAM, R.CIRCULAR_MEAN},
    (Sensitivity.COUNT, False): NUMBERS,
    (Sensitivity.COUNT, True): NUMBERS,
    (Sensitivity.IDENTIFIER, False): {R.COUNT_DISTINCT, R.DWELL},
    (Sensitivity.IDENTIFIER, True): {R.COUNT_DISTINCT, R.DWELL},
    (Sensitivity.LOCATION, False): {R.GRID},
    (Sensitivity.LOCATION, True): set(),
    (Sensitivity.CONTENT, False): set(),
    (Sensitivity.CONTENT, True): set(),
}
"""Of sources that could be bearings, so that nothing but class and group decides."""
K = 5
CROWD = 9
ALL = [(sensitivity, group, rule) for sensitivity in Sensitivity for group in BOTH for rule in Rule]
LEGAL = [case for case in ALL if case[2] in PERMITTED[case[0], case[1] is not None]]
ILLEGAL = [case for case in ALL if case not in LEGAL]
SENSOR = "sensor"
COUNTER = Channel(name="counter", title="", unit="count", maximum=100, sensitivity=Sensitivity.COUNT, group="people")


def name_of(value: object) -> str:
    return str(value)


def source(sensitivity: Sensitivity, group: str | None) -> Channel:
    unit, low, high = ("lat", 0, 90_000_000) if sensitivity is Sensitivity.LOCATION else ("deg", 0, 360_000_000)
    return Channel(
        name="latitude",
        title="",
        unit=unit,
        exponent=-6,
        minimum=low,
        maximum=high,
        sensitivity=sensitivity,
        group=group,
    )


def columns(channel: Channel, rule: Rule) -> tuple[ReleasedChannel, ...]:
    """Return what a configuration would have to ask for, everything but the rule being right."""
    if rule is Rule.HISTOGRAM:
        return histogram(channel, 0, 10_000_000, 90_000_001, sensor=SENSOR)
    grid_m = 1000 if rule is Rule.GRID else None
    bounds = (0, 10_000) if rule in {R.COUNT_DISTINCT, R.COUNT, R.DWELL} else (0, 2**40)
    return (released(channel, rule, sensor=SENSOR, bounds=bounds, grid_m=grid_m),)


def spec_of(channels: Sequence[ReleasedChannel]) -> StreamSpec:
    """Return a stream that has k, and that counts the group's contributors beside a measurement."""
    counter = released(COUNTER, R.SUM, sensor=SENSOR, bounds=(0, 1000))
    measured = channels[0].source.sensitivity is Sensitivity.MEASUREMENT and channels[0].group is not None
    kept = (*channels, counter) if measured else tuple(channels)
    return StreamSpec(name="any", window_ms=60_000, channels=kept, suppress_below=K)


def test_table_of_permitted_rules_is_complete_and_the_one_in_use() -> None:
    assert len(ALL) == len(Sensitivity) * 2 * len(Rule)
    for sensitivity in Sensitivity:
        for group in BOTH:
            assert permitted_rules(source(sensitivity, group)) == PERMITTED[sensitivity, group is not None]


@pytest.mark.parametrize(("sensitivity", "group", "rule"), ILLEGAL, ids=name_of)
def test_no_filter_is_built_for_a_rule_that_the_class_does_not_permit(
    sensitivity: Sensitivity, group: str | None, rule: Rule
) -> None:
    with pytest.raises(IllegalStream) as caught:
        make_filter(spec_of(columns(source(sensitivity, group), rule)))
    problem = next(problem for problem in caught.value.problems if problem.key == "rule")
    assert f"class is {sensitivity}" in problem.why or f"class {sensitivity}" in problem.why


@pytest.mark.parametrize(("sensitivity", "group", "rule"), ILLEGAL, ids=name_of)
def test_no_other_key_makes_a_rule_legal_that_the_class_does_not_permit(
    sensitivity: Sensitivity, group: str | None, rule: Rule
) -> None:
    """Whatever else a configuration says: unit, range, resolution, grid, bins, k, window, another name."""
    channels = columns(source(sensitivity, group), rule)
    for change in CHANGES:
        changed = spec_of([replace(channel, **change) for channel in channels])
        for spec in (changed, replace(changed, suppress_below=None), replace(changed, window_ms=1)):
            with pytest.raises(IllegalStream):
                make_filter(spec)


CHANGES: Sequence[dict[str, Any]] = [
    {"unit": "count"},
    {"minimum": 0, "maximum": 1},
    {"resolution": 1_000_000},
    {"exponent": 3},
    {"grid_m": 100_000},
    {"grid_m": None},
    {"bins": (0, 1)},
    {"bins": None},
    {"sensor": "another"},
]


def readings(channel: Channel, people: int, value: int) -> list[dict[str, Value]]:
    """Return one reading for each person; they all have the value, and who they are where that is asked for."""
    identifier = channel.sensitivity is Sensitivity.IDENTIFIER
    return [{channel.name: mac(n) if identifier else value, "counter": 1, "note": b"text"} for n in range(people)]


def told(spec: StreamSpec, people: int, value: int) -> list[int | None]:
    channel = spec.channels[0].source
    stream_filter = make_filter(spec)
    stream_filter.begin(0, boot_id=None)
    for values in readings(channel, people, value):
        for at_ms in (0, 7000):
            stream_filter.observe(SENSOR, Reading(mono_ns=0, values=values), at_ms)
    number = len([channel for channel in spec.channels if channel.source.name != "counter"])
    return list(only(stream_filter.advance(60_000)).values)[:number]


EXPECTED: dict[Rule, list[int]] = {
    **{rule: [45_000_000] for rule in (R.MEAN, R.MIN, R.MAX, R.LAST, R.MEDIAN, R.P90, R.CIRCULAR_MEAN)},
    R.SUM: [2 * CROWD * 45_000_000],
    R.COUNT: [2 * CROWD],
    R.COUNT_DISTINCT: [CROWD],
    R.STDEV: [0],
    R.DWELL: [7],
    R.HISTOGRAM: [0, 2 * CROWD],
    R.GRID: [45_002_260],
}
"""Of nine people who all have 45 degrees, twice; the middle of that cell, row 14,927 of 19,903, is 45.00226."""


@pytest.mark.parametrize(("sensitivity", "group", "rule"), LEGAL, ids=name_of)
def test_permitted_rule_tells_what_it_says_and_nothing_else(
    sensitivity: Sensitivity, group: str | None, rule: Rule
) -> None:
    spec = spec_of(columns(source(sensitivity, group), rule))
    assert told(spec, CROWD, 45_000_000) == EXPECTED[rule]


@pytest.mark.parametrize(("sensitivity", "group", "rule"), LEGAL, ids=name_of)
def test_permitted_rule_of_people_tells_nothing_of_few(
    sensitivity: Sensitivity, group: str | None, rule: Rule
) -> None:
    spec = spec_of(columns(source(sensitivity, group), rule))
    few = told(spec, 2, 1 if sensitivity is Sensitivity.COUNT else 45_000_000)
    if spec.channels[0].group is None:
        assert None not in few
    else:
        assert set(few) == {None}


@pytest.mark.parametrize(("sensitivity", "group", "rule"), LEGAL, ids=name_of)
def test_permitted_rule_passes_the_self_test(sensitivity: Sensitivity, group: str | None, rule: Rule) -> None:
    spec = spec_of(columns(source(sensitivity, group), rule))
    report = self_test(spec, lambda: make_filter(spec))
    assert report.reason == ""


def test_class_of_what_leaves_is_never_identifier_or_content() -> None:
    for sensitivity, group, rule in LEGAL:
        for column in columns(source(sensitivity, group), rule):
            assert column.sensitivity not in {Sensitivity.IDENTIFIER, Sensitivity.CONTENT}
            if rule in {R.COUNT_DISTINCT, R.DWELL, R.HISTOGRAM}:
                assert column.sensitivity is Sensitivity.COUNT


@pytest.mark.parametrize("sensitivity", Sensitivity, ids=name_of)
def test_value_of_another_type_than_its_class_has_never_leaves(sensitivity: Sensitivity) -> None:
    """A driver that puts an identifier or a text where a number belongs."""
    for rule in sorted(PERMITTED[sensitivity, False]):
        spec = spec_of(columns(source(sensitivity, None), rule))
        stream_filter = make_filter(spec)
        stream_filter.begin(0, boot_id=None)
        for wrong in ("AA:BB:CC", mac(1).hex(), 1.5, True, [1]):
            values = {"latitude": cast("Value", wrong)}
            stream_filter.observe(SENSOR, Reading(mono_ns=0, values=values), 0)
        assert set(only(stream_filter.advance(60_000)).values) == {None}
