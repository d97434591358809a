import pytest

from agent.errors import LamppostError
from agent.privacy.errors import IllegalStream, NoRandomness, PrivacyError, RuleBroken
from agent.privacy.legality import problems
from tests.support.privacy import MAC, released, stream


@pytest.mark.parametrize("kind", [IllegalStream, NoRandomness, RuleBroken])
def test_privacy_errors_are_the_agents_own(kind: type[Exception]) -> None:
    assert issubclass(kind, PrivacyError)
    assert issubclass(kind, LamppostError)


def test_illegal_stream_carries_every_problem_and_says_them() -> None:
    found = problems(stream(released(MAC)))
    error = IllegalStream("corner", found)
    assert error.problems == found
    assert len(found) > 1
    assert str(error) == "; ".join(str(problem) for problem in found)
    assert error.stream == "corner"
