from dataclasses import replace
from typing import Any

import pytest

from agent.control.errors import Crowded, Leap, NoBaseline, Overtaken
from agent.control.judgement import Now
from agent.control.pace import ANSWER_MS, BURST, REFILL_MS
from agent.control.record import ControlState, lost_state
from agent.control.rules import LEAP, Controller
from agent.wire.messages import ClockQuality
from agent.wire.orders import Command, Order, Refusal, Role
from tests.support.orders import NOW, NOW_MS, STREAMS, UNIT, UNSET, clocks, controller, everywhere, obey, ordered

RUN, HOLD, SUSPEND, PURGE = Order.RUN, Order.HOLD, Order.SUSPEND, Order.PURGE
HOLDOVER = clocks(quality=ClockQuality.HOLDOVER)


def states(desk: Controller) -> dict[str, Order]:
    return desk.state.orders(STREAMS)


@pytest.mark.parametrize("now", [NOW, UNSET, HOLDOVER], ids=["synchronised", "unset", "holdover"])
@pytest.mark.parametrize("order", [HOLD, SUSPEND])
@pytest.mark.parametrize("expires_ms", [None, NOW_MS - 1, 0], ids=["for-ever", "expired", "long-expired"])
def test_restrictive_order_applies_at_once_whatever_the_clock(now: Now, order: Order, expires_ms: int | None) -> None:
    desk = controller()
    decision = obey(desk, ordered(order, expires_ms=expires_ms), now=now)
    assert (decision.taken, decision.answered) == (True, True)
    assert [result.refusal for result in decision.results] == [Refusal.NONE]
    assert states(desk) == {"air": order, "footfall": RUN}
    assert desk.state.version == 1


@pytest.mark.parametrize("now", [UNSET, HOLDOVER], ids=["unset", "holdover"])
def test_purge_applies_at_once_whatever_the_clock(now: Now) -> None:
    desk = controller()
    obey(desk, ordered(Command(stream="air", order=PURGE, until_ms=77), expires_ms=0), now=now)
    assert desk.state.purges == {"air": 77}


@pytest.mark.parametrize(
    ("now", "changes", "refusal"),
    [
        pytest.param(NOW, {}, Refusal.NONE, id="synchronised"),
        pytest.param(NOW, {"expires_ms": NOW_MS + 1}, Refusal.NONE, id="not-yet-expired"),
        pytest.param(NOW, {"expires_ms": NOW_MS}, Refusal.EXPIRED, id="expired"),
        pytest.param(UNSET, {}, Refusal.CLOCK, id="unset"),
        pytest.param(HOLDOVER, {}, Refusal.CLOCK, id="holdover"),
        pytest.param(NOW, {"issued_ms": NOW_MS + 3_600_000}, Refusal.NONE, id="a-clock-that-is-ahead"),
        pytest.param(NOW, {"issued_ms": NOW_MS + 3_600_001}, Refusal.CLOCK, id="from-the-future"),
    ],
)
@pytest.mark.parametrize("order", [RUN, HOLD])
def test_permissive_order_needs_a_clock_and_a_document_that_is_valid(
    now: Now, changes: dict[str, Any], refusal: Refusal, order: Order
) -> None:
    desk = controller()
    obey(desk, ordered(SUSPEND))
    decision = obey(desk, ordered(order, version=2, **changes), now=now)
    assert [result.refusal for result in decision.results] == [refusal]
    assert states(desk)["air"] is (order if refusal is Refusal.NONE else SUSPEND)
    assert decision.taken is (refusal is not Refusal.CLOCK)
    assert desk.state.version == (1 if refusal is Refusal.CLOCK else 2)


def test_document_refused_for_its_clock_is_tried_again_when_the_clock_is_right() -> None:
    desk = controller()
    obey(desk, ordered(SUSPEND))
    decision = obey(desk, ordered(RUN, version=2), now=UNSET)
    assert decision.answered
    assert desk.retry(now=UNSET, streams=STREAMS) is None
    again = desk.retry(now=NOW, streams=STREAMS)
    assert again is not None
    desk.settle(again, written=True)
    assert states(desk)["air"] is RUN
    assert desk.state.version == 2
    assert desk.retry(now=NOW, streams=STREAMS) is None


