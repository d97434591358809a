import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.control.standing import MAY, RANK, Governed, Standing
from agent.wire.orders import Order, Refusal, Role

OPS, PRIVACY, ROOT = Role.OPS, Role.PRIVACY, Role.ROOT
RUN, HOLD, SUSPEND, PURGE = Order.RUN, Order.HOLD, Order.SUSPEND, Order.PURGE


def word(role: Role, order: Order) -> Standing:
    return Standing(role=role, order=order, version=1, document=bytes(32), reference="r")


def after(*words: tuple[Role, Order]) -> Governed:
    governed = Governed()
    for role, order in words:
        assert governed.refusal(order, role, permissive=Refusal.NONE) is Refusal.NONE
        governed = governed.said(word(role, order))
    return governed


def test_stream_of_which_nobody_spoke_runs() -> None:
    assert Governed().state is RUN
    assert Governed().decisive is None


@pytest.mark.parametrize(
    ("role", "order", "refusal"),
    [
        (OPS, RUN, Refusal.NONE),
        (OPS, HOLD, Refusal.NONE),
        (OPS, SUSPEND, Refusal.ROLE),
        (OPS, PURGE, Refusal.ROLE),
        *((role, order, Refusal.NONE) for role in (PRIVACY, ROOT) for order in Order),
    ],
)
def test_role_may_order_what_it_is_for(role: Role, order: Order, refusal: Refusal) -> None:
    assert Governed().refusal(order, role, permissive=Refusal.NONE) is refusal


@pytest.mark.parametrize(
    ("before", "role", "order", "refusal"),
    [
        pytest.param([(PRIVACY, HOLD)], OPS, RUN, Refusal.OUTRANKED, id="run-below"),
        pytest.param([(PRIVACY, HOLD)], OPS, HOLD, Refusal.NONE, id="same-below"),
        pytest.param([(PRIVACY, SUSPEND)], OPS, HOLD, Refusal.OUTRANKED, id="hold-below-suspend"),
        pytest.param([(PRIVACY, SUSPEND)], PRIVACY, RUN, Refusal.NONE, id="own"),
        pytest.param([(OPS, HOLD)], PRIVACY, RUN, Refusal.NONE, id="undoes-ops"),
        pytest.param([(ROOT, HOLD), (PRIVACY, SUSPEND)], PRIVACY, RUN, Refusal.OUTRANKED, id="root-hold-stays"),
        pytest.param([(ROOT, HOLD), (PRIVACY, SUSPEND)], PRIVACY, HOLD, Refusal.NONE, id="back-to-root-hold"),
        pytest.param([(ROOT, SUSPEND)], PRIVACY, HOLD, Refusal.OUTRANKED, id="root-suspend"),
        pytest.param([(ROOT, SUSPEND)], ROOT, RUN, Refusal.NONE, id="root-own"),
        pytest.param([(OPS, HOLD)], PRIVACY, PURGE, Refusal.HELD, id="purge-held"),
        pytest.param(
            [(ROOT, HOLD), (PRIVACY, SUSPEND)], PRIVACY, PURGE, Refusal.HELD, id="purge-under-a-higher-hold"
        ),
        pytest.param([(OPS, HOLD), (PRIVACY, SUSPEND)], PRIVACY, PURGE, Refusal.NONE, id="purge-over-a-lower-hold"),
        pytest.param([(PRIVACY, SUSPEND)], PRIVACY, PURGE, Refusal.NONE, id="purge-suspended"),
        pytest.param([(PRIVACY, HOLD)], OPS, PURGE, Refusal.ROLE, id="role-comes-first"),
    ],
)
def test_order_against_what_stands_is_obeyed_or_refused(
    before: list[tuple[Role, Order]], role: Role, order: Order, refusal: Refusal
) -> None:
    assert after(*before).refusal(order, role, permissive=Refusal.NONE) is refusal


@pytest.mark.parametrize(
    ("before", "role", "order", "permissive"),
    [
        ([], OPS, RUN, False),
        ([], PRIVACY, SUSPEND, False),
        ([(PRIVACY, SUSPEND)], PRIVACY, SUSPEND, False),
        ([(PRIVACY, HOLD)], PRIVACY, SUSPEND, False),
        ([(PRIVACY, SUSPEND)], PRIVACY, HOLD, True),
        ([(PRIVACY, SUSPEND)], PRIVACY, RUN, True),
        ([(OPS, HOLD)], OPS, RUN, True),
        ([(PRIVACY, SUSPEND)], PRIVACY, PURGE, False),
    ],
)
def test_order_is_permissive_when_the_stream_gets_looser(
    before: list[tuple[Role, Order]], role: Role, order: Order, *, permissive: bool
) -> None:
    found = after(*before).refusal(order, role, permissive=Refusal.CLOCK)
    assert found is (Refusal.CLOCK if permissive else Refusal.NONE)


def test_hold_that_a_lower_role_repeats_stays_the_higher_ones() -> None:
    governed = after((PRIVACY, HOLD), (OPS, HOLD))
    assert governed.decisive is not None
    assert governed.decisive.role is PRIVACY
    assert governed.refusal(RUN, OPS, permissive=Refusal.NONE) is Refusal.OUTRANKED


def test_word_of_a_higher_role_that_says_run_has_no_power() -> None:
    governed = after((OPS, HOLD), (ROOT, RUN), (OPS, HOLD))
    assert [word.role for word in governed.words] == [OPS]
    assert governed.state is HOLD


WORDS = st.tuples(st.sampled_from(Role), st.sampled_from([RUN, HOLD, SUSPEND]))


@given(st.lists(WORDS, max_size=12), WORDS)
def test_word_that_is_obeyed_never_loosens_what_a_higher_role_said(
    history: list[tuple[Role, Order]], last: tuple[Role, Order]
) -> None:
    governed = Governed()
    for role, order in [*history, last]:
        before = governed
        if governed.refusal(order, role, permissive=Refusal.NONE) is Refusal.NONE:
            governed = governed.said(word(role, order))
            assert governed.state >= before.floor(role)
            assert governed.state == max(order, before.floor(role))
            assert governed.floor(role) == before.floor(role)
        assert len({entry.role for entry in governed.words}) == len(governed.words) <= len(Role)


def test_rank_and_rights_know_every_role() -> None:
    assert set(RANK) == set(MAY) == set(Role)
    assert sorted(RANK.values()) == [0, 1, 2]
