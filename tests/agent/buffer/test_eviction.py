import pytest

from agent.buffer.eviction import database_pages, wal_bytes, wal_pages
from agent.buffer.store import FRAME_BYTES, PAGE_BYTES


@pytest.mark.parametrize("max_bytes", [128 << 10, 1 << 20, 16 << 20, 1 << 30])
def test_database_and_wal_together_stay_within_the_cap(max_bytes: int) -> None:
    assert database_pages(max_bytes) * PAGE_BYTES + wal_bytes(max_bytes) <= max_bytes
    assert database_pages(max_bytes) * PAGE_BYTES >= max_bytes // 2
    assert wal_bytes(max_bytes) == 2 * wal_pages(max_bytes) * FRAME_BYTES


def test_wal_of_a_large_store_is_half_a_megabyte_and_no_more() -> None:
    assert wal_pages(1 << 30) * FRAME_BYTES < 600_000
