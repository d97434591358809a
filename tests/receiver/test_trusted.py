import dataclasses
from pathlib import Path

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.wire import cose, payload
from agent.wire.errors import BadSignature, MalformedPayload, NotAnEnvelope, UnknownKey, WireError, WrongType
from agent.wire.messages import Batch, Gap, Kind
from agent.wire.orders import Ack, Log
from agent.wire.payload import Payload
from agent.wire.topics import WITH_STREAM, Address, Lane
from receiver.trusted import KeyNotValid, SimulatedData, TrustedDevices, WrongPlace
from tests.support import wire
from tests.support.envelopes import STREAM, UNIT, FakeUnit

NOW_MS = 1_790_000_000_000
LIVE = Address(unit=UNIT, lane=Lane.LIVE, stream=STREAM)


@pytest.fixture
def unit(tmp_path: Path) -> FakeUnit:
    return FakeUnit.make(tmp_path)


@pytest.fixture
def trusted(unit: FakeUnit) -> TrustedDevices:
    return TrustedDevices({unit.name: unit.device()})


def test_batch_of_a_registered_unit_is_verified(unit: FakeUnit, trusted: TrustedDevices) -> None:
    data = unit.batch()

    verified = trusted.verify(LIVE, data, now_ms=NOW_MS)

    assert verified.unit == UNIT
    assert verified.kind is Kind.BATCH
    assert isinstance(verified.payload, Batch)
    assert verified.hash == cose.envelope_hash(data)


def test_envelope_truncated_anywhere_is_refused(unit: FakeUnit, trusted: TrustedDevices) -> None:
    data = unit.batch()

    for length in range(len(data)):
        with pytest.raises(NotAnEnvelope):
            trusted.verify(LIVE, data[:length], now_ms=NOW_MS)


def test_envelope_signed_again_by_another_key_is_refused(
    unit: FakeUnit, trusted: TrustedDevices, tmp_path: Path
) -> None:
    other = FakeUnit.make(tmp_path, "somebody-else")
    stolen = cose.sign(
        cose.verify(unit.batch(), key=unit.key.public, kind=Kind.BATCH), kind=Kind.BATCH, signer=other.key
    )

    with pytest.raises(UnknownKey):
        trusted.verify(LIVE, stolen, now_ms=NOW_MS)


def test_envelope_of_another_unit_on_this_topic_is_refused(unit: FakeUnit, tmp_path: Path) -> None:
    other = FakeUnit.make(tmp_path, "another-corner")
    both = TrustedDevices({unit.name: unit.device(), other.name: other.device()})

    with pytest.raises(WrongPlace, match="another-corner"):
        both.verify(LIVE, other.batch(), now_ms=NOW_MS)


@pytest.mark.parametrize("flipped", [-1, -64, 30])
def test_envelope_with_a_flipped_byte_is_refused(flipped: int, unit: FakeUnit, trusted: TrustedDevices) -> None:
    data = bytearray(unit.batch())
    data[flipped] ^= 1

    with pytest.raises(WireError):
        trusted.verify(LIVE, bytes(data), now_ms=NOW_MS)


def test_flipped_signature_is_called_a_bad_signature(unit: FakeUnit, trusted: TrustedDevices) -> None:
    data = bytearray(unit.batch())
    data[-1] ^= 1

    with pytest.raises(BadSignature):
        trusted.verify(LIVE, bytes(data), now_ms=NOW_MS)


def test_batch_passed_off_as_a_gap_is_refused(unit: FakeUnit, trusted: TrustedDevices) -> None:
    content = cose.verify(unit.batch(), key=unit.key.public, kind=Kind.BATCH)

    with pytest.raises(WireError):
        trusted.verify(LIVE, cose.sign(content, kind=Kind.GAP, signer=unit.key), now_ms=NOW_MS)


@pytest.mark.parametrize("kind", [Kind.RECEIPT, Kind.CONTROL, Kind.ALARM, Kind.LOG, Kind.ACK])
def test_batch_passed_off_as_a_kind_that_is_something_else_is_refused(
    kind: Kind, unit: FakeUnit, trusted: TrustedDevices
) -> None:
    content = cose.verify(unit.batch(), key=unit.key.public, kind=Kind.BATCH)

    with pytest.raises(WireError):
        trusted.verify(LIVE, cose.sign(content, kind=kind, signer=unit.key), now_ms=NOW_MS)


