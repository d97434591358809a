import asyncio
import shutil
from pathlib import Path

import pytest

from agent.buffer import files
from agent.buffer.errors import StoreUnavailable
from agent.buffer.store import wal_path
from tests.support.outbox import UNIT, contents, delivered, drained, opened, overwrite, rows, stored

ROWS = 30


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
