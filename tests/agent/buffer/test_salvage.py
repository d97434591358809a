"""The damage matrix: whatever happened to the files, the unit goes on with what can be read and says what is lost."""

import asyncio
import random
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from agent.buffer.outbox import Outbox
from agent.buffer.records import ReceiptOutcome
from agent.buffer.wal import FRAME_BYTES, PAGE_BYTES, WAL_HEADER_BYTES, wal_path
from agent.wire.messages import GapReason
from tests.support.outbox import (
    DECLARATION,
    STREAMS,
    UNIT,
    ReadableMaker,
    confirm,
    contents,
    delivered,
    drained,
    lost,
    opened,
    overwrite,
    parsed,
    put,
    row,
    rows,
    stored,
    waiting,
)

ROWS = 240


async def _filled(path: Path, *, close: bool = True) -> Outbox:
    """Make a store with a backlog, fresh rows, envelopes on the way, declarations and counters."""
    outbox = await opened(path)
    await outbox.declare(DECLARATION)
    for first in range(0, ROWS - 5, 5):
        await stored(outbox, rows(first, 5) + rows(first, 5, stream="noise"))
        if first in {30, 60}:
            await outbox.seal()
    await stored(outbox, rows(ROWS - 5, 5) + rows(ROWS - 5, 5, stream="noise"))
    await outbox.save_counters("budget", b"spent")
    if close:
        await outbox.close()
    return outbox


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("original") / "outbox.db"
    asyncio.run(_filled(path))
    return path


@pytest.fixture
def path(original: Path, tmp_path: Path) -> Path:
    shutil.copy(original, tmp_path / "outbox.db")
    return tmp_path / "outbox.db"


async def _killed(folder: Path) -> Path:
    """Return a store as a killed process leaves it: with a WAL."""
    outbox = await _filled(folder / "live.db", close=False)
    path = folder / "outbox.db"
    shutil.copy(folder / "live.db", path)
    shutil.copy(wal_path(folder / "live.db"), wal_path(path))
    await outbox.close()
    return path


async def _survey(path: Path) -> tuple[list[dict[str, Any]], Outbox]:
    """Open a damaged store, check that it works, and return everything that leaves it."""
    outbox = await opened(path)
    await stored(outbox, [row(ROWS), row(ROWS, stream="noise")])
    found = await drained(outbox)
    for stream in STREAMS:
        assert ROWS in delivered(found, stream) or lost(found, stream)
    assert (await outbox.stats()).trouble == ""
    return found, outbox


def _check_honest(found: list[dict[str, Any]]) -> int:
    """Check that only genuine rows arrived, none twice, and what is missing is told; return how many are missing."""
    missing = 0
    for stream in STREAMS:
        arrived = delivered(found, stream)
        assert len(arrived) == len(set(arrived))
        assert set(arrived) <= set(range(ROWS + 1))
        for said in found:
            if said["kind"] == "batch":
                assert all(start == row(values[0]).start_ms for start, values, _ in said["rows"])
        absent = ROWS + 1 - len(arrived)
        gaps = [said for said in found if said["kind"] == "gap" and said["stream"] == stream]
        assert not absent or gaps, "rows are missing and nothing says so"
        assert all(gap["reason"] == GapReason.DAMAGED for gap in gaps)
        missing += absent
    return missing


async def test_sound_store_is_not_touched(path: Path) -> None:
    found, outbox = await _survey(path)
    assert _check_honest(found) == 0
    assert (await outbox.stats()).damaged_files == 0
    assert outbox.session == 2
    await outbox.close()


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"this is not a database" * 100),
        lambda path: path.write_bytes(bytes(path.stat().st_size)),
        lambda path: path.write_bytes(path.read_bytes()[:100]),
        lambda path: path.write_bytes(random.Random(1).randbytes(40_000)),
    ],
    ids=["empty", "garbage", "zeroed", "header only", "noise"],
)
async def test_unreadable_file_is_set_aside_and_the_loss_declared(
    path: Path, damage: Callable[[Path], object]
) -> None:
    damage(path)
    found, outbox = await _survey(path)
    assert _check_honest(found) == 2 * ROWS
    assert (path.parent / "outbox.damaged-1").exists()
    assert (await outbox.stats()).damaged_files == 1
    assert outbox.session == 1
    await outbox.close()


