"""A new epoch in a whole store: when the newest commit is unreadable, or the city knows more than the store."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from agent.buffer.outbox import Outbox
from agent.buffer.records import Limits, Outgoing, ReceiptOutcome
from agent.buffer.wal import FRAME_BYTES, WAL_HEADER_BYTES, wal_path
from agent.wire.messages import GapReason
from tests.support.outbox import (
    AIR,
    DECLARATION,
    GENEROUS,
    RECEIVER,
    StillClock,
    confirm,
    copied,
    delivered,
    drained,
    opened,
    parsed,
    rows,
    stored,
    waiting,
)

RETAINING = replace(GENEROUS, retain_s=3600.0)


async def _receipt(outbox: Outbox, envelope: Outgoing, **changes: Any) -> ReceiptOutcome:  # noqa: ANN401 - what a receipt has
    said: dict[str, Any] = {
        "stream": envelope.stream,
        "epoch": envelope.epoch,
        "seq": envelope.seq,
        "receiver": RECEIVER,
    }
    outcome = await outbox.receipt(**(said | {"hash": sha256(envelope.data).digest()} | changes))
    await outbox.flush()
    return outcome


async def _cut_short(path: Path, *, limits: Limits = GENEROUS) -> tuple[Path, list[Outgoing]]:
    """Return a store without its newest commit, and the envelopes that were sealed by that."""
    outbox = await opened(path.with_name("live.db"), streams=AIR, limits=limits)
    await outbox.declare(DECLARATION)
    await stored(outbox, rows(0, 10))
    await outbox.seal()
    before = {envelope.data for envelope in await waiting(outbox)}
    await stored(outbox, rows(10, 10))
    size = wal_path(path.with_name("live.db")).stat().st_size
    await outbox.seal()
    copied(path.with_name("live.db"), path)
    sealed = [envelope for envelope in await waiting(outbox) if envelope.data not in before]
    await outbox.close()
    _truncate(wal_path(path), size)
    return path, sealed


def _truncate(path: Path, size: int) -> None:
    with path.open("r+b") as file:
        file.truncate(size)


def _flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 0x40
    path.write_bytes(data)


# -- the newest commit is unreadable


def _last_frame(wal: Path) -> int:
    return wal.stat().st_size - FRAME_BYTES


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda wal: _flip(wal, _last_frame(wal) + 100), id="page"),
        pytest.param(lambda wal: _flip(wal, _last_frame(wal) + 2), id="page number"),
        pytest.param(lambda wal: _flip(wal, _last_frame(wal) + 9), id="first salt"),
        pytest.param(lambda wal: _flip(wal, _last_frame(wal) + 13), id="second salt"),
        pytest.param(lambda wal: _flip(wal, _last_frame(wal) + 17), id="checksum"),
    ],
)
async def test_newest_commit_that_is_damaged_begins_a_new_epoch_and_keeps_the_rest(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    live, path = tmp_path / "live.db", tmp_path / "outbox.db"
    outbox = await opened(live, streams=AIR)
    await stored(outbox, rows(0, 10))
    await outbox.seal()
    (sent,) = await waiting(outbox)
    copied(live, path)
    epoch = outbox.epoch
    await outbox.close()
    damage(wal_path(path))
    outbox = await opened(path, streams=AIR)
    assert outbox.epoch != epoch
    assert (await outbox.stats()).damaged_files == 0
    await outbox.seal()
    assert all((e.epoch, e.seq) != (sent.epoch, sent.seq) for e in await waiting(outbox))
    found = await drained(outbox)
    assert delivered(found) == list(range(10))
    (gap,) = [said for said in found if said["kind"] == "gap"]
    assert (gap["reason"], gap["count"]) == (GapReason.DAMAGED, 0)
    await outbox.close()


async def test_kill_in_the_midst_of_a_commit_begins_no_epoch(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "live.db", streams=AIR)
    for first in range(0, 50, 10):
        await stored(outbox, rows(first, 10))
    await outbox.seal()
    copied(tmp_path / "live.db", tmp_path / "outbox.db")
    epoch = outbox.epoch
    await outbox.close()
    wal = wal_path(tmp_path / "outbox.db")
    _truncate(wal, _last_frame(wal))
    outbox = await opened(tmp_path / "outbox.db", streams=AIR)
    assert outbox.epoch == epoch
    await outbox.close()


async def test_end_of_a_transaction_after_a_power_cut_begins_no_epoch(tmp_path: Path) -> None:
    """Then it may never have been synced: the city is asked."""
    path, _ = await _cut_short(tmp_path / "outbox.db")
    wal = wal_path(path)
    _flip(wal, _last_frame(wal) + 100)
    outbox = await opened(path, streams=AIR, clock=StillClock(boot_id=b"another boot id."))
    assert {e.epoch for e in await waiting(outbox)} <= {outbox.epoch}
    await outbox.close()


async def test_store_that_was_closed_in_order_goes_on_in_its_epoch(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    epoch = outbox.epoch
    await outbox.close()
    outbox = await opened(tmp_path / "outbox.db", clock=StillClock(boot_id=b"another boot id."))
    assert outbox.epoch == epoch
    await outbox.close()


# -- the city knows more


async def test_receipt_for_a_seq_that_was_lost_begins_a_new_epoch_before_it_is_given_again(tmp_path: Path) -> None:
    path, (lost,) = await _cut_short(tmp_path / "outbox.db")
    outbox = await opened(path, streams=AIR)
    assert outbox.epoch == lost.epoch  # nothing on the medium tells
    assert await _receipt(outbox, lost) is ReceiptOutcome.CONTRADICTED
    assert outbox.epoch != lost.epoch
    await outbox.seal()
    found = await waiting(outbox)
    assert (lost.epoch, lost.seq) not in {(e.epoch, e.seq) for e in found if e.stream == lost.stream}
    (gap,) = [said for said in map(parsed, found) if said["kind"] == "gap"]
    assert gap["ended"] == [lost.epoch.hex(), lost.seq - 1]
    control = [parsed(e) for e in found if e.stream == "_declaration" and e.epoch == outbox.epoch]
    assert [bytes.fromhex(said["content"]) for said in control] == [DECLARATION]
    await outbox.close()


async def test_what_was_sealed_in_the_ended_epoch_is_sent_and_then_let_go(tmp_path: Path) -> None:
    path, (lost,) = await _cut_short(tmp_path / "outbox.db")
    outbox = await opened(path, streams=AIR)
    await _receipt(outbox, lost)
    assert await _receipt(outbox, lost) is ReceiptOutcome.DUPLICATE  # not sent yet: it covers nothing
    (old,) = [e for e in await waiting(outbox) if e.epoch == lost.epoch and e.stream == "air"]
    assert await _receipt(outbox, lost) is ReceiptOutcome.APPLIED
    assert old not in await waiting(outbox)
    assert (await outbox.stats()).sealed_rows_waiting == 0
    await outbox.close()


async def test_receipt_with_another_hash_begins_a_new_epoch_and_deletes_nothing(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db", streams=AIR)
    await stored(outbox, rows(0, 10))
    await outbox.seal()
    (envelope,) = await waiting(outbox)
    assert await _receipt(outbox, envelope, hash=bytes(32)) is ReceiptOutcome.CONTRADICTED
    assert await waiting(outbox) == [envelope]
    assert outbox.epoch != envelope.epoch
    await stored(outbox, rows(10, 10))
    await outbox.seal()
    newest = (await waiting(outbox))[-1]
    assert (newest.epoch, newest.seq) == (outbox.epoch, 1)  # behind the gap record
    assert await confirm(outbox, newest) is ReceiptOutcome.APPLIED
    await outbox.close()


async def test_new_epoch_outlasts_a_restart(tmp_path: Path) -> None:
    path, (lost,) = await _cut_short(tmp_path / "outbox.db")
    outbox = await opened(path, streams=AIR)
    await _receipt(outbox, lost)
    epoch = outbox.epoch
    await outbox.close()
    outbox = await opened(path, streams=AIR)
    assert outbox.epoch == epoch
    assert (await outbox.stats()).damaged_files == 0
    await outbox.close()


async def test_receiver_restored_from_a_copy_is_no_contradiction(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db", streams=AIR, limits=RETAINING)
    for first in (0, 10, 20):
        await stored(outbox, rows(first, 10))
        await outbox.seal()
    envelopes = await waiting(outbox)
    await confirm(outbox, envelopes[-1])
    await outbox.flush()
    assert await _receipt(outbox, envelopes[0], resend_from=1) is ReceiptOutcome.RESEND
    assert [e.seq for e in await waiting(outbox)] == [1, 2]
    assert outbox.epoch == envelopes[0].epoch
    await outbox.close()


async def test_retained_envelopes_of_an_ended_epoch_can_be_asked_for_again(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db", streams=AIR, limits=RETAINING)
    await stored(outbox, rows(0, 10))
    await outbox.seal()
    await stored(outbox, rows(10, 10))
    await outbox.seal()
    first, second = await waiting(outbox)
    await confirm(outbox, second)
    await outbox.flush()
    await _receipt(outbox, second, seq=99, hash=bytes(32))
    await outbox.close()
    outbox = await opened(tmp_path / "outbox.db", streams=AIR, limits=RETAINING)
    assert await _receipt(outbox, first, resend_from=1) is ReceiptOutcome.RESEND
    assert [e.data for e in await waiting(outbox)] == [second.data]
    await outbox.close()


def test_header_of_the_wal_is_as_long_as_sqlite_says() -> None:
    assert (WAL_HEADER_BYTES, FRAME_BYTES - 512) == (32, 24)
