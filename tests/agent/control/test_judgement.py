from agent.control.judgement import Judgement, judge, judge_again, tightens
from agent.control.record import ControlState, Result
from agent.wire.orders import Command, Order, Refusal, Role
from tests.support.orders import NOW, STREAMS, UNIT, UNSET, believed, everywhere

RUN, HOLD, SUSPEND, PURGE = Order.RUN, Order.HOLD, Order.SUSPEND, Order.PURGE
EMPTY = ControlState(unit=UNIT)


def judged(*commands: Command | Order, state: ControlState = EMPTY, role: Role = Role.PRIVACY) -> Judgement:
    return judge(state, believed(*commands, role=role), now=NOW, streams=STREAMS)


def test_judgement_leaves_version_and_last_document_as_they_were() -> None:
    after = judged(SUSPEND).state
    assert (after.version, after.last, after.unit) == (EMPTY.version, None, UNIT)


def test_command_for_every_stream_has_a_result_for_all_and_one_for_each() -> None:
    results = judged(everywhere(HOLD)).results
    assert [(result.stream, result.everywhere) for result in results] == [
        (None, True),
        ("air", True),
        ("footfall", True),
    ]


def test_command_for_every_stream_is_judged_against_what_stood_before_it() -> None:
    """The word for streams to come must not count as what stands for one that it is still to be judged for."""
    held = judged(everywhere(HOLD)).state
    after = judged(everywhere(SUSPEND), everywhere(RUN), state=held)
    assert {result.refusal for result in after.results} == {Refusal.NONE}
    assert set(after.state.orders(STREAMS).values()) == {RUN}


def test_word_names_its_document() -> None:
    document = believed(SUSPEND, version=9, reference="CD-7")
    word = judge(EMPTY, document, now=NOW, streams=STREAMS).state.of("air").decisive
    assert word is not None
    assert (word.role, word.order, word.version, word.document, word.reference) == (
        Role.PRIVACY,
        SUSPEND,
        9,
        document.digest,
        "CD-7",
    )


def test_purge_leaves_every_state_as_it_was() -> None:
    after = judged(everywhere(PURGE)).state
    assert (after.streams, after.everywhere) == (EMPTY.streams, EMPTY.everywhere)
    assert after.purges == {"air": None, "footfall": None}


def test_judging_again_without_a_last_document_comes_to_nothing() -> None:
    assert judge_again(EMPTY, believed(SUSPEND), now=UNSET) == Judgement(EMPTY, ())


def test_state_tightens_when_any_stream_does_those_to_come_included() -> None:
    held, suspended = judged(HOLD).state, judged(SUSPEND).state
    to_come = judged(everywhere(HOLD), Command(stream="air", order=RUN), Command(stream="footfall", order=RUN)).state
    assert tightens(EMPTY, held)
    assert tightens(held, suspended)
    assert tightens(EMPTY, to_come)
    assert not tightens(suspended, held)
    assert not tightens(held, held)
    assert not tightens(EMPTY, judged(everywhere(RUN)).state)


def test_results_are_values() -> None:
    (result,) = judged(HOLD).results
    assert result == Result(stream="air", order=HOLD, refusal=Refusal.NONE, everywhere=False)
