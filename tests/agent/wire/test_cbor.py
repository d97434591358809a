import pytest

from agent.wire import cbor
from agent.wire.errors import MalformedPayload


@pytest.mark.parametrize("value", [object(), "\ud800", {1: {2: object()}}], ids=["object", "surrogate", "inside"])
def test_dumps_of_what_has_no_form_refuses_it(value: object) -> None:
    with pytest.raises(MalformedPayload, match="no form on the wire"):
        cbor.dumps(value)


@pytest.mark.parametrize("value", [0, b"", "", [], {}, True, None, [1, [2, {3: None}]]], ids=repr)
def test_loads_of_what_dumps_has_made_returns_it(value: object) -> None:
    assert cbor.loads(cbor.dumps(value)) == value


def test_bytes_are_capped_at_a_mebibyte() -> None:
    longest = bytes(cbor.MAX_PAYLOAD_BYTES)
    assert cbor.capped(longest) is longest
    with pytest.raises(MalformedPayload, match="longer than 1048576 bytes"):
        cbor.capped(longest + b"\x00")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x18\x05",
        b"\x9f\xff",
        b"\xc1\x05",
        b"\xf9\x45\x00\x00",
        b"\xa2\x01\x00\x01\x00",
        b"\xa2\x02\x00\x01\x00",
    ],
    ids=["nothing", "long integer", "indefinite", "tag", "trailing byte", "key twice", "keys backwards"],
)
def test_loads_of_anything_else_refuses_it(data: bytes) -> None:
    with pytest.raises(MalformedPayload):
        cbor.loads(data)
