import hashlib

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.wire import cbor, payload
from agent.wire.declared import DeclarationContent
from agent.wire.errors import MalformedPayload, WireError
from agent.wire.messages import Batch, ClockStamp, Kind
from agent.wire.orders import AckContent, LogContent
from agent.wire.payload import Payload
from tests.support import wire, wire_strategies

_DECODABLE = tuple(payload.KINDS.values())
_SAMPLES = (
    wire.batch(),
    wire.gap(),
    wire.declaration(content=wire.full_content()),
    wire.status(),
    wire.receipt(resend_from=2),
    wire.control(),
    wire.ack(),
    wire.log(),
    wire.alarm(),
)
_TAGS = (0, 1, 2, 3, 4, 5, 18, 24, 25, 28, 29, 30, 35, 36, 37, 43000, 52, 54, 100, 256, 258, 260, 261, 1004, 55799)


@given(wire_strategies.MESSAGES)
def test_encode_then_decode_of_any_message_returns_it(message: Payload) -> None:
    data = payload.encode(message)
    assert payload.decode(payload.KINDS[type(message)], data) == message


@given(wire_strategies.MESSAGES)
def test_encode_of_any_message_is_deterministic_cbor(message: Payload) -> None:
    data = payload.encode(message)
    assert cbor2.dumps(cbor2.loads(data), canonical=True) == data


@given(wire_strategies.batches())
def test_encode_of_a_padded_batch_reaches_a_multiple_and_survives_decoding(batch: Batch) -> None:
    data = payload.encode(batch)
    assert batch.padded_to == 0 or len(data) % batch.padded_to == 0
    assert payload.encode(payload.decode(Kind.BATCH, data)) == data


def _decode_or_none(kind: Kind, data: bytes) -> Payload | None:
    try:
        return payload.decode(kind, data)
    except WireError:
        return None


@given(st.sampled_from(_DECODABLE), st.binary(max_size=200))
def test_decode_of_any_bytes_refuses_them_or_gives_what_encodes_to_them(kind: Kind, data: bytes) -> None:
    message = _decode_or_none(kind, data)
    assert message is None or payload.encode(message) == data


@given(st.sampled_from(_SAMPLES), st.data())
def test_decode_of_a_damaged_payload_refuses_it_or_gives_what_encodes_to_it(
    sample: Payload, data: st.DataObject
) -> None:
    damaged = bytearray(payload.encode(sample))
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    message = _decode_or_none(payload.KINDS[type(sample)], bytes(damaged))
    assert message is None or payload.encode(message) == bytes(damaged)


_SCALARS = st.none() | st.booleans() | st.integers(-3, 2**64 - 1) | st.binary(max_size=40) | st.text(max_size=5)
_NESTED = st.recursive(
    _SCALARS | st.floats(),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.integers(0, 16), inner, max_size=17),
    max_leaves=20,
)


@given(st.sampled_from(_SAMPLES), st.dictionaries(st.integers(0, 12), _NESTED, min_size=1, max_size=3))
def test_decode_of_replaced_fields_refuses_them_or_gives_what_encodes_to_them(
    sample: Payload, changes: dict[int, object]
) -> None:
    data = cbor2.dumps(cbor2.loads(payload.encode(sample)) | changes, canonical=True)
    message = _decode_or_none(payload.KINDS[type(sample)], data)
    assert message is None or payload.encode(message) == data


@pytest.mark.parametrize("sample", _SAMPLES, ids=lambda sample: type(sample).__name__)
def test_decode_of_every_truncation_refuses_it(sample: Payload) -> None:
    data = payload.encode(sample)
    for length in range(len(data)):
        with pytest.raises(MalformedPayload):
            payload.decode(payload.KINDS[type(sample)], data[:length])


@pytest.mark.parametrize("sample", _SAMPLES, ids=lambda sample: type(sample).__name__)
def test_decode_of_a_trailing_byte_refuses_it(sample: Payload) -> None:
    with pytest.raises(MalformedPayload, match="followed by more bytes"):
        payload.decode(payload.KINDS[type(sample)], payload.encode(sample) + b"\x00")


@pytest.mark.parametrize("sample", _SAMPLES, ids=lambda sample: type(sample).__name__)
def test_decode_of_an_unknown_key_refuses_it(sample: Payload) -> None:
    fields = cbor2.loads(payload.encode(sample))
    with pytest.raises(MalformedPayload, match="not known"):
        payload.decode(payload.KINDS[type(sample)], cbor2.dumps(fields | {23: 0}))


@pytest.mark.parametrize("sample", _SAMPLES, ids=lambda sample: type(sample).__name__)
@pytest.mark.parametrize("version", [0, 2, True, None])
def test_decode_of_another_version_refuses_it(sample: Payload, version: object) -> None:
    fields = cbor2.loads(payload.encode(sample))
    with pytest.raises(MalformedPayload, match="version 1"):
        payload.decode(payload.KINDS[type(sample)], cbor2.dumps(fields | {0: version}))