def test_document_that_waits_gives_way_to_a_newer_one_and_never_comes_after_it() -> None:
    desk = controller()
    obey(desk, ordered(SUSPEND))
    obey(desk, ordered(RUN, version=2), now=UNSET)
    obey(desk, ordered(HOLD, version=3), now=UNSET)
    obey(desk, ordered(RUN, version=2), now=UNSET)
    again = desk.retry(now=NOW, streams=STREAMS)
    assert again is not None
    desk.settle(again, written=True)
    assert states(desk)["air"] is HOLD
    assert desk.retry(now=NOW, streams=STREAMS) is None


def test_document_that_waits_is_forgotten_when_a_higher_version_was_taken() -> None:
    desk = controller()
    obey(desk, ordered(SUSPEND))
    obey(desk, ordered(RUN, version=2), now=UNSET)
    obey(desk, ordered(SUSPEND, version=3), now=UNSET)
    assert desk.retry(now=NOW, streams=STREAMS) is None
    assert states(desk)["air"] is SUSPEND


def test_document_of_both_kinds_does_what_it_can_and_the_rest_later() -> None:
    desk = controller()
    obey(desk, ordered(SUSPEND))
    both = ordered(RUN, Command(stream="footfall", order=HOLD), version=2)
    decision = obey(desk, both, now=UNSET)
    assert [result.refusal for result in decision.results] == [Refusal.CLOCK, Refusal.NONE]
    assert states(desk) == {"air": SUSPEND, "footfall": HOLD}
    assert desk.state.version == 2
    again = desk.retry(now=NOW, streams=STREAMS)
    assert again is not None
    desk.settle(again, written=True)
    assert states(desk) == {"air": RUN, "footfall": HOLD}


def test_document_of_both_kinds_that_comes_again_after_a_start_does_the_rest() -> None:
    desk = controller()
    obey(desk, ordered(SUSPEND))
    both = ordered(RUN, Command(stream="footfall", order=HOLD), version=2)
    obey(desk, both, now=UNSET)
    started = controller(desk.state)
    decision = obey(started, both)
    assert decision.taken
    assert states(started) == {"air": RUN, "footfall": HOLD}


def test_order_for_every_stream_that_tightens_any_does_not_wait_for_a_clock() -> None:
    desk = controller()
    obey(desk, ordered(everywhere(SUSPEND), role=Role.ROOT))
    obey(desk, ordered(Command(stream="footfall", order=RUN), version=2, role=Role.ROOT))
    decision = obey(desk, ordered(everywhere(HOLD), version=3, role=Role.ROOT), now=UNSET)
    assert decision.taken
    assert states(desk) == {"air": SUSPEND, "footfall": HOLD}


def test_order_for_every_stream_holds_for_one_that_is_configured_later() -> None:
    desk = controller()
    obey(desk, ordered(everywhere(SUSPEND)))
    assert desk.state.of("new").state is SUSPEND
    obey(desk, ordered(everywhere(RUN), version=2))
    assert desk.state.of("new").state is RUN
    assert set(states(desk).values()) == {RUN}


def test_order_for_every_stream_does_not_loosen_the_one_that_a_higher_role_has_held() -> None:
    desk = controller()
    obey(desk, ordered(HOLD, role=Role.PRIVACY))
    decision = obey(desk, ordered(everywhere(RUN), version=2, role=Role.OPS))
    assert states(desk) == {"air": HOLD, "footfall": RUN}
    assert {result.stream: result.refusal for result in decision.results} == {
        None: Refusal.NONE,
        "air": Refusal.OUTRANKED,
        "footfall": Refusal.NONE,
    }


def test_order_for_every_stream_leaves_one_that_refuses_as_it_was() -> None:
    desk = controller()
    obey(desk, ordered(everywhere(SUSPEND), role=Role.PRIVACY))
    obey(desk, ordered(HOLD, version=2, role=Role.ROOT))
    decision = obey(desk, ordered(everywhere(RUN), version=3, role=Role.PRIVACY))
    assert states(desk) == {"air": HOLD, "footfall": RUN}
    assert decision.state.of("air").decisive is not None


