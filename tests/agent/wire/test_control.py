import cbor2
import pytest

from agent.wire import payload
from agent.wire.errors import MalformedPayload
from agent.wire.messages import Kind
from agent.wire.orders import Command, Order
from tests.support import wire

_CASES = {
    "unit with a space": (1, "corner 7"),
    "version negative": (2, -1),
    "version 2^63": (2, 1 << 63),
    "version 2^64-1": (2, (1 << 64) - 1),
    "version a boolean": (2, True),
    "issued before 1970": (3, -1),
    "expiry null": (4, None),
    "no reference": (5, ""),
    "reference of 201 bytes": (5, "x" * 201),
    "reference of 101 characters of two bytes": (5, "é" * 101),
    "authority of 1001 bytes": (6, "x" * 1001),
    "authority null": (6, None),
    "no commands": (7, []),
    "257 commands": (7, [[f"s{index}", 0, None] for index in range(257)]),
    "a command of two items": (7, [[None, 0]]),
    "a command of four items": (7, [[None, 0, None, None]]),
    "a command that is a map": (7, [{0: None, 1: 0, 2: None}]),
    "order 4": (7, [[None, 4, None]]),
    "order negative": (7, [[None, -1, None]]),
    "order a boolean": (7, [[None, True, None]]),
    "run until a time": (7, [[None, 0, 5]]),
    "hold until a time": (7, [[None, 1, 5]]),
    "suspend until a time": (7, [["air", 2, 5]]),
    "purge until a time before 1970": (7, [["air", 3, -1]]),
    "stream empty": (7, [["", 0, None]]),
    "stream with a slash": (7, [["a/b", 0, None]]),
    "stream of acknowledgements": (7, [["_ack", 1, None]]),
    "stream of log heads": (7, [["_log", 1, None]]),
    "one order for one stream twice": (7, [["air", 3, 5], ["air", 3, 6]]),
    "one order for all streams twice": (7, [[None, 0, None], [None, 0, None]]),
}


@pytest.mark.parametrize(("key", "value"), _CASES.values(), ids=_CASES.keys())
def test_decode_of_a_bad_field_refuses_it(key: int, value: object) -> None:
    fields = cbor2.loads(payload.encode(wire.control()))
    with pytest.raises(MalformedPayload):
        payload.decode(Kind.CONTROL, cbor2.dumps(fields | {key: value}, canonical=True))


@pytest.mark.parametrize("key", [0, 1, 2, 3, 5, 6, 7])
def test_decode_without_a_required_field_refuses_it(key: int) -> None:
    fields = cbor2.loads(payload.encode(wire.control()))
    del fields[key]
    with pytest.raises(MalformedPayload, match=f"key {key} is missing"):
        payload.decode(Kind.CONTROL, cbor2.dumps(fields))


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 1 << 63},
        {"commands": ()},
        {"commands": (Command(stream="air", order=Order.HOLD, until_ms=5),)},
        {"commands": (Command(stream="_ack", order=Order.HOLD),)},
        {"reference": ""},
        {"authority": "x" * 1001},
        {"unit": ""},
    ],
    ids=str,
)
def test_encode_of_what_no_unit_takes_refuses_it(changes: dict[str, object]) -> None:
    with pytest.raises(MalformedPayload):
        payload.encode(wire.control(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"version": (1 << 63) - 1},
        {"version": 0},
        {"expires_ms": None},
        {"expires_ms": 0},
        {"reference": "x" * 200, "authority": ""},
        {"authority": "é" * 500},
        {"commands": tuple(Command(stream=f"s{index}", order=Order.HOLD) for index in range(256))},
        {"commands": tuple(Command(stream=None, order=order) for order in Order)},
    ],
    ids=",".join,
)
def test_control_document_at_the_end_of_its_range_survives(changes: dict[str, object]) -> None:
    control = wire.control(**changes)
    assert payload.decode(Kind.CONTROL, payload.encode(control)) == control


def test_control_document_is_laid_out_as_documented() -> None:
    fields = cbor2.loads(payload.encode(wire.control()))
    assert list(fields) == list(range(8))
    assert fields[7] == [
        ["corner-air", 1, None],
        ["visitors", 2, None],
        ["visitors", 3, 1_789_999_000_000],
        [None, 3, None],
    ]
