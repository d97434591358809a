"""A receiver's epochs grow, whatever its clock says."""

import time
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from receiver.epochs import EPOCH_BYTES, later_epoch

_MS = 1_000_000


@given(st.lists(st.integers(0, 2**64 - 2).map(lambda number: number.to_bytes(EPOCH_BYTES, "big")), max_size=3))
def test_later_epoch_is_greater_than_every_earlier_one(earlier: list[bytes]) -> None:
    epoch = later_epoch(*earlier)
    assert len(epoch) == EPOCH_BYTES
    assert all(epoch > before for before in earlier)


def test_later_epoch_of_a_later_moment_is_greater() -> None:
    with patch.object(time, "time_ns", side_effect=[1_000 * _MS, 1_001 * _MS]):
        first, second = later_epoch(), later_epoch()
    assert first < second
    assert first[:6] == (1_000).to_bytes(6, "big")


def test_later_epoch_without_a_file_beside_knows_the_store_alone() -> None:
    assert later_epoch(b"\xf0" + bytes(7), b"") == b"\xf0" + bytes(6) + b"\x01"
