import random
from collections.abc import Sequence

import pytest

from tests.crash.disk import CHOICES, SECTOR, Disk, Way
from tests.crash.journal import ROOT, Event, What

FILE, FOLDER = 2, 3


def _create(name: str, node: int = FILE, folder: int = ROOT) -> Event:
    return Event(what=What.CREATE, node=node, folder=folder, name=name)


def _write(data: bytes, at: int = 0, node: int = FILE) -> Event:
    return Event(what=What.WRITE, node=node, at=at, data=data)


def _played(*events: Event) -> Disk:
    disk = Disk()
    for event in events:
        disk.play(event)
    return disk


def _sync(node: int, before: int) -> Event:
    return Event(what=What.SYNC, node=node, at=before)


def _files(disk: Disk, way: Way, seed: int = 0) -> dict[str, bytes | None]:
    files = disk.cut(way, random.Random(seed)).files
    return {name: None if data is None else bytes(data) for name, data in files.items()}


SYNCED: Sequence[Event] = (_create("a"), _write(b"old"), _sync(FILE, 2), _sync(ROOT, 3))


@pytest.mark.parametrize("way", list(Way))
def test_what_is_synced_is_there_whatever_the_cut(way: Way) -> None:
    assert _files(_played(*SYNCED), way) == {"a": b"old"}


def test_name_that_is_not_synced_may_be_missing() -> None:
    disk = _played(_create("a"), _write(b"old"), _sync(FILE, 2))
    assert _files(disk, Way.NOTHING) == {}
    assert _files(disk, Way.EVERYTHING) == {"a": b"old"}


def test_contents_that_are_not_synced_may_be_missing_under_their_name() -> None:
    disk = _played(_create("a"), _write(b"old"), _sync(ROOT, 2))
    assert _files(disk, Way.NOTHING) == {"a": b""}
    assert _files(disk, Way.EVERYTHING) == {"a": b"old"}


def test_rename_without_contents_leaves_the_new_name_empty() -> None:
    new = 4
    renamed = Event(what=What.RENAME, node=new, folder=ROOT, name="a.new", to_folder=ROOT, to_name="a")
    disk = _played(*SYNCED, _create("a.new", new), _write(b"new", node=new), renamed)
    assert _files(disk, Way.NOTHING) == {"a": b"old"}
    assert _files(disk, Way.NAMES) == {"a": b""}
    assert _files(disk, Way.CONTENTS) == {"a": b"old"}
    assert _files(disk, Way.EVERYTHING) == {"a": b"new"}


def test_write_is_torn_at_sectors_and_in_any_order() -> None:
    disk = _played(*SYNCED, _write(b"\x01" * 400 + b"\x02" * 600, at=200))
    assert [len(piece.data) for piece in disk.pieces] == [SECTOR - 200, SECTOR, 1200 - 2 * SECTOR]
    found = {_files(disk, Way.FEW, seed)["a"] for seed in range(60)}
    late = b"old" + bytes(2 * SECTOR - 3) + b"\x02" * (1200 - 2 * SECTOR)
    assert late in found, "the last sector was never there alone"
    assert len(found) == 7, "each part of three sectors, the whole, and nothing less"


def test_beginning_that_is_kept_whole_is_not_torn() -> None:
    disk = Disk(whole_bytes=2048)
    for event in (*SYNCED, _write(bytes(4096))):
        disk.play(event)
    assert [len(piece.data) for piece in disk.pieces] == [2048, SECTOR, SECTOR, SECTOR, SECTOR]


def test_sync_covers_what_came_before_it_began() -> None:
    disk = _played(*SYNCED, _write(b"1", at=3), _write(b"2", at=4), _sync(FILE, 5))
    assert _files(disk, Way.NOTHING) == {"a": b"old1"}
    assert _files(disk, Way.EVERYTHING) == {"a": b"old12"}


def test_truncation_and_deletion_wait_for_their_sync() -> None:
    disk = _played(
        *SYNCED, Event(what=What.TRUNCATE, node=FILE, at=1), Event(what=What.UNLINK, node=FILE, folder=ROOT, name="a")
    )
    assert _files(disk, Way.NOTHING) == {"a": b"old"}
    assert _files(disk, Way.CONTENTS) == {"a": b"o"}
    assert _files(disk, Way.EVERYTHING) == {}


def test_file_in_a_folder_that_is_not_synced_is_gone_with_it() -> None:
    folder = Event(what=What.FOLDER, node=FOLDER, folder=ROOT, name="inbox")
    disk = _played(folder, _create("a", FILE, FOLDER), _write(b"x"), _sync(FILE, 3), _sync(FOLDER, 4))
    assert _files(disk, Way.NOTHING) == {}
    assert _files(disk, Way.EVERYTHING) == {"inbox": None, "inbox/a": b"x"}


@pytest.mark.parametrize("way", list(Way))
def test_every_way_keeps_pieces_in_their_order(way: Way) -> None:
    disk = _played(*SYNCED, *(_write(bytes([number]) * 2000, at=number * 100) for number in range(5)))
    for seed in range(10):
        chosen = CHOICES[way](disk.pieces, random.Random(seed))
        places = [disk.pieces.index(piece) for piece in chosen]
        assert places == sorted(places)
