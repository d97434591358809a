from dataclasses import replace

import pytest

from agent.control.answer import Published, acknowledgement, log_entries, reasons
from agent.control.record import ControlState, lost_state
from agent.control.rules import Controller
from agent.wire import payload
from agent.wire.ack import MAX_OUTCOMES
from agent.wire.entries import Moment
from agent.wire.messages import ClockQuality
from agent.wire.orders import Ack, AckContent, Command, Order, Outcome, Refusal, Role
from tests.support.orders import NOW, NOW_MS, STREAMS, UNIT, UNSET, controller, everywhere, obey, ordered

RUN, HOLD, SUSPEND, PURGE = Order.RUN, Order.HOLD, Order.SUSPEND, Order.PURGE
EPOCH, OLDER = b"epoch-2.", b"epoch-1."
PUBLISHED = Published(epoch=EPOCH, last={"air": (EPOCH, 41), "footfall": (OLDER, 7)})
AT = Moment(quality=ClockQuality.SYNCHRONISED, utc_ms=NOW_MS)


def answered(desk: Controller, *, now: object = NOW) -> AckContent:
    assert desk.state.last is not None
    return acknowledgement(desk.state.last, state=desk.state, published=PUBLISHED, now=now, simulated=True)  # type: ignore[arg-type] # a Now


def test_acknowledgement_says_for_each_stream_what_became_of_it_and_what_was_published_last() -> None:
    desk = controller()
    data = ordered(SUSPEND, Command(stream="footfall", order=HOLD), Command(stream="nobody", order=HOLD), version=3)
    decision = obey(desk, data)
    found = answered(desk)
    assert found == AckContent(
        unit=UNIT,
        version=3,
        document=decision.document.digest,
        outcomes=(
            Outcome(stream="air", order=SUSPEND, refusal=Refusal.NONE, state=SUSPEND, epoch=EPOCH, last_seq=41),
            Outcome(stream="footfall", order=HOLD, refusal=Refusal.NONE, state=HOLD, epoch=OLDER, last_seq=7),
            Outcome(
                stream="nobody", order=HOLD, refusal=Refusal.UNKNOWN_STREAM, state=RUN, epoch=EPOCH, last_seq=None
            ),
        ),
        clock=ClockQuality.SYNCHRONISED,
        utc_ms=NOW_MS,
        simulated=True,
    )
    sent = Ack(epoch=EPOCH, stream="_ack", seq=0, prev=None, content=found)
    assert payload.encode(sent)


def test_acknowledgement_with_an_unset_clock_has_no_time() -> None:
    desk = controller()
    obey(desk, ordered(SUSPEND), now=UNSET)
    found = acknowledgement(
        desk.state.last,  # type: ignore[arg-type] # it is there
        state=desk.state,
        published=PUBLISHED,
        now=replace(UNSET, utc_ms=5),
        simulated=False,
    )
    assert (found.clock, found.utc_ms) == (ClockQuality.UNSET, None)


def test_acknowledgement_of_an_order_for_all_names_each_stream() -> None:
    desk = controller()
    obey(desk, ordered(everywhere(HOLD)))
    assert [(outcome.stream, outcome.state) for outcome in answered(desk).outcomes] == [
        ("air", HOLD),
        ("footfall", HOLD),
    ]


def test_acknowledgement_never_has_more_outcomes_than_its_form_holds() -> None:
    desk = controller()
    obey(desk, ordered(HOLD))
    last = desk.state.last
    assert last is not None
    many = replace(last, results=last.results * (MAX_OUTCOMES + 1))
    found = acknowledgement(many, state=desk.state, published=PUBLISHED, now=NOW, simulated=False)
    assert len(found.outcomes) == MAX_OUTCOMES


def test_log_entries_of_an_order_for_all_are_one_and_one_for_each_stream_that_differs() -> None:
    desk = controller()
    obey(desk, ordered(HOLD))
    obey(desk, ordered(everywhere(RUN), Command(stream="footfall", order=HOLD), version=2, role=Role.OPS))
    last = desk.state.last
    assert last is not None
    found = log_entries(last, results=last.results, at=AT)
    assert [(entry.stream, entry.order, entry.refusal) for entry in found] == [
        (None, RUN, Refusal.NONE),
        ("air", RUN, Refusal.OUTRANKED),
        ("footfall", HOLD, Refusal.NONE),
    ]
    assert {(entry.version, entry.role, entry.reference, entry.local) for entry in found} == {
        (2, Role.OPS, "2026-114", False)
    }


@pytest.mark.parametrize("refusal", [Refusal.ROLE])
def test_log_entries_of_an_order_for_all_that_is_refused_are_one(refusal: Refusal) -> None:
    desk = controller()
    obey(desk, ordered(everywhere(SUSPEND), role=Role.OPS))
    last = desk.state.last
    assert last is not None
    assert [(entry.stream, entry.refusal) for entry in log_entries(last, results=last.results, at=AT)] == [
        (None, refusal)
    ]


def test_reasons_name_order_role_and_version_of_each_stream_that_does_not_run() -> None:
    desk = controller()
    obey(desk, ordered(HOLD, Command(stream="footfall", order=SUSPEND), version=4, reference="CD-9"))
    assert reasons(desk.state, STREAMS) == {
        "air": "held by order CD-9 (privacy, version 4)",
        "footfall": "suspended by order CD-9 (privacy, version 4)",
    }
    assert reasons(ControlState(), STREAMS) == {}


def test_reasons_of_a_lost_state_say_where_to_look() -> None:
    lost = lost_state("gone", unit=UNIT, version=None, roles=[])
    assert set(reasons(lost, STREAMS)) == set(STREAMS)
    assert all("lamppost control" in text for text in reasons(lost, STREAMS).values())
