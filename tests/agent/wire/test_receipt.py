import cbor2
import pytest

from agent.wire import payload
from agent.wire.errors import MalformedPayload
from agent.wire.messages import Kind
from tests.support import wire

_CASES = {
    "receiver too short": (1, bytes(7)),
    "receiver epoch too long": (2, bytes(9)),
    "counter negative": (3, -1),
    "counter text": (3, "41"),
    "unit with a slash": (4, "a/b"),
    "stream empty": (5, ""),
    "epoch text": (6, "epoch678"),
    "seq null": (7, None),
    "hash too short": (8, bytes(31)),
    "resend null": (9, None),
}


@pytest.mark.parametrize(("key", "value"), _CASES.values(), ids=_CASES.keys())
def test_decode_of_a_bad_field_refuses_it(key: int, value: object) -> None:
    fields = cbor2.loads(payload.encode(wire.receipt()))
    with pytest.raises(MalformedPayload):
        payload.decode(Kind.RECEIPT, cbor2.dumps(fields | {key: value}, canonical=True))


@pytest.mark.parametrize(
    "changes",
    [{"receiver": b""}, {"receiver_epoch": b""}, {"counter": -1}, {"unit": ""}, {"hash": b""}, {"resend_from": -1}],
    ids=str,
)
def test_encode_of_what_no_unit_takes_refuses_it(changes: dict[str, object]) -> None:
    with pytest.raises(MalformedPayload):
        payload.encode(wire.receipt(**changes))
