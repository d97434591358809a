import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Meta, Struct

from agent.tomlfile import Duration, Report, Table, Unusable, check, check_table, parse
from tests.support.toml_documents import DOCUMENTS, VALUES


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Inner(Struct, frozen=True):
    need: int
    also: str = ""


class Everything(Struct, frozen=True, kw_only=True, rename={"from_": "from"}):
    text: Annotated[str, Meta(min_length=1, max_length=5)] | None = None
    word: Annotated[str, Meta(pattern="^[a-z]+$", extra={"is": "a word", "code": "bad-name"})] = "w"
    number: Annotated[int, Meta(ge=1, le=9)] = 1
    least: Annotated[int, Meta(ge=1)] = 1
    exact: Decimal = Decimal(0)
    rough: float = 0.0
    truth: bool = False
    colour: Colour = Colour.RED
    choice: Literal["a", "b"] = "a"
    pause: Annotated[Duration, Meta(extra={"minimum": 1000, "maximum": 60_000})] = Duration(1000)
    when: dt.datetime | None = None
    many: Annotated[tuple[int, ...], Meta(min_length=1)] = (1,)
    pair: tuple[Decimal, Decimal] | None = None
    either: Inner | bool = True
    inner: Inner | None = None
    named: dict[Annotated[str, Meta(pattern="^[a-z-]+$", extra={"is": "a name"})], Inner] = {}
    free: dict[str, Any] = {}
    from_: str = ""


def walked(text: str, kind: type[Any] = Everything) -> tuple[Table, list[tuple[str, str]]]:
    report = Report()
    table = check(parse(text.encode(), name="f.toml"), kind, report=report)
    return table, [(problem.code, problem.key) for problem in report.ordered()]


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        ('text = "abc"', "text", "abc"),
        ("number = 9", "number", 9),
        ("exact = 0.1", "exact", Decimal("0.1")),
        ("exact = 3", "exact", Decimal(3)),
        ("rough = 2", "rough", 2.0),
        ("truth = true", "truth", True),
        ('colour = "blue"', "colour", "blue"),
        ('choice = "b"', "choice", "b"),
        ('pause = "1min"', "pause", Duration(60_000)),
        ("when = 2026-01-01T00:00:00Z", "when", dt.datetime(2026, 1, 1, tzinfo=dt.UTC)),
        ("many = [1, 2]", "many", (1, 2)),
        ("pair = [-1, 0.5]", "pair", (Decimal(-1), Decimal("0.5"))),
        ("either = false", "either", False),
        ('from = "x"', "from", "x"),
    ],
)
def test_walk_of_a_right_value_keeps_it_as_the_model_has_it(line: str, key: str, value: object) -> None:
    table, found = walked(line)
    assert found == []
    assert table.values == {key: value}
    assert type(table.values[key]) is type(value)