def test_purge_of_every_stream_spares_the_one_that_is_held() -> None:
    desk = controller()
    obey(desk, ordered(HOLD))
    decision = obey(desk, ordered(everywhere(PURGE, 5), version=2))
    assert desk.state.purges == {"footfall": 5}
    assert {result.stream: result.refusal for result in decision.results}["air"] is Refusal.HELD


def test_commands_of_one_document_are_obeyed_in_their_order() -> None:
    desk = controller()
    obey(desk, ordered(HOLD))
    purge = Command(stream="air", order=PURGE)
    decision = obey(desk, ordered(purge, SUSPEND, version=2))
    assert [result.refusal for result in decision.results] == [Refusal.HELD, Refusal.NONE]
    decision = obey(desk, ordered(SUSPEND, purge, version=3))
    assert [result.refusal for result in decision.results] == [Refusal.NONE, Refusal.NONE]


@pytest.mark.parametrize("stream", ["nobody", "corner-7"])
def test_order_for_a_stream_that_the_unit_lacks_is_refused(stream: str) -> None:
    desk = controller()
    decision = obey(desk, ordered(Command(stream=stream, order=SUSPEND)))
    assert [result.refusal for result in decision.results] == [Refusal.UNKNOWN_STREAM]
    assert states(desk) == {"air": RUN, "footfall": RUN}


def test_stream_that_is_gone_from_the_configuration_can_still_be_governed() -> None:
    desk = controller()
    obey(desk, ordered(SUSPEND))
    decision = desk.settle(desk.take(ordered(RUN, version=2), now=NOW, streams=["footfall"]), written=True)
    assert [result.refusal for result in decision.results] == [Refusal.NONE]


def test_document_that_comes_again_is_answered_at_most_once_a_minute_and_takes_nothing() -> None:
    desk = controller()
    data = ordered(HOLD, Command(stream="air", order=PURGE))
    obey(desk, data)
    desk.finish()
    answers = [obey(desk, data, now=clocks(mono_ms=at)) for at in range(0, 3 * ANSWER_MS, 1000)]
    assert sum(decision.answered for decision in answers) == 3
    assert not any(decision.taken for decision in answers)
    assert desk.state.purges == {}


def test_purge_is_not_done_again_when_its_document_comes_again_with_more_to_do() -> None:
    desk = controller()
    obey(desk, ordered(SUSPEND))
    data = ordered(RUN, Command(stream="footfall", order=PURGE), version=2)
    obey(desk, data, now=UNSET)
    desk.finish()
    decision = obey(desk, data)
    assert decision.taken
    assert decision.state.purges == {}


@pytest.mark.parametrize(("version", "error"), [(5, Overtaken), (4, Overtaken), (0, Overtaken), (6 + LEAP, Leap)])
def test_version_that_is_not_the_next_ones_turn_is_refused(version: int, error: type[Exception]) -> None:
    desk = controller(ControlState(unit=UNIT, version=5))
    with pytest.raises(error):
        desk.take(ordered(SUSPEND, version=version), now=NOW, streams=STREAMS)
    assert desk.state.version == 5


@pytest.mark.parametrize("version", [6, 5 + LEAP])
def test_version_within_reach_is_taken(version: int) -> None:
    desk = controller(ControlState(unit=UNIT, version=5))
    obey(desk, ordered(SUSPEND, version=version))
    assert desk.state.version == version


def lost(version: int | None, *roles: Role) -> Controller:
    return controller(lost_state("gone", unit=UNIT, version=version, roles=roles or tuple(Role)))


def test_lost_state_of_unknown_version_takes_nothing_not_even_what_is_restrictive() -> None:
    desk = lost(None)
    for role in Role:
        with pytest.raises(NoBaseline):
            desk.take(ordered(HOLD, version=10**9, role=role), now=NOW, streams=STREAMS)
    assert states(desk) == {"air": SUSPEND, "footfall": SUSPEND}


