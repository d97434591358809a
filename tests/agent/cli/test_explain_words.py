from dataclasses import replace

import pytest

from agent.cli import explain_words as words
from agent.privacy.spec import Noise, ReleasedChannel, Rule
from drivers.reading import Channel, Sensitivity

WARMTH = Channel(name="t", title="Air temperature", unit="Cel", exponent=-2, minimum=-4000, maximum=8500)
PEOPLE = Channel(name="n", title="People", unit="count", maximum=99, sensitivity=Sensitivity.COUNT, group="people")


def released(rule: Rule, source: Channel = WARMTH, unit: str = "Cel") -> ReleasedChannel:
    return ReleasedChannel(
        name="one",
        sensor="air",
        source=source,
        rule=rule,
        unit=unit,
        exponent=-1,
        resolution=5,
        minimum=-400,
        maximum=600,
        grid_m=500 if rule is Rule.GRID else None,
        bins=(1000, 2000) if rule is Rule.HISTOGRAM else None,
    )


@pytest.mark.parametrize("rule", Rule)
def test_each_rule_has_a_sentence_of_its_own(rule: Rule) -> None:
    sentence = words.leaves(released(rule), 60_000)
    assert sentence.endswith(".")
    assert "{" not in sentence
    assert sentence[0].isupper()
    assert len(set(words.RULES.values())) == len(Rule)


def test_sentence_of_an_average_tells_window_steps_and_range() -> None:
    assert words.leaves(released(Rule.MEAN), 900_000) == (
        "The average of every 15 minutes, in steps of 0.5 °C; from -40 to 60, values beyond are withheld."
    )


def test_sentence_of_a_count_tells_where_it_ends() -> None:
    told = words.leaves(replace(released(Rule.SUM, PEOPLE, "count"), exponent=0, maximum=50), 60_000)
    assert told == "The total of every minute, in steps of 5; higher numbers are told as 50."


def test_sentence_of_a_bin_tells_its_edges_in_the_sensors_unit() -> None:
    assert "from 10 to below 20 °C" in words.leaves(released(Rule.HISTOGRAM, unit="count"), 60_000)


def test_sentence_of_a_place_tells_the_grid() -> None:
    assert words.leaves(released(Rule.GRID), 60_000) == "The middle of a square, 500 metres wide, in which it lies."


@pytest.mark.parametrize(
    ("milliseconds", "told"),
    [
        (500, "0.5 seconds"),
        (1000, "1 second"),
        (90_000, "90 seconds"),
        (60_000, "1 minute"),
        (600_000, "10 minutes"),
        (3_600_000, "1 hour"),
        (172_800_000, "2 days"),
    ],
)
def test_span_is_in_the_largest_unit_that_fits(milliseconds: int, told: str) -> None:
    assert words.span(milliseconds) == told


@pytest.mark.parametrize(
    ("octets", "told"), [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (20_848_980, "21 MB"), (3e9, "3 GB")]
)
def test_size_has_two_digits_that_count(octets: float, told: str) -> None:
    assert words.size(octets) == told


def test_noise_says_its_numbers_and_what_it_does_not_hide() -> None:
    told = words.noise(Noise(epsilon=(1, 2), daily=(48, 1), sensitivity=3))
    assert "epsilon 1/2 for each row, 48 a day, sensitivity 3" in told
    assert "not somebody who comes by many times" in told


def test_quiet_hours_are_times_of_a_clock() -> None:
    told = words.quiet(((1320, 360), (720, 750)), "America/New_York")
    assert told == "never from 22:00 to 06:00 and from 12:00 to 12:30 (America/New_York)"


def test_access_ends_the_reason_with_a_full_stop() -> None:
    assert words.access("non-public", "For repairs") == "Not published. For repairs."
    assert words.access("non-public", "For repairs.") == "Not published. For repairs."
    assert words.access("public", "") == "Everybody."
