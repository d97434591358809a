"""The power is cut while a store is opened: made, found as a kill left it, brought to a newer schema, or salvaged."""

import itertools
import random
import shutil
import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.buffer.store import APPLICATION_ID
from agent.buffer.wal import PAGE_BYTES, wal_path
from tests.crash.disk import NAME_EVENTS, Disk, Way
from tests.crash.journal import Event, What, read
from tests.crash.mounting import recorded, scratch, why_no_fuse
from tests.support.outbox import (
    DECLARATION,
    StillClock,
    contents,
    copied,
    delivered,
    drained,
    lost,
    opened,
    overwrite,
    rows,
    stored,
)

pytestmark = pytest.mark.fuse

STATES = 40
DUMP = Path(__file__).parents[1] / "agent" / "buffer" / "dumps" / "0001.sql"
STORE = "outbox.db"


@dataclass(frozen=True)
class Held:
    """What a store gives away in the end, and whether it was taken for damaged."""

    air: list[int]
    noise: list[int]
    lost: int
    damaged: int


async def _killed(folder: Path) -> None:
    """Leave rows of two streams, some sealed, as a killed process does."""
    outbox = await opened(folder / "live.db")
    await outbox.declare(DECLARATION)
    await stored(outbox, rows(0, 20))
    await outbox.close()
    outbox = await opened(folder / "live.db")
    await stored(outbox, rows(20, 10))
    await outbox.seal()
    await stored(outbox, rows(0, 14, stream="noise"))
    await stored(outbox, rows(30, 7))
    copied(folder / "live.db", folder / STORE)
    await outbox.close()
    (folder / "live.db").unlink()


async def _nothing(folder: Path) -> None:
    del folder


async def _closed(folder: Path) -> None:
    await _killed(folder)
    await (await opened(folder / STORE)).close()


async def _version_1(folder: Path) -> None:
    db = sqlite3.connect(folder / STORE)
    for pragma in (f"page_size={PAGE_BYTES}", "auto_vacuum=INCREMENTAL", f"application_id={APPLICATION_ID}"):
        db.execute(f"PRAGMA {pragma}")
    db.executescript(DUMP.read_text())
    db.execute("PRAGMA user_version=1")
    db.close()


async def _flipped(folder: Path) -> None:
    """Damage a page in the WAL before its last commits."""
    await _killed(folder)
    wal = wal_path(folder / STORE)
    damaged = bytearray(contents(wal))
    damaged[len(damaged) // 3] ^= 1
    overwrite(wal, damaged)


async def _headless(folder: Path) -> None:
    """Damage the first page."""
    await _closed(folder)
    path = folder / STORE
    overwrite(path, bytes(PAGE_BYTES) + contents(path)[PAGE_BYTES:])


async def _without_wal(folder: Path) -> None:
    await _killed(folder)
    wal_path(folder / STORE).unlink()


Make = Callable[[Path], Awaitable[None]]
WHOLE: Mapping[str, Make] = {"new": _nothing, "killed": _killed, "closed": _closed, "version 1": _version_1}
DAMAGED: Mapping[str, Make] = {"flipped": _flipped, "headless": _headless, "without WAL": _without_wal}
MENDED = _headless
"""Only the schema was lost: once that is put in again, and power goes, nothing is missing any more."""


@pytest.fixture
def place() -> Iterator[Path]:
    """Return a folder in memory."""
    if reason := why_no_fuse():
        pytest.skip(reason)
    folder = scratch()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


async def _held(folder: Path) -> Held:
    """Open a store in another boot, empty it, and return what it gave."""
    outbox = await opened(folder / STORE, clock=StillClock(boot_id=b"another boot...."))
    damaged = (await outbox.stats()).damaged_files
    await outbox.declare(DECLARATION)
    found = await drained(outbox)
    await outbox.close()
    return Held(delivered(found), delivered(found, "noise"), lost(found), damaged)


async def _recorded(place: Path, make: Make) -> tuple[Held, list[Event], int]:
    """Open a store once on a disk that is recorded; return what it held, and what happened from which event on."""
    folder, other = place / "store", place / "other"
    folder.mkdir()
    await make(folder)
    shutil.copytree(folder, other)
    expected = await _held(other)
    with recorded(folder, home=place / "home") as recording:
        recording.say(b"begin\n")
        await (await opened(folder / STORE)).close()
    events = read(recording.journal)
    return expected, events, next(index for index, event in enumerate(events) if event.who)


async def _after_cuts(place: Path, events: list[Event], *, begin: int) -> list[tuple[str, Held]]:
    """Cut at points that are spread over the events, and return what each state held."""
    rng, disk, found = random.Random(1), Disk(), []
    every = max(1, (len(events) - begin) // STATES)
    for index, event in enumerate(events):
        disk.play(event)
        if index >= begin and (index - begin) % every == 0:
            way = rng.choice(tuple(Way))
            folder = place / f"state-{index}"
            folder.mkdir()
            disk.cut(way, rng).write(folder)
            found.append((f"event {index}, {way}", await _held(folder)))
            shutil.rmtree(folder)
    return found


@pytest.mark.parametrize("make", WHOLE.values(), ids=WHOLE.keys())
async def test_cut_while_a_store_is_opened_loses_nothing_and_is_no_damage(place: Path, make: Make) -> None:
    expected, events, begin = await _recorded(place, make)
    assert expected.damaged == 0
    for where, held in await _after_cuts(place, events, begin=begin):
        assert held == expected, where


@pytest.mark.parametrize("make", DAMAGED.values(), ids=DAMAGED.keys())
async def test_cut_while_a_store_is_salvaged_loses_nothing_that_could_be_read(place: Path, make: Make) -> None:
    expected, events, begin = await _recorded(place, make)
    assert expected.damaged == 1
    for where, held in await _after_cuts(place, events, begin=begin):
        assert (held.air, held.noise, held.lost) == (expected.air, expected.noise, expected.lost), where
        assert held.damaged in {1, 2} or make is MENDED, where


async def _names_apart(place: Path, events: list[Event], *, begin: int) -> list[tuple[str, Held]]:
    """Cut wherever names are not synced, with every part of them, and return what each state held."""
    disk, found, seen = Disk(), [], set()
    for index, event in enumerate(events):
        disk.play(event)
        names = [piece for piece in disk.pieces if piece.event.what in NAME_EVENTS]
        if index < begin or not names or event.what is What.WRITE:
            continue
        for kept in itertools.product((False, True), repeat=len(names)):
            gone = {id(piece) for piece, there in zip(names, kept, strict=True) if not there}
            state = disk.keep([piece for piece in disk.pieces if id(piece) not in gone])
            if state.digest not in seen:
                seen.add(state.digest)
                folder = place / f"state-{len(seen)}"
                folder.mkdir()
                state.write(folder)
                found.append((f"event {index}, {sorted(state.files)}", await _held(folder)))
                shutil.rmtree(folder)
    return found


@pytest.mark.parametrize("make", [_flipped, _without_wal], ids=["flipped", "without WAL"])
async def test_damaged_store_is_set_aside_before_another_takes_its_name(place: Path, make: Make) -> None:
    expected, events, begin = await _recorded(place, make)
    states = await _names_apart(place, events, begin=begin)
    assert len(expected.air) >= 20
    assert len(states) > 5
    for where, held in states:
        assert (held.air, held.noise, held.lost) == (expected.air, expected.noise, expected.lost), where
        assert held.damaged in {1, 2}, where
