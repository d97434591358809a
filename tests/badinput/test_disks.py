"""A disk that is full: the agent goes on measuring, says so, and stores what it holds when there is space again."""

import contextlib
import resource
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.control.state import create
from tests.support.corner import Corner
from tests.support.rig import Rig

pytestmark = pytest.mark.broker

_SENSORS = ("dust", "kerb")
_CAP_SYS_ADMIN = 21


def _may_mount() -> bool:
    status = Path("/proc/self/status").read_text()
    effective = next(line for line in status.splitlines() if line.startswith("CapEff:"))
    return bool(int(effective.split()[1], 16) >> _CAP_SYS_ADMIN & 1)


_WAYS = ["limited", *(["full"] if _may_mount() else [])]
"""A real disk takes root to mount; a limit on the size of files does as well."""


@contextlib.contextmanager
def _small_disk(folder: Path, way: str) -> Iterator[None]:
    if way == "limited":
        yield
        return
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", folder], check=True)
    create(folder)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextlib.contextmanager
def _filled(folder: Path) -> Iterator[None]:
    """Fill the disk that a folder is on."""
    ballast = folder / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    yield
    ballast.unlink()


@contextlib.contextmanager
def _no_space(corner: Corner, way: str) -> Iterator[None]:
    """Let the store's disk take nothing more."""
    store, process = corner.unit.store.parent, corner.unit.process
    assert process is not None
    if way == "full":
        with _filled(store):
            yield
    else:
        largest = max(file.stat().st_size for file in store.iterdir())
        before = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (largest, before[1]))
        yield
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, before)


def _starts(rows: list[dict[str, Any]], stream: str) -> list[int]:
    return sorted(row["start_ms"] for row in rows if row["stream"] == stream)


@pytest.mark.parametrize("way", _WAYS)
async def test_full_disk_stops_nothing_and_loses_nothing_that_was_measured_meanwhile(
    tmp_path: Path, way: str
) -> None:
    async with Rig(tmp_path) as rig:
        corner = Corner(rig, sensors=_SENSORS, extra={"buffer": {"free_floor": "1B", "max_bytes": "1MB"}})
        await rig.start()
        with _small_disk(corner.unit.store.parent, way):
            async with corner:
                await corner.more_rows(2)
                with _no_space(corner, way):
                    await corner.told("nothing can be stored")
                    known = await corner.status(lambda known: known["outbox"]["trouble"])
                    await corner.status(lambda later: later["readings"] > known["readings"] + 10)
                await corner.told("the outbox stores again")
                await corner.more_rows(2)
                mended = await corner.status(lambda known: not known["outbox"]["trouble"])
            rows = await corner.nothing_lost()
    assert known["outbox"]["trouble"] == {"full": "full", "limited": "unavailable"}[way]
    assert all(one["state"] == "ok" for one in known["sensors"].values())
    assert mended["outbox"]["damaged_files"] == 0
    for stream in _SENSORS:
        starts = _starts(rows, stream)
        assert starts == list(range(starts[0], starts[-1] + 1, 1000)), "every window since the start"


@pytest.mark.mounts
@pytest.mark.skipif(not _may_mount(), reason="takes root, to mount a small disk")
async def test_agent_that_is_started_on_a_full_disk_measures_and_stores_when_there_is_space(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        corner = Corner(rig, sensors=_SENSORS, extra={"buffer": {"free_floor": "1B", "max_bytes": "1MB"}})
        await rig.start()
        store = corner.unit.store.parent
        with _small_disk(store, "full"):
            async with corner:
                await corner.more_rows(2)
                assert await corner.unit.stop() == 0
                with _filled(store):
                    corner.unit.start()
                    await corner.told("nothing can be stored")
                    known = await corner.status(lambda known: known["outbox"] and known["outbox"]["trouble"])
                    await corner.status(lambda later: later["readings"] > known["readings"] + 10)
                await corner.told("the outbox stores again")
                await corner.more_rows(2)
                mended = await corner.status(lambda known: known["outbox"] and not known["outbox"]["trouble"])
            await corner.nothing_lost()
    assert known["outbox"]["trouble"] == "full"
    assert mended["outbox"]["damaged_files"] == 0