def test_lost_state_recovers_by_a_document_above_the_log_for_what_it_names() -> None:
    desk = lost(41)
    with pytest.raises(Overtaken):
        desk.take(ordered(RUN, version=41, role=Role.ROOT), now=NOW, streams=STREAMS)
    obey(desk, ordered(RUN, version=42, role=Role.ROOT))
    assert states(desk) == {"air": RUN, "footfall": SUSPEND}
    assert desk.state.lost == ""


@pytest.mark.parametrize(
    ("configured", "role", "refusal"),
    [
        ((), Role.PRIVACY, Refusal.OUTRANKED),
        ((), Role.OPS, Refusal.OUTRANKED),
        ((Role.OPS, Role.PRIVACY), Role.PRIVACY, Refusal.NONE),
        ((Role.OPS, Role.PRIVACY), Role.OPS, Refusal.OUTRANKED),
    ],
)
def test_lost_state_may_have_been_the_highest_roles(
    configured: tuple[Role, ...], role: Role, refusal: Refusal
) -> None:
    decision = obey(lost(1, *configured), ordered(RUN, version=2, role=role))
    assert [result.refusal for result in decision.results] == [refusal]


def test_restrictive_order_that_the_medium_refuses_holds_until_the_next_start() -> None:
    desk = controller()
    decision = obey(desk, ordered(SUSPEND), written=False)
    assert [result.refusal for result in decision.results] == [Refusal.STORAGE]
    assert states(desk)["air"] is SUSPEND


def test_permissive_order_that_the_medium_refuses_has_no_effect() -> None:
    desk = controller()
    obey(desk, ordered(SUSPEND))
    decision = obey(desk, ordered(RUN, version=2), written=False)
    assert [result.refusal for result in decision.results] == [Refusal.STORAGE]
    assert states(desk)["air"] is SUSPEND


def test_order_that_the_medium_refuses_is_tried_again_once_a_minute_and_told_once() -> None:
    desk = controller()
    obey(desk, ordered(SUSPEND))
    assert obey(desk, ordered(RUN, version=2), written=False).answered
    tries = []
    for at in range(0, 3 * ANSWER_MS, 1000):
        again = desk.retry(now=clocks(mono_ms=at), streams=STREAMS)
        if again is not None:
            tries.append(desk.settle(again, written=False))
    assert len(tries) == 3
    assert not any(decision.answered for decision in tries)
    again = desk.retry(now=clocks(mono_ms=3 * ANSWER_MS), streams=STREAMS)
    assert again is not None
    assert desk.settle(again, written=True).answered
    assert states(desk)["air"] is RUN


def test_flood_of_one_role_is_taken_at_a_bounded_pace_and_its_newest_is_not_lost() -> None:
    desk = controller()
    taken = 0
    for version in range(1, 1001):
        try:
            taken += obey(desk, ordered(RUN, version=version, role=Role.OPS)).taken
        except Crowded:
            continue
    assert taken == BURST
    later = desk.retry(now=clocks(mono_ms=NOW.mono_ms + REFILL_MS), streams=STREAMS)
    assert later is not None
    assert later.document.control.version == 1000


def test_flood_of_one_role_does_not_keep_another_one_out() -> None:
    desk = controller()
    for version in range(1, 101):
        try:
            obey(desk, ordered(RUN, version=version, role=Role.OPS))
        except Crowded:
            continue
    decision = obey(desk, ordered(RUN, version=101, role=Role.PRIVACY))
    assert decision.taken


def test_order_that_tightens_is_taken_in_any_flood() -> None:
    desk = controller()
    for version in range(1, 101):
        try:
            obey(desk, ordered(RUN, version=version))
        except Crowded:
            continue
    obey(desk, ordered(SUSPEND, version=101))
    assert states(desk)["air"] is SUSPEND


def test_decision_changes_nothing_before_it_is_settled() -> None:
    desk = controller()
    before = desk.state
    decision = desk.take(ordered(everywhere(SUSPEND)), now=NOW, streams=STREAMS)
    assert desk.state is before
    assert replace(decision, state=before) != decision
