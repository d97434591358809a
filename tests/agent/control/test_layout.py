import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.control.layout import MAX_FILE_BYTES, Damaged, _digest, decode, encode
from agent.control.record import ControlState, Result, Taken
from agent.control.standing import RANK, Governed, Standing
from agent.wire.entries import StateEvent
from agent.wire.orders import Order, Refusal, Role

HASHES = st.binary(min_size=32, max_size=32)
NAMES = st.from_regex(r"\A[a-z][a-z0-9-]{0,20}\Z")
TEXTS = st.text(st.characters(codec="utf-8"), max_size=30)
VERSIONS = st.integers(0, 2**63 - 1)
STANDINGS = st.builds(
    Standing,
    role=st.sampled_from(Role),
    order=st.sampled_from([Order.RUN, Order.HOLD, Order.SUSPEND]),
    version=VERSIONS,
    document=HASHES,
    reference=TEXTS,
)
GOVERNED = st.lists(STANDINGS, max_size=3, unique_by=lambda word: word.role).map(
    lambda words: Governed(tuple(sorted(words, key=lambda word: RANK[word.role])))
)
RESULTS = st.builds(
    Result,
    stream=st.none() | NAMES,
    order=st.sampled_from(Order),
    refusal=st.sampled_from(Refusal),
    everywhere=st.booleans(),
)
TAKEN = st.builds(
    Taken,
    version=VERSIONS,
    document=HASHES,
    reference=TEXTS,
    role=st.sampled_from(Role),
    local=st.booleans(),
    results=st.lists(RESULTS, max_size=4).map(tuple),
    done=st.booleans(),
)
STATES = st.builds(
    ControlState,
    unit=NAMES,
    version=st.none() | VERSIONS,
    everywhere=GOVERNED,
    streams=st.dictionaries(NAMES, GOVERNED, max_size=3),
    last=st.none() | TAKEN,
    purges=st.dictionaries(NAMES, st.none() | VERSIONS, max_size=3),
    event=st.none() | st.sampled_from(StateEvent),
    lost=TEXTS,
)
PLAIN = encode(ControlState(unit="corner-7", version=4), 9)


@given(STATES, st.integers(1, 2**40))
def test_state_survives_the_way_to_the_medium_and_back(state: ControlState, number: int) -> None:
    assert decode(encode(state, number)) == (state, number)


def test_file_cut_at_any_byte_is_damaged() -> None:
    for size in range(len(PLAIN)):
        with pytest.raises(Damaged):
            decode(PLAIN[:size])


def test_file_with_any_bit_flipped_is_damaged() -> None:
    for bit in range(len(PLAIN) * 8):
        data = bytearray(PLAIN)
        data[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Damaged):
            decode(bytes(data))


@given(st.binary(max_size=200))
def test_anything_else_is_damaged(data: bytes) -> None:
    with pytest.raises(Damaged):
        decode(data)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"version":4', '"version":"4"'),
        ('"version":4', '"version":true'),
        ('"unit":"corner-7"', '"unit":7'),
        ('"everywhere":{}', '"everywhere":{"mayor":{}}'),
        ('"everywhere":{}', '"everywhere":{"ops":{"order":3,"version":1,"document":"","reference":""}}'),
        ('"everywhere":{}', '"everywhere":{"ops":{"order":-1,"version":1,"document":"","reference":""}}'),
        ('"streams":{}', '"streams":[]'),
        ('"lost":""', '"loss":""'),
        ('"purges":{}', '"purges":{"air":"x"}'),
        ('"event":null', '"event":7'),
    ],
)
def test_body_of_another_version_is_damaged_although_its_checksum_holds(old: str, new: str) -> None:
    body = PLAIN.partition(b"\n")[2].decode()
    assert old in body
    changed = body.replace(old, new).encode()
    with pytest.raises(Damaged, match=r"type|version"):
        decode(b"lamppost-control 1 9 " + _digest(9, changed) + b"\n" + changed)


def test_file_beyond_the_largest_is_damaged() -> None:
    with pytest.raises(Damaged):
        decode(PLAIN + b" " * MAX_FILE_BYTES)


def test_file_with_a_number_beyond_every_count_of_writings_is_damaged() -> None:
    """Python refuses to read numbers of more than some thousand digits; that must not be what is told."""
    for digits in (20, 5000):
        with pytest.raises(Damaged, match="format 1"):
            decode(b"lamppost-control 1 " + b"9" * digits + b" 00\n{}")
