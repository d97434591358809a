"""What the disclosure log promises, each as a test: it knows what left, and it can be verified."""

import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from agent.buffer.core import Core
from agent.buffer.errors import StoreUnavailable
from agent.buffer.orders import Orders
from agent.buffer.outbox import Outbox
from agent.buffer.records import Limits
from agent.buffer.store import Database
from agent.buffer.work import Work
from agent.clock import Instant
from agent.errors import StoreError
from agent.privacy.released import Released, release
from agent.quality import Quality
from agent.wire.declared import DECLARATIONS
from agent.wire.entries import (
    ConfigurationEntry,
    Entry,
    EnvelopeEntry,
    LostEntry,
    Moment,
    ReceiptEntry,
    WithheldEntry,
)
from agent.wire.errors import MalformedPayload
from agent.wire.excerpt import verify
from agent.wire.messages import ClockQuality, GapReason, Kind
from agent.wire.orders import ACKNOWLEDGEMENTS, LOGS, Order
from tests.support.disclosures import DAY_MS, entries_of, log_of, order, tamper
from tests.support.outbox import (
    AIR,
    DECLARATION,
    DESTINATION,
    DIGEST,
    RECEIVER,
    START_MS,
    STEP_MS,
    StillClock,
    confirm,
    contents,
    copied,
    opened,
    overwrite,
    parsed,
    rows,
    stored,
    waiting,
)

ROOT = Path(__file__).parents[3]
TIGHT = Limits(max_bytes=192 << 10, free_floor_bytes=0, loss_window_s=3600)


def _kinds(entries: list[Entry]) -> list[str]:
    return [type(entry).__name__.removesuffix("Entry") for entry in entries]


def _of(entries: list[Entry], kind: type[Entry]) -> list[Entry]:
    return [entry for entry in entries if isinstance(entry, kind)]


# -- what is entered


