"""Each attack is one edit of a document that would be obeyed."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.control.documents import MAX_DOCUMENT_BYTES
from agent.control.errors import Crowded, Leap, OtherUnit, Overtaken
from agent.control.pace import BURST
from agent.control.record import ControlState
from agent.control.rules import LEAP, Controller
from agent.wire import cose, payload
from agent.wire.cose import ESP256
from agent.wire.errors import (
    BadSignature,
    MalformedPayload,
    NotAnEnvelope,
    UnknownKey,
    WireError,
    WrongAlgorithm,
    WrongType,
)
from agent.wire.messages import Kind
from agent.wire.orders import Command, Control, Order, Refusal, Role
from tests.support.orders import (
    KEYS,
    NOW,
    STRANGER,
    STREAMS,
    UNIT,
    controller,
    everywhere,
    obey,
    ordered,
    signed,
)
from tests.support.orders import control as content
from tests.support.wire import UNIT_KEY, batch, declaration, gap, receipt, status

HOLD, RUN, SUSPEND, PURGE = Order.HOLD, Order.RUN, Order.SUSPEND, Order.PURGE
TAKEN = 7
"""The version that the attacked unit has taken."""
GOOD = content(SUSPEND, version=TAKEN + 1)
KEY = KEYS[Role.PRIVACY]


def attacked() -> Controller:
    return controller(ControlState(unit=UNIT, version=TAKEN))


def as_kind(kind: Kind) -> bytes:
    """A document whose header says that it is something else."""
    return cose.sign(payload.encode(GOOD), kind=kind, signer=KEY)


def posing(kind: Kind, data: bytes) -> bytes:
    """Something else whose header says that it is a document."""
    del kind
    return cose.sign(data, kind=Kind.CONTROL, signer=KEY)


def edited(edit: Callable[[dict[int, object]], object]) -> bytes:
    """A document whose payload was changed before it was signed."""
    layout: dict[int, object] = cbor2.loads(payload.encode(GOOD))
    edit(layout)
    return cose.sign(cbor2.dumps(layout, canonical=True), kind=Kind.CONTROL, signer=KEY)


@dataclass(frozen=True)
class _Claims:
    """A key that claims to be another one, or of another algorithm."""

    kid: bytes = KEY.kid
    alg: int = KEY.alg
    with_key: object = KEY

    def sign(self, message: bytes) -> bytes:
        return STRANGER.sign(message) if self.with_key is STRANGER else KEY.sign(message)


def with_tag(data: bytes) -> bytes:
    return b"\xd9\xd9\xf7" + data


ATTACKS: list[tuple[str, Callable[[], bytes], type[Exception]]] = [
    ("same-version", lambda: signed(content(SUSPEND, version=TAKEN)), Overtaken),
    ("older-version", lambda: signed(content(SUSPEND, version=TAKEN - 1)), Overtaken),
    ("version-0", lambda: signed(content(SUSPEND, version=0)), Overtaken),
    ("version-jump", lambda: signed(content(SUSPEND, version=TAKEN + LEAP + 1)), Leap),
    ("version-2^63-1", lambda: signed(content(SUSPEND, version=2**63 - 1)), Leap),
    ("version-2^64-1", lambda: edited(lambda layout: layout.update({2: 2**64 - 1})), MalformedPayload),
    ("version-2^64", lambda: edited(lambda layout: layout.update({2: 2**64})), MalformedPayload),
    ("version-negative", lambda: edited(lambda layout: layout.update({2: -1})), MalformedPayload),
    ("version-true", lambda: edited(lambda layout: layout.update({2: True})), MalformedPayload),
    ("version-text", lambda: edited(lambda layout: layout.update({2: "8"})), MalformedPayload),
    ("other-unit", lambda: signed(content(SUSPEND, version=8, unit="corner-8")), OtherUnit),
    ("no-unit", lambda: edited(lambda layout: layout.pop(1) and None), MalformedPayload),
    ("empty-unit", lambda: edited(lambda layout: layout.update({1: ""})), MalformedPayload),
    ("key-of-a-stranger", lambda: signed(GOOD, key=STRANGER), UnknownKey),
    ("key-of-the-unit-itself", lambda: signed(GOOD, key=UNIT_KEY), UnknownKey),
    ("kid-of-a-city-key", lambda: signed(GOOD, key=_Claims(with_key=STRANGER)), BadSignature),
    ("kid-of-a-higher-role", lambda: signed(GOOD, key=_Claims(kid=KEYS[Role.ROOT].kid)), BadSignature),
    ("other-algorithm", lambda: signed(GOOD, key=_Claims(alg=ESP256)), WrongAlgorithm),
    ("algorithm-none", lambda: signed(GOOD, key=_Claims(alg=0)), WrongAlgorithm),
    ("algorithm-hmac", lambda: signed(GOOD, key=_Claims(alg=5)), WrongAlgorithm),
    *((f"typ-{kind.value}", lambda kind=kind: as_kind(kind), WrongType) for kind in Kind if kind is not Kind.CONTROL),
    ("typ-unknown", lambda: cose._join(cose._protected(-19, KEY.kid, "lp-order"), b"x", bytes(64)), WrongType),
    ("batch-posing", lambda: posing(Kind.BATCH, payload.encode(batch())), MalformedPayload),
    ("gap-posing", lambda: posing(Kind.GAP, payload.encode(gap())), MalformedPayload),
    ("receipt-posing", lambda: posing(Kind.RECEIPT, payload.encode(receipt())), MalformedPayload),
    ("status-posing", lambda: posing(Kind.STATUS, payload.encode(status())), MalformedPayload),
    ("declaration-posing", lambda: posing(Kind.DECLARATION, payload.encode(declaration())), MalformedPayload),
    ("unknown-key-8", lambda: edited(lambda layout: layout.update({8: 1})), MalformedPayload),
    ("unknown-key-23", lambda: edited(lambda layout: layout.update({23: "k=1"})), MalformedPayload),
    ("text-key", lambda: edited(lambda layout: layout.update({"role": "root"})), MalformedPayload),  # type: ignore[dict-item] # the attack
    ("other-wire-version", lambda: edited(lambda layout: layout.update({0: 2})), MalformedPayload),
    ("no-commands", lambda: edited(lambda layout: layout.update({7: []})), MalformedPayload),
    ("order-4", lambda: edited(lambda layout: layout.update({7: [["air", 4, None]]})), MalformedPayload),
    ("order-negative", lambda: edited(lambda layout: layout.update({7: [["air", -1, None]]})), MalformedPayload),
    ("order-true", lambda: edited(lambda layout: layout.update({7: [["air", True, None]]})), MalformedPayload),
    ("until-with-run", lambda: edited(lambda layout: layout.update({7: [["air", 0, 5]]})), MalformedPayload),
    ("longer-command", lambda: edited(lambda layout: layout.update({7: [["air", 2, None, 5]]})), MalformedPayload),
    ("reserved-stream", lambda: edited(lambda layout: layout.update({7: [["_ack", 2, None]]})), MalformedPayload),
    ("float-version", lambda: edited(lambda layout: layout.update({2: 8.0})), MalformedPayload),
    ("tag-around", lambda: with_tag(signed(GOOD)), NotAnEnvelope),
    ("trailing-byte", lambda: signed(GOOD) + b"\0", NotAnEnvelope),
    ("twice", lambda: signed(GOOD) * 2, NotAnEnvelope),
    ("oversized", lambda: signed(GOOD).ljust(MAX_DOCUMENT_BYTES + 1, b"\0"), NotAnEnvelope),
    ("a-megabyte", lambda: bytes(1 << 20), NotAnEnvelope),
    ("empty", lambda: b"", NotAnEnvelope),
]


@pytest.mark.parametrize(("attack", "error"), [pytest.param(make, error, id=name) for name, make, error in ATTACKS])
def test_attack_has_no_effect_and_is_refused_by_its_own_rule(
    attack: Callable[[], bytes], error: type[Exception]
) -> None:
    desk = attacked()
    before = desk.state
    with pytest.raises(error):
        desk.take(attack(), now=NOW, streams=STREAMS)
    assert desk.state is before
    assert desk.retry(now=NOW, streams=STREAMS) is None


def test_document_that_the_attacks_are_made_of_is_obeyed() -> None:
    desk = attacked()
    obey(desk, signed(GOOD))
    assert desk.state.of("air").state is SUSPEND


@pytest.mark.parametrize("error", sorted({error for _, _, error in ATTACKS}, key=repr))
def test_refusals_of_attacks_tell_nothing_of_the_document(error: type[Exception]) -> None:
    for _, make, expected in ATTACKS:
        if expected is error:
            with pytest.raises(error) as caught:
                attacked().take(make(), now=NOW, streams=STREAMS)
            assert not any(word in str(caught.value) for word in ("corner", "2026-114", "Law", "air"))


@pytest.mark.parametrize(
    ("commands", "role"),
    [
        ([SUSPEND], Role.OPS),
        ([Command(stream="air", order=PURGE)], Role.OPS),
        ([everywhere(SUSPEND)], Role.OPS),
        ([everywhere(PURGE)], Role.OPS),
    ],
)
def test_order_beyond_the_role_of_its_key_is_refused_by_name(commands: list[Command | Order], role: Role) -> None:
    desk = attacked()
    decision = obey(desk, ordered(*commands, role=role, version=TAKEN + 1))
    assert {result.refusal for result in decision.results} == {Refusal.ROLE}
    assert set(desk.state.orders(STREAMS).values()) == {RUN}
    assert desk.state.purges == {}


def test_document_cut_at_any_byte_has_no_effect() -> None:
    whole = signed(GOOD)
    desk = attacked()
    for size in range(len(whole)):
        with pytest.raises(WireError):
            desk.take(whole[:size], now=NOW, streams=STREAMS)
    assert desk.state.version == TAKEN
    assert obey(desk, whole).taken


def test_document_with_any_bit_flipped_has_no_effect() -> None:
    whole = signed(GOOD)
    desk = attacked()
    for bit in range(len(whole) * 8):
        data = bytearray(whole)
        data[bit // 8] ^= 1 << bit % 8
        with pytest.raises(WireError):
            desk.take(bytes(data), now=NOW, streams=STREAMS)
    assert desk.state.version == TAKEN


@given(st.binary(max_size=300))
def test_anything_at_all_has_no_effect(data: bytes) -> None:
    desk = attacked()
    with pytest.raises(WireError):
        desk.take(data, now=NOW, streams=STREAMS)
    assert desk.state.version == TAKEN


def _flood(desk: Controller, documents: list[bytes]) -> tuple[int, int, float]:
    """Return state writes, answers, and seconds of CPU."""
    writes = answers = 0
    began = time.process_time()
    for data in documents:
        try:
            decision = obey(desk, data)
        except WireError:
            continue
        writes += decision.taken
        answers += decision.answered
    return writes, answers, time.process_time() - began


FLOOD = 10_000


@pytest.mark.parametrize(
    ("make", "writes", "answers"),
    [
        pytest.param(lambda number: bytes([number % 256]) * 200, 0, 0, id="noise"),
        pytest.param(lambda _: ordered(SUSPEND, version=TAKEN), 0, 0, id="replayed"),
        pytest.param(lambda _: ordered(SUSPEND, version=TAKEN + 1), 1, 2, id="the-same"),
    ],
)
def test_flood_of_one_kind_costs_next_to_nothing(make: Callable[[int], bytes], writes: int, answers: int) -> None:
    made = [make(0)] * FLOOD if make(0) == make(1) else [make(number) for number in range(FLOOD)]
    assert _flood(attacked(), made)[:2] == (writes, answers)


def test_flood_under_a_key_of_the_city_is_bounded_in_writes_answers_memory_and_work() -> None:
    """The worst there is: 10,000 documents that each would be obeyed, and every second one tightens."""
    documents = [
        signed(content(HOLD if number % 2 else RUN, version=TAKEN + 1 + number), role=Role.OPS)
        for number in range(FLOOD)
    ]
    desk = attacked()
    writes, answers, seconds = _flood(desk, documents)
    assert writes <= 2 * BURST + 1
    assert answers <= writes
    assert seconds < 60
    assert desk._waiting is not None
    assert desk._waiting.control.version == TAKEN + FLOOD
    assert len(desk.state.streams) == 1
    assert obey(desk, signed(content(SUSPEND, version=TAKEN + FLOOD + 1))).taken


def test_flood_of_leaps_does_not_use_up_the_versions() -> None:
    desk, version = attacked(), TAKEN
    for _ in range(1000):
        version += LEAP
        try:
            obey(desk, ordered(RUN, version=version, role=Role.OPS))
        except (Crowded, Leap):
            continue
    assert (desk.state.version or 0) <= TAKEN + BURST * LEAP
    assert obey(desk, ordered(SUSPEND, version=(desk.state.version or 0) + 1)).taken


def test_orders_are_four_and_none_of_them_can_say_anything_about_privacy() -> None:
    """There is no field for it: a command is a stream, one of four orders, and a time for the one that deletes."""
    assert [order.name for order in Order] == ["RUN", "HOLD", "SUSPEND", "PURGE"]
    assert set(Command.__dataclass_fields__) == {"stream", "order", "until_ms"}
    assert set(Control.__dataclass_fields__) == {
        "unit",
        "version",
        "issued_ms",
        "expires_ms",
        "reference",
        "authority",
        "commands",
    }


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("stream", ["air", None])
def test_order_of_any_role_changes_states_and_purges_and_nothing_else(
    role: Role, order: Order, stream: str | None
) -> None:
    """Every order there is, by every role: what comes out is a state per stream and what to delete."""
    desk = attacked()
    decision = obey(desk, ordered(Command(stream=stream, order=order), role=role, version=TAKEN + 1))
    changed = {
        name
        for name in ControlState.__dataclass_fields__
        if getattr(decision.before, name) != getattr(decision.state, name)
    }
    assert changed <= {"version", "last", "streams", "everywhere", "purges"}
    assert set(decision.state.orders(STREAMS).values()) <= {RUN, HOLD, SUSPEND}
    assert all(until is None or type(until) is int for until in decision.state.purges.values())
