import cbor2
import pytest

from agent.wire import payload
from agent.wire.declared import DECLARATIONS
from agent.wire.errors import MalformedPayload
from agent.wire.messages import Kind
from agent.wire.orders import ACKNOWLEDGEMENTS, LOGS
from tests.support import wire

_HASH = bytes([0x33]) * 32
_CASES = {
    "sealed backwards": (5, [5, 4, _HASH]),
    "sealed at the gap's own seq": (5, [4, 9, _HASH]),
    "sealed negative": (5, [-1, 4, _HASH]),
    "sealed without hash": (5, [4, 5]),
    "sealed with a short hash": (5, [4, 5, _HASH[1:]]),
    "windows without step": (6, [0, 0, 1]),
    "no windows": (6, [0, 1, 0]),
    "windows beyond 63 bits": (6, [0, 1 << 62, 2]),
    "count negative": (7, -1),
    "reason unknown": (8, 5),
    "reason a boolean": (8, True),
    "simulated a number": (9, 0),
}


@pytest.mark.parametrize(("key", "value"), _CASES.values(), ids=_CASES.keys())
def test_decode_of_a_bad_field_refuses_it(key: int, value: object) -> None:
    fields = cbor2.loads(payload.encode(wire.gap()))
    with pytest.raises(MalformedPayload):
        payload.decode(Kind.GAP, cbor2.dumps(fields | {key: value}, canonical=True))


@pytest.mark.parametrize(
    "changes", [{"sealed": (5, 4, _HASH)}, {"sealed": (4, 5, b"")}, {"windows": (0, 0, 1)}, {"count": -1}], ids=str
)
def test_encode_of_what_no_receiver_takes_refuses_it(changes: dict[str, object]) -> None:
    with pytest.raises(MalformedPayload):
        payload.encode(wire.gap(**changes))


def test_a_gap_may_concern_rows_that_never_were_sealed() -> None:
    gap = wire.gap(sealed=None, windows=(1_790_000_040_000, 60_000, 60), count=60)
    assert payload.decode(Kind.GAP, payload.encode(gap)) == gap


@pytest.mark.parametrize("stream", [DECLARATIONS, ACKNOWLEDGEMENTS, LOGS])
def test_a_gap_in_a_reserved_stream_is_refused(stream: str) -> None:
    with pytest.raises(MalformedPayload, match="is reserved"):
        payload.encode(wire.gap(stream=stream))
    fields = cbor2.loads(payload.encode(wire.gap()))
    with pytest.raises(MalformedPayload, match="is reserved"):
        payload.decode(Kind.GAP, cbor2.dumps(fields | {2: stream}))
