"""The sentences in the docstring of `agent.buffer.outbox`, each as a test of its name: short, direct, on real files.

What each takes at length is in the test module of the part that holds it; all of them at once, in any order, is
`test_model`.
"""

import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from agent.buffer import outbox as outbox_module
from agent.buffer.outbox import Outbox
from agent.buffer.records import Lane, Limits, Outgoing, ReceiptOutcome
from agent.buffer.store import Database
from agent.buffer.wal import FRAME_BYTES, wal_path
from agent.wire.entries import DamageEntry, EnvelopeEntry
from agent.wire.excerpt import verify
from agent.wire.messages import GapReason
from tests.support.disclosures import entries_of, log_of
from tests.support.outbox import (
    AIR,
    DECLARATION,
    DIGEST,
    GENEROUS,
    NOISE,
    RECEIVER,
    STREAMS,
    bytes_in,
    confirm,
    contents,
    copied,
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

ROOT = Path(__file__).parents[3]
TIGHT = Limits(max_bytes=192 << 10, free_floor_bytes=0, loss_window_s=3600)


def _slug(sentence: str) -> str:
    return "_".join(re.findall(r"[a-z0-9]+", sentence.lower().replace("'", "")))


def test_each_sentence_has_a_test_of_its_name() -> None:
    text = outbox_module.__doc__ or ""
    sentences = re.findall(r"^\d+\. (.+?)(?=^\d+\. |^$)", text, re.MULTILINE | re.DOTALL)
    names = [name.removeprefix("test_") for name in globals() if name.startswith("test_")]
    missing = [sentence for sentence in sentences if not any(_slug(sentence).startswith(name) for name in names)]
    assert len(sentences) == 10
    assert missing == []


@dataclass
class Camera:
    """Copies a store's files after every statement, as a process that is killed there leaves them."""

    path: Path
    folder: Path
    shots: int = 0

    def watch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Photograph from now on: whatever changes the store goes through these two."""
        for name in ("run", "many"):
            monkeypatch.setattr(Database, name, self._watched(getattr(Database, name)))

    def _watched(self, statement: Any) -> Any:  # noqa: ANN401 - a method of `Database`, as it is
        def watched(db: Database, sql: str, *cells: Any) -> Any:  # noqa: ANN401 - what that method takes and returns
            result = statement(db, sql, *cells)
            if db.path == self.path:
                self.shoot()
            return result

        return watched

    def shoot(self) -> Path:
        """Copy the files as they are, and return where the copy is."""
        shot = self.folder / f"shot-{self.shots}.db"
        copied(self.path, shot)
        self.shots += 1
        return shot

    def each(self) -> Iterator[tuple[int, Path]]:
        """Yield every copy with its number."""
        return ((number, self.folder / f"shot-{number}.db") for number in range(self.shots))


@pytest.fixture
def camera(tmp_path: Path) -> Camera:
    for name in ("live", "shots"):
        (tmp_path / name).mkdir()
    return Camera(tmp_path / "live" / "outbox.db", tmp_path / "shots")


# -- 1


async def test_a_released_row_that_was_reported_stored_survives_a_power_cut(camera: Camera) -> None:
    """The files are copied inside the report; that what is in them by then was synced is what the pragma says."""
    reported: list[int] = []
    shots: list[tuple[Path, int]] = []

    def report(told: Sequence[tuple[str, int, int]]) -> None:
        reported.extend(start_ms for _, _, start_ms in told)
        shots.append((camera.shoot(), len(reported)))

    outbox = await opened(camera.path, on_stored=report)
    assert await outbox._ask(lambda core: core._parts.db.number("synchronous")) == 2
    for index in range(0, 40, 4):
        await stored(outbox, rows(index, 4))
        await outbox.seal(partial=index % 3 == 0)
    await outbox.close()
    for path, count in shots:
        outbox = await opened(path)
        starts = [row(value).start_ms for value in delivered(await drained(outbox))]
        assert starts == reported[:count]
        await outbox.close()


async def test_a_released_row_that_was_reported_stored_survives_a_kill(tmp_path: Path) -> None:
    """Kills a process again and again, as soon as it has reported some rows."""
    path = tmp_path / "outbox.db"
    reported: set[int] = set()
    confirmed: dict[str, dict[int, str]] = {}
    next_row = 0
    for number in range(6):
        told = _run_and_kill(path, first=next_row, reports=random.Random(number).randrange(1, 40))
        for line in told:
            word, *rest = line.split()
            if word == "envelope":
                said = json.loads(bytes.fromhex(rest[0]))
                seqs = confirmed.setdefault(said["stream"], {})
                assert seqs.setdefault(said["seq"], rest[0]) == rest[0], "a seq was given twice"
            else:
                reported.add(int(rest[1]))
        next_row += 10_000
    outbox = await opened(path)
    envelopes = await drained(outbox) + [
        json.loads(bytes.fromhex(data)) for seqs in confirmed.values() for data in seqs.values()
    ]
    distinct = {(said["stream"], said["seq"]): said for said in envelopes}.values()
    starts = [start for said in distinct if said["kind"] == "batch" for start, _, _ in said["rows"]]
    assert reported <= set(starts)
    assert len(starts) == len(set(starts))
    await outbox.close()


def _run_and_kill(path: Path, *, first: int, reports: int) -> list[str]:
    """Start the child, kill it after some complete lines, and return them all."""
    command = [sys.executable, "-m", "tests.support.outbox_child", str(path), str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True) as child:
        assert child.stdout is not None
        lines = [child.stdout.readline() for _ in range(reports)]
        child.kill()
        lines += child.stdout.readlines()
    assert all(lines[:reports]), "the child ended by itself"
    return [line for line in lines if line.endswith("\n")]


# -- 2


async def test_a_seq_is_given_once(camera: Camera, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after any statement, the unit goes on with other rows; no seq that was seen ever means other bytes."""
    handed: dict[tuple[str, int], bytes] = {}
    known: list[int] = []
    outbox = await opened(camera.path)
    await outbox.declare(DECLARATION)
    camera.watch(monkeypatch)
    for index in range(0, 30, 10):
        await stored(outbox, rows(index, 10))
        await outbox.seal()
        known += [len(handed)] * (camera.shots - len(known))
        handed |= {(e.stream, e.seq): e.data for e in await waiting(outbox)}
    monkeypatch.undo()
    await outbox.close()
    seen = list(handed.items())
    for number, path in camera.each():
        _check_once(await _gone_on(path), dict(seen[: known[number]]))


async def _gone_on(path: Path) -> dict[tuple[str, int], bytes]:
    """Open a copy, store other rows, and return what leaves, twice the same."""
    outbox = await opened(path)
    await stored(outbox, rows(1000, 10))
    await outbox.seal(partial=True)
    first = await waiting(outbox)
    assert [e.data for e in await waiting(outbox)] == [e.data for e in first]
    await outbox.close()
    return {(e.stream, e.seq): e.data for e in first}


def _check_once(found: dict[tuple[str, int], bytes], handed: dict[tuple[str, int], bytes]) -> None:
    """What was handed out before the kill leaves again as it was; the chain goes on behind it without a hole."""
    for place, data in found.items():
        assert handed.get(place, data) == data
        stream, seq = place
        if seq:
            assert parsed_bytes(data)["prev"] == sha256(found[stream, seq - 1]).hexdigest()
    seqs = sorted(seq for stream, seq in found if stream == "air")
    assert seqs == list(range(len(seqs)))
    assert set(found) >= set(handed)


def parsed_bytes(data: bytes) -> dict[str, Any]:
    """Return what the bytes of a readable envelope say."""
    return parsed(Outgoing(row_id=0, stream="", epoch=b"", seq=0, lane=Lane.LIVE, data=data))


# -- 3


async def _ready(path: Path, count: int = 30, **options: Any) -> Outbox:  # noqa: ANN401 - options of `opened`
    """Return an outbox with `count` rows, two envelopes of them sealed."""
    outbox = await opened(path, **{"streams": AIR} | options)
    await stored(outbox, rows(0, count))
    await outbox.seal()
    return outbox


async def test_a_row_or_envelope_leaves_only_by_receipt(tmp_path: Path) -> None:
    outbox = await _ready(tmp_path / "outbox.db")
    before = [e.data for e in await waiting(outbox)]
    wrong = {"stream": "air", "epoch": outbox.epoch, "seq": 0, "receiver": RECEIVER, "hash": bytes(32)}
    assert await outbox.receipt(**wrong) is ReceiptOutcome.CONTRADICTED  # type: ignore[arg-type]  # fields of a receipt
    await outbox.flush()
    await outbox.close()
    outbox = await opened(tmp_path / "outbox.db", streams=AIR)
    first, *_ = envelopes = await waiting(outbox)
    assert [e.data for e in envelopes] == before
    assert await confirm(outbox, first) is ReceiptOutcome.APPLIED
    await outbox.flush()
    assert [e.data for e in await waiting(outbox)] == [e.data for e in envelopes if e.seq > first.seq]
    await outbox.close()


async def test_a_row_or_envelope_leaves_only_by_receipt_or_in_broker_mode_by_a_successful_puback(
    tmp_path: Path,
) -> None:
    outbox = await _ready(tmp_path / "outbox.db")
    first, *others = await waiting(outbox)
    await outbox.accepted(first.row_id)
    await outbox.flush()
    assert await waiting(outbox) == others
    found = await drained(outbox)
    assert lost(found) == 0
    await outbox.close()


async def test_a_row_or_envelope_that_is_evicted_or_purged_leaves_a_gap_record(tmp_path: Path) -> None:
    outbox = await _ready(tmp_path / "outbox.db", limits=TIGHT)
    for first in range(30, 12_030, 500):
        await stored(outbox, rows(first, 500))
    evicted = (await outbox.stats()).rows_evicted
    purged = await outbox.purge("air", until_ms=row(11_000).start_ms)
    found = await drained(outbox)
    reasons = {said["reason"] for said in found if said["kind"] == "gap"}
    counted = {
        reason: sum(said["count"] for said in found if said["kind"] == "gap" and said["reason"] == reason)
        for reason in reasons
    }
    assert evicted > 0
    assert purged.rows > 0
    assert counted == {GapReason.EVICTED: evicted, GapReason.PURGED: purged.rows}
    assert delivered(found) == list(range(11_000, 12_030))
    await outbox.close()


# -- 4


@pytest.mark.parametrize("streams", [AIR, NOISE], ids=["drop_oldest", "drop_newest"])
async def test_the_store_never_grows_past_its_byte_cap(tmp_path: Path, streams: Any) -> None:  # noqa: ANN401 - policies
    (name,) = streams
    outbox = await opened(tmp_path / "outbox.db", limits=TIGHT, streams=streams)
    for first in range(0, 9000, 300):
        await stored(outbox, rows(first, 300, stream=name))
        assert bytes_in(tmp_path) <= TIGHT.max_bytes
    found = await drained(outbox)
    assert len(delivered(found, name)) + lost(found, name) == 9000
    assert len(delivered(found, name)) > 1500
    full = (tmp_path / "outbox.db").stat().st_size
    await stored(outbox, rows(9000, 1500, stream=name))
    assert (tmp_path / "outbox.db").stat().st_size <= full, "pages are used again"
    await outbox.close()


async def test_the_store_never_grows_past_its_byte_cap_nor_eats_the_free_space_floor(tmp_path: Path) -> None:
    disk = (1 << 20) + 1_000_000
    limits = Limits(max_bytes=8 << 20, free_floor_bytes=1 << 20, loss_window_s=3600, log_bytes=16_000)
    path = tmp_path / "outbox.db"
    outbox = await opened(path, limits=limits, streams=AIR, free_bytes=lambda: disk - bytes_in(tmp_path))
    lowest = disk
    for first in range(0, 40_000, 1000):
        await stored(outbox, rows(first, 1000))
        lowest = min(lowest, disk - bytes_in(tmp_path))
        largest = path.stat().st_size
    assert lowest >= limits.free_floor_bytes
    assert (await outbox.stats()).rows_evicted > 0
    disk -= 200_000
    found = await drained(outbox)
    assert len(delivered(found)) + lost(found) == 40_000
    assert path.stat().st_size < largest // 2, "the file shrinks"
    await outbox.close()


# -- 5


@pytest.mark.parametrize("damage", ["a page", "the first page", "the end", "the WAL"])
async def test_a_damaged_store_never_stops_the_unit(tmp_path: Path, damage: str) -> None:
    live, path = tmp_path / "live.db", tmp_path / "outbox.db"
    outbox = await opened(live, streams=AIR)
    for first in range(0, 20_000, 1000):
        await stored(outbox, rows(first, 1000))
    await outbox._ask(lambda core: core._parts.db.checkpoint())
    await stored(outbox, rows(20_000, 1000))
    epoch = outbox.epoch
    if damage == "the WAL":
        copied(live, path)
    await outbox.close()
    if damage != "the WAL":
        shutil.copy(live, path)
    _damage(path, damage)
    outbox = await opened(path, streams=AIR)
    await stored(outbox, rows(21_000, 10))
    found = await drained(outbox)
    kept = delivered(found)
    assert (outbox.epoch != epoch, (tmp_path / "outbox.damaged-1").exists()) == (True, True)
    assert kept[-10:] == list(range(21_000, 21_010))
    assert len(kept) > 10_000, "what is readable is kept"
    assert kept == sorted(set(kept))
    gaps = [said for said in found if said["kind"] == "gap"]
    assert [said["reason"] for said in gaps] == [GapReason.DAMAGED] * len(gaps)
    assert len(kept) == 21_010 or gaps
    assert any(isinstance(entry, DamageEntry) for entry in await entries_of(outbox))
    await outbox.close()


def _damage(path: Path, damage: str) -> None:
    data = contents(path)
    middle = len(data) // 2
    if damage == "a page":
        overwrite(path, data[:middle] + bytes(2048) + data[middle + 2048 :])
    elif damage == "the first page":
        overwrite(path, bytes(512) + data[512:])
    elif damage == "the end":
        overwrite(path, data[: len(data) * 3 // 4])
    else:
        wal_path(path).unlink()


# -- 6


async def test_a_configuration_change_never_strands_or_deletes_what_is_buffered(tmp_path: Path) -> None:
    now = b"what the unit measures now"
    outbox = await opened(tmp_path / "outbox.db")
    await outbox.declare(DECLARATION)
    await stored(outbox, rows(0, 25) + rows(0, 5, stream="noise"))
    await outbox.close()
    outbox = await opened(tmp_path / "outbox.db", streams={"noise": replace(STREAMS["noise"], batch_rows=5)})
    await outbox.declare(now)
    await stored(outbox, rows(5, 5, stream="noise"), declaration=sha256(now).digest())
    found = await drained(outbox)
    assert (delivered(found), delivered(found, "noise"), lost(found)) == (list(range(25)), list(range(10)), 0)
    cited = [(said["rows"][0][1][0], said["declaration"]) for said in found if said["stream"] == "noise"]
    assert sorted(cited) == [(0, DIGEST.hex()), (5, sha256(now).hexdigest())]
    await outbox.close()


# -- 7


async def test_opening_takes_the_same_time_with_an_empty_store_and_a_full_one(tmp_path: Path) -> None:
    """Counts what SQLite reads: time is not the same twice on one machine, what a query has to look at is."""
    read = []
    for name, count in (("empty", 0), ("full", 40_000)):
        outbox = await opened(tmp_path / f"{name}.db", streams=AIR)
        for first in range(0, count, 4000):
            await stored(outbox, rows(first, 4000))
        await outbox.close()
        before = _bytes_read()
        outbox = await opened(tmp_path / f"{name}.db", streams=AIR)
        await outbox.seal()
        read.append(_bytes_read() - before)
        await outbox.close()
    assert (tmp_path / "full.db").stat().st_size > 400_000
    assert read[1] - read[0] < 32_768


def _bytes_read() -> int:
    lines = Path(f"/proc/{os.getpid()}/io").read_text().splitlines()
    return int(dict(line.split(": ") for line in lines)["rchar"])


# -- 8


async def test_what_is_written_to_flash_is_counted_and_bounded(tmp_path: Path) -> None:
    """Rows of one loss window are one commit; row, seal, receipt, counters and log share one; its pages are few."""
    outbox = await _ready(tmp_path / "outbox.db", limits=GENEROUS)
    envelope, *_ = await waiting(outbox)
    before, wal = (await outbox.stats()).commits, wal_path(tmp_path / "outbox.db").stat().st_size
    for index in range(30, 39):
        put(outbox, [row(index)])
    await confirm(outbox, envelope)
    await outbox.save_counters("budget", b"1")
    last = put(outbox, [row(39)])
    assert await outbox.seal() == 1
    await last
    assert (await outbox.stats()).commits == before + 1
    assert await outbox.load_counters("budget") == b"1"
    written = wal_path(tmp_path / "outbox.db").stat().st_size - wal
    assert written <= 24 * FRAME_BYTES, "12,864 bytes for ten rows, and all that came with them"
    await outbox.close()


# -- 9 and 10


async def test_what_can_leave_is_in_the_disclosure_log(camera: Camera, monkeypatch: pytest.MonkeyPatch) -> None:
    outbox = await opened(camera.path)
    await outbox.declare(DECLARATION)
    camera.watch(monkeypatch)
    for index in range(0, 20, 10):
        await stored(outbox, rows(index, 10))
        await outbox.seal()
    monkeypatch.undo()
    await outbox.close()
    for _, path in camera.each():
        outbox = await opened(path)
        known = {entry.hash for entry in await entries_of(outbox) if isinstance(entry, EnvelopeEntry)}
        assert {sha256(e.data).digest() for e in await waiting(outbox)} == known
        await outbox.close()


async def test_the_logs_chain_holds_whatever_happens(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    limits = replace(TIGHT, log_bytes=8000)
    outbox = await opened(path, limits=limits, streams=AIR)
    before: dict[int, bytes] = {}
    for first in range(0, 600, 10):
        await stored(outbox, rows(first, 10))
        for envelope in (await outbox.seal() and await waiting(outbox)) or []:
            await confirm(outbox, envelope)
        log = await log_of(outbox)
        assert verify(log.header, log.entries).complete
        assert all(before.setdefault(n.number, n.data) == n.data for n in log.entries)
    assert log.header.first > 1, "the oldest were cut"
    await outbox.close()
    shutil.copy(path, tmp_path / "whole.db")
    overwrite(path, bytes(512) + contents(path)[512:])
    outbox = await opened(path, limits=limits, streams=AIR)
    log = await log_of(outbox)
    assert verify(log.header, log.entries).complete
    assert isinstance(log.entries[-1].entry, DamageEntry)
    await outbox.close()