@pytest.mark.parametrize("message", [wire.receipt(), wire.control(unit=UNIT)], ids=["receipt", "control"])
@pytest.mark.parametrize("lane", Lane)
def test_kind_that_units_do_not_send_is_refused_on_every_topic(
    message: Payload, lane: Lane, unit: FakeUnit, trusted: TrustedDevices
) -> None:
    address = Address(unit=UNIT, lane=lane, stream=STREAM if lane in WITH_STREAM else None)

    with pytest.raises(WrongPlace, match="not sent by units"):
        trusted.verify(address, unit.sign(message), now_ms=NOW_MS)


@pytest.mark.parametrize(
    "address",
    [
        pytest.param(dataclasses.replace(LIVE, stream="other"), id="another stream's topic"),
        pytest.param(Address(unit=UNIT, lane=Lane.STATUS, stream=None), id="the status topic"),
        pytest.param(Address(unit=UNIT, lane=Lane.DECLARATION, stream=None), id="the declaration topic"),
        pytest.param(dataclasses.replace(LIVE, lane=Lane.RECEIPT), id="a receipt topic"),
    ],
)
def test_batch_on_a_topic_of_something_else_is_refused(
    address: Address, unit: FakeUnit, trusted: TrustedDevices
) -> None:
    with pytest.raises(WrongPlace):
        trusted.verify(address, unit.batch(), now_ms=NOW_MS)


@pytest.mark.parametrize("now_ms", [999, 2000], ids=["before", "after"])
def test_key_outside_its_dates_is_refused(now_ms: int, unit: FakeUnit) -> None:
    dated = dataclasses.replace(unit.device(), valid_from_ms=1000, valid_until_ms=2000)

    with pytest.raises(KeyNotValid):
        TrustedDevices({UNIT: dated}).verify(LIVE, unit.batch(), now_ms=now_ms)


def test_simulated_data_is_refused_unless_the_registry_allows_it(tmp_path: Path) -> None:
    unit = FakeUnit.make(tmp_path, simulated=True)
    data = unit.batch()

    with pytest.raises(SimulatedData):
        TrustedDevices({UNIT: unit.device()}).verify(LIVE, data, now_ms=NOW_MS)
    assert TrustedDevices({UNIT: unit.device(simulated=True)}).verify(LIVE, data, now_ms=NOW_MS).unit == UNIT


@pytest.mark.parametrize("stream", ["_declaration", "_ack", "_log"])
@pytest.mark.parametrize("message", [wire.batch(), wire.gap()], ids=["batch", "gap"])
def test_rows_in_a_reserved_stream_are_refused(
    message: Batch | Gap, stream: str, unit: FakeUnit, trusted: TrustedDevices
) -> None:
    content = cbor2.dumps(cbor2.loads(payload.encode(message)) | {2: stream})

    with pytest.raises(MalformedPayload, match="is reserved"):
        trusted.verify_file(cose.sign(content, kind=payload.KINDS[type(message)], signer=unit.key), now_ms=NOW_MS)


def test_status_of_another_unit_is_refused(unit: FakeUnit, trusted: TrustedDevices) -> None:
    unit.name = "another-corner"

    with pytest.raises(WrongPlace):
        trusted.verify_file(unit.status(), now_ms=NOW_MS)


def _on(lane: Lane) -> Address:
    return Address(unit=UNIT, lane=lane, stream=None)


def test_acknowledgement_and_log_head_are_verified_on_their_topics(unit: FakeUnit, trusted: TrustedDevices) -> None:
    ack = trusted.verify(_on(Lane.ACK), unit.ack(), now_ms=NOW_MS)
    log = trusted.verify(_on(Lane.LOG), unit.log(), now_ms=NOW_MS)

    assert isinstance(ack.payload, Ack)
    assert isinstance(log.payload, Log)


@pytest.mark.parametrize("lane", sorted(set(Lane) - {Lane.ACK}))
def test_acknowledgement_on_another_topic_is_refused(lane: Lane, unit: FakeUnit, trusted: TrustedDevices) -> None:
    with pytest.raises(WrongPlace, match="does not belong"):
        trusted.verify(_on(lane), unit.ack(), now_ms=NOW_MS)


