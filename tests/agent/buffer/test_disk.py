"""Real disks that are full, or become read-only under the outbox: the newest rows wait in memory until it returns."""

import asyncio
import contextlib
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent.buffer import worker
from agent.buffer.errors import StoreFull
from agent.buffer.intake import MOST_ROWS
from agent.buffer.opening import free_bytes_at
from agent.buffer.outbox import Outbox
from agent.buffer.records import OutboxStats, ReceiptOutcome
from agent.errors import StoreError
from tests.support.disks import Card, card, filled, may_mount, memory_disk
from tests.support.outbox import (
    AIR,
    GENEROUS,
    StillClock,
    confirm,
    delivered,
    drained,
    lost,
    opened,
    parsed,
    put,
    rows,
    stored,
    waiting,
)

pytestmark = pytest.mark.mounts


@pytest.fixture(autouse=True)
def _quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    if not may_mount():
        pytest.skip("mounting takes root")
    monkeypatch.setattr(worker, "_RETRY_S", 0.02)
    monkeypatch.setattr(worker, "_RETRY_MOST_S", 0.05)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    with memory_disk(folder, kib=1536) as mounted:
        yield mounted


@pytest.fixture
def broken(tmp_path: Path) -> Iterator[Card]:
    folder = tmp_path / "card"
    folder.mkdir()
    with contextlib.ExitStack() as stack:
        try:
            made = stack.enter_context(card(folder, mib=16))
        except OSError as error:
            pytest.skip(f"no ext4 can be mounted here: {error}")
        yield made


class RunningClock(StillClock):
    """Retries are due when their time has come, whatever is asked meanwhile."""

    def mono_ns(self) -> int:
        return time.monotonic_ns()


async def _opened(folder: Path) -> Outbox:
    path = folder / "outbox.db"
    return await opened(
        path,
        streams=AIR,
        free_bytes=free_bytes_at(path),
        clock=RunningClock(),
        limits=replace(GENEROUS, loss_window_s=0.01),
    )


async def _until_nothing_can_be_stored(outbox: Outbox, first: int) -> tuple[int, OutboxStats]:
    """Append until the disk says no; return the next row, and what the outbox says of itself."""
    for index in range(first, first + 40_000, 200):
        put(outbox, rows(index, 200))
        with contextlib.suppress(StoreError):
            await outbox.flush()
        stats = await outbox.stats()
        if stats.trouble:
            return index + 200, stats
    raise AssertionError("the disk took everything")


async def _until_stored(outbox: Outbox) -> None:
    """Wait for the outbox to go on, which nobody tells it to."""
    async with asyncio.timeout(20):
        while (await outbox.stats()).trouble or (await outbox.stats()).rows_unstored:  # noqa: ASYNC110 - what another thread does
            await asyncio.sleep(0.01)


async def test_disk_full_while_appending_keeps_the_newest_in_memory_and_goes_on_by_itself(disk: Path) -> None:
    outbox = await _opened(disk)
    await stored(outbox, rows(0, 200))
    with filled(disk):
        after, stats = await _until_nothing_can_be_stored(outbox, 200)
        assert stats.trouble == "full"
        assert stats.rows_unstored > 0
    await _until_stored(outbox)
    found = await drained(outbox)
    assert delivered(found)[-200:] == list(range(after - 200, after)), "the newest are there"
    assert len(delivered(found)) + lost(found) == after
    assert (await outbox.stats()).damaged_files == 0
    await outbox.close()


