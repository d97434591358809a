"""Which receipts are believed, each attack one change away from a good one."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.receipts import OtherUnit, ReceiptVerifier, Replayed
from agent.wire import cose, payload
from agent.wire.errors import (
    BadSignature,
    MalformedPayload,
    NotAnEnvelope,
    UnknownKey,
    Untrusted,
    WireError,
    WrongAlgorithm,
    WrongType,
)
from agent.wire.keyfile import SigningKey
from agent.wire.messages import Kind
from tests.support.wire import OTHER_KEY, P256_KEY, RECEIVER_KEY, UNIT_KEY, receipt

UNIT = "corner-7"
NEXT_EPOCH = bytes([0xF9]) * 8


def _signed(key: SigningKey = RECEIVER_KEY, kind: Kind = Kind.RECEIPT, **changes: Any) -> bytes:  # noqa: ANN401
    return cose.sign(payload.encode(receipt(**changes)), kind=kind, signer=key)


def _verifier() -> ReceiptVerifier:
    keys = {key.kid: key for key in (RECEIVER_KEY.public, P256_KEY.public)}
    return ReceiptVerifier(keys, unit=UNIT)


def test_receipt_of_a_configured_receiver_is_believed() -> None:
    assert _verifier().verify(_signed()) == receipt()


def test_receipt_of_a_receiver_with_a_hardware_key_is_believed() -> None:
    data = cose.sign(payload.encode(receipt()), kind=Kind.RECEIPT, signer=P256_KEY)
    assert _verifier().verify(data) == receipt()


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (_signed(OTHER_KEY), UnknownKey),
        (_signed(UNIT_KEY), UnknownKey),
        (_signed(kind=Kind.BATCH), WrongType),
        (_signed(unit="corner-8"), OtherUnit),
        (_signed()[:-1], NotAnEnvelope),
        (_signed() + b"\x00", NotAnEnvelope),
        (_signed()[:-1] + bytes([_signed()[-1] ^ 1]), BadSignature),
        (b"", NotAnEnvelope),
        (cose.sign(b"\xa0", kind=Kind.RECEIPT, signer=RECEIVER_KEY), MalformedPayload),
    ],
    ids=["forged", "by the unit", "type", "unit", "cut", "longer", "signature", "empty", "no receipt"],
)
def test_receipt_with_one_thing_wrong_is_refused_and_changes_nothing(data: bytes, error: type[WireError]) -> None:
    verifier = _verifier()
    before = verifier.export()
    with pytest.raises(error):
        verifier.verify(data)
    assert verifier.export() == before


def test_receipt_signed_by_another_key_under_the_receivers_name_is_refused() -> None:
    forged = _signed(OTHER_KEY).replace(OTHER_KEY.kid, RECEIVER_KEY.kid)
    with pytest.raises(BadSignature):
        _verifier().verify(forged)


def test_receipt_that_claims_another_algorithm_than_its_keys_is_refused() -> None:
    forged = cose.sign(payload.encode(receipt()), kind=Kind.RECEIPT, signer=P256_KEY)
    with pytest.raises(WrongAlgorithm):
        _verifier().verify(forged.replace(P256_KEY.kid, RECEIVER_KEY.kid))


def test_retained_receipt_may_come_again() -> None:
    verifier = _verifier()
    for _ in range(3):
        assert verifier.verify(_signed()).counter == 41


def test_retained_receipt_may_come_after_a_newer_one_for_another_stream() -> None:
    verifier = _verifier()
    verifier.verify(_signed(stream="noise", counter=50))
    assert verifier.verify(_signed(counter=41)).counter == 41


@pytest.mark.parametrize(
    "changes", [{"counter": 40}, {"counter": 41, "seq": 0}, {"counter": 0}], ids=["older", "same counter", "first"]
)
def test_receipt_that_was_overtaken_is_refused(changes: dict[str, Any]) -> None:
    verifier = _verifier()
    verifier.verify(_signed())
    with pytest.raises(Replayed):
        verifier.verify(_signed(**changes))
    assert verifier.verify(_signed(counter=42)).counter == 42


def test_receipt_from_an_epoch_that_its_receiver_has_ended_is_refused_for_good() -> None:
    verifier = _verifier()
    verifier.verify(_signed(counter=900))
    assert verifier.verify(_signed(receiver_epoch=NEXT_EPOCH, counter=1)).counter == 1
    with pytest.raises(Replayed):
        verifier.verify(_signed(counter=901))
    assert verifier.verify(_signed(receiver_epoch=NEXT_EPOCH, counter=2)).counter == 2


def test_receipt_from_an_epoch_before_the_present_one_that_was_never_seen_is_refused() -> None:
    verifier = _verifier()
    verifier.verify(_signed(receiver_epoch=NEXT_EPOCH, counter=1))
    for epoch in (bytes(8), receipt().receiver_epoch):
        with pytest.raises(Replayed):
            verifier.verify(_signed(receiver_epoch=epoch, counter=900))
    assert verifier.verify(_signed(receiver_epoch=NEXT_EPOCH, counter=2)).counter == 2


def test_receivers_are_told_apart_by_name_and_by_key() -> None:
    verifier = _verifier()
    verifier.verify(_signed(counter=900))
    assert verifier.verify(_signed(receiver=b"second!!", counter=1)).counter == 1
    other = cose.sign(payload.encode(receipt(counter=2)), kind=Kind.RECEIPT, signer=P256_KEY)
    assert verifier.verify(other).counter == 2


def test_what_was_seen_survives_a_restart() -> None:
    verifier = _verifier()
    verifier.verify(_signed(counter=10))
    verifier.verify(_signed(receiver_epoch=NEXT_EPOCH, counter=5))
    again = _verifier()
    again.restore(verifier.export())
    assert again.export() == verifier.export()
    for old in (_signed(counter=11), _signed(receiver_epoch=NEXT_EPOCH, counter=4)):
        with pytest.raises(Replayed):
            again.verify(old)
    assert again.verify(_signed(receiver_epoch=NEXT_EPOCH, counter=5)).counter == 5


@pytest.mark.parametrize("data", [None, b"", b'{"version":2,"other":1}'])
def test_nothing_to_restore_is_a_clean_start(data: bytes | None) -> None:
    verifier = _verifier()
    verifier.restore(data)
    assert verifier.verify(_signed()) == receipt()


def test_memory_of_streams_is_bounded() -> None:
    verifier = _verifier()
    for number in range(400):
        verifier.verify(_signed(stream=f"stream-{number}", counter=number))
    assert len(verifier.export()) < 20_000


@given(st.binary(max_size=200))
def test_verifier_fed_anything_says_untrusted(data: bytes) -> None:
    with pytest.raises(Untrusted):
        _verifier().verify(data)


@given(st.integers(0, len(_signed()) * 8 - 1))
def test_verifier_fed_a_receipt_with_any_bit_flipped_refuses_it(bit: int) -> None:
    data = bytearray(_signed())
    data[bit // 8] ^= 1 << bit % 8
    with pytest.raises(WireError):
        _verifier().verify(bytes(data))


@given(st.lists(st.integers(0, 12), min_size=1, max_size=30))
def test_counters_believed_for_a_stream_never_fall(counters: list[int]) -> None:
    verifier = _verifier()
    believed = []
    for counter in counters:
        try:
            believed.append(verifier.verify(_signed(counter=counter)).counter)
        except Replayed:
            continue
    assert believed == sorted(believed)
    assert max(believed) == max(counters)


@pytest.mark.parametrize(
    "saved",
    [
        b"",
        b"\xff",
        b"[]",
        b"[" * 9000,
        b"9" * 5000,
        b'{"version":1}',
        b'{"version":1,"receivers":[{"key":"z"}]}',
        b'{"version":1,"receivers":[{"key":"00","receiver":"00","epoch":"00","last":{"air":["x","00"]}}]}',
        b'{"version":1,"receivers":[{"key":"00","receiver":"00","epoch":"00","last":{"air":[-1,"00"]}}]}',
    ],
)
def test_verifier_of_damaged_bytes_has_seen_nothing_and_tells_so(
    saved: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    verifier = _verifier()
    verifier.restore(saved)
    assert verifier.export() == _verifier().export()
    assert len(caplog.messages) == 1
    assert verifier.verify(_signed()).counter == _verifier().verify(_signed()).counter
