import pytest

from agent.control.record import ControlState, Result, Taken, lost_state
from agent.control.standing import Governed, Standing
from agent.wire.entries import StateEvent
from agent.wire.orders import Order, Refusal, Role


def said(order: Order) -> Governed:
    return Governed((Standing(role=Role.OPS, order=order, version=1, document=bytes(32), reference="r"),))


def test_orders_are_those_of_streams_with_an_entry_and_of_all_that_are_asked_for() -> None:
    state = ControlState(streams={"a": said(Order.HOLD)}, everywhere=said(Order.RUN))
    assert state.orders(["b"]) == {"a": Order.HOLD, "b": Order.RUN}
    assert state.strictest() is Order.HOLD


@pytest.mark.parametrize(
    ("first", "second", "both"), [(5, 9, 9), (9, 5, 9), (None, 5, None), (5, None, None), (None, None, None)]
)
def test_purges_of_one_stream_become_the_one_that_takes_more(
    first: int | None, second: int | None, both: int | None
) -> None:
    state = ControlState().with_purge("a", first).with_purge("a", second).with_purge("b", 1)
    assert state.purges == {"a": both, "b": 1}


def test_finished_state_owes_nothing_and_keeps_the_rest() -> None:
    result = Result(stream="a", order=Order.HOLD, refusal=Refusal.NONE, everywhere=False)
    last = Taken(
        version=1, document=bytes(32), reference="r", role=Role.OPS, local=False, results=(result,), done=False
    )
    state = ControlState(version=1, last=last, event=StateEvent.RESET, streams={"a": said(Order.HOLD)})
    done = state.with_purge("a", 1).finished()
    assert (done.event, dict(done.purges)) == (None, {})
    assert done.last is not None
    assert (done.last.done, done.last.results, done.of("a")) == (True, (result,), said(Order.HOLD))
    assert ControlState().finished() == ControlState()


@pytest.mark.parametrize(
    ("roles", "floor"),
    [([], Role.ROOT), ([Role.OPS], Role.OPS), ([Role.PRIVACY, Role.OPS], Role.PRIVACY), (list(Role), Role.ROOT)],
)
def test_lost_state_suspends_all_by_the_highest_role_that_has_a_key(roles: list[Role], floor: Role) -> None:
    state = lost_state("gone", unit="u", version=None, roles=roles)
    assert (state.lost, state.version, state.event) == ("gone", None, StateEvent.LOST)
    assert state.of("any").state is Order.SUSPEND
    assert state.everywhere.decisive is not None
    assert state.everywhere.decisive.role is floor
