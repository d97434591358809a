import cbor2
import pytest

from agent.wire import payload
from agent.wire.errors import MalformedPayload
from agent.wire.messages import Kind, Presence, Suspected
from tests.support import wire

_CASES = {
    "presence unknown": (2, 2),
    "session negative": (3, -1),
    "boot id too short": (5, bytes(15)),
    "clock unknown": (8, 3),
    "sensors a map": (9, {}),
    "sensors backwards": (9, [["b", 0], ["a", 0]]),
    "a sensor twice": (9, [["a", 0], ["a", 1]]),
    "a sensor's state unknown": (9, [["a", 4]]),
    "a sensor's state as text": (9, [["a", "ok"]]),
    "a sensor alone": (9, [["a"]]),
    "a suspected sensor that is not there": (14, [["rain", 1]]),
    "a suspected sensor that does not work": (14, [["co2", 1]]),
    "a sensor suspected for no time": (14, [["air", 0]]),
    "a sensor suspected beyond all classes": (14, [["air", 4]]),
    "a sensor suspected twice": (14, [["air", 1], ["air", 2]]),
    "a suspicion of nobody": (14, [["", 1]]),
    "suspended backwards": (10, [["b", "x"], ["a", "x"]]),
    "a reason that is a number": (10, [["a", 0]]),
    "rows waiting null": (11, None),
    "simulated null": (12, None),
}


@pytest.mark.parametrize(("key", "value"), _CASES.values(), ids=_CASES.keys())
def test_decode_of_a_bad_field_refuses_it(key: int, value: object) -> None:
    layout = cbor2.loads(payload.encode(wire.status()))
    with pytest.raises(MalformedPayload):
        payload.decode(Kind.STATUS, cbor2.dumps(layout | {key: value}, canonical=True))


def test_encode_of_an_unknown_sensor_state_refuses_it() -> None:
    with pytest.raises(MalformedPayload, match="ok, failing, absent"):
        payload.encode(wire.status(sensors={"air": "tired"}))


def test_encode_of_a_suspicion_of_a_sensor_that_does_not_work_refuses_it() -> None:
    with pytest.raises(MalformedPayload, match="state ok"):
        payload.encode(wire.status(suspected={"co2": Suspected.HOURS}))


def test_status_without_a_suspicion_has_no_key_for_it() -> None:
    assert cbor2.loads(payload.encode(wire.status())).keys() == {*range(13)}


def test_a_suspicion_arrives_with_how_long_there_has_been_one() -> None:
    status = wire.status(suspected={"air": Suspected.WEEKS})
    assert payload.decode(Kind.STATUS, payload.encode(status)) == status


def test_a_last_will_is_the_same_status_offline() -> None:
    will = wire.status(presence=Presence.OFFLINE, utc_ms=None)
    assert payload.decode(Kind.STATUS, payload.encode(will)) == will
