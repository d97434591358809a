import pytest

from agent.tomlfile import Problem, Unusable, parse


def problem_of(text: str) -> Problem:
    with pytest.raises(Unusable) as caught:
        parse(text.encode(), name="f.toml")
    return caught.value.problem


@pytest.mark.parametrize(
    ("text", "line", "column", "part"),
    [
        pytest.param('a = 1\nb = "x\nc = 2\n', 2, 5, "never closed", id="text"),
        pytest.param("a = 'x\n", 1, 5, "never closed", id="literal-text"),
        pytest.param('a = """\nx\n\nb = 1\n', 1, 5, "never closed", id="long-text"),
        pytest.param("a = [1,\n2\n\n[b]\nc = 1\n", 1, 5, "never closed", id="list"),
        pytest.param("a = [\n 1\n 2 ]\n", 3, 2, "or a comma", id="comma"),
        pytest.param("a = {b = 1\nc = 2\n", 1, 5, "never closed", id="table"),
        pytest.param("a = 1\na = 2\n", 2, 6, "already given", id="key-twice"),
        pytest.param("[a]\n[b]\n[a]\n", 3, 3, "there twice", id="section-twice"),
        pytest.param("[a\nb = 1\n", 1, 3, "closes the section's name", id="section-bracket"),
        pytest.param("[[a]\n", 1, 4, "]]", id="list-section-bracket"),
        pytest.param("a\n", 1, 2, "= after the key", id="no-equals"),
        pytest.param("a = x\n", 1, 5, "no value", id="word"),
        pytest.param("a = True\n", 1, 5, "no value", id="capital-true"),
        pytest.param("a =\n", 1, 4, "no value", id="no-value"),
        pytest.param("a = 1 2\n", 1, 7, "left over", id="left-over"),
        pytest.param("= 1\n", 1, 1, "neither", id="no-key"),
        pytest.param('a = "C:\\new\\dir"\n', 1, 14, "needs a second one", id="backslash"),
        pytest.param("a = 2026-02-30\n", 1, 5, "no such date", id="date"),
        pytest.param("a = 1\nb.c = 1\nb = 2\n", 3, 6, "already given", id="table-then-value"),
    ],
)
def test_explain_of_a_syntax_error_names_it_where_it_was_made(text: str, line: int, column: int, part: str) -> None:
    problem = problem_of(text)
    assert (problem.line, problem.column) == (line, column)
    assert part in problem.message
    assert problem.source == text.split("\n")[line - 1]


def test_explain_of_something_never_closed_tells_where_it_is_noticed() -> None:
    assert problem_of("a = [1,\n2\n\n[b]\nc = 1\n").hint == "add ] (or the missing comma) before line 4"
    assert problem_of("a = [1,\n").hint == "add ] (or the missing comma) before the end of the file"
