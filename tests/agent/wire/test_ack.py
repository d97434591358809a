import cbor2
import pytest

from agent.wire import payload
from agent.wire.errors import MalformedPayload
from agent.wire.messages import ClockQuality, Kind
from agent.wire.orders import ACKNOWLEDGEMENTS, Order
from tests.support import wire

_EPOCH = bytes(8)
_CASES = {
    "unit with a space": (0, "corner 7"),
    "version 2^64-1": (1, (1 << 64) - 1),
    "document of 31 bytes": (2, bytes(31)),
    "outcomes a map": (3, {}),
    "1025 outcomes": (3, [["air", 0, 0, 0, _EPOCH, None]] * 1025),
    "an outcome of five items": (3, [["air", 0, 0, 0, _EPOCH]]),
    "an outcome for every stream at once": (3, [[None, 0, 0, 0, _EPOCH, None]]),
    "an outcome for a reserved stream": (3, [["_ack", 0, 0, 0, _EPOCH, None]]),
    "order 4": (3, [["air", 4, 0, 0, _EPOCH, None]]),
    "refusal 8": (3, [["air", 0, 8, 0, _EPOCH, None]]),
    "a purge as state": (3, [["air", 0, 0, 3, _EPOCH, None]]),
    "state a boolean": (3, [["air", 0, 0, False, _EPOCH, None]]),
    "an epoch of 7 bytes": (3, [["air", 0, 0, 0, bytes(7), None]]),
    "a last seq of -1": (3, [["air", 0, 0, 0, _EPOCH, -1]]),
    "clock 3": (4, 3),
    "clock unset, but wall time": (4, 2),
    "wall time before 1970": (5, -1),
    "wall time null": (5, None),
    "simulated a number": (6, 0),
    "an unknown key": (7, 0),
}


@pytest.mark.parametrize(("key", "value"), _CASES.values(), ids=_CASES.keys())
def test_decode_of_a_bad_field_refuses_it(key: int, value: object) -> None:
    fields = cbor2.loads(payload.encode_ack_content(wire.ack_content()))
    with pytest.raises(MalformedPayload):
        payload.decode_ack_content(cbor2.dumps(fields | {key: value}))


@pytest.mark.parametrize(
    "changes",
    [
        {"clock": ClockQuality.UNSET},
        {"utc_ms": None},
        {"outcomes": (wire.outcome(state=Order.PURGE),)},
        {"outcomes": (wire.outcome(),) * 1025},
        {"document": b""},
    ],
    ids=",".join,
)
def test_encode_of_what_no_receiver_takes_refuses_it(changes: dict[str, object]) -> None:
    with pytest.raises(MalformedPayload):
        payload.encode_ack_content(wire.ack_content(**changes))


def test_decode_of_a_clock_that_is_unset_and_a_time_that_is_null_refuses_it() -> None:
    fields = cbor2.loads(payload.encode_ack_content(wire.ack_content()))
    with pytest.raises(MalformedPayload, match="where the clock is set"):
        payload.decode_ack_content(cbor2.dumps(fields | {4: 2, 5: None}))


def test_ack_of_the_most_outcomes_that_a_document_can_have_survives() -> None:
    content = wire.ack_content(outcomes=(wire.outcome(stream="s" * 64, last_seq=2**63 - 1),) * 1024)
    assert payload.decode_ack_content(payload.encode_ack_content(content)) == content


def test_ack_with_the_clock_unset_survives() -> None:
    ack = wire.ack(content=wire.ack_content(clock=ClockQuality.UNSET, utc_ms=None, outcomes=()))
    assert payload.decode(Kind.ACK, payload.encode(ack)) == ack


@pytest.mark.parametrize("stream", ["corner-air", "_declaration", "_log"])
def test_ack_in_another_stream_is_refused(stream: str) -> None:
    fields = cbor2.loads(payload.encode(wire.ack()))
    with pytest.raises(MalformedPayload, match=f"expected {ACKNOWLEDGEMENTS}"):
        payload.decode(Kind.ACK, cbor2.dumps(fields | {2: stream}))
    with pytest.raises(MalformedPayload, match=f"expected {ACKNOWLEDGEMENTS}"):
        payload.encode(wire.ack(stream=stream))
