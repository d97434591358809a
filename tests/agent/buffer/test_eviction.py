import random
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from agent.buffer.eviction import database_pages, wal_bytes, wal_pages
from agent.buffer.records import Limits, ReceiptOutcome
from agent.buffer.wal import FRAME_BYTES, PAGE_BYTES
from tests.support.outbox import AIR, RECEIVER, bytes_in, opened, row, stored, waiting
from tests.support.outbox_model import CompactMaker


@pytest.mark.parametrize("max_bytes", [128 << 10, 1 << 20, 16 << 20, 1 << 30])
def test_database_and_wal_together_stay_within_the_cap(max_bytes: int) -> None:
    assert database_pages(max_bytes) * PAGE_BYTES + wal_bytes(max_bytes) <= max_bytes
    assert database_pages(max_bytes) * PAGE_BYTES >= max_bytes // 2
    assert wal_bytes(max_bytes) == 2 * wal_pages(max_bytes) * FRAME_BYTES


def test_wal_of_a_large_store_is_half_a_megabyte_and_no_more() -> None:
    assert wal_pages(1 << 30) * FRAME_BYTES < 600_000


async def test_receipt_in_a_full_store_that_retains_what_was_receipted_is_applied(tmp_path: Path) -> None:
    """What is kept for a while takes the space of what waits, not as much again: it would never be there."""
    limits = Limits(max_bytes=4 << 20, free_floor_bytes=0, loss_window_s=3600, retain_s=10**6)
    wide = {"air": replace(AIR["air"], columns=60)}
    outbox = await opened(tmp_path / "outbox.db", limits=limits, streams=wide, maker=CompactMaker())
    chance = random.Random(4)
    for first in range(0, 9000, 500):
        values = [tuple(chance.getrandbits(60) for _ in range(60)) for _ in range(500)]
        await stored(outbox, [row(first + index, values=value) for index, value in enumerate(values)])
    assert (await outbox.stats()).rows_evicted > 0
    while await outbox.seal():
        pass
    newest = (await waiting(outbox))[-1]
    assert sum(len(envelope.data) for envelope in await waiting(outbox)) > 200_000
    answer = await outbox.receipt(
        stream="air", epoch=newest.epoch, seq=newest.seq, hash=sha256(newest.data).digest(), receiver=RECEIVER
    )
    assert answer is ReceiptOutcome.APPLIED
    await outbox.flush()
    assert await waiting(outbox) == []
    assert bytes_in(tmp_path) <= limits.max_bytes
    await outbox.close()
