from agent.tomlfile import Problem, Report, Severity, printable, quoted


def problem(line: int, column: int, **other: object) -> Problem:
    fields = {"code": "c", "file": "f.toml", "message": "m", "line": line, "column": column, **other}
    return Problem(**fields)  # type: ignore[arg-type]  # the tests' keywords are not typed one by one


def test_problem_lines_show_place_line_caret_and_what_is_known() -> None:
    shown = problem(
        12, 8, width=5, source='bus = \t"pol"', expected="a bus", found='"pol"', hint='did you mean "pole"?'
    ).lines()
    assert list(shown) == [
        "f.toml:12:8: m",
        '  12 | bus = \t"pol"',
        "     |       \t^^^^^",
        "    expected: a bus",
        '    found: "pol"',
        '    did you mean "pole"?',
    ]


def test_problem_lines_of_a_warning_say_so() -> None:
    assert next(iter(problem(1, 1, severity=Severity.WARNING).lines())) == "f.toml:1:1: warning: m"


def test_problem_lines_of_an_unreadable_file_have_no_place() -> None:
    assert list(problem(0, 0).lines()) == ["f.toml: m"]


def test_problem_lines_of_a_hostile_line_cannot_move_the_cursor() -> None:
    shown = "".join(problem(1, 1, source="a = '\x1b[2J\u202e'").lines())
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_problem_as_dict_has_no_line_of_the_file() -> None:
    assert "source" not in problem(1, 1, source="secret").as_dict()


def test_report_orders_by_place_and_tells_errors_from_warnings() -> None:
    report = Report()
    for line, column, severity in [(2, 1, Severity.ERROR), (1, 5, Severity.WARNING), (1, 2, Severity.ERROR)]:
        report.add(problem(line, column, severity=severity))
    assert [(found.line, found.column) for found in report.ordered()] == [(1, 2), (1, 5), (2, 1)]
    assert [found.line for found in report.errors()] == [1, 2]
    assert [found.column for found in report.warnings()] == [5]
    assert report.text().count("\n\n") == 2


def test_quoted_of_a_long_text_is_cut() -> None:
    assert quoted("x" * 200) == '"' + "x" * 76 + "..."
    assert [quoted(value) for value in (True, 3, "a")] == ["true", "3", '"a"']


def test_printable_of_control_characters_writes_escapes() -> None:
    assert printable("a\tb\x00\x7fé") == "a\tb\\x00\\x7fé"