async def test_envelope_that_can_leave_is_in_the_log_with_its_hash(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    await outbox.declare(DECLARATION)
    await stored(outbox, rows(0, 10))
    await outbox.seal()
    declaration, batch = await waiting(outbox)
    entries = await entries_of(outbox)
    assert _kinds(entries) == ["Configuration", "Envelope", "Envelope"]
    assert entries[2] == EnvelopeEntry(
        at=entries[0].at,
        stream="air",
        epoch=outbox.epoch,
        seq=0,
        hash=sha256(batch.data).digest(),
        kind=Kind.BATCH,
        rows=10,
        channels=2,
        declaration=DIGEST,
        size=len(batch.data),
        destination=DESTINATION,
    )
    assert isinstance(entries[1], EnvelopeEntry)
    assert (entries[1].stream, entries[1].kind, entries[1].rows) == (DECLARATIONS, Kind.DECLARATION, 0)
    assert entries[1].hash == sha256(declaration.data).digest()
    await outbox.close()


async def test_entry_tells_the_time_of_its_transaction(tmp_path: Path) -> None:
    clock = StillClock()
    outbox = await opened(tmp_path / "outbox.db", clock=clock)
    await outbox.record(order)
    (entry,) = await entries_of(outbox)
    assert entry.at == Moment(quality=ClockQuality.SYNCHRONISED, utc_ms=START_MS + clock.now_ns // 1_000_000)
    await outbox.close()


async def test_receipt_that_is_applied_is_entered_once_with_its_receiver(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    await stored(outbox, rows(0, 20))
    await outbox.seal()
    *_, newest = await waiting(outbox)
    for _ in range(3):
        await confirm(outbox, newest)
    await outbox.flush()
    (receipt,) = _of(await entries_of(outbox), ReceiptEntry)
    assert isinstance(receipt, ReceiptEntry)
    assert (receipt.stream, receipt.epoch, receipt.seq, receipt.receiver) == (
        *("air", outbox.epoch, parsed(newest)["seq"]),
        RECEIVER,
    )
    await outbox.close()


async def test_puback_that_is_enough_is_entered_without_a_receiver(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    await stored(outbox, rows(0, 10))
    await outbox.seal()
    (envelope,) = await waiting(outbox)
    await outbox.accepted(envelope.row_id)
    await outbox.flush()
    (receipt,) = _of(await entries_of(outbox), ReceiptEntry)
    assert isinstance(receipt, ReceiptEntry)
    assert (receipt.stream, receipt.seq, receipt.receiver) == ("air", 0, None)
    await outbox.close()


async def test_loss_is_entered_when_its_gap_record_is_sealed_and_counts_the_same(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db", limits=TIGHT, streams=AIR)
    for first in range(0, 12_000, 500):
        await stored(outbox, rows(first, 500))
    assert not _of(await entries_of(outbox), LostEntry)
    await outbox.seal()
    said = [parsed(e) for e in await waiting(outbox) if parsed(e)["kind"] == "gap"]
    losses = _of(await entries_of(outbox), LostEntry)
    assert [(e.count, e.reason) for e in losses if isinstance(e, LostEntry)] == [
        (gap["count"], GapReason.EVICTED) for gap in said
    ]
    assert said
    await outbox.close()


async def test_sealed_envelopes_that_are_evicted_are_named_by_their_seqs(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db", limits=TIGHT, streams=AIR)
    await stored(outbox, rows(0, 1200))
    while await outbox.seal():
        pass
    for first in range(1200, 12_000, 500):
        await stored(outbox, rows(first, 500))
    await outbox._ask(_evict_and_commit)
    await outbox.seal()
    gaps = [parsed(e) for e in await waiting(outbox) if parsed(e)["kind"] == "gap" and parsed(e)["sealed"]]
    named = [e.sealed for e in _of(await entries_of(outbox), LostEntry) if isinstance(e, LostEntry) and e.sealed]
    assert named == [tuple(gap["sealed"][:2]) for gap in gaps]
    assert named
    await outbox.close()


async def test_purge_is_entered_at_once_and_not_again_with_its_gap_record(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    await stored(outbox, rows(0, 25))
    await outbox.seal()
    await outbox.govern(Orders(streams={"air": Order.SUSPEND}))
    purged = await outbox.purge("air", until_ms=None)
    losses = _of(await entries_of(outbox), LostEntry)
    assert {(e.count, e.sealed) for e in losses if isinstance(e, LostEntry)} == {
        (5, None),
        (20, (0, purged.envelopes - 1)),
    }
    await outbox.govern(Orders())
    await outbox.seal()
    assert _of(await entries_of(outbox), LostEntry) == losses
    await outbox.close()


def _coded(index: int, value: int | None, code: Quality) -> Released:
    return release(
        "air",
        start_ms=START_MS + index * STEP_MS,
        step_ms=STEP_MS,
        boot_id=None,
        values=(value, 1),
        quality=(code, Quality.OK),
    )


async def test_values_that_were_kept_back_are_entered_once_a_batch_and_reason(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    codes = [
        *((None, Quality.SUPPRESSED), (None, Quality.NO_DATA), (None, Quality.SUPPRESSED), (None, Quality.PARTIAL)),
        *((3, Quality.PARTIAL), (None, Quality.WITHHELD), (None, Quality.BUDGET_SPENT), (7, Quality.OK)),
    ]
    await stored(outbox, [_coded(index, *code) for index, code in enumerate(codes)])
    await outbox.seal(partial=True)
    found = [
        (entry.stream, entry.code, entry.windows, (entry.start_ms - START_MS) // STEP_MS)
        for entry in await entries_of(outbox)
        if isinstance(entry, WithheldEntry)
    ]
    assert sorted(found) == [
        ("air", Quality.SUPPRESSED, 2, 0),
        ("air", Quality.WITHHELD, 1, 5),
        ("air", Quality.PARTIAL, 1, 3),
        ("air", Quality.BUDGET_SPENT, 1, 6),
    ]
    await outbox.close()


async def test_another_declaration_is_entered_with_the_one_before(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    for content in (DECLARATION, DECLARATION, b"something else"):
        await outbox.declare(content)
    await outbox.close()
    outbox = await opened(tmp_path / "outbox.db")
    await outbox.declare(b"something else")
    await outbox.declare(DECLARATION)
    other = sha256(b"something else").digest()
    found = [e for e in await entries_of(outbox) if isinstance(e, ConfigurationEntry)]
    assert [(e.before, e.after) for e in found] == [(None, DIGEST), (DIGEST, other), (other, DIGEST)]
    assert found[0].streams == (("air", ("left", "right")), ("noise", ("level", "peak")))
    assert all(e.local for e in found)
    await outbox.close()


async def test_order_is_in_the_log_when_record_returns(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    before = (await outbox.stats()).commits
    await outbox.record(order)
    assert (await outbox.stats()).commits == before + 1
    await outbox.record(order, at_once=False)
    assert _kinds(await entries_of(outbox)) == ["Order"]
    await outbox.flush()
    assert _kinds(await entries_of(outbox)) == ["Order", "Order"]
    await outbox.close()


async def test_entry_without_a_form_is_refused_before_anything_is_stored(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    with pytest.raises(MalformedPayload):
        await outbox.record(lambda moment: order(moment, reference=""))
    await stored(outbox, rows(0, 3))
    assert await entries_of(outbox) == []
    await outbox.close()


async def test_messages_of_the_unit_are_sealed_at_once_and_entered(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    await outbox.tell(ACKNOWLEDGEMENTS, b"obeyed")
    await outbox.tell(LOGS, b"head")
    found = await waiting(outbox)
    assert [(e.stream, parsed(e)["content"]) for e in found] == [("_ack", b"obeyed".hex()), ("_log", b"head".hex())]
    assert [e.kind for e in await entries_of(outbox) if isinstance(e, EnvelopeEntry)] == [Kind.ACK, Kind.LOG]
    with pytest.raises(ValueError, match="does not take messages"):
        await outbox.tell("air", b"rows")
    await outbox.close()


async def test_heads_that_nobody_takes_do_not_pile_up(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    for _ in range(40):
        await outbox.tell(LOGS, b"head")
    assert len(await waiting(outbox)) == 32
    await confirm(outbox, (await waiting(outbox))[-1])
    await outbox.tell(LOGS, b"head")
    assert len(await waiting(outbox)) == 1
    await outbox.close()


# -- one transaction


async def test_commit_that_fails_enters_nothing_and_the_next_try_enters_it_once(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    await outbox._ask(lambda core: _fail_next_commit(core._parts.db))
    with pytest.raises(StoreError):
        await outbox.record(order)
    assert await entries_of(outbox) == []
    await outbox.flush()
    assert _kinds(await entries_of(outbox)) == ["Order"]
    await outbox.close()


def _fail_next_commit(db: Database) -> int:
    real = db.commit

    def fail() -> None:
        db.commit = real  # type: ignore[method-assign]  # as it was
        raise StoreUnavailable("no medium")

    db.commit = fail  # type: ignore[method-assign]  # this once
    return 0


@pytest.mark.parametrize("fails", [False, True], ids=["commit", "failed commit"])
async def test_counters_of_rows_are_stored_with_them_or_not_at_all(tmp_path: Path, *, fails: bool) -> None:
    """A failed commit stores neither; a process that is killed then has neither."""
    path = tmp_path / "outbox.db"
    outbox = await opened(path)
    await outbox.flush()
    if fails:
        await outbox._ask(lambda core: _fail_next_commit(core._parts.db))
    outbox.append(rows(0, 3), declaration=DIGEST, clock=b"\x00", counters={"ledger": b"spent 3"})
    outbox.append(rows(3, 3), declaration=DIGEST, clock=b"\x00", counters={"ledger": b"spent 6", "other": b"1"})
    assert await outbox.load_counters("ledger") is None
    try:
        await outbox.flush()
    except StoreError:
        assert fails
    left = await opened(copied(path, tmp_path / "killed.db"))
    assert (await left.stats()).rows_waiting == (0 if fails else 6)
    assert await left.load_counters("ledger") == (None if fails else b"spent 6")
    assert await left.load_counters("other") == (None if fails else b"1")
    await left.close()
    await outbox.close()


# -- the chain


async def test_log_head_is_that_of_the_chain_and_outlasts_a_restart(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    empty = await outbox.log_head()
    assert (empty.last, empty.first, empty.head) == (0, 1, empty.base)
    await stored(outbox, rows(0, 30))
    await outbox.seal()
    head = await outbox.log_head()
    log = await log_of(outbox)
    assert (head.last, head.head) == (log.header.last, verify(log.header, log.entries).head)
    await outbox.close()
    outbox = await opened(tmp_path / "outbox.db")
    assert await outbox.log_head() == head
    await outbox.close()


async def test_logs_chain_holds_after_kills_and_knows_everything_that_was_handed_out(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    handed: set[str] = set()
    for life in range(4):
        handed |= _handed_out(path, first=life * 10_000, lines=20 + 17 * life)
    outbox = await opened(path)
    known = {entry.hash for entry in await entries_of(outbox) if isinstance(entry, EnvelopeEntry)}
    assert handed
    assert {sha256(bytes.fromhex(data)).digest() for data in handed} <= known
    await outbox.close()


def _handed_out(path: Path, *, first: int, lines: int) -> set[str]:
    """Start a process with an outbox, kill it at work, and return the envelopes that it had handed out."""
    command = [sys.executable, "-m", "tests.support.outbox_child", str(path), str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True) as child:
        assert child.stdout is not None
        told = [child.stdout.readline() for _ in range(lines)]
        child.kill()
        told += child.stdout.readlines()
    return {line.split()[1] for line in told if line.startswith("envelope ") and line.endswith("\n")}


async def _busy(outbox: Outbox, count: int) -> None:
    for index in range(count):
        await stored(outbox, rows(index * 10, 10))
        await outbox.seal()
        await confirm(outbox, (await waiting(outbox))[-1])
    await outbox.flush()


async def test_cutting_keeps_the_log_bounded_and_the_chain_verifiable(tmp_path: Path) -> None:
    limits = replace(TIGHT, max_bytes=4 << 20, log_bytes=12_000)
    outbox = await opened(tmp_path / "outbox.db", limits=limits, streams=AIR)
    await outbox.declare(DECLARATION)
    heads = {}
    for _ in range(8):
        await _busy(outbox, 12)
        head = await outbox.log_head()
        heads[head.last] = head.head
        log = await log_of(outbox)
        assert verify(log.header, log.entries).complete
        assert sum(len(numbered.data) for numbered in log.entries) <= limits.log_bytes
        for numbered in log.entries:
            assert heads.get(numbered.number, numbered.hash) == numbered.hash
    assert log.header.first > 100
    assert any(isinstance(numbered.entry, ConfigurationEntry) for numbered in log.entries)
    await outbox.close()


async def test_old_entries_are_cut_by_a_clock_that_is_synchronised(tmp_path: Path) -> None:
    clock = StillClock()
    limits = replace(TIGHT, max_bytes=4 << 20, log_days=30)
    outbox = await opened(tmp_path / "outbox.db", limits=limits, clock=clock)
    for day in range(40):
        await outbox.record(order)
        assert (await outbox.log_head()).first == max(1, day - 29)
        clock.now_ns += DAY_MS * 1_000_000
    log = await log_of(outbox)
    assert verify(log.header, log.entries).complete
    await outbox.close()


class _UnsetClock(StillClock):
    def instant(self) -> Instant:
        return replace(super().instant(), synchronised=False, error_ms=None)


async def test_nothing_is_cut_by_a_clock_that_is_unset(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db", limits=replace(TIGHT, log_days=1), clock=StillClock())
    await outbox.record(order)
    await outbox.close()
    later = _UnsetClock(now_ns=400 * DAY_MS * 1_000_000)
    outbox = await opened(tmp_path / "outbox.db", limits=replace(TIGHT, log_days=1), clock=later)
    await outbox.record(order)
    assert [entry.at.quality for entry in await entries_of(outbox)] == [ClockQuality.SYNCHRONISED, ClockQuality.UNSET]
    await outbox.close()


async def test_log_that_was_changed_on_disk_is_not_continued_unseen(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    outbox = await opened(path)
    await outbox.record(order)
    await outbox.close()
    tamper(path, "UPDATE disclosure SET hash = zeroblob(32)")
    outbox = await opened(path)
    assert (await outbox.stats()).damaged_files == 1
    assert _kinds(await entries_of(outbox)) == ["Damage"]
    await outbox.close()


async def test_log_takes_at_most_an_eighth_of_the_store_and_rows_are_stored_all_the_same(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db", limits=TIGHT, streams=AIR)
    await _busy(outbox, 200)
    log = await log_of(outbox)
    assert sum(len(numbered.data) for numbered in log.entries) <= TIGHT.max_bytes // 8
    stats = await outbox.stats()
    assert (stats.rows_evicted, stats.rows_receipted) == (0, 2000)
    assert stats.bytes_used <= TIGHT.max_bytes
    await outbox.close()


async def _with_envelopes_of_an_earlier_epoch(path: Path) -> tuple[Outbox, bytes]:
    """Return an outbox whose store was damaged while 20 sealed rows waited, and the epoch before."""
    outbox = await opened(path, streams=AIR)
    await stored(outbox, rows(0, 20))
    await outbox.seal()
    epoch = outbox.epoch
    await outbox.close()
    data = bytearray(contents(path))
    data[20] ^= 0x40
    overwrite(path, data)
    return await opened(path, streams=AIR), epoch


async def test_envelopes_of_an_earlier_epoch_that_are_purged_are_named_there_and_counted_here(tmp_path: Path) -> None:
    outbox, old = await _with_envelopes_of_an_earlier_epoch(tmp_path / "outbox.db")
    assert (await outbox.purge("air", until_ms=None)).rows == 20
    losses = [e for e in await entries_of(outbox) if isinstance(e, LostEntry)]
    found = {(e.epoch, e.reason, e.count, e.sealed is None) for e in losses}
    assert found == {(old, GapReason.PURGED, 0, False), (outbox.epoch, GapReason.PURGED, 20, True)}
    await outbox.seal()
    gaps = [parsed(e) for e in await waiting(outbox) if parsed(e)["kind"] == "gap"]
    assert [(gap["epoch"], gap["count"]) for gap in gaps] == [(outbox.epoch.hex(), 20)]
    await outbox.close()


async def test_envelopes_of_an_earlier_epoch_that_are_evicted_are_named_there_and_counted_here(
    tmp_path: Path,
) -> None:
    outbox, old = await _with_envelopes_of_an_earlier_epoch(tmp_path / "outbox.db")
    await outbox._ask(_evict_and_commit)
    await outbox.seal()
    losses = [e for e in await entries_of(outbox) if isinstance(e, LostEntry)]
    found = {(e.epoch, e.reason, e.count, e.sealed is None) for e in losses}
    assert found == {(old, GapReason.EVICTED, 0, False), (outbox.epoch, GapReason.EVICTED, 20, True)}
    await outbox.close()


def _evict_and_commit(core: Core) -> int:
    while core._parts.room._evict_sealed():
        pass
    core.transact(Work())
    return 0