async def test_first_page_gone_everything_else_is_kept(path: Path) -> None:
    overwrite(path, bytes(PAGE_BYTES) + contents(path)[PAGE_BYTES:])
    found, outbox = await _survey(path)
    assert _check_honest(found) == 0
    assert await outbox.load_counters("budget") == b"spent"
    assert (await outbox.stats()).damaged_files == 1
    await outbox.close()


@pytest.mark.parametrize("part", range(4))
async def test_page_zeroed_costs_at_most_what_was_on_it(path: Path, tmp_path: Path, part: int) -> None:
    whole = contents(path)
    kept = []
    for page in range(1 + part, len(whole) // PAGE_BYTES, 4):
        damaged = tmp_path / f"page-{page}.db"
        overwrite(damaged, whole[: page * PAGE_BYTES] + bytes(PAGE_BYTES) + whole[(page + 1) * PAGE_BYTES :])
        found, outbox = await _survey(damaged)
        kept.append(2 * ROWS - _check_honest(found))
        await outbox.close()
    assert sorted(kept)[len(kept) // 2] >= 2 * ROWS * 0.9


@pytest.mark.parametrize("seed", range(24))
async def test_flipped_bits_never_change_a_row_that_arrives(path: Path, seed: int) -> None:
    chance = random.Random(seed)
    data = bytearray(contents(path))
    for _ in range(chance.choice([1, 1, 3, 40])):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    overwrite(path, data)
    found, outbox = await _survey(path)
    _check_honest(found)
    await outbox.close()


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8, 0.97])
async def test_truncated_file_keeps_what_is_left(path: Path, share: float) -> None:
    data = contents(path)
    overwrite(path, data[: int(len(data) * share)])
    found, outbox = await _survey(path)
    _check_honest(found)
    assert (await outbox.stats()).damaged_files == 1
    await outbox.close()


async def test_killed_process_leaves_a_store_that_is_whole(tmp_path: Path) -> None:
    path = await _killed(tmp_path)
    found, outbox = await _survey(path)
    assert _check_honest(found) == 0
    assert (await outbox.stats()).damaged_files == 0
    await outbox.close()


