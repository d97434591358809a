from dataclasses import replace

import pytest

from agent.cli import explain_words as words
from agent.cli.explain_facts import stories
from agent.privacy.spec import Noise, ReleasedChannel, Rule
from agent.wire.declared import DeclaredAlarm
from drivers.reading import Channel, Sensitivity
from tests.support.config_files import edited, outcome

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


@pytest.mark.parametrize(
    ("alarm", "told"),
    [
        pytest.param(
            DeclaredAlarm(name="heat", channel=0, above=True, threshold=3500, clear=3350),
            "Alarm heat: told at once when warmth is above 35 °C; over when it is 33.5 °C or less. What is "
            "compared is what leaves.",
            id="plain",
        ),
        pytest.param(
            DeclaredAlarm(
                name="frost",
                channel=0,
                above=False,
                threshold=-500,
                clear=0,
                hold_ms=180_000,
                title="Black ice",
                fast=(10_000, 1_800_000),
            ),
            "Alarm frost “Black ice”: told at once when warmth is below -5 °C for 3 minutes; over when it is 0 °C or "
            "more. What is compared is what leaves. Then there is one row for every 10 seconds, for 30 minutes.",
            id="full",
        ),
    ],
)
def test_alarm_says_when_it_comes_when_it_is_over_and_what_changes(alarm: DeclaredAlarm, told: str) -> None:
    channel = ReleasedChannel(
        name="warmth",
        sensor="air",
        source=WARMTH,
        rule=Rule.MEAN,
        unit="Cel",
        exponent=-2,
        resolution=10,
        minimum=-4000,
        maximum=8500,
    )
    assert words.alarm(alarm, channel) == told


def test_outage_of_a_thinned_stream_is_told_with_what_stays_empty() -> None:
    thin = ('overflow = "drop_newest"', 'overflow = "thin"')
    told = outcome(edited(thin, ('rule = "max"', 'rule = "p90"'))).settings
    assert told is not None
    sentence = words.outage(told.streams[0])
    assert "detail is lost, and no time is left out" in sentence
    assert sentence.endswith("There co2 cannot be told and stays empty.")
    assert sentence in stories(told)[0].sentences
    assert words.outage(told.streams[1]) == ""


def test_outage_of_a_stream_that_can_be_told_whole_names_nothing() -> None:
    told = outcome(edited(('overflow = "drop_newest"', 'overflow = "thin"'))).settings
    assert told is not None
    assert words.outage(told.streams[0]).endswith("is told and signed.")