@pytest.mark.parametrize("lane", sorted(set(Lane) - {Lane.LOG}))
def test_log_head_on_another_topic_is_refused(lane: Lane, unit: FakeUnit, trusted: TrustedDevices) -> None:
    with pytest.raises(WrongPlace, match="does not belong"):
        trusted.verify(_on(lane), unit.log(), now_ms=NOW_MS)


def test_what_a_unit_says_about_another_unit_is_refused(unit: FakeUnit, trusted: TrustedDevices) -> None:
    unit.name = "another-corner"

    for data in (unit.declare(), unit.ack(), unit.log()):
        with pytest.raises(WrongPlace, match="about unit another-corner"):
            trusted.verify_file(data, now_ms=NOW_MS)


def test_acknowledgement_of_simulated_sensors_is_refused_unless_the_registry_allows_it(tmp_path: Path) -> None:
    unit = FakeUnit.make(tmp_path, simulated=True)
    data = unit.ack()

    with pytest.raises(SimulatedData):
        TrustedDevices({UNIT: unit.device()}).verify(_on(Lane.ACK), data, now_ms=NOW_MS)
    allowed = TrustedDevices({UNIT: unit.device(simulated=True)})
    assert allowed.verify(_on(Lane.ACK), data, now_ms=NOW_MS).kind is Kind.ACK


@pytest.fixture(scope="module")
def genuine(tmp_path_factory: pytest.TempPathFactory) -> tuple[TrustedDevices, bytes]:
    unit = FakeUnit.make(tmp_path_factory.mktemp("keys"))
    return TrustedDevices({UNIT: unit.device()}), unit.batch()


@settings(max_examples=300)
@given(data=st.data())
def test_any_change_of_a_genuine_envelope_is_refused(
    genuine: tuple[TrustedDevices, bytes], data: st.DataObject
) -> None:
    trusted, envelope = genuine
    position = data.draw(st.integers(0, len(envelope) - 1))
    value = data.draw(st.integers(0, 255).filter(lambda byte: byte != envelope[position]))
    changed = envelope[:position] + bytes([value]) + envelope[position + 1 :]

    with pytest.raises(WireError):
        trusted.verify(LIVE, changed, now_ms=NOW_MS)


@given(st.binary(max_size=300))
def test_bytes_that_no_unit_signed_are_refused(genuine: tuple[TrustedDevices, bytes], noise: bytes) -> None:
    with pytest.raises(WireError):
        genuine[0].verify(LIVE, noise, now_ms=NOW_MS)


def test_wrong_type_names_what_was_expected(unit: FakeUnit) -> None:
    with pytest.raises(WrongType, match="lp-gap"):
        cose.verify(unit.batch(), key=unit.key.public, kind=Kind.GAP)
    assert payload.KINDS[Batch] is Kind.BATCH


ALARM = Address(unit=UNIT, lane=Lane.ALARM, stream=STREAM)


def test_alarm_of_a_registered_unit_is_verified_on_its_topic(unit: FakeUnit, trusted: TrustedDevices) -> None:
    assert trusted.verify(ALARM, unit.alarm(), now_ms=NOW_MS).kind is Kind.ALARM


@pytest.mark.parametrize("lane", [Lane.LIVE, Lane.BACKLOG])
def test_alarm_on_a_topic_of_rows_and_rows_on_that_of_alarms_are_refused(
    lane: Lane, unit: FakeUnit, trusted: TrustedDevices
) -> None:
    with pytest.raises(WrongPlace, match="does not belong"):
        trusted.verify(Address(unit=UNIT, lane=lane, stream=STREAM), unit.alarm(), now_ms=NOW_MS)
    with pytest.raises(WrongPlace, match="does not belong"):
        trusted.verify(ALARM, unit.batch(), now_ms=NOW_MS)


def test_alarm_about_another_stream_than_its_topic_is_refused(unit: FakeUnit, trusted: TrustedDevices) -> None:
    with pytest.raises(WrongPlace, match="stream noise"):
        trusted.verify(ALARM, unit.alarm(stream="noise"), now_ms=NOW_MS)


def test_alarm_of_a_simulated_sensor_is_refused_unless_it_is_wanted(unit: FakeUnit, trusted: TrustedDevices) -> None:
    data = unit.alarm(simulated=True)
    with pytest.raises(SimulatedData):
        trusted.verify(ALARM, data, now_ms=NOW_MS)
    TrustedDevices({unit.name: unit.device(simulated=True)}).verify(ALARM, data, now_ms=NOW_MS)
