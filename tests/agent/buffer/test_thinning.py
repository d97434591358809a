"""Overflow policy `thin`: a long outage costs resolution, not history, and what is fewer is accounted for.

The values of column 0 are 1 and merge by sum: so each row tells of how many windows it is made, and all that arrives
adds up to all that was stored.
"""

import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest

from agent.buffer import files
from agent.buffer.ledger import Ledger
from agent.buffer.orders import Orders
from agent.buffer.outbox import Outbox
from agent.buffer.records import Limits, Overflow, StreamPolicy
from agent.buffer.rows import decode_rows, record_sum
from agent.buffer.store import Database
from agent.buffer.tables import write_thinning
from agent.buffer.waiting import RUN_COLUMNS, WaitingRows, run_ids
from agent.privacy.merge import COARSEST_MS
from agent.privacy.released import Released
from agent.wire.messages import GapReason
from agent.wire.orders import Order
from tests.support.outbox import (
    BATCH,
    DECLARATION,
    DIGEST,
    START_MS,
    STEP_MS,
    STREAMS,
    UNIT,
    bytes_in,
    confirm,
    contents,
    copied,
    drained,
    opened,
    overwrite,
    parsed,
    put,
    row,
    stored,
    waiting,
)

ROOT = Path(__file__).parents[3]
TIGHT = Limits(max_bytes=128 << 10, free_floor_bytes=0, loss_window_s=3600)
THIN = {"air": replace(STREAMS["air"], overflow=Overflow.THIN)}
FULL = 3500
"""More rows than the tight store holds."""
WIDE = 1 << 40
"""Makes rows long, so that a store is full sooner."""
Extent = tuple[int, int, int | None]
"""Start, step and first value of a row."""


def ones(first: int, count: int, *, step_ms: int = STEP_MS, boot_id: bytes | None = None) -> list[Released]:
    """Return consecutive rows that tell 1 and their number."""
    start_ms = 0 if boot_id else START_MS - START_MS % step_ms
    return [
        row(index, values=(1, WIDE + index), step_ms=step_ms, boot_id=boot_id, start_ms=start_ms + index * step_ms)
        for index in range(first, first + count)
    ]


async def thinned(path: Path, *, limits: Limits = TIGHT, streams: dict[str, StreamPolicy] = THIN) -> Outbox:
    """Open a store and have it know what is declared."""
    outbox = await opened(path, limits=limits, streams=streams)
    await outbox.declare(DECLARATION)
    return outbox


async def fill(outbox: Outbox, released: Sequence[Released], *, declaration: bytes = DIGEST) -> None:
    """Store rows, some hundred in a commit."""
    for first in range(0, len(released), 250):
        await stored(outbox, released[first : first + 250], declaration=declaration)


def extents(envelopes: Sequence[dict[str, Any]]) -> list[Extent]:
    """Return the rows of `air` in the order of their windows."""
    return sorted(
        (start, said["step"], values[0])
        for said in envelopes
        if said["kind"] == "batch" and said["stream"] == "air"
        for start, values, _ in said["rows"]
    )


def told(found: Sequence[Extent]) -> int:
    """Return how many windows rows are made of, as they say themselves."""
    return sum(value or 0 for _, _, value in found)


def holes(found: Sequence[Extent]) -> list[tuple[int, int]]:
    """Return what lies between rows: positive where something is missing, negative where two overlap."""
    return [
        (start, start - before - step)
        for (before, step, _), (start, _, _) in pairwise(found)
        if start != before + step
    ]


def gaps(envelopes: Sequence[dict[str, Any]]) -> Counter[int]:
    """Return the rows that gap records count, by reason."""
    counted: Counter[int] = Counter()
    for said in envelopes:
        if said["kind"] == "gap":
            counted[said["reason"]] += said["count"]
    return counted


