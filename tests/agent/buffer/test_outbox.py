import asyncio
import sys
import threading
import tracemalloc
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from agent.buffer.allowance import LEAST_BYTES
from agent.buffer.outbox import Outbox
from agent.buffer.records import Lane, Limits, Overflow, ReceiptOutcome
from agent.buffer.store import Database
from agent.wire.declared import DECLARATIONS
from agent.wire.messages import GapReason
from tests.support.outbox import (
    AIR,
    BATCH,
    DECLARATION,
    NOISE,
    RECEIVER,
    START_MS,
    STEP_MS,
    STREAMS,
    StillClock,
    confirm,
    copied,
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

ROOT = Path(__file__).parents[3]
PACKAGE = str(ROOT / "agent" / "buffer" / "*")
TIGHT = Limits(max_bytes=192 << 10, free_floor_bytes=0, loss_window_s=3600)


async def test_a_commit_is_on_the_medium_when_it_returns(tmp_path: Path) -> None:
    Database.create(tmp_path / "outbox.db")
    db = Database(tmp_path / "outbox.db", wal_pages=16)
    assert db.one("PRAGMA journal_mode") == ("wal",)
    assert db.number("synchronous") == 2
    db.close()


async def test_in_broker_mode_an_accepted_envelope_leaves_and_only_that(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    await stored(outbox, rows(0, 20))
    await outbox.seal()
    first, *others = await waiting(outbox)
    await outbox.accepted(first.row_id)
    await outbox.flush()
    assert await waiting(outbox) == others
    await outbox.accepted(first.row_id)
    await outbox.flush()
    assert (await outbox.stats()).envelopes_waiting == len(others)
    await outbox.close()


async def test_memory_does_not_grow_with_the_backlog(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    tracemalloc.start()
    try:
        used = []
        for first in range(0, 30_000, 1000):
            await stored(outbox, rows(first, 1000))
            used.append(_held_by_the_outbox())
    finally:
        tracemalloc.stop()
    assert (await outbox.stats()).rows_waiting == 30_000
    assert max(used[-5:]) - max(used[5:10]) < 10 * 20_000  # bytes: a tenth of what the least of rows would take
    await outbox.close()


def _held_by_the_outbox() -> int:
    """Return how much memory is held that the outbox's modules asked for."""
    snapshot = tracemalloc.take_snapshot().filter_traces(
        [tracemalloc.Filter(inclusive=True, filename_pattern=PACKAGE)]
    )
    return sum(statistic.size for statistic in snapshot.statistics("filename"))


async def test_row_that_waits_to_be_stored_is_kept_encoded_only(tmp_path: Path) -> None:
    """While the disk refuses to be written thousands wait; as objects they would take ten times as much."""
    outbox = await opened(tmp_path / "outbox.db", streams=AIR)
    values: tuple[int | None, ...] = (70_000, None)
    held = sys.getrefcount(values)
    put(outbox, [row(0, values=values)])
    assert sys.getrefcount(values) == held
    await outbox.close()


async def test_backlog_is_sealed_as_far_as_it_is_let_and_the_present_all_the_same(tmp_path: Path) -> None:
    policy = {"air": replace(AIR["air"], backlog_rows=BATCH)}
    outbox = await opened(tmp_path / "outbox.db", streams=policy)
    outbox.let_backlog(0)
    await stored(outbox, rows(0, 5 * BATCH))
    assert await outbox.seal() == 1, "the newest batch is the present"
    assert outbox.backlog_wants > 0
    assert (await outbox.seal(), outbox.backlog_sealed) == (0, 0)
    outbox.let_backlog(LEAST_BYTES)
    assert await outbox.seal() > 0
    assert 0 < outbox.backlog_sealed < 2 * LEAST_BYTES, "readable envelopes are larger than what they are taken for"
    assert (await outbox.stats()).rows_waiting > 0, "the rest would have been too much"
    outbox.let_backlog(None)
    assert await outbox.seal() > 0
    assert (await outbox.stats()).rows_waiting == 0
    assert outbox.backlog_wants == 0
    await outbox.close()


async def test_backlog_that_is_larger_than_it_is_let_tells_what_it_wants(tmp_path: Path) -> None:
    wide = {"air": replace(AIR["air"], batch_rows=400, backlog_rows=400)}
    outbox = await opened(tmp_path / "outbox.db", streams=wide)
    outbox.let_backlog(LEAST_BYTES)
    await stored(outbox, [row(number, values=(number * 7919, None)) for number in range(1200)])
    while await outbox.seal():
        pass
    assert outbox.backlog_wants > LEAST_BYTES
    assert not outbox.seal_due, "it is not asked for again and again"
    outbox.let_backlog(outbox.backlog_sealed + outbox.backlog_wants)
    assert await outbox.seal() > 0
    await outbox.close()


async def test_outbox_that_seals_along_makes_one_commit_of_rows_and_their_batch(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db", streams=AIR)
    outbox.seal_along(wanted=True)
    before = (await outbox.stats()).commits
    await stored(outbox, rows(0, BATCH))
    assert (await outbox.stats()).commits == before + 1
    assert [parsed(envelope)["kind"] for envelope in await waiting(outbox)] == ["batch"]
    assert outbox.sealed_along == 1
    await stored(outbox, rows(BATCH, BATCH - 1))
    assert outbox.sealed_along == 1, "nothing was complete"
    outbox.seal_along(wanted=False)
    await stored(outbox, rows(2 * BATCH - 1, 1))
    assert outbox.sealed_along == 1, "there is no session"
    assert await outbox.seal() == 1
    assert outbox.sealed_along == 1, "it was asked for"
    await outbox.close()


async def test_outbox_with_a_backlog_that_waits_for_receipts_goes_on_with_each_of_them(tmp_path: Path) -> None:
    limits = Limits(max_bytes=1_000_000, free_floor_bytes=0, loss_window_s=3600)
    outbox = await opened(tmp_path / "outbox.db", streams=AIR, limits=limits)
    await stored(outbox, rows(0, 3000))
    assert outbox.seal_due
    while await outbox.seal():
        pass
    stats = await outbox.stats()
    assert (outbox.seal_due, outbox.held_up, stats.rows_waiting > 0) == (False, True, True)
    assert await confirm(outbox, (await waiting(outbox))[-1]) is ReceiptOutcome.APPLIED
    assert await outbox.seal() > 0, "the receipt waits for the loss window, and the sealing for the receipt"
    assert (await outbox.stats()).commits == stats.commits + 1
    await outbox.close()


async def test_rows_written_to_flash_take_few_bytes_each(tmp_path: Path) -> None:
    """Counts the bytes of the WAL and of the database that change, in pages of 4 KiB as the medium sees them."""
    outbox = await opened(tmp_path / "outbox.db")
    before = _written()
    for index in range(200):
        await stored(outbox, [row(index)])
    written = _written() - before
    await outbox.close()
    assert written / 200 < 12_000


def _written() -> int:
    lines = Path("/proc/self/io").read_text().splitlines()
    return int(dict(line.split(": ") for line in lines)["write_bytes"])


# -- grouping


async def test_rows_wait_at_most_the_loss_window(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    window_s = 0.05
    outbox = await opened(
        tmp_path / "outbox.db", limits=replace(TIGHT, loss_window_s=window_s), on_stored=told.extend
    )
    futures = [put(outbox, [row(index)]) for index in range(5)]
    await asyncio.wait_for(asyncio.gather(*futures), 5)
    assert told == [("air", index + 1, START_MS + index * STEP_MS) for index in range(5)]
    assert (await outbox.stats()).commits == 1
    await outbox.close()


async def test_row_is_reported_only_after_its_commit(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"

    def look(_stored: object) -> None:
        copied(path, tmp_path / "copy.db")

    outbox = await opened(path, on_stored=look)
    await stored(outbox, rows(0, 40))
    await outbox.close()
    copy = await opened(tmp_path / "copy.db")
    assert (await copy.stats()).rows_waiting == 40
    await copy.close()


async def test_idle_outbox_does_not_wake_up(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    await outbox.flush()
    switches = -1
    while switches != _switches():  # until the thread has gone to sleep
        switches = _switches()
        await asyncio.get_running_loop().run_in_executor(None, threading.Event().wait, 0.05)
    await asyncio.get_running_loop().run_in_executor(None, threading.Event().wait, 0.2)
    assert _switches() == switches
    await outbox.close()


def _switches() -> int:
    """Return how often the outbox's thread has given up the processor."""
    for task in Path("/proc/self/task").iterdir():
        status = dict(line.split(":\t", 1) for line in (task / "status").read_text().splitlines() if ":\t" in line)
        native = [thread.native_id for thread in threading.enumerate() if thread.name == "outbox"]
        if int(task.name) in native:
            return int(status["voluntary_ctxt_switches"])
    return 0


# -- lanes, declarations, sealing


async def test_newest_batch_leaves_live_and_older_ones_in_large_batches_as_backlog(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    await stored(outbox, rows(0, 95))
    assert await outbox.seal() == 3
    lanes = [(e.lane, len(parsed(e)["rows"])) for e in await waiting(outbox)]
    assert lanes == [(Lane.LIVE, 10), (Lane.BACKLOG, 60), (Lane.BACKLOG, 20)]
    assert [parsed(e)["rows"][0][1][0] for e in await waiting(outbox)] == [80, 0, 60]
    assert await outbox.seal() == 0
    assert await outbox.seal(partial=True) == 1
    await outbox.close()


async def test_batches_of_all_streams_end_on_the_same_multiples(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    await stored(outbox, rows(7, 5) + rows(3, 9, stream="noise"))
    assert await outbox.seal() == 2
    assert {(e.stream, len(parsed(e)["rows"])) for e in await waiting(outbox)} == {("air", 3), ("noise", 7)}
    await outbox.close()


async def test_declaration_leaves_before_the_first_batch_that_cites_it_and_once(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    await stored(outbox, rows(0, BATCH))
    await outbox.declare(DECLARATION)
    await outbox.declare(DECLARATION)
    await outbox.seal()
    envelopes = await waiting(outbox)
    assert [(e.stream, e.lane) for e in envelopes] == [(DECLARATIONS, Lane.CONTROL), ("air", Lane.LIVE)]
    await confirm(outbox, envelopes[0])
    await outbox.flush()
    await outbox.declare(DECLARATION)
    assert [e.stream for e in await waiting(outbox)] == ["air"]
    await outbox.close()


async def test_declarations_that_change_back_and_forth_are_not_sent_again_and_do_not_pile_up(tmp_path: Path) -> None:
    contents = [b"first", b"second"]
    for _ in range(4):
        outbox = await opened(tmp_path / "outbox.db")
        for content in contents:
            await outbox.declare(content)
        await outbox.close()
    outbox = await opened(tmp_path / "outbox.db")
    assert len(await waiting(outbox)) == 2
    await outbox.close()
    db = Database(tmp_path / "outbox.db", wal_pages=16)
    assert db.one("SELECT count(*) FROM declaration") == (2,)
    db.close()


async def test_sealing_stops_while_much_waits_for_its_receipt_and_goes_on_after(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db", limits=replace(TIGHT, max_bytes=1 << 20))
    await stored(outbox, rows(0, 4000))
    await stored(outbox, rows(4000, 4000))
    sealed = 0
    while count := await outbox.seal():
        sealed += count
    assert (await outbox.stats()).rows_waiting > 1000
    found = await drained(outbox)
    assert delivered(found) == list(range(8000))
    await outbox.close()


# -- receipts


async def test_receipts_are_cumulative_and_duplicates_change_nothing(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    for index in range(4):
        await stored(outbox, rows(index * 10, 10))
        await outbox.seal()
    envelopes = await waiting(outbox)
    assert await confirm(outbox, envelopes[2]) is ReceiptOutcome.APPLIED
    assert [e.row_id for e in await waiting(outbox)] == [4], "not offered again while the deletion waits"
    assert await confirm(outbox, envelopes[2]) is ReceiptOutcome.DUPLICATE
    assert await confirm(outbox, envelopes[0]) is ReceiptOutcome.DUPLICATE
    await outbox.flush()
    assert await confirm(outbox, envelopes[0]) is ReceiptOutcome.DUPLICATE
    stats = await outbox.stats()
    assert (stats.rows_receipted, stats.envelopes_waiting) == (30, 1)
    await outbox.close()


@pytest.mark.parametrize(
    "change",
    [{"stream": "rain"}, {"epoch": bytes(8)}, {"stream": "noise"}],
    ids=["stream", "epoch", "other stream"],
)
async def test_receipt_about_something_else_deletes_nothing(tmp_path: Path, change: dict[str, object]) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    await stored(outbox, rows(0, 10))
    await outbox.seal()
    (envelope,) = await waiting(outbox)
    place = {"stream": "air", "epoch": outbox.epoch, "seq": 0}
    right = place | {"hash": sha256(envelope.data).digest(), "receiver": RECEIVER}
    outcome = await outbox.receipt(**(right | change))  # type: ignore[arg-type]  # one field is wrong
    await outbox.flush()
    assert outcome is ReceiptOutcome.UNKNOWN
    assert await waiting(outbox) == [envelope]
    assert await outbox.receipt(**right) is ReceiptOutcome.APPLIED  # type: ignore[arg-type]  # as they are
    await outbox.close()


async def test_receipt_that_asks_for_a_resend_brings_back_what_is_retained(tmp_path: Path) -> None:
    clock = StillClock()
    limits = replace(TIGHT, retain_s=60)
    outbox = await opened(tmp_path / "outbox.db", limits=limits, clock=clock)
    for index in range(5):
        await stored(outbox, rows(index * 10, 10))
        await outbox.seal()
    envelopes = await waiting(outbox)
    await confirm(outbox, envelopes[3])
    await outbox.flush()
    assert len(await waiting(outbox)) == 1
    outcome = await outbox.receipt(
        stream="air",
        epoch=outbox.epoch,
        seq=1,
        hash=sha256(envelopes[1].data).digest(),
        receiver=RECEIVER,
        resend_from=2,
    )
    assert outcome is ReceiptOutcome.RESEND
    await outbox.flush()
    again = await waiting(outbox)
    assert [e.data for e in again] == [e.data for e in envelopes[2:]]
    assert min(e.row_id for e in again) > 5
    assert (await outbox.stats()).resend_missing == 0
    assert await confirm(outbox, again[-1]) is ReceiptOutcome.APPLIED
    await outbox.flush()
    assert (await outbox.stats()).rows_receipted == 50
    await outbox.close()


async def test_retained_envelopes_expire_and_what_is_gone_is_counted_as_missing(tmp_path: Path) -> None:
    clock = StillClock()
    outbox = await opened(tmp_path / "outbox.db", limits=replace(TIGHT, retain_s=60), clock=clock)
    await _sealed(outbox, 0, 2)
    first, second = await waiting(outbox)
    await confirm(outbox, second)
    await outbox.flush()
    clock.now_ns += 61 * 10**9
    await _sealed(outbox, 2, 3)
    digest = sha256(first.data).digest()
    outcome = await outbox.receipt(
        stream="air", epoch=outbox.epoch, seq=0, hash=digest, receiver=RECEIVER, resend_from=1
    )
    await outbox.flush()
    assert outcome is ReceiptOutcome.RESEND
    assert (await outbox.stats()).resend_missing == 1
    assert [parsed(e)["seq"] for e in await waiting(outbox)] == [2]
    await outbox.close()


async def _sealed(outbox: Outbox, first: int, last: int) -> None:
    """Seal some batches one by one."""
    for index in range(first, last):
        await stored(outbox, rows(index * 10, 10))
        await outbox.seal()


async def test_receipt_never_asks_again_for_what_it_covers(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db", limits=replace(TIGHT, retain_s=60))
    await _sealed(outbox, 0, 3)
    envelopes = await waiting(outbox)
    digest = sha256(envelopes[1].data).digest()
    await outbox.receipt(stream="air", epoch=outbox.epoch, seq=1, hash=digest, receiver=RECEIVER, resend_from=0)
    await outbox.flush()
    assert [parsed(e)["seq"] for e in await waiting(outbox)] == [2]
    await outbox.close()


# -- overflow


async def test_rows_that_a_full_stream_refuses_become_one_gap(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db", limits=TIGHT, streams=NOISE)
    for first in range(0, 12_000, 500):
        await stored(outbox, rows(first, 500, stream="noise"))
    found = await drained(outbox)
    kept = delivered(found, "noise")
    gaps = [said for said in found if said["kind"] == "gap"]
    assert kept == list(range(len(kept)))
    assert [(gap["reason"], gap["count"]) for gap in gaps] == [(GapReason.REFUSED, 12_000 - len(kept))]
    assert gaps[0]["windows"] == [START_MS + len(kept) * STEP_MS, STEP_MS, 12_000 - len(kept)]
    await outbox.close()


async def test_stream_with_most_waiting_loses_first(tmp_path: Path) -> None:
    streams = {name: replace(STREAMS["air"], overflow=Overflow.DROP_OLDEST) for name in ("small", "large")}
    outbox = await opened(tmp_path / "outbox.db", limits=TIGHT, streams=streams)
    for first in range(0, 20_000, 400):
        await stored(outbox, rows(first, 400, stream="large") + rows(first // 40, 10, stream="small"))
    found = await drained(outbox)
    assert lost(found, "small") == 0
    assert lost(found, "large") > 1000
    await outbox.close()


async def test_stream_that_keeps_its_oldest_rows_leaves_room_for_the_others(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db", limits=TIGHT)
    for first in range(0, 12_000, 500):
        await stored(outbox, rows(first, 500, stream="noise"))
    for first in range(0, 3000, 500):
        await stored(outbox, rows(first, 500))
    found = await drained(outbox)
    assert len(delivered(found)) > 1000
    assert delivered(found)[-1] == 2999
    await outbox.close()


async def test_one_gap_per_stream_and_reason_waits_for_its_receipt_however_long_the_overflow(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db", limits=TIGHT, streams=AIR)
    for first in range(0, 30_000, 500):
        await stored(outbox, rows(first, 500))
        await outbox.seal()
    gaps = [e for e in await waiting(outbox) if parsed(e)["kind"] == "gap"]
    assert len(gaps) <= 2
    found = await drained(outbox)
    assert len(delivered(found)) + lost(found) >= 30_000
    await outbox.close()


# -- counters, misuse


async def test_counters_survive_and_the_last_value_counts(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    assert await outbox.load_counters("budget") is None
    await outbox.save_counters("budget", b"1")
    await outbox.save_counters("budget", b"2")
    await outbox.save_counters("receipts", b"\x00" * 2000)
    await outbox.close()
    outbox = await opened(tmp_path / "outbox.db")
    assert await outbox.load_counters("budget") == b"2"
    assert await outbox.load_counters("receipts") == bytes(2000)
    await outbox.close()


@pytest.mark.parametrize("bad", [[row(0, stream="rain")], [row(0, values=(1,))]], ids=["stream", "columns"])
async def test_rows_that_do_not_fit_the_configuration_are_refused_at_once(tmp_path: Path, bad: list[object]) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    with pytest.raises(ValueError, match="stream"):
        put(outbox, bad)  # type: ignore[arg-type]  # released rows
    await outbox.close()


# -- cancellation


async def test_cancelled_append_is_stored_all_the_same(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    future = put(outbox, rows(0, 3))
    future.cancel()
    await outbox.flush()
    assert (await outbox.stats()).rows_waiting == 3
    await outbox.close()


@pytest.mark.parametrize("steps", range(4))
async def test_cancelled_seal_gives_no_seq_twice(tmp_path: Path, steps: int) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    await stored(outbox, rows(0, 30))
    task = asyncio.create_task(outbox.seal(partial=True))
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    found = await drained(outbox)
    assert delivered(found) == list(range(30))
    assert len({said["seq"] for said in found}) == len(found)
    await outbox.close()
