from agent.privacy.problem import about, about_all, origin
from tests.support.privacy import TEMPERATURE, WEATHER, released


def test_problem_of_a_channel_names_stream_channel_and_reason() -> None:
    problem = about(WEATHER, released(TEMPERATURE, name="air"), "rule", what="found this", why="because of that")
    assert str(problem) == "stream weather, channel air: found this: because of that"


def test_problem_of_a_stream_names_no_channel() -> None:
    problem = about_all(WEATHER, "window", what="found this", why="because of that")
    assert problem.channel is None
    assert str(problem) == "stream weather: found this: because of that"


def test_origin_of_a_channel_is_written_as_in_the_configuration() -> None:
    assert origin(released(TEMPERATURE, sensor="air")) == "air.temperature"