async def test_disk_full_for_longer_than_memory_lasts_counts_what_did_not_fit_into_a_signed_gap(disk: Path) -> None:
    outbox = await _opened(disk)
    await stored(outbox, rows(0, 200))
    with filled(disk):
        after, _ = await _until_nothing_can_be_stored(outbox, 200)
        futures = [put(outbox, rows(index, 100)) for index in range(after, after + MOST_ROWS + 2000, 100)]
        assert (await outbox.stats()).rows_unstored <= MOST_ROWS
        after += MOST_ROWS + 2000 - (MOST_ROWS + 2000) % 100 + (100 if MOST_ROWS % 100 else 0)
    await _until_stored(outbox)
    dropped = [future for future in futures if isinstance(future.exception(), StoreError)]
    found = await drained(outbox)
    assert len(dropped) * 100 >= 1000
    assert lost(found) >= len(dropped) * 100
    assert len(delivered(found)) + lost(found) == after
    assert delivered(found)[-1] == after - 1
    await outbox.close()


async def test_disk_full_while_sealing_gives_no_seq_and_answers_receipts(disk: Path) -> None:
    outbox = await _opened(disk)
    await stored(outbox, rows(0, 60))
    await outbox.seal()
    before = await waiting(outbox)
    with filled(disk):
        after, _ = await _until_nothing_can_be_stored(outbox, 60)
        assert await outbox.seal(partial=True) == 0
        assert await waiting(outbox) == before
        assert await confirm(outbox, before[0]) is ReceiptOutcome.APPLIED
        assert await waiting(outbox) == before[1:], "what is receipted does not leave again, committed or not"
    await _until_stored(outbox)
    found = await drained(outbox)
    seqs = [said["seq"] for said in found if said["stream"] == "air"]
    assert sorted(seqs) == list(range(parsed(before[0])["seq"] + 1, len(seqs) + 1))
    assert len(delivered(found)) + lost(found) + len(parsed(before[0])["rows"]) == after
    await outbox.close()


async def test_disk_full_while_the_wal_is_folded_in_loses_nothing(disk: Path) -> None:
    outbox = await _opened(disk)
    for first in range(0, 6000, 500):
        await stored(outbox, rows(first, 500))
    with filled(disk):
        with pytest.raises(StoreFull):
            await outbox._ask(lambda core: core._parts.db.checkpoint(truncate=True))
        assert (await outbox.stats()).rows_waiting == 6000
    await stored(outbox, rows(6000, 100))
    await outbox._ask(lambda core: core._parts.db.checkpoint(truncate=True))
    assert delivered(await drained(outbox)) == list(range(6100))
    assert (await outbox.stats()).damaged_files == 0
    await outbox.close()


async def test_outbox_started_on_a_full_disk_says_so_and_goes_on_by_itself(disk: Path) -> None:
    outbox = await _opened(disk)
    await stored(outbox, rows(0, 50))
    epoch = outbox.epoch
    await outbox.close()
    with filled(disk):
        outbox = await _opened(disk)
        put(outbox, rows(50, 50))
        with pytest.raises(StoreError):
            await outbox.flush()
        assert (await outbox.stats()).trouble == "full"
    await _until_stored(outbox)
    assert outbox.epoch == epoch
    assert delivered(await drained(outbox)) == list(range(100))
    await outbox.close()


async def test_card_that_becomes_read_only_is_told_and_used_again_when_it_is_back(broken: Card) -> None:
    """The kernel does that after an error; whoever mends the card mounts it again, and restarts nothing."""
    outbox = await _opened(broken.folder)
    await stored(outbox, rows(0, 100))
    await outbox.seal()
    before, epoch = await waiting(outbox), outbox.epoch
    broken.fail()
    future = put(outbox, rows(100, 50))
    with pytest.raises(StoreError):
        await outbox.flush()
    assert await outbox.seal(partial=True) == 0
    assert (await outbox.stats()).trouble == "read-only"
    broken.pull()
    for _ in range(3):  # it looks for the file by its name, and lets go of the one that is dead
        with pytest.raises(StoreError):
            await outbox.flush()
    assert (await outbox.stats()).rows_unstored == 50
    broken.put()
    await _until_stored(outbox)
    await future
    assert await waiting(outbox) == before
    assert outbox.epoch == epoch
    assert delivered(await drained(outbox)) == list(range(150))
    assert (await outbox.stats()).damaged_files == 0
    await outbox.close()
