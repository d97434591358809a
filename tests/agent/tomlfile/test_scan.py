from collections.abc import Iterator
from typing import Any

import pytest
import tomli
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from agent.tomlfile.scan import Misfit, Path, Unclosed, key_text, scan
from tests.support.toml_documents import DOCUMENTS


def paths(value: object, path: Path = ()) -> Iterator[Path]:
    """Every path the parser sees."""
    items: Any = enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else ()
    for key, item in items:
        yield (*path, key)
        yield from paths(item, (*path, key))


def value_at(values: dict[str, Any], path: Path) -> object:
    found: Any = values
    for part in path:
        found = found[part]
    return found


def assert_positions(text: str) -> None:
    values = tomli.loads(text)
    places = scan(text)
    seen = list(paths(values))
    assert set(places) == set(seen)
    for path in seen:
        place = places[path]
        if isinstance(path[-1], str):
            assert key_text(text[place.start : place.end]) == path[-1]
        written = text[place.value_start : place.value_end]
        if (place.value_start, place.value_end) != (place.start, place.end) or isinstance(path[-1], int):
            found = value_at(values, path)
            if isinstance(path[-1], int) and isinstance(found, dict) and not written.startswith("{"):
                continue
            assert repr(tomli.loads(f"x = {written}")["x"]) == repr(found)


@settings(max_examples=100)
@given(DOCUMENTS)
def test_scan_of_any_valid_document_finds_each_key_and_value_where_it_stands(document: str) -> None:
    text = document.replace("\r\n", "\n")
    try:
        tomli.loads(text)
    except tomli.TOMLDecodeError:
        reject()
    assert_positions(text)


@settings(max_examples=100)
@given(DOCUMENTS, st.data())
def test_scan_of_a_damaged_document_ends_with_places_or_misfit(document: str, data: st.DataObject) -> None:
    text = document.replace("\r\n", "\n")
    at = data.draw(st.integers(0, len(text)))
    damaged = (
        text[:at] + data.draw(st.sampled_from(["", '"', "[", "]", "{", "=", "\n", "\\", "'", ","])) + text[at + 1 :]
    )
    try:
        values = tomli.loads(damaged)
    except ValueError:
        try:
            scan(damaged)
        except ValueError:
            return
    else:
        del values
        assert_positions(damaged)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[a.b]\nc = 1\n[a]\nd = 2\n", id="parent-after-child"),
        pytest.param("[[a]]\n[a.b]\nc = 1\n[[a]]\n[[a.d]]\ne = 1\n[[a.d]]\ne = 2\n", id="lists-of-tables"),
        pytest.param('"a.b"."c d" = 1\na."é\\t" = {x.y = [1, {z = 2}]}\n', id="quoted"),
        pytest.param("3.14 = 1\n", id="digits"),
        pytest.param("a = [\n  1, # one\n  [2, 3], ]\n", id="list-over-lines"),
        pytest.param("a = {\n b = 1, # c\n}\n", id="table-over-lines"),
        pytest.param("x = 1979-05-27 07:32:00 # c\n", id="date-with-space"),
        pytest.param("", id="empty"),
    ],
)
def test_scan_of_each_form_finds_keys_and_values(text: str) -> None:
    assert_positions(text)


@pytest.mark.parametrize(
    ("text", "offset", "what"),
    [
        pytest.param("a = [1,\nb = 2\n", 4, "list", id="list-before-key"),
        pytest.param("a = [1,\n2\n", 4, "list", id="list-at-end"),
        pytest.param("a = [1\n[b]\n", 4, "list", id="list-before-section"),
        pytest.param("a = {b = 1\n", 4, "table", id="table-at-end"),
        pytest.param('a = "b\n', 4, "text", id="text"),
        pytest.param('a = """b\n\n', 4, "text over several lines", id="long-text"),
    ],
)
def test_scan_of_something_never_closed_tells_where_it_was_opened(text: str, offset: int, what: str) -> None:
    with pytest.raises(Unclosed) as caught:
        scan(text)
    assert (caught.value.offset, caught.value.what) == (offset, what)


def test_scan_of_a_list_without_a_comma_is_a_misfit_where_the_comma_is_missing() -> None:
    with pytest.raises(Misfit) as caught:
        scan('a = ["x"\n "y"]\n')
    assert not isinstance(caught.value, Unclosed)
