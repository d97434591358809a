"""Tables that take other keys by what one of their keys says."""

from typing import Annotated, Final, Literal

import pytest
from msgspec import Meta, Struct

from agent.tomlfile import Problem, Report, check, parse

SHAPES: Final = {"round": ("radius",), "square": ("side", "corners"), "oval": ("radius", "length")}


class Lamp(Struct, frozen=True, kw_only=True):
    shape: Annotated[Literal["round", "square", "oval"], Meta(extra={"keys": SHAPES})] = "round"
    radius: int = 1
    side: int = 1
    corners: int = 4
    length: int | None = None
    watts: Annotated[int, Meta(ge=1)] = 5


class Plain(Struct, frozen=True, kw_only=True):
    lamp: Lamp | None = None
    empty: "Nothing | None" = None


class Nothing(Struct, frozen=True, kw_only=True):
    pass


def only(text: str) -> Problem:
    report = Report()
    check(parse(text.encode(), name="f.toml"), Plain, report=report)
    (problem,) = report.problems
    return problem


def test_unknown_key_of_a_chosen_table_lists_its_own_keys_and_those_of_every_choice() -> None:
    problem = only("lamp = { shape = 'square', zzz = 1 }")
    assert problem.message == '[lamp], of shape "square", knows no key "zzz"'
    assert (problem.expected, problem.hint) == ("one of corners, shape, side, watts", None)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("shape = 'square', corner = 1", 'did you mean "corners"?'),
        ("shape = 'square', wats = 1", 'did you mean "watts"?'),
        (
            "shape = 'square', raduis = 1",
            'did you mean "radius"? that is a key of shape "round" or "oval"; here shape',
        ),
        (
            "shape = 'round', lenght = 1",
            'did you mean "length"? that is a key of shape "oval"; here shape is "round"',
        ),
        ("lenght = 1", 'did you mean "length"?'),
    ],
)
def test_unknown_key_of_a_chosen_table_proposes_its_own_first(text: str, hint: str) -> None:
    assert str(only(f"lamp = {{ {text} }}").hint).startswith(hint)


def test_unknown_key_of_a_table_without_a_choice_says_that_the_keys_depend_on_it() -> None:
    problem = only("lamp = { zzz = 1 }")
    assert problem.message == '[lamp] knows no key "zzz"'
    assert problem.expected == ("one of corners, length, radius, shape, side, watts; which of them depends on shape")


def test_unknown_key_of_a_table_that_chooses_nothing_lists_all() -> None:
    assert (only("lamps = 1").expected, only("lamps = 1").hint) == ("one of empty, lamp", 'did you mean "lamp"?')
    assert only("[empty]\nx = 1").expected == "no key at all"
