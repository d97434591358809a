import cbor2
import pytest

from agent.wire import disclosure, payload
from agent.wire.errors import MalformedPayload
from agent.wire.messages import ClockQuality, Kind
from agent.wire.orders import LOGS
from tests.support import wire

_HASH = bytes([0x66]) * 32
_CASES = {
    "unit with a space": {0: "corner 7"},
    "last negative": {1: -1},
    "last beyond 63 bits": {1: (1 << 63) - 1},
    "head of 31 bytes": {2: bytes(31)},
    "first zero": {3: 0},
    "first beyond what follows the last": {3: 1442},
    "nothing kept, but another head than the base": {3: 1441},
    "base missing": {4: None},
    "clock 3": {5: 3},
    "clock unset, but wall time": {5: 2},
    "wall time null": {6: None},
    "an unknown key": {7: 0},
}


@pytest.mark.parametrize("changes", _CASES.values(), ids=_CASES.keys())
def test_decode_of_a_bad_field_refuses_it(changes: dict[int, object]) -> None:
    fields = cbor2.loads(payload.encode_log_content(wire.log_content()))
    with pytest.raises(MalformedPayload):
        payload.decode_log_content(cbor2.dumps(fields | changes))


@pytest.mark.parametrize("changes", [{"first": 0}, {"first": 1441}, {"utc_ms": None}, {"head": b""}], ids=str)
def test_encode_of_what_no_receiver_takes_refuses_it(changes: dict[str, object]) -> None:
    with pytest.raises(MalformedPayload):
        payload.encode_log_content(wire.log_content(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(
            {"last": 0, "first": 1, "head": disclosure.genesis("corner-7"), "base": disclosure.genesis("corner-7")},
            id="empty",
        ),
        pytest.param({"first": 1441, "head": _HASH, "base": _HASH}, id="everything was cut"),
        pytest.param({"first": 1440}, id="one entry"),
        pytest.param({"clock": ClockQuality.UNSET, "utc_ms": None}, id="clock unset"),
        pytest.param({"last": (1 << 63) - 2}, id="very long"),
    ],
)
def test_log_head_survives(changes: dict[str, object]) -> None:
    log = wire.log(content=wire.log_content(**changes))
    assert payload.decode(Kind.LOG, payload.encode(log)) == log


@pytest.mark.parametrize("stream", ["corner-air", "_declaration", "_ack"])
def test_log_head_in_another_stream_is_refused(stream: str) -> None:
    fields = cbor2.loads(payload.encode(wire.log()))
    with pytest.raises(MalformedPayload, match=f"expected {LOGS}"):
        payload.decode(Kind.LOG, cbor2.dumps(fields | {2: stream}))
    with pytest.raises(MalformedPayload, match=f"expected {LOGS}"):
        payload.encode(wire.log(stream=stream))
