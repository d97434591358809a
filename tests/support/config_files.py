"""Configuration files with a few words changed, and what the checker says of them."""

from pathlib import Path

from agent.config.check import Outcome, check
from agent.config.plans import Settings
from agent.tomlfile import Problem, parse
from tests.support.fake_models import CATALOGUE, UNIT

Finding = tuple[str, str]
"""Code and key of a problem."""


def outcome(text: str) -> Outcome:
    return check(parse(text.encode(), name="unit.toml"), CATALOGUE, folder=Path("/etc/lamppost"))


def findings(text: str) -> list[Finding]:
    """Code and key of everything that is reported."""
    return [(problem.code, problem.key) for problem in outcome(text).report.ordered()]


def errors(text: str) -> list[Finding]:
    return [(problem.code, problem.key) for problem in outcome(text).report.errors()]


def only(text: str) -> Problem:
    """The one problem of a file."""
    (problem,) = outcome(text).report.problems
    return problem


def resolved(text: str) -> Settings:
    """The settings of a file without mistakes."""
    result = outcome(text)
    assert result.settings is not None, result.report.text()
    return result.settings


def edited(*replacements: tuple[str, str]) -> str:
    text = UNIT
    for old, new in replacements:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text
