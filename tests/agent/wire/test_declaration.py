import cbor2
import pytest

from agent.wire import payload
from agent.wire.errors import MalformedPayload
from agent.wire.messages import DECLARATIONS, Kind
from tests.support import wire

_CASES = {
    "a stream twice": {"streams": (wire.stream(), wire.stream())},
    "a channel twice": {"streams": (wire.stream(channels=(wire.channel("a"), wire.channel("a"))),)},
    "a stream without channels": {"streams": (wire.stream(channels=()),)},
    "too many channels": {"streams": (wire.stream(channels=tuple(wire.channel(f"c{i}") for i in range(65))),)},
    "too many streams": {"streams": tuple(wire.stream(name=f"s{i}") for i in range(65))},
    "a reserved stream": {"streams": (wire.stream(name=DECLARATIONS),)},
    "an unknown sensitivity": {"streams": (wire.stream(channels=(wire.channel("a", sensitivity="public"),)),)},
    "a rule that is no word": {"streams": (wire.stream(channels=(wire.channel("a", rule="Mean!"),)),)},
    "resolution zero": {"streams": (wire.stream(channels=(wire.channel("a", resolution=0),)),)},
    "grid zero": {"streams": (wire.stream(channels=(wire.channel("a", grid_m=0),)),)},
    "k zero": {"streams": (wire.stream(suppress_below=0),)},
    "text too long": {"publisher": "x" * 4097},
    "text too long in UTF-8": {"publisher": "é" * 2049},
    "a unit's name with a space": {"unit": "corner 7"},
    "a short thumbprint": {"thumbprint": bytes(8)},
    "too many keywords": {"streams": (wire.stream(keywords=("x",) * 33),)},
}


@pytest.mark.parametrize("changes", _CASES.values(), ids=_CASES.keys())
def test_encode_of_what_no_receiver_takes_refuses_it(changes: dict[str, object]) -> None:
    with pytest.raises(MalformedPayload):
        payload.content_bytes(wire.content(**changes))


def test_decode_of_a_declaration_in_another_stream_refuses_it() -> None:
    fields = cbor2.loads(payload.encode(wire.declaration()))
    with pytest.raises(MalformedPayload, match="expected _declaration"):
        payload.decode(Kind.DECLARATION, cbor2.dumps(fields | {2: "corner-air"}))
    with pytest.raises(MalformedPayload, match="expected _declaration"):
        payload.encode(wire.declaration(stream="corner-air"))


def test_decode_of_content_with_an_unknown_key_refuses_it() -> None:
    fields = cbor2.loads(payload.content_bytes(wire.content()))
    with pytest.raises(MalformedPayload, match="not known"):
        payload.decode_content(cbor2.dumps(fields | {9: 0}))
