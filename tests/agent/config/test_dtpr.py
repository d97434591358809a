import re

from agent.config import dtpr
from agent.wire import fields


def test_each_code_has_a_category_with_a_name_and_a_title() -> None:
    assert len(dtpr.TITLES) > 130
    for code, title in dtpr.TITLES.items():
        assert re.fullmatch(r"[a-z]+__[a-z0-9_]+", code)
        assert dtpr.category(code)
        assert title == title.strip() != ""
        assert fields.code(code, "code") == code


def test_codes_of_the_categories_that_a_notice_needs_are_there() -> None:
    assert dtpr.TITLES["purpose__planning_decision_making"] == "Planning & Decision-making"
    assert dtpr.TITLES["tech__air_quality"] == "Air Quality"
    assert dtpr.category("process__differential_privacy") == "Processing"


def test_credit_names_the_licence_and_who_made_them() -> None:
    assert "CC BY 4.0" in dtpr.CREDIT
    assert "contributors" in dtpr.CREDIT
    assert dtpr.LICENCE == "https://creativecommons.org/licenses/by/4.0/"
