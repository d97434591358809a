from dataclasses import replace

import pytest

from agent.privacy.legality import problems
from agent.privacy.noise_rules import counts_of_an_event, is_counted, noise_problems
from agent.privacy.problem import Problem
from agent.privacy.spec import Noise, ReleasedChannel, Rule, StreamSpec
from tests.support.privacy import (
    CARS,
    COURSE,
    HUMIDITY,
    MAC,
    NOISY_EXAMPLES,
    RSSI,
    SPEED,
    TEMPERATURE,
    histogram,
    noise,
    released,
    stream,
)


def found(spec: StreamSpec) -> list[tuple[str | None, str]]:
    all_of_them = problems(spec)
    assert all(problem.what and problem.why for problem in all_of_them), "a problem says what was found, and why"
    return [(problem.channel, problem.key) for problem in all_of_them]


def the_one(spec: StreamSpec) -> Problem:
    (problem,) = problems(spec)
    return problem


@pytest.mark.parametrize("spec", NOISY_EXAMPLES, ids=lambda spec: str(spec.name))
def test_noisy_stream_of_counts_is_legal(spec: StreamSpec) -> None:
    assert problems(spec) == ()


@pytest.mark.parametrize(
    "channel",
    [
        released(MAC, Rule.DWELL),
        released(RSSI, Rule.MEAN),
        released(SPEED, Rule.SUM),
        released(COURSE, Rule.CIRCULAR_MEAN),
        released(CARS, Rule.MEAN),
        released(CARS, Rule.MAX),
        released(CARS, Rule.MIN),
        released(CARS, Rule.LAST),
        released(CARS, Rule.MEDIAN),
        released(CARS, Rule.P90),
    ],
    ids=lambda channel: f"{channel.rule} of {channel.source.name}",
)
def test_rule_without_bounded_sensitivity_is_refused_beside_noise(channel: ReleasedChannel) -> None:
    count = released(MAC, Rule.COUNT_DISTINCT, name="devices")
    problem = the_one(stream(count, replace(channel, name="other"), noise=noise()))
    assert (problem.channel, problem.key) == ("other", "rule")
    assert "has no noise, so it would leave exact" in problem.what
    assert "count, count_distinct, histogram, or sum" in problem.why


def test_rule_that_the_class_forbids_is_reported_once() -> None:
    spec = stream(released(MAC, Rule.LAST), released(MAC, Rule.COUNT_DISTINCT, name="devices"), noise=noise())
    assert found(spec) == [("mac", "rule")]


def test_sum_of_what_is_not_counted_in_ones_is_refused() -> None:
    tens = replace(CARS, exponent=1)
    problem = the_one(stream(released(tens, Rule.SUM), noise=noise()))
    assert (problem.channel, problem.key) == ("cars", "from")
    assert "does not count in ones" in problem.what
    assert problem.why == "noise hides an event that changes a count by one"


def test_power_of_ten_of_a_measurement_does_not_matter_where_its_samples_are_counted() -> None:
    assert problems(stream(released(SPEED, Rule.COUNT), noise=noise())) == ()


@pytest.mark.parametrize("channels", [(released(TEMPERATURE),), histogram(HUMIDITY, 0, 5000, 10_001)])
def test_noise_on_nobody_is_refused(channels: tuple[ReleasedChannel, ...]) -> None:
    problem = the_one(stream(*channels, noise=noise()))
    assert (problem.channel, problem.key) == (None, "channel")
    assert problem.what == "noise without a count"
    assert "nothing to add noise to" in problem.why


@pytest.mark.parametrize(("given", "legal"), [(0, False), (2, False), (3, True), (4, True)])
def test_sensitivity_below_the_number_of_counts_is_refused(given: int, legal: bool) -> None:  # noqa: FBT001
    spec = stream(
        released(MAC, Rule.COUNT_DISTINCT),
        released(RSSI, Rule.COUNT, name="sightings"),
        *histogram(RSSI, -127, -80, -60, -50, name="signal"),
        noise=noise(given),
    )
    assert found(spec) == ([] if legal else [(None, "noise")])


@pytest.mark.parametrize("bad", [(0, 1), (1, 0), (-1, 2), (1, 2**32 + 1)])
def test_strength_that_no_ledger_can_keep_is_refused(bad: tuple[int, int]) -> None:
    for wrong in (Noise(epsilon=bad, daily=(1, 1), sensitivity=1), Noise(epsilon=(1, 1), daily=bad, sensitivity=1)):
        problem = the_one(stream(released(CARS, Rule.SUM), noise=wrong))
        assert (problem.channel, problem.key) == (None, "noise")
        assert problem.what == "epsilon or daily cannot be kept account of"
        assert problem.why == "a budget is made of fractions of integers from 1 to 4294967296"


@pytest.mark.parametrize("bounds", [(0, 0), (5, 9), (-4, 4)])
def test_range_that_would_hide_the_noise_is_refused(bounds: tuple[int, int]) -> None:
    column = released(RSSI, Rule.COUNT, bounds=bounds, resolution=5)
    assert found(stream(column, noise=noise())) == [("rssi", "range")]
    assert problems(stream(replace(column, minimum=0, maximum=10), noise=noise())) == ()


def test_range_of_one_number_hides_the_noise_whatever_the_step() -> None:
    problem = the_one(stream(released(RSSI, Rule.COUNT, bounds=(7, 7)), noise=noise()))
    assert problem.what == "only one multiple of the rounding step lies in its range"
    assert problem.why == "a noisy count that is always the same tells nothing"


def test_rounding_step_of_nothing_is_a_problem_of_the_step_alone() -> None:
    assert found(stream(released(RSSI, Rule.COUNT, resolution=0), noise=noise())) == [("rssi", "resolution")]


def test_suppression_is_optional_with_noise_and_required_without() -> None:
    channels = (released(MAC, Rule.COUNT_DISTINCT),)
    assert problems(stream(*channels, noise=noise())) == ()
    assert problems(stream(*channels, noise=noise(), k=5)) == ()
    assert the_one(stream(*channels)).key == "suppress_below"


def test_suppression_beside_noise_needs_somebody_to_be_counted() -> None:
    bins = histogram(SPEED, 0, 139, 278)
    assert problems(stream(*bins, noise=noise())) == ()
    assert found(stream(*bins, noise=noise(), k=5)) == [("speed_0", "channel")]


def test_stream_without_noise_has_no_problem_with_it() -> None:
    assert [*noise_problems(stream(released(CARS, Rule.MEAN)))] == []


def test_bins_of_one_histogram_are_one_count_of_an_event() -> None:
    channels = [
        released(TEMPERATURE, Rule.COUNT),
        released(MAC, Rule.COUNT_DISTINCT),
        *histogram(RSSI, -127, -80, -60, -50),
        *histogram(SPEED, 0, 139, 278),
        released(MAC, Rule.DWELL, name="stay"),
    ]
    assert counts_of_an_event(channels) == 3
    assert counts_of_an_event([]) == 0
    assert [is_counted(channel) for channel in channels] == [False] + [True] * 6 + [False]
