"""Patterns: what is understood, what is refused, and that Python's own engine agrees on what they match."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drivers.declared.matching import MOST_WORK, match, work
from drivers.declared.patterns import DEEPEST, BadPattern
from drivers.declared.programs import LONGEST_PROGRAM, Program, Step, compiled

ALPHABET = "ab0-, .="


def atoms() -> st.SearchStrategy[str]:
    plain = st.sampled_from([re.escape(sign) for sign in ALPHABET])
    classes = st.sampled_from(["[a-b]", "[^a]", "[0-9,]", r"\d", r"\D", r"\w", r"\s", ".", r"\x61", "[]a]", "[a-]"])
    return plain | classes


def patterns() -> st.SearchStrategy[str]:
    """Patterns in which no repetition repeats what may be empty: there engines differ in what groups then hold."""
    repeated = st.tuples(atoms(), st.sampled_from(["", "*", "+", "?", "{2}", "{1,3}", "{0,2}", "*?", "+?", "??"]))
    pieces = repeated.map("".join)
    chains = st.lists(pieces, max_size=4).map("".join)
    groups = st.tuples(chains, chains).map(lambda ways: f"({ways[0]}|{ways[1]})")
    named = chains.map(lambda inner: f"(?P<g>{inner})")
    return st.tuples(chains, named | groups, chains | groups).map("".join)


@given(patterns(), st.text(alphabet=ALPHABET, max_size=12))
@example("(?P<g>a*?)b*", "aab")
@example("(?P<g>a|ab)b?", "ab")
def test_match_agrees_with_pythons_engine_on_the_line_and_on_the_groups(pattern: str, line: str) -> None:
    expected = re.compile(pattern.encode()).fullmatch(line.encode())
    found = match(compiled(pattern), line.encode())
    assert (found is None) == (expected is None)
    if expected is not None:
        assert found == expected.groupdict()


@pytest.mark.parametrize(
    ("pattern", "line"),
    [("((a*)*)*b", "a" * 200), ("(a|a)*b", "a" * 200), ("(.*,)*x", ",a" * 100), ("(a?){60}", "a" * 60)],
)
def test_match_looks_at_no_step_twice_for_one_byte_however_the_pattern_is_made(pattern: str, line: str) -> None:
    program = compiled(pattern)
    steps = CountedSteps(program.steps)
    counted = Program(steps=steps, names=program.names)  # type: ignore[arg-type]  # all that matching asks of them
    match(counted, line.encode())
    assert steps.looks <= 4 * work(program, len(line))


class CountedSteps:
    """The steps of a program, which count how often they are looked at."""

    def __init__(self, steps: tuple[Step, ...]) -> None:
        self.looks = 0
        self._steps = steps

    def __getitem__(self, index: int) -> Step:
        self.looks += 1
        return self._steps[index]


@pytest.mark.parametrize(
    ("pattern", "at"),
    [
        ("(", 0),
        (")", 0),
        ("a)b", 1),
        ("[a", 0),
        ("*a", 0),
        ("a**", 2),
        ("a{3,1}", 2),
        ("a{x}", 2),
        ("a{257}", 2),
        (r"a\b", 2),
        (r"(a)\1", 4),
        ("(?=a)", 1),
        ("(?P<1>a)", 1),
        ("(?P<x>a)(?P<x>b)", 15),
        ("a^b", 1),
        ("a$b", 1),
        (r"\xg0", 2),
        (r"\x+f", 2),
        (r"\x-0", 2),
        (r"\x f", 2),
        ("[b-a]", 4),
        ("é€", 2),
        ("a\\", 2),
    ],
)
def test_pattern_that_is_not_known_here_is_refused_at_its_place(pattern: str, at: int) -> None:
    with pytest.raises(BadPattern) as caught:
        compiled(pattern)
    assert abs(caught.value.at - at) <= 1
    assert f"character {caught.value.at + 1}" in str(caught.value)


def test_anchors_at_both_ends_say_nothing_more() -> None:
    assert match(compiled("^a$"), b"a") == {}
    assert match(compiled("^a$"), b"ba") is None
    assert match(compiled(r"a\$"), b"a$") == {}
    assert match(compiled(r"a\\$"), b"a\\") == {}


def test_pattern_that_comes_to_too_many_steps_is_refused() -> None:
    with pytest.raises(BadPattern, match=str(LONGEST_PROGRAM)):
        compiled("((a{200}){200}){200}")
    with pytest.raises(BadPattern, match="deep"):
        compiled("(" * (DEEPEST + 2) + ")" * (DEEPEST + 2))


def test_pattern_that_repeats_nothing_ends() -> None:
    assert match(compiled("(((){256}){256}){256}(()*)*"), b"") == {}


@given(st.text(max_size=40))
def test_any_text_is_a_program_or_refused_and_then_runs_over_any_line(pattern: str) -> None:
    try:
        program = compiled(pattern)
    except BadPattern:
        return
    assert len(program.steps) <= LONGEST_PROGRAM
    match(program, pattern.encode("utf-8", "replace")[:50])


def test_group_that_took_no_part_is_none() -> None:
    assert match(compiled("(?P<a>x)?(?P<b>y)?"), b"y") == {"a": None, "b": b"y"}


def test_work_of_the_longest_line_bounds_what_a_line_can_cost() -> None:
    assert work(compiled("a{100}"), 256) == 101 * 257 < MOST_WORK
