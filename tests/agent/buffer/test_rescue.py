"""What is kept of the disclosure log when the store is damaged, and how the loss is told."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.buffer import files
from agent.buffer.outbox import Outbox
from agent.buffer.records import Limits, LogHead
from agent.buffer.salvage import _rebuild
from agent.buffer.wal import PAGE_BYTES, wal_path
from agent.wire.entries import DamageEntry
from agent.wire.excerpt import Export, Numbered, verify
from tests.support.disclosures import at, log_of, order, tamper
from tests.support.outbox import (
    AIR,
    DECLARATION,
    UNIT,
    contents,
    delivered,
    drained,
    lost,
    opened,
    overwrite,
    rows,
    stored,
)

ENTRIES = 60


async def _filled(path: Path, *, close: bool = True) -> Outbox:
    outbox = await opened(path)
    await outbox.declare(DECLARATION)
    await stored(outbox, rows(0, 10))
    await outbox.seal()
    while (await outbox.log_head()).last < ENTRIES:
        await outbox.record(order)
    if close:
        await outbox.close()
    return outbox


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    await _filled(tmp_path / "outbox.db")
    return tmp_path / "outbox.db"


async def _before(path: Path) -> tuple[Export, LogHead]:
    outbox = await opened(path)
    log, head = await log_of(outbox), await outbox.log_head()
    await outbox.close()
    return log, head


def _damage_header(path: Path) -> None:
    """Have SQLite refuse the file, whose first page is then replaced."""
    data = bytearray(contents(path))
    data[20] ^= 0x40
    overwrite(path, data)


def _damage(numbered: Numbered) -> DamageEntry:
    entry = numbered.entry
    assert isinstance(entry, DamageEntry)
    return entry


async def test_log_of_a_store_with_other_damage_goes_on_where_it_was(path: Path) -> None:
    before, head = await _before(path)
    _damage_header(path)
    outbox = await opened(path)
    log = await log_of(outbox)
    assert verify(log.header, log.entries).complete
    assert (log.header.first, log.header.base) == (head.first, head.base)
    assert log.entries[:-1] == before.entries
    damage = _damage(log.entries[-1])
    assert (damage.epoch, damage.entries) == (outbox.epoch, 0)
    await outbox.close()


@pytest.mark.parametrize(
    ("hole", "first", "kept"),
    [(10, 11, range(12, 61)), (50, 1, range(1, 50)), (1, 2, range(3, 61)), (60, 1, range(1, 60))],
    ids=["early", "late", "first", "last"],
)
async def test_longest_stretch_whose_chain_verifies_keeps_its_numbers_and_hashes(
    path: Path, hole: int, first: int, kept: range
) -> None:
    before, _ = await _before(path)
    tamper(path, "UPDATE disclosure SET data = zeroblob(9) WHERE id = ?", hole)
    _damage_header(path)
    outbox = await opened(path)
    log = await log_of(outbox)
    assert verify(log.header, log.entries).complete
    expected = [numbered for numbered in before.entries if numbered.number in kept]
    assert list(log.entries[:-1]) == expected
    assert log.header.first == (1 if first == 1 else kept[0])
    assert _damage(log.entries[-1]).entries is None
    await outbox.close()


async def test_damage_of_the_log_alone_never_stops_the_unit_and_declares_no_row_as_lost(path: Path) -> None:
    tamper(path, "UPDATE disclosure SET hash = zeroblob(32) WHERE id > 20")
    outbox = await opened(path)
    await stored(outbox, rows(10, 10))
    found = await drained(outbox)
    assert (delivered(found), lost(found)) == (list(range(20)), 0)
    assert not [said for said in found if said["kind"] == "gap"]
    assert (await outbox.stats()).damaged_files == 1
    log = await log_of(outbox)
    assert _damage(log.entries[20]).entries is None
    assert verify(log.header, log.entries).complete
    await outbox.close()


@pytest.mark.parametrize(
    "sql",
    ["DELETE FROM disclosure", "DROP TABLE disclosure_base", "UPDATE disclosure SET id = id + 1000 WHERE id > 3"],
    ids=["emptied", "without its base", "renumbered"],
)
async def test_log_that_is_not_what_was_written_never_stops_the_unit(path: Path, sql: str) -> None:
    tamper(path, sql)
    outbox = await opened(path)
    await outbox.record(order)
    await stored(outbox, rows(10, 10))
    assert delivered(await drained(outbox)) == list(range(20))
    await outbox.close()


@pytest.mark.parametrize("part", range(3))
async def test_page_zeroed_leaves_a_log_that_verifies(path: Path, tmp_path: Path, part: int) -> None:
    whole = contents(path)
    before, _ = await _before(path)
    known = {(numbered.number, numbered.hash) for numbered in before.entries}
    for page in range(1 + part, len(whole) // PAGE_BYTES, 3):
        damaged = tmp_path / f"page-{page}.db"
        overwrite(damaged, whole[: page * PAGE_BYTES] + bytes(PAGE_BYTES) + whole[(page + 1) * PAGE_BYTES :])
        outbox = await opened(damaged)
        log = await log_of(outbox)
        assert verify(log.header, log.entries).complete
        damages = [n.number for n in log.entries if isinstance(n.entry, DamageEntry)]
        kept = [n for n in log.entries if not damages or n.number < damages[0]]
        assert {(n.number, n.hash) for n in kept} <= known
        await outbox.close()


@pytest.mark.parametrize(
    "damage",
    [lambda path: path.write_bytes(b""), lambda path: path.write_bytes(b"noise" * 9000)],
    ids=["empty", "garbage"],
)
async def test_log_that_is_gone_begins_afresh_and_says_so(path: Path, damage: Callable[[Path], object]) -> None:
    before, _ = await _before(path)
    damage(path)
    outbox = await opened(path)
    log = await log_of(outbox)
    assert (log.header.first, log.header.base) == (1, before.header.base)
    assert [_damage(numbered).entries for numbered in log.entries] == [None]
    await outbox.close()


async def test_log_whose_newest_commits_are_missing_says_that_nobody_knows_how_many(tmp_path: Path) -> None:
    outbox = await _filled(tmp_path / "live.db", close=False)
    path = tmp_path / "outbox.db"
    shutil.copy(tmp_path / "live.db", path)
    wal_path(path).write_bytes(b"")
    await outbox.close()
    outbox = await opened(path)
    log = await log_of(outbox)
    assert verify(log.header, log.entries).complete
    assert _damage(log.entries[-1]).entries is None
    await outbox.close()


@pytest.mark.parametrize(("hole", "again"), [(1, True), (50, False)], ids=["lost", "kept"])
async def test_channels_are_named_again_if_the_entry_that_did_so_is_lost(
    path: Path, hole: int, *, again: bool
) -> None:
    tamper(path, "UPDATE disclosure SET data = zeroblob(9) WHERE id = ?", hole)
    _damage_header(path)
    outbox = await opened(path)
    await stored(outbox, rows(10, 10))
    await outbox.seal()
    kinds = [type(numbered.entry).__name__ for numbered in (await log_of(outbox)).entries]
    assert ("ConfigurationEntry" in kinds[kinds.index("DamageEntry") :]) is again
    assert "ConfigurationEntry" in kinds
    await outbox.close()


async def test_channels_are_named_again_if_only_what_came_before_is_kept(path: Path) -> None:
    outbox = await opened(path)
    await outbox.declare(b"something else")
    await outbox.close()
    tamper(path, "UPDATE disclosure SET data = zeroblob(9) WHERE id = ?", ENTRIES + 1)
    _damage_header(path)
    outbox = await opened(path)
    await stored(outbox, rows(10, 10))
    await outbox.seal()
    kinds = [type(numbered.entry).__name__ for numbered in (await log_of(outbox)).entries]
    assert "ConfigurationEntry" in kinds[kinds.index("DamageEntry") :]
    await outbox.close()


async def test_log_of_another_unit_is_not_continued(path: Path) -> None:
    outbox = await opened(path, unit="corner-2")
    await outbox.record(order)
    log = await log_of(outbox)
    assert (log.header.unit, log.header.last) == ("corner-2", 2)
    assert verify(log.header, log.entries).complete
    await outbox.close()


async def test_log_that_there_is_no_space_for_goes_on_behind_its_last_entry(path: Path) -> None:
    _, head = await _before(path)
    limits = Limits(max_bytes=16 << 20, free_floor_bytes=0, loss_window_s=1)
    _rebuild(path, unit=UNIT, streams=AIR, limits=limits, moment=at, copy=False)
    files.publish(path)
    outbox = await opened(path, streams=AIR)
    log = await log_of(outbox)
    assert (log.header.first, log.header.base) == (head.last + 1, head.head)
    assert [_damage(numbered).entries for numbered in log.entries] == [None]
    assert verify(log.header, log.entries).complete
    await outbox.close()
