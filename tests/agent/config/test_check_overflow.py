from collections.abc import Sequence

import pytest

from agent.buffer.records import Overflow
from tests.support.config_files import Finding, edited, errors, findings, outcome
from tests.support.fake_models import UNIT

THIN = ('overflow = "drop_newest"', 'overflow = "thin"')
"""Makes the stream `weather` thin: a mean and a max."""


def test_check_of_a_stream_that_can_be_thinned_finds_nothing() -> None:
    text = edited(THIN)
    assert findings(text) == []
    found = outcome(text).settings
    assert found is not None
    assert found.streams[0].policy.overflow is Overflow.THIN


MISTAKES: Sequence[tuple[str, Sequence[tuple[str, str]], Finding]] = [
    (
        "all channels empty",
        [THIN, ('rule = "mean"', 'rule = "median"'), ('rule = "max"', 'rule = "p90"')],
        ("nothing-to-thin", "stream.weather.overflow"),
    ),
    (
        "window of a day",
        [THIN, ('window = "1min"\nbatch = "10min"', 'window = "1d"\nbatch = "1d"')],
        ("nothing-to-thin", "stream.weather.overflow"),
    ),
    ("misspelt", [(THIN[0], 'overflow = "thinn"')], ("wrong-value", "stream.weather.overflow")),
]


@pytest.mark.parametrize(
    ("edits", "finding"), [pytest.param(edits, finding, id=name) for name, edits, finding in MISTAKES]
)
def test_check_of_thinning_that_cannot_be_reports_the_policy(
    edits: Sequence[tuple[str, str]], finding: Finding
) -> None:
    text = edited(*edits)
    assert errors(text) == [finding]
    assert outcome(text).settings is None


def test_check_of_a_distinct_count_that_is_thinned_names_what_would_merge() -> None:
    start = UNIT.index("[stream.footfall]")
    text = UNIT[:start] + UNIT[start:].replace('"drop_oldest"', '"thin"', 1)
    problem = outcome(text).report.errors()[0]
    assert (problem.code, problem.key) == ("nothing-to-thin", "stream.footfall.overflow")
    assert (problem.found, problem.hint) == ("count_distinct", 'did you mean "drop_oldest"?')
    assert "of people or vehicles, no mean" in (problem.expected or "")


def test_check_of_a_misspelt_policy_proposes_the_right_one() -> None:
    problem = outcome(edited((THIN[0], 'overflow = "thinn"'))).report.errors()[0]
    assert problem.hint == 'did you mean "thin"?'


def test_check_of_a_channel_that_would_be_empty_warns_and_names_it() -> None:
    found = outcome(edited(THIN, ('rule = "max"', 'rule = "p90"')))
    assert found.settings is not None
    warning = found.report.warnings()[0]
    assert (warning.code, warning.key, warning.found) == ("thinned-empty", "stream.weather.overflow", "co2")
