"""Envelopes in a file: whole, cut off, followed by rubbish; and never read past their ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.wire import cbor
from agent.wire.bundle import MAX_ENVELOPE_BYTES, pack, unpack
from agent.wire.errors import MalformedPayload

ENVELOPES = st.lists(st.binary(max_size=70_000).filter(lambda data: data[:1] != b"\xd2"), max_size=6)


@given(ENVELOPES)
def test_bundle_gives_back_what_was_packed(envelopes: list[bytes]) -> None:
    found = unpack(b"".join(pack(envelopes)))
    assert (list(found.envelopes), found.rest) == (envelopes, 0)


@pytest.mark.parametrize("size", [0, 23, 24, 255, 256, 65_535, 65_536])
def test_item_is_a_byte_string_in_its_shortest_form(size: int) -> None:
    assert b"".join(pack([bytes(size)])) == cbor.dumps(bytes(size))


@given(ENVELOPES, st.data())
def test_bundle_that_is_cut_off_keeps_the_envelopes_before(envelopes: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(pack(envelopes))
    cut = data.draw(st.integers(0, len(whole)))
    found = unpack(whole[:cut])
    assert list(found.envelopes) == envelopes[: len(found.envelopes)]
    assert len(b"".join(pack(found.envelopes))) + found.rest == cut


def test_envelope_that_stands_alone_is_one() -> None:
    assert unpack(b"\xd2\x84rest").envelopes == (b"\xd2\x84rest",)


@pytest.mark.parametrize("rubbish", [b"\x00", b"\x9f", b"\x5f\x41a\xff", b"\x5b" + bytes(8), b"not cbor"])
def test_rubbish_behind_the_last_envelope_is_counted(rubbish: bytes) -> None:
    found = unpack(b"".join(pack([b"one"])) + rubbish)
    assert (found.envelopes, found.rest) == ((b"one",), len(rubbish))


def test_envelope_larger_than_any_is_neither_written_nor_read() -> None:
    with pytest.raises(MalformedPayload, match="larger"):
        list(pack([bytes(MAX_ENVELOPE_BYTES + 1)]))
    head = b"\x5a" + (MAX_ENVELOPE_BYTES + 1).to_bytes(4, "big")
    assert unpack(head + bytes(MAX_ENVELOPE_BYTES + 1)).envelopes == ()