@pytest.mark.parametrize(
    "damage",
    [
        lambda wal: wal.unlink(),
        lambda wal: wal.write_bytes(b""),
        lambda wal: wal.write_bytes(bytes(wal.stat().st_size)),
        lambda wal: _flip(wal, WAL_HEADER_BYTES + 5 * FRAME_BYTES + 100),
    ],
    ids=["gone", "empty", "zeroed", "flipped early"],
)
async def test_lost_commits_are_noticed_and_no_seq_is_given_again(
    tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    path = await _killed(tmp_path)
    before = await opened(tmp_path / "live.db")
    given = {
        (said["epoch"], said["stream"], said["seq"]): e.data for e in await waiting(before) if (said := parsed(e))
    }
    await before.close()
    damage(wal_path(path))
    outbox = await opened(path)
    assert outbox.epoch != before.epoch
    await stored(outbox, [row(ROWS), row(ROWS, stream="noise")])
    await outbox.seal(partial=True)
    for envelope in await waiting(outbox):
        said = parsed(envelope)
        assert given.get((said["epoch"], said["stream"], said["seq"]), envelope.data) == envelope.data
    found = await drained(outbox)
    assert _check_honest(found) >= 0
    assert {said["stream"] for said in found if said["kind"] == "gap"} == set(STREAMS)
    await outbox.close()


def _flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 0x40
    path.write_bytes(data)


async def test_torn_last_commit_is_no_damage(tmp_path: Path) -> None:
    path = await _killed(tmp_path)
    wal = wal_path(path)
    wal.write_bytes(wal.read_bytes()[:-100])
    outbox = await opened(path)
    assert (await outbox.stats()).damaged_files == 0
    await outbox.close()


async def test_database_gone_with_its_wal_left_is_damage(tmp_path: Path) -> None:
    path = await _killed(tmp_path)
    path.unlink()
    found, outbox = await _survey(path)
    assert _check_honest(found) == 2 * ROWS
    await outbox.close()


async def test_store_of_another_unit_is_set_aside_and_nothing_of_it_leaves(path: Path) -> None:
    outbox = await opened(path, unit="corner-2")
    await stored(outbox, rows(1000, 10))
    found = await drained(outbox)
    assert delivered(found) == list(range(1000, 1010))
    assert sorted((said["kind"], said.get("count", 0)) for said in found) == [("batch", 0), ("gap", 0), ("gap", 0)]
    assert (path.parent / "outbox.damaged-1").exists()
    await outbox.close()
    assert UNIT != "corner-2"


async def test_salvaged_envelopes_keep_their_epoch_and_bytes_and_are_receipted_under_it(path: Path) -> None:
    outbox = await opened(path)
    before = {e.data for e in await waiting(outbox)}
    old_epoch = outbox.epoch
    await outbox.close()
    _flip(path, 20)  # the header's reserved bytes per page: SQLite refuses the file
    outbox = await opened(path)
    assert outbox.epoch != old_epoch
    salvaged = await waiting(outbox)
    assert {e.data for e in salvaged} == before
    newest = max((e for e in salvaged if e.stream == "air"), key=lambda e: int(parsed(e)["seq"]))
    assert await confirm(outbox, newest) is ReceiptOutcome.APPLIED
    await outbox.flush()
    assert not [e for e in await waiting(outbox) if e.stream == "air"]
    await outbox.close()


async def test_declarations_are_sent_again_in_the_new_epoch_before_the_rows_that_cite_them(path: Path) -> None:
    _flip(path, 20)
    maker = ReadableMaker()
    outbox = await opened(path, maker=maker)
    assert maker.learnt == [DECLARATION]
    await outbox.seal()
    control, *others = [parsed(e) for e in await waiting(outbox) if parsed(e)["epoch"] == outbox.epoch.hex()]
    assert (control["kind"], bytes.fromhex(control["content"])) == ("declaration", DECLARATION)
    assert {said["declaration"] for said in others if said["kind"] == "batch"} == {sha256(DECLARATION).hexdigest()}
    await outbox.close()


async def test_damage_found_at_work_is_answered_without_losing_what_just_arrived(path: Path) -> None:
    outbox = await opened(path)
    future = put(outbox, [row(ROWS)])
    await outbox.flush()
    await future
    await outbox._ask(lambda core: core._parts.db.run("DELETE FROM run"))
    put(outbox, [row(ROWS + 1)])
    found = await drained(outbox)
    assert {ROWS, ROWS + 1} <= set(delivered(found))
    stats = await outbox.stats()
    assert stats.damaged_files == 1
    assert len(delivered(found)) + lost(found) == ROWS + 2
    await outbox.close()


async def test_gap_after_damage_names_the_ended_epoch_and_the_last_seq_known_in_it(path: Path) -> None:
    outbox = await opened(path)
    epoch, heads = outbox.epoch, await outbox.heads()
    await outbox.close()
    data = contents(path)
    overwrite(path, data[: len(data) // 2])
    outbox = await opened(path)
    await outbox.close()
    outbox = await opened(path)  # what is to be declared outlasts a restart
    await outbox.seal(partial=True)
    said = [parsed(e) for e in await waiting(outbox) if e.epoch == outbox.epoch]
    gaps = {gap["stream"]: gap["ended"] for gap in said if gap["kind"] == "gap"}
    assert gaps == {stream: [epoch.hex(), heads[stream]] for stream in STREAMS}
    await outbox.close()
