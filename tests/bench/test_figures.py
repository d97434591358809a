import pytest

from tests.bench.figures import Figure, references, table


def test_figure_within_reach_is_reached_and_beyond_it_missed() -> None:
    figures = [Figure(name="a", value=value, unit="s", reach=3, digits=2) for value in (3.0, 3.01)]
    assert [figure.reached for figure in figures] == [True, False]
    assert [figure.line().split()[-1] for figure in figures] == ["reached", "MISSED"]


def test_figure_that_could_not_be_measured_is_not_reached() -> None:
    figure = Figure(name="a", value=None, unit="bytes", reach=1500)
    assert not figure.reached
    assert "takes root" in figure.line()


def test_figure_without_a_reach_is_only_shown() -> None:
    figure = Figure(name="a", value=1234.5, unit="bytes", digits=1)
    assert figure.reached
    assert figure.line().split() == ["a", "1,234.5", "bytes"]


def test_table_has_a_line_for_each_figure_and_references_are_marked_as_quoted() -> None:
    figure = Figure(name="a", value=1, unit="s", reach=3)
    assert len(table([figure, figure]).splitlines()) == 3
    assert references().startswith("quoted, not measured here")


@pytest.mark.parametrize(
    ("foretold", "holds"),
    [(75.0, True), (74.9, False), (125.0, True), (125.1, False)],
    ids=["least", "less", "most", "more"],
)
def test_figure_with_a_foretold_value_holds_within_the_tolerance_alone(*, foretold: float, holds: bool) -> None:
    figure = Figure(name="a", value=100.0, unit="bytes", foretold=foretold, tolerance=0.25)
    assert (figure.as_foretold, figure.holds) == (holds, holds)
    assert ("FORETOLD WRONGLY (within 25%)" in figure.line()) is not holds
    assert f"{foretold / 100:.2f}" in figure.line()


def test_figure_within_reach_but_foretold_wrongly_does_not_hold() -> None:
    figure = Figure(name="a", value=100, unit="bytes", reach=200, foretold=50, tolerance=0.15)
    assert figure.reached
    assert not figure.holds
    assert figure.line().endswith("50 bytes   0.50  reached, FORETOLD WRONGLY (within 15%)")


@pytest.mark.parametrize("value", [None, 0.0], ids=["not-measured", "nothing"])
def test_figure_that_has_nothing_to_compare_with_is_not_as_foretold(value: float | None) -> None:
    figure = Figure(name="a", value=value, unit="bytes", foretold=50, tolerance=0.15)
    assert figure.ratio is None
    assert not figure.holds
