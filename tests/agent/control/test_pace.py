from agent.control.pace import ANSWER_MS, BURST, REFILL_MS, Pace
from agent.wire.orders import Role


def taken(pace: Pace, role: Role, mono_ms: int, tries: int = 1000) -> int:
    return sum(pace.take(role, mono_ms) for _ in range(tries))


def test_pace_lets_a_burst_through_and_then_one_in_each_interval() -> None:
    pace = Pace()
    assert taken(pace, Role.OPS, 0) == BURST
    assert taken(pace, Role.OPS, REFILL_MS - 1) == 0
    assert taken(pace, Role.OPS, REFILL_MS) == 1
    assert taken(pace, Role.OPS, 4 * REFILL_MS) == 3


def test_pace_of_tries_that_come_often_is_the_same() -> None:
    pace = Pace()
    taken(pace, Role.OPS, 0)
    assert sum(pace.take(Role.OPS, at) for at in range(0, 10 * REFILL_MS + 1, 100)) in {9, 10}


def test_pace_never_saves_up_more_than_a_burst() -> None:
    pace = Pace()
    taken(pace, Role.OPS, 0)
    assert taken(pace, Role.OPS, 1_000_000 * REFILL_MS) == BURST


def test_pace_of_one_role_is_not_that_of_another() -> None:
    pace = Pace()
    taken(pace, Role.OPS, 0)
    assert taken(pace, Role.ROOT, 0) == BURST


def test_pace_with_a_clock_that_runs_backwards_takes_nothing_away() -> None:
    pace = Pace()
    pace.take(Role.OPS, 10 * REFILL_MS)
    assert taken(pace, Role.OPS, 0) == BURST - 1


def test_answers_and_writes_come_at_most_once_in_a_while_each_for_itself() -> None:
    pace = Pace()
    for may in (pace.may_answer, pace.may_write):
        assert [may(at) for at in (0, 1, ANSWER_MS - 1, ANSWER_MS, ANSWER_MS + 1)] == [
            True,
            False,
            False,
            True,
            False,
        ]
