"""TOML files with their positions, and quantities in them."""

import random
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from agent.tomlfile import Distance, Document, Duration, Problem, Size, Unusable, parse
from agent.tomlfile.quantities import BadQuantity, Quantity
from agent.tomlfile.scan import Path
from tests.fuzz import seeds
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.mutation import LineMutator, Mutator

_FORMS = rb"""
a = 1
a.b."c d" = [1, 2, {x = 'y'}]
[t.u]
k = '''many
lines'''
[[list]]
n = 1979-05-27T07:32:00Z
[[list]]
"q" = { a.b = -0x1f, c = [[], [1.5e9, inf]], }
s = "\x41\u00e9\"" # comment
f = 3.14_15
m = '''"a''b"'''
"""
WORDS: Final = (
    *b'[ ] [[ ]] { } = , . # " \' """ \x27\x27\x27 \\ \\u true 1e9999 inf nan 1_0 0x 1979-13-01 a.b'.split(),
    *(b"\n", b"\r\n", b"\t", b"\xef\xbb\xbf", b"\xff"),
)


class Toml(Fuzzer):
    """A file is refused at a place in it, or each of its keys and elements has its place, whose text is its own."""

    name = "toml"
    inputs: int = 300_000

    def __init__(self) -> None:
        syntax = seeds.texts("tests/configs/syntax/*")
        lines = [
            line for text in seeds.texts("config/*.toml") for line in text.splitlines(keepends=True) if b"=" in line
        ]
        chunks = [b"".join(lines[at : at + 6]) for at in range(0, len(lines), 6)]
        self._bytes = Mutator(seeds=[_FORMS, *chunks], words=WORDS, longest=500, joined=1)
        self._lines = LineMutator(seeds=[_FORMS, *chunks, *(text[:600] for text in syntax)], words=WORDS, pool=lines)

    def make(self, chance: random.Random) -> bytes:
        return self._bytes(chance) if chance.random() < 0.5 else self._lines(chance)

    def run(self, data: bytes) -> bool:
        try:
            document = parse(data, name="unit.toml")
        except Unusable as refused:
            inside(refused.problem, data.decode(errors="replace"))
            return False
        for path in _paths(document.values):
            self._judge(document, path)
        return bool(document.values)

    @staticmethod
    def _judge(document: Document, path: Path) -> None:
        place = document.places.get(path)
        assert place is not None, "a key without a place"
        assert 0 <= place.start < place.end <= len(document.text), "a place outside the file"
        assert 0 <= place.value_start <= place.value_end <= len(document.text), "a value outside the file"
        written = document.text[place.start : place.end]
        if isinstance(path[-1], str) and re.fullmatch("[A-Za-z0-9_-]+", path[-1]):
            assert written.strip("\"'") == path[-1] or "\\" in written, "the place of another key"


def _paths(value: Any, path: Path = ()) -> Iterator[Path]:  # noqa: ANN401 - what TOML can hold
    """Yield the path of everything that a file says."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield (*path, key)
            yield from _paths(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield (*path, index)
            yield from _paths(inner, (*path, index))


def inside(problem: Problem, text: str) -> None:
    """Fail unless a problem stands in the file, with words that a terminal can show."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    assert 1 <= problem.line <= len(lines), "a line that there is not"
    assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1, "a column that there is not"
    assert problem.source == lines[problem.line - 1], "another line is shown"
    assert problem.message, "no word of what is wrong"
    names = re.findall("[A-Za-z0-9_-]+", problem.key)
    if problem.line > 1 and names and "[" not in problem.key and "\\" not in problem.source:
        assert any(name in problem.source for name in names), "a line that has nothing of what is wrong"
    shown = list(problem.lines())
    assert all(character.isprintable() or character == "\t" for line in shown for character in line), "not printable"


_KINDS: Final[tuple[type[Quantity], ...]] = (Duration, Size, Distance)


class Quantities(Fuzzer):
    """A text is refused, with a hint that is accepted or none; or, written shortest, it is the same quantity."""

    name = "quantities"

    def __init__(self) -> None:
        examples = (b"10min", b"500ms", b"1h", b"64KiB", b"256MB", b"1km", b"10 Minutes.", b"5", b"0s")
        words = (b"0", b"min", b" ", b"K", b"\xd9\xa3", b"-", b".", b"999999999", b"d", b"\xc4\xb0")
        self._mutate = Mutator(seeds=examples, words=words, longest=24, joined=1)

    def make(self, chance: random.Random) -> bytes:
        return self._mutate(chance)

    def run(self, data: bytes) -> bool:
        text, taken = data.decode("utf-8", "replace"), False
        for kind in _KINDS:
            try:
                found = kind.parse(text)
            except BadQuantity as bad:
                meant = re.fullmatch(r'did you mean "(.*)"\?', bad.hint or "")
                assert (meant is None) == (bad.hint is None), "a hint of another form"  # noqa: PT017 - either outcome is right
                assert meant is None or kind.parse(meant[1]) >= 0
                continue
            taken = True
            assert re.fullmatch(r"[0-9]{1,9}[A-Za-z]+", text, re.ASCII), "not a number and a unit"
            assert int(re.sub("[A-Za-z]", "", text)) * kind.UNITS[text.lstrip("0123456789")] == found, (
                "another quantity"
            )
            written = found.written()
            if len(re.sub("[A-Za-z]", "", written)) <= 9:
                assert kind.parse(written) == found, "written it is another quantity"
        return taken


FUZZERS: tuple[Fuzzer, ...] = (Toml(), Quantities())
