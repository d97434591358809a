"""Every parser against its invariant: past failures first, then a short hunt; and planted faults, which are found."""

import inspect
import re

import pytest

from tests.fuzz.fuzzer import FULL, hunt
from tests.fuzz.fuzzers import FUZZERS
from tests.fuzz.past import again, names
from tests.fuzz.planted import PLANTED

SEED = 1
QUICK, SLOW = 150, 25
"""Inputs for each fuzzer."""


def _inputs(name: str) -> int:
    return QUICK if FUZZERS[name].inputs > FULL // 10 else SLOW


@pytest.mark.parametrize("name", FUZZERS)
def test_parser_keeps_its_invariant_over_past_failures_and_new_inputs(name: str) -> None:
    fuzzer = FUZZERS[name]
    assert again(fuzzer) == {}
    found = hunt(fuzzer, seed=SEED, inputs=_inputs(name))
    assert found.broken is None, f"{fuzzer.invariant} Broken by {found.broken}"
    assert 0 < found.taken < found.inputs, "inputs that are all refused, or all taken, try nothing"


@pytest.mark.parametrize("name", PLANTED)
def test_fuzzer_finds_the_fault_that_is_planted(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    what, plant = PLANTED[name]
    fuzzer = FUZZERS[name]
    with monkeypatch.context() as patch:
        plant(patch)
        found = hunt(fuzzer, seed=SEED, inputs=40 * _inputs(name), shorten=False)
    assert found.broken is not None, f"a parser that {what} is not found out"
    assert hunt(fuzzer, seed=SEED, inputs=found.inputs).broken is None, "the fault has stayed"


def test_planted_faults_are_one_for_each_kind_of_fuzzer() -> None:
    assert {type(FUZZERS[name]) for name in PLANTED} == {type(fuzzer) for fuzzer in FUZZERS.values()}


@pytest.mark.parametrize("name", FUZZERS)
def test_fuzzer_says_its_invariant_in_the_first_line_of_its_docstring(name: str) -> None:
    first = inspect.cleandoc(type(FUZZERS[name]).__doc__ or "").partition("\n")[0]
    assert FUZZERS[name].invariant == first
    assert re.fullmatch(r"[A-Z].{30,}\.", first), "one whole sentence"


def test_past_failures_each_belong_to_a_fuzzer() -> None:
    assert names() <= FUZZERS.keys()
