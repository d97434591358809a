import pytest

from agent.tomlfile import did_you_mean, either, listing, nearest

NAMES = ["interval", "timeout", "CO2"]


@pytest.mark.parametrize(
    ("wrong", "right"), [("intervall", "interval"), ("TIMEOUT", "timeout"), ("co2", "CO2"), ("bus", None), ("", None)]
)
def test_nearest_of_a_wrong_name_is_the_one_that_was_meant(wrong: str, right: str | None) -> None:
    assert nearest(wrong, NAMES) == right
    assert did_you_mean(wrong, NAMES) == (None if right is None else f'did you mean "{right}"?')


def test_listing_is_sorted_and_shortened() -> None:
    assert listing(["b", "a"]) == "a, b"
    assert listing(f"n{index:02}" for index in range(20)).endswith("n11 and 8 more")
    assert listing([]) == "nothing (there are none)"


def test_either_of_one_or_more_parts_reads_as_a_choice() -> None:
    assert [either(["a"]), either(["a", "b"]), either(["a", "b", "c"])] == ["a", "a or b", "a, b or c"]
