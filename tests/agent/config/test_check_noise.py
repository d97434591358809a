import pytest

from agent.privacy.spec import Noise
from tests.support.config_files import Finding, edited, errors, only, outcome, resolved

NOISE = '[stream.footfall.noise]\nepsilon = "1/2"\ndaily = 48\nsensitivity = 1\n'
PLACE = "stream.footfall.noise"


def test_noise_becomes_fractions_in_lowest_terms() -> None:
    streams = {plan.name: plan.spec for plan in resolved(edited(("daily = 48", 'daily = "144/3"'))).streams}
    assert streams["footfall"].noise == Noise(epsilon=(1, 2), daily=(48, 1), sensitivity=1)
    assert streams["weather"].noise is None


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        pytest.param('"1/2"', "0.5", ("wrong-type", f"{PLACE}.epsilon"), id="decimal"),
        pytest.param('"1/2"', '"1/0"', ("bad-fraction", f"{PLACE}.epsilon"), id="division-by-zero"),
        pytest.param('"1/2"', '"-1/2"', ("bad-fraction", f"{PLACE}.epsilon"), id="negative"),
        pytest.param('"1/2"', '"0"', ("bad-fraction", f"{PLACE}.epsilon"), id="zero-text"),
        pytest.param('"1/2"', "0", ("out-of-range", f"{PLACE}.epsilon"), id="zero"),
        pytest.param('"1/2"', '"a half"', ("bad-fraction", f"{PLACE}.epsilon"), id="words"),
        pytest.param(
            '"1/2"\ndaily = 48', '"21/2"\ndaily = 2000', ("too-little-noise", f"{PLACE}.epsilon"), id="weak"
        ),
        pytest.param("daily = 48", 'daily = "1/3"', ("noise-budget", f"{PLACE}.daily"), id="budget"),
        pytest.param("daily = 48\n", "", ("missing-key", f"{PLACE}.daily"), id="no-budget"),
        pytest.param("sensitivity = 1", "sensitivity = 0", ("out-of-range", f"{PLACE}.sensitivity"), id="nothing"),
        pytest.param("sensitivity = 1", 'sensitivity = "1"', ("wrong-type", f"{PLACE}.sensitivity"), id="text"),
        pytest.param("sensitivity = 1", "sensitivty = 1", ("unknown-key", f"{PLACE}.sensitivty"), id="misspelt"),
    ],
)
def test_check_of_wrong_noise_reports_exactly_that(old: str, new: str, finding: Finding) -> None:
    text = edited((NOISE, NOISE.replace(old, new)))
    assert errors(text) == [finding]


def test_check_of_noise_where_nothing_is_counted_reports_it() -> None:
    weather = "[stream.weather.channel.temperature]"
    text = edited((weather, NOISE.replace("footfall", "weather") + "\n" + weather))
    assert errors(text) == [("no-effect", "stream.weather.noise")]


@pytest.mark.parametrize("noise", [NOISE, ""], ids=["noise", "no-noise"])
def test_check_of_few_people_that_nothing_hides_reports_it_unless_there_is_noise(noise: str) -> None:
    text = edited(("suppress_below = 12\n", ""), (NOISE, noise))
    assert errors(text) == ([] if noise else [("privacy-suppress-below", "stream.footfall")])


def test_check_of_wrong_noise_without_suppression_reports_the_noise_only() -> None:
    text = edited(("suppress_below = 12\n", ""), (NOISE, NOISE.replace('"1/2"', '"1/0"')))
    assert errors(text) == [("bad-fraction", f"{PLACE}.epsilon")]


@pytest.mark.parametrize(
    ("old", "new"), [('"1/2"', '"1/4294967297"'), ("daily = 48", "daily = 4294967297"), ("48", '"4294967297/2"')]
)
def test_check_of_a_fraction_that_no_ledger_can_keep_reports_it(old: str, new: str) -> None:
    assert len(errors(edited((NOISE, NOISE.replace(old, new))))) == 1


@pytest.mark.parametrize(("rule", "source", "unit"), [("dwell", "mac", "s"), ("mean", "rssi", "dBm")])
def test_check_of_a_rule_without_noise_in_a_stream_with_noise_reports_it(rule: str, source: str, unit: str) -> None:
    other = f'[stream.footfall.channel.x]\nfrom = "scan.{source}"\nrule = "{rule}"\nunit = "{unit}"\n'
    other += "range = [0, 99]\n" if rule == "dwell" else ""
    text = edited(("range = [0, 500]\n", "range = [0, 500]\n" + other))
    problem = only(text)
    assert (problem.code, problem.key) == ("privacy-rule", "stream.footfall.channel.x.rule")
    assert "has no noise, so it would leave exact" in problem.message


def test_check_of_a_sensitivity_below_the_number_of_counts_reports_it() -> None:
    second = (
        '[stream.footfall.channel.sightings]\nfrom = "scan.rssi"\nrule = "count"\nunit = "count"\nrange = [0, 99]\n'
    )
    text = edited(("range = [0, 500]\n", "range = [0, 500]\n" + second))
    problem = only(text)
    assert (problem.code, problem.key, problem.found) == ("low-sensitivity", f"{PLACE}.sensitivity", "1")
    assert errors(text.replace("sensitivity = 1", "sensitivity = 2")) == []


def test_check_of_a_budget_that_is_spent_before_the_day_ends_warns_and_says_when() -> None:
    result = outcome(edited(("daily = 48", "daily = 12")))
    (problem,) = result.report.warnings()
    assert (problem.code, problem.key) == ("noise-budget", f"{PLACE}.daily")
    assert "after 24 of 96 windows" in problem.message
    assert problem.expected == "48 for all windows of a day"
    assert result.settings is not None
