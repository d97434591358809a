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
