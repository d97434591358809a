import pytest

from agent.control.documents import verify
from agent.wire import cose
from agent.wire.errors import WireError, WrongType
from agent.wire.messages import ClockQuality, Kind
from agent.wire.orders import AckContent, Command, Order, Outcome, Refusal, Role
from receiver.answers import Answer
from receiver.orders import (
    BadOrder,
    answered,
    commands,
    make,
    next_version,
    obeyed,
    read_unverified,
    told,
    utc_ms,
)
from tests.support.orders import BELIEVED, KEYS, NOW_MS, STRANGER, UNIT, control, ordered, signed
from tests.support.wire import UNIT_KEY

HOLD, PURGE, SUSPEND = Order.HOLD, Order.PURGE, Order.SUSPEND


def outcome(refusal: Refusal = Refusal.NONE, last_seq: int | None = 41) -> Outcome:
    return Outcome(stream="air", order=SUSPEND, refusal=refusal, state=SUSPEND, epoch=b"epoch-1.", last_seq=last_seq)


def answer(version: int = 7, *outcomes: Outcome, at_ms: int | None = NOW_MS) -> AckContent:
    return AckContent(
        unit=UNIT,
        version=version,
        document=bytes(32),
        outcomes=outcomes,
        clock=ClockQuality.SYNCHRONISED if at_ms is not None else ClockQuality.UNSET,
        utc_ms=at_ms,
        simulated=False,
    )


def test_document_that_is_made_is_believed_by_a_unit_that_has_the_key() -> None:
    made = make(control(SUSPEND), KEYS[Role.ROOT])
    document = verify(made, BELIEVED, unit=UNIT)
    assert (document.control, document.role) == (control(SUSPEND), Role.ROOT)
    assert read_unverified(made) == control(SUSPEND)


def test_document_without_a_form_is_refused_in_words() -> None:
    for changes in ({"reference": "x" * 201}, {"authority": "x" * 1001}, {"version": 2**63}, {"unit": "a b"}):
        with pytest.raises(BadOrder, match="at most 256 commands"):
            make(control(SUSPEND, **changes), KEYS[Role.ROOT])
    with pytest.raises(BadOrder):
        make(control(SUSPEND, SUSPEND), KEYS[Role.ROOT])


def test_reading_without_verifying_still_takes_control_documents_only() -> None:
    assert read_unverified(signed(control(SUSPEND), key=STRANGER)).unit == UNIT
    with pytest.raises(WrongType):
        read_unverified(cose.sign(b"\xa0", kind=Kind.BATCH, signer=UNIT_KEY))
    with pytest.raises(WireError):
        read_unverified(ordered(SUSPEND)[:-1])


def test_commands_are_orders_in_turn_each_for_every_stream_named() -> None:
    assert commands(["a", "b"], ["suspend", "purge"], until_ms=5) == (
        Command(stream="a", order=SUSPEND),
        Command(stream="b", order=SUSPEND),
        Command(stream="a", order=PURGE, until_ms=5),
        Command(stream="b", order=PURGE, until_ms=5),
    )
    assert commands(None, ["hold"], until_ms=None) == (Command(stream=None, order=HOLD),)


def test_time_without_a_purge_is_refused() -> None:
    with pytest.raises(BadOrder, match="purge only"):
        commands(["a"], ["hold"], until_ms=5)


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("1970-01-01T00:00:01Z", 1000),
        ("1970-01-01T00:00:01+00:00", 1000),
        ("1970-01-01T01:00:00.5+01:00", 500),
    ],
)
def test_time_with_a_zone_is_understood(text: str, ms: int) -> None:
    assert utc_ms(text) == ms


@pytest.mark.parametrize(
    ("text", "why"),
    [("tomorrow", "expected a time"), ("2026-11-30T12:00:00", "which time zone"), ("1960-01-01T00:00:00Z", "1970")],
)
def test_time_that_is_unclear_is_refused(text: str, why: str) -> None:
    with pytest.raises(BadOrder, match=why):
        utc_ms(text)


def test_next_version_is_one_above_the_newest_answer() -> None:
    assert next_version([]) == 1
    assert next_version([Answer(received_ms=1, content=answer(7)), Answer(received_ms=2, content=answer(3))]) == 8


def test_document_in_words_names_what_where_and_until_when() -> None:
    lines = told(control(Command(stream=None, order=PURGE, until_ms=NOW_MS), HOLD, expires_ms=NOW_MS))
    assert lines[0].startswith(f"unit {UNIT}, version 1, order 2026-114; may loosen until 2026-")
    assert lines[1].startswith("  purge every stream, windows that ended by 2026-")
    assert lines[2] == "  hold stream air"
    assert "never expires" in told(control(HOLD))[0]
    assert "ms since 1970" in told(control(HOLD, expires_ms=2**62))[0]


def test_answer_in_words_names_outcome_state_and_what_was_published_last() -> None:
    lines = answered(answer(7, outcome()), received_ms=NOW_MS)
    assert lines[0].startswith(f"unit {UNIT} answered version 7 at 2026-")
    assert ", received 2026-" in lines[0]
    assert lines[1] == (
        "  air: suspend obeyed; it is suspended; nothing above seq 41 was published (epoch 65706f63682d312e)"
    )
    assert "nothing of it was published" in answered(answer(7, outcome(last_seq=None)))[1]
    assert "its clock is unset" in answered(answer(7, at_ms=None))[0]


@pytest.mark.parametrize("refusal", [refusal for refusal in Refusal if refusal is not Refusal.NONE])
def test_each_refusal_has_a_reason_in_words(refusal: Refusal) -> None:
    lines = answered(answer(7, outcome(refusal)))
    assert "NOT OBEYED, " in lines[1]
    assert not obeyed([outcome(), outcome(refusal)])
    assert obeyed([outcome()])
