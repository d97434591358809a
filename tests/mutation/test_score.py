import json
from pathlib import Path

import pytest

from tests.mutation.score import Mutant, forget_survivors, mutants, per_cent, survivors, table, without_prose

MUTATED = """
def x_double__mutmut_orig(n: int) -> int:
    return 2 * n

def x_double__mutmut_1(n: int) -> int:
    return 3 * n

def x_double__mutmut_2(n: int) -> int:
    return 2 / n

def x_say__mutmut_orig() -> str:
    return ("two words", "unit")

def x_say__mutmut_1() -> str:
    return ("XXtwo wordsXX", "unit")

def x_say__mutmut_2() -> str:
    return ("two words", "UNIT")
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    codes = {"x_double__mutmut_1": 1, "x_double__mutmut_2": 0, "x_say__mutmut_1": 0, "x_say__mutmut_2": -24}
    (tmp_path / "odd.py").write_text(MUTATED)
    (tmp_path / "odd.py.meta").write_text(
        json.dumps({"exit_code_by_key": {f"agent.privacy.odd.{name}": code for name, code in codes.items()}})
    )
    (tmp_path / "empty.py").write_text("")
    (tmp_path / "empty.py.meta").write_text('{"exit_code_by_key": {}}')
    return tmp_path


def test_mutants_of_a_package_are_read_with_what_became_of_them(package: Path) -> None:
    found = list(mutants(package))
    assert [(one.status, one.is_prose) for one in found] == [
        ("killed", False),
        ("survived", False),
        ("survived", True),
        ("timeout", False),
    ]
    assert {one.module for one in found} == {"odd"}
    assert found[1].difference == "-    return 2 * n\n+    return 2 / n"


def test_score_counts_what_was_noticed_and_leaves_prose_out(package: Path) -> None:
    found = list(mutants(package))
    assert per_cent(found) == pytest.approx(200 / 3)
    assert [line.split() for line in table(found).splitlines()[1:]] == [
        ["odd", "3", "1", "1", "1", "0", "0", "66.7%", "0", "of", "1"],
        ["all", "3", "1", "1", "1", "0", "0", "66.7%", "0", "of", "1"],
    ]


def test_survivors_are_listed_with_their_difference_and_prose_last(package: Path) -> None:
    told = survivors(list(mutants(package)))
    assert "x_double__mutmut_2: survived\n-    return 2 * n\n+    return 2 / n" in told
    assert told.index("survived\n") < told.index("survived, prose\n")
    assert "mutmut_1: killed" not in told


def test_survivors_of_an_earlier_run_are_undecided_again(package: Path) -> None:
    forget_survivors(package)
    assert [one.status for one in mutants(package)] == ["killed", "other", "other", "timeout"]


@pytest.mark.parametrize("status", ["survived", "no tests", "other"])
def test_mutant_that_was_not_noticed_for_any_reason_is_not_killed(status: str) -> None:
    one = Mutant(module="m", name="m.x_f__mutmut_1", status=status, is_prose=False, difference="")
    assert per_cent([one]) == 0
    assert one.name in survivors([one])


def test_string_without_a_space_is_no_prose() -> None:
    assert without_prose('f("two words")') == without_prose('f("TWO WORDS")')
    assert without_prose('f("deg")') != without_prose('f("DEG")')
    assert without_prose('f("two words")') != without_prose("f(None)")