@pytest.mark.parametrize(
    ("line", "problems"),
    [
        ("text = 3", [("wrong-type", "text")]),
        ('text = " "', [("empty", "text")]),
        ('text = "abcdef"', [("too-long", "text")]),
        ('word = "A"', [("bad-name", "word")]),
        ('word = "a\\n"', [("bad-name", "word")]),
        ("number = 10", [("out-of-range", "number")]),
        ("number = 1.0", [("wrong-type", "number")]),
        ("number = true", [("wrong-type", "number")]),
        ("least = 0", [("out-of-range", "least")]),
        ("least = 99999999999999999999", [("out-of-range", "least")]),
        ("exact = nan", [("out-of-range", "exact")]),
        ("exact = 1e400", [("out-of-range", "exact")]),
        ("exact = 1e-400", [("out-of-range", "exact")]),
        ('exact = "1"', [("wrong-type", "exact")]),
        ("truth = 1", [("wrong-type", "truth")]),
        ('colour = "green"', [("wrong-value", "colour")]),
        ("colour = 1", [("wrong-type", "colour")]),
        ("pause = 60", [("wrong-type", "pause")]),
        ('pause = "1 minute"', [("bad-duration", "pause")]),
        ('pause = "1h"', [("out-of-range", "pause")]),
        ("when = 2026-01-01", [("wrong-type", "when")]),
        ("many = []", [("empty", "many")]),
        ('many = [1, "2", 3, true]', [("wrong-type", "many[1]"), ("wrong-type", "many[3]")]),
        ("many = 1", [("wrong-type", "many")]),
        ("pair = [1]", [("wrong-type", "pair")]),
        ("either = 1", [("wrong-type", "either")]),
        ("either.need = 'x'", [("wrong-type", "either.need")]),
        ("inner = 1", [("wrong-type", "inner")]),
        ("[inner]", [("missing-key", "inner.need")]),
        ("[inner]\nned = 1", [("unknown-key", "inner.ned")]),
        ("[named.a]\n[named.B]\nneed = 1", [("missing-key", "named.a.need"), ("bad-name", "named.B")]),
        ("named = 1", [("wrong-type", "named")]),
        ("from_ = 'x'", [("unknown-key", "from_")]),
    ],
)
def test_walk_of_a_wrong_value_reports_it_and_leaves_it_out(line: str, problems: list[tuple[str, str]]) -> None:
    table, found = walked(line)
    assert found == problems
    for _, key in problems:
        assert key not in table.values


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ('number = "0x7"', "write it without quotes: 0x7"),
        ('truth = "true"', "write it without quotes: true"),
        ("pause = 60", 'write it in quotes and with its unit, such as "60s"'),
        ("text = 12", 'write it in quotes: "12"'),
        ('many = "1"', 'put it in square brackets: ["1"]'),
        ('colour = "bleu"', 'did you mean "blue"?'),
        ('word = "Big Word"', None),
        ("inner = 3", None),
    ],
)
def test_walk_of_a_wrong_value_proposes_what_was_meant(line: str, hint: str | None) -> None:
    report = Report()
    check(parse(line.encode(), name="f.toml"), Everything, report=report)
    assert report.problems[0].hint == hint


def test_walk_counts_a_misspelt_key_as_written() -> None:
    table, _ = walked("[inner]\nned = 1")
    assert "need" in table.table("inner").written
    assert table.table("inner").get("need", int) is None


def test_table_reads_by_type_and_gives_an_empty_one_for_what_is_not_there() -> None:
    table, _ = walked("number = 2\n[named.a]\nneed = 1\n[named.b]\nneed = 2")
    assert table.get("number", int) == 2
    assert table.text("number") is None
    assert table.table("inner").values == {}
    assert {name: entry.get("need", int) for name, entry in table.tables("named").items()} == {"a": 1, "b": 2}
    assert table.tables("named")["a"].name == "a"
    assert table.plain() == {"number": 2, "named": {"a": {"need": 1}, "b": {"need": 2}}}


@dataclass(frozen=True, slots=True)
class Options:
    factor: float = 1.0
    colour: Colour = Colour.RED


def test_check_table_takes_a_dataclass() -> None:
    document = parse(b'[o]\nfactor = 2\ncolour = "blue"\n', name="f.toml")
    report = Report()
    table = check_table(document, Options, path=("o",), values=document.values["o"], report=report)
    assert (report.problems, table.plain()) == ([], {"factor": 2.0, "colour": "blue"})


def test_check_of_something_that_is_no_model_is_refused() -> None:
    with pytest.raises(TypeError):
        walked("a = 1", int)


KEYS = [entry.encode_name for entry in __import__("msgspec").structs.fields(Everything)]


@settings(max_examples=150)
@given(st.one_of(DOCUMENTS, st.builds("{} = {}".format, st.sampled_from(KEYS), VALUES)))
def test_walk_of_any_document_reports_or_keeps_each_key(text: str) -> None:
    try:
        document = parse(text.encode(), name="f.toml")
    except Unusable:
        return
    report = Report()
    table = check(document, Everything, report=report)
    reported = {problem.key.partition(".")[0].partition("[")[0] for problem in report.problems}
    for key in KEYS:
        if key in document.values:
            assert key in table.values or key in reported
