"""Where items end: of every form that is ours, cut off anywhere, and of forms that are not ours."""

import cbor2
import pytest

from agent.wire import sequence
from agent.wire.errors import MalformedPayload

NUMBERS = [0, 23, 24, 256, 1 << 16, 1 << 32, -1, -300]
VALUES = [*NUMBERS, b"", bytes(23), bytes(300), "", "x" * 70_000, [], [1, b"2", "3"]]
ITEMS = [cbor2.dumps(value) for value in VALUES]


def test_items_of_a_sequence_are_given_one_after_the_other() -> None:
    assert list(sequence.items(b"".join(ITEMS))) == ITEMS
    assert list(sequence.items(b"")) == []


@pytest.mark.parametrize("item", [item for item in ITEMS if 1 < len(item) < 1000], ids=bytes.hex)
def test_item_that_is_cut_off_anywhere_is_refused_behind_the_whole_one_before_it(item: bytes) -> None:
    for end in range(1, len(item)):
        found = sequence.items(ITEMS[0] + item[:end])
        assert next(found) == ITEMS[0]
        with pytest.raises(MalformedPayload, match=r"^item 2: not CBOR as it is used here, or cut off$"):
            next(found)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"\xa0", id="a map"),
        pytest.param(b"\xc0\x00", id="a tag"),
        pytest.param(b"\xf6", id="null"),
        pytest.param(b"\x5f\xff", id="indefinite"),
        pytest.param(b"\x1c", id="reserved"),
        pytest.param(b"\x81\x81\x00", id="an array in an array"),
        pytest.param(b"\x5b" + b"\xff" * 8, id="more than there is"),
        pytest.param(b"\x9b" + b"\xff" * 8, id="an array of more than there is"),
    ],
)
def test_item_that_is_none_of_ours_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedPayload, match=r"^item 1: "):
        list(sequence.items(data))
