import os
import random
import sqlite3
from pathlib import Path

import pytest

from tests.crash.disk import Disk, Way
from tests.crash.journal import Event, What, read
from tests.crash.mounting import recorded, why_no_fuse

pytestmark = pytest.mark.fuse


@pytest.fixture(autouse=True)
def _fuse() -> None:
    if reason := why_no_fuse():
        pytest.skip(reason)


def _disk(events: list[Event]) -> Disk:
    disk = Disk()
    for event in events:
        disk.play(event)
    return disk


def test_recorder_passes_everything_through_and_can_be_played_again(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    folder.mkdir()
    (folder / "before").write_bytes(b"b" * 5000)
    with recorded(folder, home=tmp_path / "home") as recording:
        (folder / "inbox").mkdir()
        (folder / "inbox" / "draft").write_bytes(b"draft")
        (folder / "inbox" / "draft").rename(folder / "inbox" / "letter")
        with (folder / "before").open("r+b") as file:
            file.seek(100)
            file.write(b"middle")
            file.truncate(3000)
        (folder / "gone").write_bytes(b"gone")
        (folder / "gone").unlink()
        assert (folder / "before").read_bytes() == b"b" * 100 + b"middle" + b"b" * 2894
        assert sorted(path.name for path in folder.iterdir()) == ["before", "inbox"]
        kept = {
            path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
        }
    state = _disk(read(recording.journal)).cut(Way.EVERYTHING, random.Random(0))
    assert {name: bytes(data) for name, data in state.files.items() if data is not None} == kept
    assert _disk(read(recording.journal)).cut(Way.NOTHING, random.Random(0)).files == {"before": b"b" * 5000}


def test_word_given_after_a_sync_stands_behind_it(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    folder.mkdir()
    with recorded(folder, home=tmp_path / "home") as recording:
        handle = os.open(folder / "file", os.O_WRONLY | os.O_CREAT)
        os.write(handle, b"data")
        os.fsync(handle)
        recording.say(b"stored\n")
        os.write(handle, b"more")
        os.close(handle)
    order = [event.what for event in read(recording.journal)]
    assert order[-5:] == [What.CREATE, What.WRITE, What.SYNC, What.SAID, What.WRITE]


def test_database_that_is_recorded_syncs_before_its_commit_returns(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    folder.mkdir()
    with recorded(folder, home=tmp_path / "home") as recording:
        db = sqlite3.connect(folder / "some.db", isolation_level=None)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("CREATE TABLE t (x)")
        db.execute("INSERT INTO t VALUES (7)")
        recording.say(b"stored\n")
        db.execute("INSERT INTO t VALUES (8)")
        db.close()
    events = read(recording.journal)
    said = next(index for index, event in enumerate(events) if event.what is What.SAID)
    after = tmp_path / "after"
    after.mkdir()
    _disk(events[: said + 1]).cut(Way.NOTHING, random.Random(0)).write(after)
    db = sqlite3.connect(after / "some.db")
    assert db.execute("SELECT x FROM t").fetchall() == [(7,)]
    db.close()
