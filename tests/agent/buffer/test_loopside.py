import asyncio
from pathlib import Path

import pytest

from agent.buffer.wal import wal_path
from agent.errors import StoreError
from tests.support.outbox import opened, put, rows, stored


async def test_closing_stores_what_waits_and_may_be_done_twice(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    future = put(outbox, rows(0, 3))
    await outbox.close()
    await future
    await outbox.close()
    assert not wal_path(tmp_path / "outbox.db").exists()
    with pytest.raises(StoreError, match="closed"):
        put(outbox, rows(3, 1))
    with pytest.raises(StoreError, match="closed"):
        await outbox.stats()


async def test_second_outbox_on_the_same_file_is_turned_away_without_harm(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    await stored(outbox, rows(0, 3))
    with pytest.raises(StoreError, match="another process"):
        await opened(tmp_path / "outbox.db")
    await stored(outbox, rows(3, 3))
    assert (await outbox.stats()).damaged_files == 0
    await outbox.close()


async def test_directory_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="nowhere"):
        await opened(tmp_path / "nowhere" / "outbox.db")


@pytest.mark.parametrize("steps", range(3))
async def test_cancelled_opening_leaves_the_store_free(tmp_path: Path, steps: int) -> None:
    task = asyncio.create_task(opened(tmp_path / "outbox.db"))
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    result = (await asyncio.gather(task, return_exceptions=True))[0]
    assert isinstance(result, asyncio.CancelledError)
    outbox = await opened(tmp_path / "outbox.db")
    await outbox.close()


async def test_cancelled_close_closes_all_the_same(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    put(outbox, rows(0, 3))
    task = asyncio.create_task(outbox.close())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    outbox._worker.join(5)
    outbox = await opened(tmp_path / "outbox.db")
    assert (await outbox.stats()).rows_waiting == 3
    await outbox.close()
