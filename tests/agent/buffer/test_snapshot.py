import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.buffer import snapshot as module
from agent.buffer.errors import StoreDamaged
from agent.buffer.snapshot import snapshot
from agent.buffer.wal import wal_path
from agent.errors import StoreError
from agent.wire.excerpt import verify
from tests.support.disclosures import log_of, order, tamper
from tests.support.outbox import UNIT, contents, opened, overwrite, rows, stored

ROOT = Path(__file__).parents[3]
SNAPSHOTS = 40


@pytest.fixture
def writing(tmp_path: Path) -> Iterator[tuple[Path, "subprocess.Popen[str]"]]:
    """Start a process that commits and checkpoints hard on a store."""
    path = tmp_path / "outbox.db"
    command = [sys.executable, "-m", "tests.support.snapshot_child", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True) as child:
        try:
            yield path, child
        finally:
            child.kill()


class _SlowCopies:
    """Copies, but every other database so slowly that the WAL is begun afresh before it is copied too."""

    def __init__(self) -> None:
        self.databases = 0
        self._copy = shutil.copyfile

    def __call__(self, of: Path, to: Path) -> None:
        self._copy(of, to)
        if of.suffix == ".db":
            self.databases += 1
            before = _salts(of)
            while self.databases % 2 and _salts(of) == before:
                os.sched_yield()


def _salts(path: Path) -> bytes:
    return contents(wal_path(path))[16:24]


def test_every_snapshot_of_a_store_at_work_verifies_and_misses_nothing(
    writing: tuple[Path, "subprocess.Popen[str]"], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, child = writing
    assert child.stdout is not None
    copies = _SlowCopies()
    monkeypatch.setattr(shutil, "copyfile", copies)
    for number in range(SNAPSHOTS):
        told = int(child.stdout.readline())
        with snapshot(path, folder=tmp_path, tries=2000) as log:
            verdict = verify(log.header, log.entries())
        assert verdict.complete, number
        assert log.header.last >= told, "an entry that was committed before is missing"
    assert copies.databases >= SNAPSHOTS * 3 // 2, "hardly ever was the WAL begun afresh"
    assert child.poll() is None, "the process was disturbed"
    assert not _folders(tmp_path)


def _folders(inside: Path) -> list[int]:
    """Return who may do what with each folder."""
    return [entry.stat().st_mode & 0o777 for entry in inside.iterdir() if entry.is_dir()]


async def test_snapshot_of_a_store_at_rest_is_its_log(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    outbox = await opened(path)
    await stored(outbox, rows(0, 10))
    await outbox.seal()
    await outbox.record(order)
    expected = await log_of(outbox)
    await outbox.close()
    with snapshot(path, folder=tmp_path) as log:
        assert log.header == expected.header
        assert tuple(log.entries()) == expected.entries
    assert log.header.unit == UNIT


async def test_snapshot_copies_into_a_folder_that_nobody_else_can_look_into(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    await (await opened(path)).close()
    with snapshot(path, folder=tmp_path):
        (mode,) = _folders(tmp_path)
        assert mode == 0o700
    assert not _folders(tmp_path)


async def test_snapshot_of_files_that_do_not_fit_each_other_is_taken_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "outbox.db"
    await (await opened(path)).close()
    generations = iter([("a",), ("b",), ("b",), ("c",), ("c",), ("c",)])
    copies: list[Path] = []

    def copy(of: Path, to: Path) -> None:
        copies.append(to)
        overwrite(to, contents(of))

    monkeypatch.setattr(module, "_generation", lambda _: next(generations))
    monkeypatch.setattr(shutil, "copyfile", copy)
    with snapshot(path, folder=tmp_path) as log:
        assert log.header.last == 0
    assert len([to for to in copies if to.name == "outbox.db"]) == 3


async def test_snapshot_of_a_store_that_is_never_at_rest_gives_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "outbox.db"
    await (await opened(path)).close()
    numbers = iter(range(1000))
    monkeypatch.setattr(module, "_generation", lambda _: (next(numbers),))
    with pytest.raises(StoreError, match="too fast"), snapshot(path, folder=tmp_path, tries=5):
        pass
    assert next(numbers) == 10


def test_snapshot_of_no_store_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be read: No such file"), snapshot(tmp_path / "outbox.db"):
        pass


def test_snapshot_of_something_else_says_damaged(tmp_path: Path) -> None:
    overwrite(tmp_path / "outbox.db", b"not a store" * 1000)
    with pytest.raises(StoreDamaged, match=r"outbox\.db"), snapshot(tmp_path / "outbox.db", folder=tmp_path):
        pass


async def test_snapshot_of_a_log_that_was_changed_does_not_verify(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    outbox = await opened(path)
    for _ in range(5):
        await outbox.record(order)
    await outbox.close()
    tamper(path, "DELETE FROM disclosure WHERE id = 3")
    with snapshot(path, folder=tmp_path) as log:
        verdict = verify(log.header, log.entries())
    assert not verdict.complete
