from dataclasses import asdict

from agent.privacy.counters import FilterCounters


def test_counters_are_plain_integers_that_start_at_zero() -> None:
    assert all(type(value) is int and value == 0 for value in asdict(FilterCounters()).values())


def test_counters_copy_does_not_follow_the_original() -> None:
    counters = FilterCounters()
    before = counters.copy()
    counters.readings += 1
    assert before.readings == 0