@pytest.mark.parametrize("sample", _SAMPLES, ids=lambda sample: type(sample).__name__)
def test_decode_as_another_kind_refuses_it(sample: Payload) -> None:
    for kind in set(Kind) - {payload.KINDS[type(sample)]}:
        with pytest.raises(MalformedPayload):
            payload.decode(kind, payload.encode(sample))


def test_decode_of_keys_in_another_order_refuses_them() -> None:
    fields = cbor2.loads(payload.encode(wire.receipt()))
    with pytest.raises(MalformedPayload, match="deterministic"):
        payload.decode(Kind.RECEIPT, cbor2.dumps(dict(reversed(fields.items()))))


def test_decode_of_a_key_that_is_a_boolean_refuses_it() -> None:
    fields = cbor2.loads(payload.encode(wire.receipt()))
    del fields[1]
    data = cbor2.dumps(fields | {True: b"receiver"}, canonical=True)
    with pytest.raises(MalformedPayload, match="integer keys"):
        payload.decode(Kind.RECEIPT, data)


@pytest.mark.parametrize("tag", _TAGS)
def test_decode_of_a_tag_refuses_it_before_it_is_interpreted(tag: int) -> None:
    fields = cbor2.loads(payload.encode(wire.receipt()))
    contents: tuple[object, ...] = (b"\x01", "2026-11-21T00:00:00Z", [1, 2], 0, {})
    for content in contents:
        with pytest.raises(MalformedPayload, match="not CBOR as it is used here"):
            payload.decode(Kind.RECEIPT, cbor2.dumps(fields | {3: cbor2.CBORTag(tag, content)}))


def test_decode_of_more_than_a_mebibyte_refuses_it_unread() -> None:
    with pytest.raises(MalformedPayload, match="longer"):
        payload.decode(Kind.BATCH, b"\xff" * (cbor.MAX_PAYLOAD_BYTES + 1))


def test_decode_of_deep_nesting_refuses_it() -> None:
    with pytest.raises(MalformedPayload):
        payload.decode(Kind.BATCH, b"\x81" * 100_000)


def test_decode_of_an_array_that_claims_to_be_huge_refuses_it() -> None:
    with pytest.raises(MalformedPayload):
        payload.decode(Kind.BATCH, bytes.fromhex("9b7fffffffffffffff00"))


def test_encode_of_more_than_a_mebibyte_refuses_it() -> None:
    wide = tuple(wire.column(index, [row << 40 for row in range(4096)]) for index in range(64))
    with pytest.raises(MalformedPayload, match="longer"):
        payload.encode(wire.batch(columns=wide))


def test_encode_of_text_without_a_form_in_utf8_refuses_it() -> None:
    with pytest.raises(MalformedPayload, match="UTF-8"):
        payload.encode(wire.status(software="\ud800"))


@given(wire_strategies.CONTENTS)
def test_declaration_content_survives_its_hashed_form(content: DeclarationContent) -> None:
    assert payload.decode_content(payload.content_bytes(content)) == content


def test_declaration_hash_is_sha256_of_the_content_inside_the_envelope() -> None:
    inside = cbor2.loads(payload.encode(wire.declaration()))[5]
    again = cbor2.dumps(inside, canonical=True)
    assert payload.content_bytes(wire.content()) == again
    assert payload.declaration_hash(again) == hashlib.sha256(again).digest()


@given(wire_strategies.ack_contents())
def test_ack_content_survives_the_form_that_the_outbox_keeps(content: AckContent) -> None:
    assert payload.decode_ack_content(payload.encode_ack_content(content)) == content


@given(wire_strategies.log_contents())
def test_log_content_survives_the_form_that_the_outbox_keeps(content: LogContent) -> None:
    assert payload.decode_log_content(payload.encode_log_content(content)) == content


def test_content_that_the_outbox_keeps_is_what_stands_in_the_envelope() -> None:
    ack, log = cbor2.loads(payload.encode(wire.ack())), cbor2.loads(payload.encode(wire.log()))
    assert payload.encode_ack_content(wire.ack_content()) == cbor2.dumps(ack[5])
    assert payload.encode_log_content(wire.log_content()) == cbor2.dumps(log[5])


def test_every_kind_has_a_form() -> None:
    assert set(Kind) == set(payload.KINDS.values())


@given(wire_strategies.STAMPS)
def test_clock_stamp_survives_its_stored_form(stamp: ClockStamp) -> None:
    assert payload.decode_clock(payload.encode_clock(stamp)) == stamp


@pytest.mark.parametrize(
    "value",
    [{0: 3}, {0: 0, 1: -1}, {0: 0, 2: [b"", 0, 0]}, {0: 0, 2: [bytes(16), 0]}, {1: 0}, {0: False}, []],
    ids=str,
)
def test_decode_clock_of_anything_else_refuses_it(value: object) -> None:
    with pytest.raises(MalformedPayload):
        payload.decode_clock(cbor2.dumps(value))


def test_signed_size_of_an_hour_of_four_channels_is_about_510_bytes() -> None:
    columns = tuple(
        wire.column(index, [2000 + 300 * index + (row * 37 + index * 11) % 41 - 20 for row in range(60)])
        for index in range(4)
    )
    size = len(payload.encode(wire.batch(columns=columns))) + 96
    assert 400 < size < 560
