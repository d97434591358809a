"""The patterns that a device file may declare."""

import random
import re
import warnings

from drivers.declared.matching import match
from drivers.declared.patterns import BadPattern
from drivers.declared.programs import LONGEST_PROGRAM, compiled
from tests.fuzz import seeds
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.mutation import Mutator

_SEPARATOR = b"\x00"
_EXAMPLES = (
    rb"^(?P<kind>[A-Z]{1,4})=(?P<x>[+-]?\d+(?:\.\d*)?)(?:;(?P<who>[^;]*))?$",
    rb"(?P<g>a*?)b*",
    rb"(?P<g>a|ab)b?",
    rb"[^a-c]{2,5}|\x41\w\s\D",
    rb"((a|b)*c){1,3}",
    rb"[]a-]+\$",
    rb".*\\$",
)
_WORDS = tuple(b"( ) (?: (?P<n> | * + ? {2} {1,3} {0,} [ ] [^ \\d \\W \\x4 \\ $ ^ . - a ab".split())
_MOST_FOR_PYTHON = 4
"""Repetitions that Python's engine is trusted with: it goes back and tries again."""


_ATOMS = (*rb"a b 0 [a-b] [^a] \d \D \w \W \s . \x61 (?P<n>a|ab) (?:0|b)* [0-9=;] \. -".split(),)
_SIGNS = (b"", b"", b"*", b"+", b"?", b"*?", b"{2}", b"{0,2}", b"|")


def _made(chance: random.Random) -> bytes:
    """Return a pattern that may well match a short line."""
    return b"".join(chance.choice(_ATOMS) + chance.choice(_SIGNS) for _ in range(1 + chance.randrange(4)))


class Patterns(Fuzzer):
    """A text is refused with a place in it, or is a bounded program that agrees with Python's engine on a line."""

    name = "patterns"

    def __init__(self) -> None:
        declared = [line for text in seeds.texts("config/devices/*.toml") for line in text.splitlines()]
        patterns = [line.partition(b"'")[2].rpartition(b"'")[0] for line in declared if line.startswith(b"pattern")]
        self._mutate = Mutator(seeds=[*_EXAMPLES, *filter(None, patterns)], words=_WORDS, longest=60, joined=2)

    def make(self, chance: random.Random) -> bytes:
        line = bytes(chance.choices(b"ab0-A=;.", k=chance.randrange(6)))
        pattern = self._mutate(chance) if chance.random() < 0.5 else _made(chance)
        return pattern.replace(_SEPARATOR, b"") + _SEPARATOR + line

    def run(self, data: bytes) -> bool:
        text, _, line = data.partition(_SEPARATOR)
        pattern = text.decode("utf-8", "replace")
        try:
            program = compiled(pattern)
        except BadPattern as bad:
            assert 0 <= bad.at <= len(pattern), "a place outside the text"  # noqa: PT017 - either outcome is right
            return False
        assert len(program.steps) <= LONGEST_PROGRAM, "a program without a bound"
        found = match(program, line[:8])
        if found is not None:
            assert found.keys() == set(program.names), "a group too many or missing"
            assert all(held is None or held in line for held in found.values()), "a group that is not in the line"
        if sum(map(pattern.count, "*+?{")) <= _MOST_FOR_PYTHON:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", FutureWarning)  # what looks like a set inside a set
                theirs = re.compile(_for_python(pattern)).fullmatch(line[:8])
            assert (theirs is None) == (found is None), "Python's engine disagrees"
        return True


def _for_python(pattern: str) -> bytes:
    """Return the pattern as Python's engine means the same, which takes a few characters for more than themselves."""
    body = pattern.removeprefix("^")
    bare = body.removesuffix("$")
    if bare != body and (len(bare) - len(bare.rstrip("\\"))) % 2 == 0:
        body = bare
    return body.encode("latin-1")


FUZZERS: tuple[Fuzzer, ...] = (Patterns(),)
