"""The store that cannot be written, the queue in front of it, and the thread's end."""

import asyncio
import contextlib
import resource
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent.buffer import worker
from agent.buffer.errors import StoreUnavailable
from agent.buffer.intake import MOST_ROWS
from agent.buffer.outbox import Outbox
from agent.buffer.records import ReceiptOutcome
from agent.buffer.store import Database
from agent.buffer.wal import wal_path
from agent.errors import StoreError
from agent.wire.errors import MalformedPayload
from agent.wire.messages import GapReason
from tests.support.outbox import (
    AIR,
    GENEROUS,
    ReadableMaker,
    confirm,
    delivered,
    drained,
    lost,
    opened,
    parsed,
    put,
    row,
    rows,
    stored,
    waiting,
)

EAGER = replace(GENEROUS, loss_window_s=0.01)


@contextlib.contextmanager
def no_file_grows_past(size: int) -> Iterator[None]:
    """Make the kernel refuse every write behind `size`: the next commit fails in the file system."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def _with_short_wal(path: Path, **changes: object) -> tuple[Outbox, int]:
    outbox = await opened(path, **changes)  # type: ignore[arg-type]  # options of `opened`
    await stored(outbox, rows(0, 10))
    return outbox, wal_path(path).stat().st_size


async def test_rows_that_cannot_be_committed_are_kept_and_stored_when_it_is_possible_again(tmp_path: Path) -> None:
    outbox, size = await _with_short_wal(tmp_path / "outbox.db")
    with no_file_grows_past(size):
        future = put(outbox, rows(10, 30))
        with pytest.raises(StoreError):
            await outbox.flush()
        stats = await outbox.stats()
        assert (stats.trouble, stats.rows_unstored, stats.rows_waiting) == ("unavailable", 30, 10)
        assert not future.done()
    await outbox.flush()
    await future
    stats = await outbox.stats()
    assert (stats.trouble, stats.rows_unstored, stats.rows_waiting) == ("", 0, 40)
    assert delivered(await drained(outbox)) == list(range(40))
    assert (await outbox.stats()).damaged_files == 0
    await outbox.close()


async def test_store_that_cannot_be_written_answers_and_gives_no_seq(tmp_path: Path) -> None:
    outbox, _ = await _with_short_wal(tmp_path / "outbox.db")
    await stored(outbox, rows(10, 10))
    await outbox.seal()
    (first, _) = envelopes = await waiting(outbox)
    with no_file_grows_past(0):
        put(outbox, rows(20, 10))
        assert await outbox.seal(partial=True) == 0
        assert await waiting(outbox) == envelopes
        assert await confirm(outbox, first) is ReceiptOutcome.APPLIED
        await outbox.declare(b"not now")
        await outbox.save_counters("budget", b"later")
        for _ in range(4):
            with pytest.raises(StoreError):
                await outbox.flush()
    await outbox.flush()
    assert await outbox.load_counters("budget") == b"later"
    kinds = [(parsed(e)["kind"], parsed(e)["seq"]) for e in await waiting(outbox)]
    assert kinds == [("declaration", 0), ("batch", 1)]
    assert await outbox.seal() == 1
    await outbox.close()


async def test_rows_beyond_what_memory_may_hold_become_a_gap_and_the_newest_are_kept(tmp_path: Path) -> None:
    outbox, size = await _with_short_wal(tmp_path / "outbox.db")
    futures = []
    with no_file_grows_past(size):
        for first in range(10, MOST_ROWS + 1010, 100):
            futures.append(put(outbox, rows(first, 100)))
            if first == 10:
                with pytest.raises(StoreError):
                    await outbox.flush()
        assert (await outbox.stats()).rows_unstored <= MOST_ROWS
    await outbox.flush()
    results = await asyncio.gather(*futures, return_exceptions=True)
    dropped = [result for result in results if isinstance(result, StoreError)]
    found = await drained(outbox)
    assert len(dropped) * 100 == lost(found)
    assert 1000 <= lost(found) <= 1100
    assert delivered(found)[-1] == 9 + len(futures) * 100
    assert len(delivered(found)) + lost(found) == 10 + len(futures) * 100
    assert {said["reason"] for said in found if said["kind"] == "gap"} == {GapReason.EVICTED}
    await outbox.close()


async def test_failed_commit_is_tried_again_without_being_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_RETRY_S", 0.02)
    outbox, size = await _with_short_wal(tmp_path / "outbox.db", limits=EAGER)
    with no_file_grows_past(size):
        future = put(outbox, rows(10, 30))
        with pytest.raises(StoreError):
            await outbox.flush()
    await asyncio.wait_for(future, 10)
    await outbox.close()


async def test_loop_goes_on_while_the_medium_is_slow(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    entered, release = asyncio.Event(), threading.Event()

    def slow(_stored: object) -> None:
        loop.call_soon_threadsafe(entered.set)
        release.wait(10)

    outbox = await opened(tmp_path / "outbox.db", on_stored=slow)
    future = put(outbox, [row(0)])
    flushing = asyncio.create_task(outbox.flush())
    await entered.wait()
    for index in range(1, 50):
        put(outbox, [row(index)])
    assert not future.done()
    release.set()
    await flushing
    await outbox.flush()
    assert (await outbox.stats()).rows_waiting == 50
    await outbox.close()


async def test_batch_that_has_no_form_on_the_wire_is_declared_lost_and_keeps_nothing_else(tmp_path: Path) -> None:
    maker = ReadableMaker()
    outbox = await opened(tmp_path / "outbox.db", maker=maker, streams=AIR)
    await stored(outbox, rows(0, 30))
    maker.fail = MalformedPayload("no form")
    await outbox.seal()
    found = await drained(outbox)
    assert len(delivered(found)) + lost(found) == 30
    assert [said["reason"] for said in found if said["kind"] == "gap"] == [GapReason.DAMAGED]
    await outbox.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_fault_of_the_program_ends_the_outbox_and_everyone_is_told(tmp_path: Path) -> None:
    maker = ReadableMaker()
    outbox = await opened(tmp_path / "outbox.db", maker=maker)
    await stored(outbox, rows(0, 30))
    maker.fail = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        await outbox.seal()
    outbox._worker.join(5)
    with pytest.raises(StoreError, match="closed"):
        put(outbox, [row(30)])
    await outbox.close()


async def test_outbox_full_to_its_cap_recovers_from_a_transaction_that_does_not_fit(tmp_path: Path) -> None:
    limits = replace(GENEROUS, max_bytes=192 << 10)
    outbox = await opened(tmp_path / "outbox.db", limits=limits, streams=AIR)
    for first in range(0, 8000, 500):
        await stored(outbox, rows(first, 500))
    pages = await outbox._ask(lambda core: core._parts.db.number("page_count"))
    await outbox._ask(lambda core: core._parts.db.number(f"max_page_count={pages}"))
    for first in range(8000, 12_000, 500):
        await stored(outbox, rows(first, 500))
    found = await drained(outbox)
    assert len(delivered(found)) + lost(found) == 12_000
    assert delivered(found)[-1] == 11_999
    await outbox.close()


async def test_outbox_opened_on_a_full_disk_waits_for_space_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    outbox, _ = await _with_short_wal(path)
    epoch = outbox.epoch
    await outbox.close()
    with no_file_grows_past(0):
        outbox = await opened(path)
        future = put(outbox, rows(10, 10))
        assert await outbox.seal(partial=True) == 0
        assert await waiting(outbox) == []
        assert (await outbox.stats()).trouble == "unavailable"
    await outbox.flush()
    await future
    assert (outbox.epoch, outbox.session) == (epoch, 2)
    assert delivered(await drained(outbox)) == list(range(20))
    assert (await outbox.stats()).damaged_files == 0
    await outbox.close()


@pytest.mark.parametrize("tries", [1, 3], ids=["same file", "opened again"])
async def test_commit_that_is_in_the_file_though_it_was_reported_as_failed_is_not_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tries: int
) -> None:
    """So it is when the last sync fails: everything was written by then, and whoever reads the file finds it."""
    told: list[int] = []
    outbox = await opened(tmp_path / "outbox.db", on_stored=lambda rows: told.extend(start for _, _, start in rows))
    await stored(outbox, rows(0, 10))
    futures = [put(outbox, rows(10, 30))]
    with monkeypatch.context() as patch:
        patch.setattr(Database, "commit", _not_made)
        with pytest.raises(StoreError):
            await outbox.flush()
        futures += [put(outbox, rows(first, 30)) for first in range(40, 310, 30)]
        patch.setattr(Database, "commit", _made_and_not_synced)
        for _ in range(tries):
            with pytest.raises(StoreError):
                await outbox.flush()
    put(outbox, rows(310, 5))
    await outbox.flush()
    await asyncio.gather(*futures)
    assert told == [row(index).start_ms for index in range(315)]
    assert delivered(await drained(outbox)) == list(range(315))
    assert (await outbox.stats()).rows_stored == 315
    await outbox.close()


def _not_made(_db: Database) -> None:
    raise StoreUnavailable("the disk refuses")


def _made_and_not_synced(db: Database) -> None:
    db.run("COMMIT")
    raise StoreUnavailable("the last sync failed")
