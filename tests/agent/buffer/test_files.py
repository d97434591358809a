import asyncio
import os
import shutil
from pathlib import Path

import pytest

from agent.buffer import files
from agent.buffer.errors import StoreUnavailable
from agent.buffer.wal import wal_path
from tests.support.outbox import UNIT, contents, delivered, drained, opened, overwrite, rows, stored

ROWS = 30
_CHMOD = Path.chmod


async def _fill(path: Path) -> None:
    outbox = await opened(path)
    await stored(outbox, rows(0, ROWS))
    await outbox.close()


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("original") / "outbox.db"
    asyncio.run(_fill(path))
    return path


@pytest.fixture
def path(original: Path, tmp_path: Path) -> Path:
    shutil.copy(original, tmp_path / "outbox.db")
    return tmp_path / "outbox.db"


async def _arrives(path: Path) -> list[int]:
    outbox = await opened(path)
    found = delivered(await drained(outbox))
    await outbox.close()
    return found


def test_directory_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="nowhere"):
        files.prepare(tmp_path / "nowhere" / "outbox.db", unit=UNIT)


def test_empty_store_is_complete_under_its_name_at_once(tmp_path: Path) -> None:
    files.prepare(tmp_path / "outbox.db", unit=UNIT)
    assert [entry.name for entry in tmp_path.iterdir()] == ["outbox.db"]


async def test_at_most_three_damaged_stores_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    for _ in range(5):
        path.write_bytes(b"damaged")
        await (await opened(path)).close()
    assert [entry.name for entry in files.set_aside(path)] == [f"outbox.damaged-{n}" for n in (3, 4, 5)]


async def test_damaged_stores_together_are_not_larger_than_a_store(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    for _ in range(3):
        path.write_bytes(bytes(9 << 20))
        await (await opened(path)).close()
    assert [entry.name for entry in files.set_aside(path)] == ["outbox.damaged-3"]


async def test_salvage_killed_between_the_renames_is_finished_at_the_next_start(path: Path) -> None:
    shutil.copy(path, files.new_path(path))
    shutil.move(path, path.with_name("outbox.damaged-1"))
    overwrite(wal_path(path), b"the damaged store's")
    assert await _arrives(path) == list(range(ROWS))
    assert contents(wal_path(path.with_name("outbox.damaged-2"))) == b"the damaged store's"


@pytest.mark.parametrize("store_is_there", [True, False])
async def test_salvage_killed_before_it_was_complete_begins_anew(path: Path, *, store_is_there: bool) -> None:
    overwrite(files.new_path(path), b"half a store")
    if not store_is_there:
        files.remove(path)
    assert await _arrives(path) == (list(range(ROWS)) if store_is_there else [])
    assert not files.new_path(path).exists()


def test_folder_in_the_place_of_the_store_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    (path / "something").mkdir(parents=True)
    files.prepare(path, unit="corner-1")
    assert path.read_bytes() == b""  # which is damage: the salvage makes a store of it, and declares the loss
    (aside,) = files.set_aside(path)
    assert (aside / "something").is_dir()
    files.remove(aside)
    assert (aside / "something").is_dir()


def test_empty_folder_that_was_set_aside_can_go(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    path.mkdir()
    files.prepare(path, unit="corner-1")
    files.remove(files.set_aside(path)[0])
    assert files.set_aside(path) == []


class _Permissions:
    """What the kernel tells an ordinary user: tests may run as root, who may do everything."""

    def __init__(self, *, owner: bool) -> None:
        self._owner = owner

    def access(self, path: Path, mode: int) -> bool:
        bits = path.stat().st_mode >> 6
        return all(bits & flag for flag in (os.R_OK, os.W_OK) if mode & flag)

    def chmod(self, path: Path, mode: int) -> None:
        if not self._owner:
            raise PermissionError(path)
        _CHMOD(path, mode)


def _as_user(monkeypatch: pytest.MonkeyPatch, *, owner: bool) -> None:
    user = _Permissions(owner=owner)
    monkeypatch.setattr("agent.buffer.files.os.access", user.access)
    monkeypatch.setattr(Path, "chmod", lambda path, mode: user.chmod(path, mode))  # noqa: PLW0108 - bound to the path


def test_store_without_permissions_gets_them_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "outbox.db"
    files.prepare(path, unit="corner-1")
    before = path.read_bytes()
    path.chmod(0)
    _as_user(monkeypatch, owner=True)
    files.prepare(path, unit="corner-1")
    assert (path.read_bytes(), path.stat().st_mode & 0o600) == (before, 0o600)
    assert files.set_aside(path) == []


def test_store_that_may_only_be_read_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "outbox.db"
    files.prepare(path, unit="corner-1")
    before, inode = path.read_bytes(), path.stat().st_ino
    path.chmod(0o400)
    _as_user(monkeypatch, owner=False)
    files.prepare(path, unit="corner-1")
    assert path.read_bytes() == before
    assert path.stat().st_ino != inode
    assert files.set_aside(path) == []


def test_store_that_may_not_be_read_is_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "outbox.db"
    files.prepare(path, unit="corner-1")
    path.chmod(0)
    _as_user(monkeypatch, owner=False)
    files.prepare(path, unit="corner-1")
    assert path.read_bytes() == b""
    assert len(files.set_aside(path)) == 1
