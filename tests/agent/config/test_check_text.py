import pytest

from agent.config.check_text import COUNT_PROPERTY
from tests.support.config_files import Finding, edited, errors, only, resolved

PLACE = 'access = "non-public"\nrights = "Tells where the unit is"\n'


@pytest.mark.parametrize("access", ["non-public", "restricted public"])
def test_check_of_a_stream_that_is_not_public_and_does_not_say_why_reports_it(access: str) -> None:
    problem = only(edited((PLACE, f'access = "{access}"\n')))
    assert (problem.code, problem.key) == ("missing-rights", "stream.place.access")
    assert problem.source == f'access = "{access}"'


def test_check_of_a_public_stream_needs_no_rights_and_may_have_some() -> None:
    assert errors(edited((PLACE, 'access = "public"\n'))) == []
    assert errors(edited((PLACE, 'access = "public"\nrights = "Free for all"\n'))) == []


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        pytest.param("Tells where the unit is", " ", ("empty", "stream.place.rights"), id="empty"),
        pytest.param("Tells where the unit is", "x" * 256, ("too-long", "stream.place.rights"), id="long"),
        pytest.param("rights =", "right =", ("unknown-key", "stream.place.right"), id="misspelt"),
    ],
)
def test_check_of_wrong_rights_reports_exactly_that(old: str, new: str, finding: Finding) -> None:
    assert errors(edited((PLACE, PLACE.replace(old, new)))) == [finding]


@pytest.mark.parametrize(
    ("written", "finding"),
    [
        pytest.param('"31d"', ("out-of-range", "stream.footfall.delay"), id="long"),
        pytest.param('"1 h"', ("bad-duration", "stream.footfall.delay"), id="written-otherwise"),
        pytest.param("3600", ("wrong-type", "stream.footfall.delay"), id="number"),
    ],
)
def test_check_of_a_wrong_delay_reports_exactly_that(written: str, finding: Finding) -> None:
    assert errors(edited(('delay = "1h"', f"delay = {written}"))) == [finding]


def test_delay_and_rights_and_codes_reach_the_plan() -> None:
    streams = {plan.name: plan for plan in resolved(edited()).streams}
    assert (streams["footfall"].policy.delay_ms, streams["weather"].policy.delay_ms) == (3_600_000, 0)
    assert (streams["footfall"].text.rights, streams["weather"].text.rights) == ("Ask the office", "")
    assert streams["footfall"].text.dtpr == ("purpose__mobility", "process__differential_privacy")


def test_property_is_the_written_one_before_the_drivers_and_a_count_for_what_counts() -> None:
    streams = {plan.name: plan for plan in resolved(edited()).streams}
    assert streams["weather"].properties == {
        "temperature": "http://qudt.org/vocab/quantitykind/Temperature",
        "co2": "https://city.example/properties/co2",
    }
    assert streams["footfall"].properties == {"devices": COUNT_PROPERTY}
    assert streams["place"].properties == {}


@pytest.mark.parametrize("written", ["co2", "ftp://city.example/co2", "https:///co2", "https://city.example/a b"])
def test_check_of_a_property_that_is_no_web_address_reports_it(written: str) -> None:
    text = edited(("https://city.example/properties/co2", written))
    assert errors(text) == [("bad-property", "stream.weather.channel.co2.property")]