async def test_an_outage_ten_times_longer_costs_resolution_and_no_history(tmp_path: Path) -> None:
    outbox = await thinned(tmp_path / "outbox.db")
    await fill(outbox, ones(0, 10 * FULL))
    stats = await outbox.stats()
    assert (stats.rows_evicted, stats.rows_refused) == (0, 0)
    assert stats.rows_thinned + stats.rows_waiting == 10 * FULL
    assert stats.rows_waiting > 1000, "no more was merged than had to be"
    found = extents(await drained(outbox))
    assert (found[0][0], holes(found)) == (START_MS, [])
    assert found[-1][0] + found[-1][1] == START_MS + 10 * FULL * STEP_MS
    assert all(value == step // STEP_MS for _, step, value in found)
    last_batches = [step for start, step, _ in found if start >= START_MS + (10 * FULL - BATCH) * STEP_MS]
    assert last_batches == [STEP_MS] * BATCH, "the newest keep their resolution"
    coarse = [step for start, step, _ in found if start < START_MS + 5 * FULL * STEP_MS]
    assert max(coarse) <= 2 * min(coarse), "the older half has about one resolution"
    await outbox.close()


async def test_what_is_fewer_is_declared_in_one_gap_record_that_spans_it(tmp_path: Path) -> None:
    outbox = await thinned(tmp_path / "outbox.db")
    await fill(outbox, ones(0, 3 * FULL))
    envelopes = await drained(outbox)
    found = extents(envelopes)
    said = [one for one in envelopes if one["kind"] == "gap"]
    assert [one["reason"] for one in said] == [GapReason.THINNED]
    assert said[0]["count"] + len(found) == 3 * FULL
    start_ms, step_ms, windows = said[0]["windows"]
    merged = [(start, step) for start, step, _ in found if step > STEP_MS]
    assert (start_ms, step_ms) == (merged[0][0], STEP_MS)
    assert start_ms + step_ms * windows == sum(merged[-1])
    await outbox.close()


async def test_the_store_of_a_thinned_stream_never_grows_past_its_byte_cap(tmp_path: Path) -> None:
    outbox = await thinned(tmp_path / "outbox.db")
    rows = ones(0, 3 * FULL)
    for first in range(0, len(rows), 500):
        await stored(outbox, rows[first : first + 500])
        assert bytes_in(tmp_path) <= TIGHT.max_bytes
    assert (await outbox.stats()).rows_evicted == 0
    await outbox.close()


async def test_thinning_makes_room_under_the_free_space_floor_too(tmp_path: Path) -> None:
    disk = (22 << 20) + 1_200_000
    limits = replace(TIGHT, max_bytes=16 << 20, free_floor_bytes=22 << 20, log_bytes=16_000)

    def free_bytes() -> int:
        return disk - bytes_in(tmp_path)

    outbox = await opened(tmp_path / "outbox.db", limits=limits, streams=THIN, free_bytes=free_bytes)
    await outbox.declare(DECLARATION)
    lowest = free_bytes()
    rows = ones(0, 30_000)
    for first in range(0, len(rows), 1000):
        await stored(outbox, rows[first : first + 1000])
        lowest = min(lowest, free_bytes())
    assert lowest >= limits.free_floor_bytes
    stats = await outbox.stats()
    assert stats.rows_thinned > 0
    assert stats.rows_evicted == 0
    await outbox.close()


async def test_a_row_that_was_sealed_is_never_merged(tmp_path: Path) -> None:
    outbox = await thinned(tmp_path / "outbox.db")
    await fill(outbox, ones(0, 57))
    await outbox.seal(partial=True)
    before = await waiting(outbox)
    await fill(outbox, ones(57, 2 * FULL))
    again = {envelope.row_id: envelope.data for envelope in await waiting(outbox)}
    assert {envelope.row_id: envelope.data for envelope in before}.items() <= again.items()
    found = extents(await drained(outbox))
    assert [step for _, step, _ in found[:57]] == [STEP_MS] * 57
    assert (told(found), holes(found)) == (57 + 2 * FULL, [])
    await outbox.close()


async def test_rows_are_thinned_and_sealed_in_turn_without_overlap(tmp_path: Path) -> None:
    """A session that comes and goes: what left is out of reach, the rest goes on being thinned."""
    outbox = await thinned(tmp_path / "outbox.db")
    envelopes: list[dict[str, Any]] = []
    for turn in range(4):
        await fill(outbox, ones(turn * FULL, FULL))
        await outbox.seal()
        for envelope in (await waiting(outbox))[:20]:
            envelopes.append(parsed(envelope))
            await confirm(outbox, envelope)
        await outbox.flush()
    envelopes += await drained(outbox)
    distinct = {(said["stream"], said["seq"]): said for said in envelopes}.values()
    found = extents(list(distinct))
    assert (told(found), holes(found)) == (4 * FULL, [])
    assert gaps(list(distinct)) == {GapReason.THINNED: 4 * FULL - len(found)}
    await outbox.close()


async def test_a_stream_on_hold_is_not_thinned(tmp_path: Path) -> None:
    outbox = await thinned(tmp_path / "outbox.db")
    await outbox.govern(Orders(streams={"air": Order.HOLD}))
    await fill(outbox, ones(0, 2 * FULL))
    stats = await outbox.stats()
    assert (stats.rows_thinned, stats.rows_evicted) == (0, 0)
    assert stats.rows_refused > 0
    await outbox.close()


async def test_rows_under_two_declarations_or_clocks_or_with_a_hole_between_are_not_merged(tmp_path: Path) -> None:
    outbox = await thinned(tmp_path / "outbox.db")
    other = b"what it measures later"
    await fill(outbox, ones(0, 1333))
    await outbox.declare(other)
    await fill(outbox, ones(1333, 1333), declaration=sha256(other).digest())
    await fill(outbox, ones(2667, 1333), declaration=sha256(other).digest())
    for first in range(4000, 14_000, 250):
        put(outbox, ones(first, 250), declaration=sha256(other).digest(), clock=b"\x01")
        await outbox.flush()
    envelopes = await drained(outbox)
    found = extents(envelopes)
    assert told(found) == 13_999
    assert holes(found) == [(START_MS + 2667 * STEP_MS, STEP_MS)]
    starts = {start for start, _, _ in found}
    assert {START_MS + index * STEP_MS for index in (0, 1333, 2667, 4000)} <= starts
    for said in envelopes:
        if said["kind"] == "batch" and said["rows"]:
            assert (said["rows"][0][0] < START_MS + 1333 * STEP_MS) == (said["declaration"] == DIGEST.hex())
            assert (said["rows"][0][0] < START_MS + 4000 * STEP_MS) == (said["clock"] == "00")
    await outbox.close()


async def test_many_short_stretches_are_thinned_as_far_as_they_go(tmp_path: Path) -> None:
    """A unit that is restarted again and again: each stretch begins and ends anywhere on the grid."""
    outbox = await thinned(tmp_path / "outbox.db")
    draw, index, count, ends = Random(7), 3, 0, set()
    while count < 3 * FULL:
        length = draw.randrange(5, 400)
        await stored(outbox, ones(index, length))
        count, index = count + length, index + length + draw.randrange(1, 4)
        ends.add(START_MS + index * STEP_MS)
    envelopes = await drained(outbox)
    found = extents(envelopes)
    assert gaps(envelopes) == {GapReason.THINNED: count - len(found)}
    assert told(found) == count
    assert {start for start, _ in holes(found)} <= ends
    assert min(missing for _, missing in holes(found)) > 0, "no two rows overlap"
    assert all(start % step == 0 for start, step, _ in found), "every window is aligned"
    fine = sum(step <= 2 * STEP_MS for _, step, _ in found)
    assert fine < len(found) // 2
    await outbox.close()


async def test_rows_of_another_boot_are_thinned_on_its_own_time_and_have_no_windows_to_tell(tmp_path: Path) -> None:
    outbox = await thinned(tmp_path / "outbox.db")
    await fill(outbox, ones(0, 2 * FULL, boot_id=bytes(range(16))))
    envelopes = await drained(outbox)
    found = extents(envelopes)
    assert (told(found), holes(found), found[0][0]) == (2 * FULL, [], 0)
    said = [one for one in envelopes if one["kind"] == "gap"]
    assert [(one["reason"], one["windows"]) for one in said] == [(GapReason.THINNED, None)]
    assert {one["boot"] for one in envelopes if one["kind"] == "batch"} == {bytes(range(16)).hex()}
    await outbox.close()


@pytest.mark.parametrize("declared", [False, True], ids=["not known", "without the stream"])
async def test_rows_of_which_nobody_knows_how_they_merge_are_dropped_with_a_gap(
    tmp_path: Path,
    declared: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    streams = {"noise": replace(STREAMS["noise"], overflow=Overflow.THIN)} if declared else THIN
    outbox = await opened(tmp_path / "outbox.db", limits=TIGHT, streams=streams)
    if declared:
        await outbox.declare(DECLARATION)  # the maker knows of no rules for `noise`
    name = next(iter(streams))
    for first in range(0, 2 * FULL, 250):
        await stored(outbox, [row(index, stream=name, values=(WIDE, 1)) for index in range(first, first + 250)])
    stats = await outbox.stats()
    assert stats.rows_thinned == 0
    assert stats.rows_evicted > 0
    assert gaps(await drained(outbox)) == {GapReason.EVICTED: stats.rows_evicted}
    await outbox.close()


async def test_rows_of_a_day_are_not_merged_but_dropped_oldest_first(tmp_path: Path) -> None:
    outbox = await thinned(tmp_path / "outbox.db")
    await fill(outbox, ones(0, 3 * FULL, step_ms=COARSEST_MS // 2))
    envelopes = await drained(outbox)
    found = extents(envelopes)
    assert max(step for _, step, _ in found) == COARSEST_MS
    counted = gaps(envelopes)
    assert counted[GapReason.EVICTED] > 0
    assert sum(counted.values()) + len(found) == 3 * FULL
    assert holes(found) == [], "only the oldest are missing"
    await outbox.close()


async def test_thinning_goes_on_after_a_restart_where_it_stood(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    outbox = await thinned(path)
    await fill(outbox, ones(0, 2 * FULL))
    before = await outbox.stats()
    await outbox.close()
    sweeps = _sweeps(path)
    assert sweeps
    outbox = await thinned(path)
    assert (await outbox.stats()).rows_thinned == before.rows_thinned > 0
    await fill(outbox, ones(2 * FULL, FULL))
    assert (await outbox.stats()).rows_evicted == 0
    found = extents(await drained(outbox))
    assert (told(found), holes(found)) == (3 * FULL, [])
    await fill(outbox, ones(3 * FULL, 2 * FULL))
    found = extents(await drained(outbox))
    assert (told(found), holes(found), min(step for _, step, _ in found)) == (2 * FULL, [], STEP_MS)
    await outbox.close()
    assert all(_sweeps(path)[step_ms] >= first for step_ms, first in sweeps.items()), "nothing was looked at twice"


def _sweeps(path: Path) -> dict[int, int]:
    db = Database(path, wal_pages=16)
    ledger = Ledger(db)
    ledger.load()
    db.close()
    return dict(ledger.streams["air"].sweeps)


def test_delay_and_thinning_of_a_stream_are_kept_beside_each_other(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    files.prepare(path, unit=UNIT)
    db = Database(path, wal_pages=16)
    ledger = Ledger(db)
    ledger.load()
    ledger.configure({"air": replace(THIN["air"], delay_ms=7), "noise": THIN["air"]})
    ledger.streams["air"].thinned, ledger.streams["air"].sweeps = 5, {2000: 16, 1000: 1 << 41}
    write_thinning(db, ledger.streams["air"])
    ledger.save()
    ledger.load()
    air, noise = ledger.streams["air"], ledger.streams["noise"]
    assert (air.policy.delay_ms, air.thinned, air.sweeps) == (7, 5, {2000: 16, 1000: 1 << 41})
    assert (noise.policy.delay_ms, noise.thinned, noise.sweeps) == (0, 0, {})
    db.close()


async def test_stream_that_becomes_thinned_later_merges_what_it_has(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    outbox = await thinned(path, streams={"air": STREAMS["air"]})
    await fill(outbox, ones(0, 1500))
    await outbox.close()
    _close_ranks(path)
    outbox = await thinned(path)
    await fill(outbox, ones(1500, 2 * FULL))
    assert (await outbox.stats()).rows_evicted == 0
    found = extents(await drained(outbox))
    assert (told(found), holes(found)) == (1500 + 2 * FULL, [])
    await outbox.close()


def _close_ranks(path: Path) -> None:
    """Number the runs without room between them, as an earlier version did."""
    db = Database(path, wal_pages=16)
    ledger = Ledger(db)
    ledger.load()
    db.begin()
    low, high = run_ids(ledger.streams["air"].id)
    records = db.all(f"SELECT {RUN_COLUMNS} FROM run WHERE id BETWEEN ? AND ? ORDER BY id", low, high)
    db.run("DELETE FROM run WHERE id BETWEEN ? AND ?", low, high)
    for index, record in enumerate(records):
        cells = (low + index, *record[1:-1])
        db.run("INSERT INTO run VALUES (?,?,?,?,?,?,?,?,?,?)", *cells, record_sum(*cells))
    db.commit()
    db.close()


async def test_a_power_cut_between_any_two_statements_leaves_all_or_nothing_of_a_merge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "outbox.db"
    outbox = await thinned(path)
    await fill(outbox, ones(0, FULL))
    cut = _Cutter(path, tmp_path)
    for name in ("run", "many"):
        monkeypatch.setattr(Database, name, cut.before(getattr(Database, name)))
    total = FULL
    while not cut.merging:
        cut.after_rows = total
        await stored(outbox, ones(total, 50))
        total += 50
    monkeypatch.undo()
    await outbox.close()
    assert len(cut.copies) > 20
    assert [_is_whole(copy, rows) for copy, rows in cut.copies] == [True] * len(cut.copies)
    last, rows = cut.copies[-1]
    outbox = await thinned(last)
    found = extents(await drained(outbox))
    assert (told(found), holes(found)) == (rows, [])
    await outbox.close()


class _Cutter:
    """Copies the store before every statement of the transactions that rows are merged in."""

    def __init__(self, path: Path, folder: Path) -> None:
        self.path = path
        self.folder = folder
        self.copies: list[tuple[Path, int]] = []
        self.after_rows = 0
        self.merging = False
        self._merges = False

    def before(self, method: Any) -> Any:  # noqa: ANN401 - any method of a store
        def cut(db: Database, sql: str, *cells: Any) -> Any:  # noqa: ANN401 - as the method
            if sql.startswith("BEGIN"):
                self.copies, self._merges = [], False
            if not self.merging:
                copy = self.folder / f"cut-{len(self.copies)}.db"
                self.copies.append((copied(self.path, copy), self.after_rows))
            result = method(db, sql, *cells)
            self._merges |= sql.startswith("INSERT OR REPLACE INTO word")
            if sql.startswith("COMMIT") and self._merges:
                self.copies.append((copied(self.path, self.folder / "cut-last.db"), self.after_rows + 50))
                self.merging = True
            return result

        return cut


def _is_whole(path: Path, rows: int) -> bool:
    """Tell whether a cut left every row that was reported stored, none of them twice, and the account of them."""
    db = Database(path, wal_pages=16)
    ledger = Ledger(db)
    ledger.load()
    assert db.wal_is_whole()
    stream = ledger.streams["air"]
    found = [
        (one.start_ms, one.step_ms, one.values[0])
        for run in WaitingRows(ledger).runs_from(stream)
        for one in run.stored()
    ]
    fresh = db.all("SELECT start_ms, data FROM fresh ORDER BY id")
    found += [(start, STEP_MS, next(decode_rows(data, 1))[0][0]) for start, data in fresh]
    declared = sum(gap.count for gap in ledger.gaps.values())
    db.close()
    return told(found) == rows == len(found) + declared and declared == stream.thinned and not holes(found)


async def test_purge_takes_merged_rows_that_reach_into_its_time(tmp_path: Path) -> None:
    outbox = await thinned(tmp_path / "outbox.db")
    await fill(outbox, ones(0, 3 * FULL))
    until_ms = START_MS + 1001 * STEP_MS
    purged = await outbox.purge("air", until_ms=until_ms)
    envelopes = await drained(outbox)
    found = extents(envelopes)
    assert until_ms <= found[0][0] < until_ms + 2 * found[0][1]
    counted = gaps(envelopes)
    assert counted[GapReason.PURGED] == purged.rows > 0
    assert sum(counted.values()) + len(found) == 3 * FULL
    await outbox.close()


async def test_salvage_keeps_merged_rows_and_their_account(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    outbox = await thinned(path)
    await fill(outbox, ones(0, 2 * FULL))
    before = await outbox.stats()
    await outbox.close()
    whole = contents(path)
    overwrite(path, bytes(512) + whole[512:])
    outbox = await thinned(path)
    stats = await outbox.stats()
    assert stats.damaged_files == 1
    assert stats.rows_thinned == before.rows_thinned
    await fill(outbox, ones(2 * FULL, FULL))
    envelopes = await drained(outbox)
    found = extents(envelopes)
    assert (told(found), holes(found)) == (3 * FULL, [])
    assert gaps(envelopes)[GapReason.THINNED] + len(found) == 3 * FULL
    await outbox.close()


async def test_streams_share_the_store_and_each_gives_up_what_its_policy_says(tmp_path: Path) -> None:
    streams = THIN | {"noise": replace(STREAMS["noise"], overflow=Overflow.DROP_OLDEST)}
    outbox = await thinned(tmp_path / "outbox.db", streams=streams)
    for first in range(0, 2 * FULL, 250):
        await stored(outbox, ones(first, 250))
        await stored(outbox, [row(index, stream="noise", values=(WIDE, 1)) for index in range(first, first + 250)])
    envelopes = await drained(outbox)
    reasons = {(said["stream"], said["reason"]) for said in envelopes if said["kind"] == "gap"}
    assert reasons == {("air", GapReason.THINNED), ("noise", GapReason.EVICTED)}
    assert told(extents(envelopes)) == 2 * FULL
    await outbox.close()


def test_thinning_is_loaded_only_where_a_stream_has_the_policy() -> None:
    code = "import sys, agent.service, agent.buffer.outbox, agent.sealer; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"agent.buffer.thinning", "agent.privacy.merge", "agent.merging"} & set(loaded.stdout.split())
