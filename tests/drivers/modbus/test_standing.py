"""A dead slave costs little and ever less, and a late answer is never taken for another one."""

import pytest

from drivers.modbus.standing import LONGEST_S, SHARE, Standing

S = 1_000_000_000


def silenced(times: int, *, limit_s: float = 1.0) -> tuple[Standing, int]:
    """A slave that was asked as soon as it might be, and was silent each time; and when."""
    standing, now_ns = Standing(), 0
    for _ in range(times):
        now_ns += int(max(standing.rest_s(now_ns), standing.owed_s(now_ns)) * S)
        standing.asked(now_ns, limit_s)
        now_ns += int(limit_s * S)
        standing.failed(now_ns, limit_s, silent=True)
    return standing, now_ns


def test_slave_that_was_never_asked_is_good_and_owes_nothing() -> None:
    standing = Standing()
    assert standing.good
    assert (standing.rest_s(0), standing.owed_s(0)) == (0, 0)


def test_one_silence_is_no_reason_to_rest_but_its_answer_is_owed() -> None:
    standing, now_ns = silenced(1)
    assert standing.rest_s(now_ns) == 0
    assert standing.owed_s(now_ns) == 1.0
    assert standing.owed_s(now_ns + S) == 0


@pytest.mark.parametrize(("times", "rest_s"), [(2, 4), (3, 8), (4, 16), (5, 30), (6, 30), (40, 30)])
def test_rest_doubles_from_the_second_silence_on_up_to_its_bound(times: int, rest_s: float) -> None:
    standing, now_ns = silenced(times)
    assert standing.rest_s(now_ns) == rest_s


@pytest.mark.parametrize("limit_s", [0.1, 1.0, 5.0, 20.0])
def test_dead_slave_takes_at_most_a_fifth_of_the_line_from_its_second_silence_on(limit_s: float) -> None:
    standing, now_ns = silenced(2, limit_s=limit_s)
    assert limit_s / (limit_s + standing.rest_s(now_ns)) <= 1 / (1 + SHARE) + 1e-9
    assert standing.rest_s(now_ns) <= max(LONGEST_S, SHARE * limit_s)


def test_answer_of_any_kind_ends_rest_and_debt() -> None:
    standing, now_ns = silenced(6)
    standing.asked(now_ns, 1.0)
    standing.answered()
    assert standing.good
    assert (standing.rest_s(now_ns), standing.owed_s(now_ns)) == (0, 0)
    assert not standing.late()


def test_damaged_answers_make_it_rest_only_from_the_fourth_on() -> None:
    standing = Standing()
    rests = []
    for _ in range(5):
        standing.failed(0, 1.0, silent=False)
        rests.append(standing.rest_s(0) > 0)
    assert rests == [False, False, False, True, True]


def test_late_answer_settles_the_debt_once() -> None:
    standing, now_ns = silenced(1)
    assert standing.late()
    assert standing.owed_s(now_ns) == 0
    assert not standing.late()


def test_request_that_was_cancelled_leaves_a_debt() -> None:
    standing = Standing()
    standing.asked(0, 1.0)
    assert standing.owed_s(S) == 1.0
    assert standing.good
