from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.tomlfile import Document, Problem, Unusable, dotted, parse, read
from tests.support.toml_documents import DOCUMENTS


def refused(data: bytes) -> Problem:
    with pytest.raises(Unusable) as caught:
        parse(data, name="f.toml")
    assert caught.value.readable
    return caught.value.problem


def test_read_of_a_file_gives_values_with_exact_fractions(tmp_path: Path) -> None:
    (tmp_path / "f.toml").write_text("a = 0.1\n")
    assert read(tmp_path / "f.toml").values == {"a": Decimal("0.1")}


@pytest.mark.parametrize("name", ["missing.toml", "."])
def test_read_of_no_file_is_unreadable(tmp_path: Path, name: str) -> None:
    with pytest.raises(Unusable) as caught:
        read(tmp_path / name)
    assert not caught.value.readable
    assert (caught.value.problem.code, caught.value.problem.line) == ("unreadable", 0)


def test_parse_of_a_file_without_end_is_unreadable() -> None:
    with pytest.raises(Unusable) as caught:
        parse(b"#" * 1_000_001, name="f.toml")
    assert not caught.value.readable
    assert "too large" in str(caught.value)


def test_problem_of_a_document_points_at_key_value_or_nearest_table() -> None:
    document = parse(b"[a]\n  b = [1,\n 22]\n", name="f.toml")
    found = {
        "key": document.problem(("a", "b"), code="c", message="m"),
        "value": document.problem(("a", "b"), code="c", message="m", at_value=True),
        "element": document.problem(("a", "b", 1), code="c", message="m", at_value=True),
        "missing": document.problem(("a", "x", "y"), code="c", message="m", at_value=True),
        "file": document.problem((), code="c", message="m"),
    }
    places = {name: (problem.line, problem.column, problem.width) for name, problem in found.items()}
    assert places == {
        "key": (2, 3, 1),
        "value": (2, 7, 3),
        "element": (3, 2, 2),
        "missing": (1, 2, 1),
        "file": (1, 1, 1),
    }
    assert found["missing"].key == "a.x.y"


def test_problem_in_a_file_of_a_windows_editor_counts_lines_and_columns_as_seen() -> None:
    document = parse("\ufeffa = 1\r\nb = 'é'\r\nc = 2".encode(), name="f.toml")
    problem = document.problem(("c",), code="c", message="m", at_value=True)
    assert (problem.line, problem.column, problem.source) == (3, 5, "c = 2")
    assert document.problem(("a",), code="c", message="m").column == 1


def test_parse_of_bytes_that_are_no_utf_8_points_at_the_first() -> None:
    problem = refused('ok = 1\r\nsite = "Dépôt'.encode("latin-1"))
    assert (problem.line, problem.column) == (2, 10)
    assert "UTF-8" in problem.message


def test_parse_of_bytes_that_are_no_utf_8_does_not_count_the_byte_order_mark() -> None:
    problem = refused(b"\xef\xbb\xbfx = \xff")
    assert (problem.line, problem.column, problem.source) == (1, 5, "x = \ufffd")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"a = " + b"[" * 2000, id="nested"),
        pytest.param(b"a = " + b"9" * 5000, id="digits"),
        pytest.param(b"a" + b".a" * 5000 + b" = 1", id="dotted"),
        pytest.param(b"a = 1\x00", id="nul"),
    ],
)
def test_parse_of_a_hostile_text_is_refused(data: bytes) -> None:
    assert refused(data).code == "syntax"


def test_parse_of_a_number_beyond_every_bound_makes_it_infinite() -> None:
    document = parse(b"a = 1e99999999999999999999", name="f.toml")
    assert document.values == {"a": Decimal("Infinity")}


@pytest.mark.parametrize(
    ("path", "text"),
    [((), ""), (("a", "b-c"), "a.b-c"), (("a", 2, "b"), "a[2].b"), (("a b", ""), '"a b"."')],
    ids=["root", "plain", "list", "quoted"],
)
def test_dotted_of_a_path_reads_as_in_the_file(path: tuple[str | int, ...], text: str) -> None:
    assert dotted(path).startswith(text)


def assert_usable_or_located(data: bytes) -> None:
    try:
        document = parse(data, name="f.toml")
    except Unusable as error:
        problem = error.problem
        lines = data.decode(errors="replace").removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
        assert 1 <= problem.line <= len(lines)
        assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1
        assert all(line.replace("\t", "").isprintable() for line in problem.lines())
    else:
        assert isinstance(document, Document)


@settings(max_examples=200)
@given(st.binary(max_size=60))
def test_parse_of_any_bytes_gives_a_document_or_one_problem_inside_the_text(data: bytes) -> None:
    assert_usable_or_located(data)


@settings(max_examples=100)
@given(DOCUMENTS, st.integers(0, 200))
def test_parse_of_any_cut_document_gives_a_document_or_one_problem_inside_the_text(text: str, length: int) -> None:
    assert_usable_or_located(text.encode()[:length])
