"""Proof: at one row a second and ten rows a commit, at most 1,200 bytes are written to the flash for a row.

Real agents with a sensor on a pseudo-terminal each, real mosquitto and the real receiver; windows of a second,
batches of ten rows (each commit has a seal and a receipt) and of thirty, the disclosure log on, so that rows, seals,
receipts and entries of the log are all in what is counted. All but the store lies in memory, as on a unit. What is
written is counted in two ways:

- of one unit `write_bytes` of /proc/PID/io, pages of 4 KiB that the process made dirty: this is judged;
- of another what reached the block device of an ext4 file system of its own (/sys/block/loopN/stat), where one can be
  mounted (as root, with a loop device). It has no journal unless `--journal` is given. This is shown: it has the file
  system's own pages in it (inodes, bitmaps, the superblock), which are no matter of the agent's.

The agent's own count, in its status, must be the kernel's. Control, at the same time: an agent that commits each row
by itself must be over it.
"""

import argparse
import asyncio
import contextlib
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.bench.processes import disk_bytes
from tests.crash.mounting import ext4, scratch, why_no_ext4
from tests.support.broker import find_program
from tests.support.rig import NumberedDust, Rig, Unit, UnitPlan, dust_stream, run_proof, tick_for_ever, until

MOST_BYTES = 1200
AGREEMENT = 0.1
EACH = ("-m", "tests.proofs.broken_cost", "commit-each")
BATCH = "30s"
GROUPED, DEVICE, SHORT, APART = "grouped", "device", "short", "apart"
_IMAGE_BYTES = 96 << 20
_SECTOR = 512
_WARM_ROWS = 30
_SETTLE_S = 0.5


def unit_plan(name: str, *, batch: str = "10s", program: Sequence[str] = ("-m", "agent")) -> UnitPlan:
    """Return a unit that stores a row each second and commits ten together."""
    return UnitPlan(
        name=name,
        sensors={"dust": "pmsx003"},
        streams=[dust_stream("dust", batch=batch)],
        buffer={"loss_window": "10s", "max_bytes": "64MB"},
        program=program,
        options=("--keep-status", "--status-every", "2"),
    )


Medium = Callable[[Unit], contextlib.AbstractContextManager[None]]
"""Puts a unit's store somewhere."""


@dataclass(frozen=True, kw_only=True)
class Count:
    """One look: rows reported as stored, and bytes written; None where that cannot be seen."""

    rows: int
    process: int | None
    block: int | None


@dataclass(frozen=True, kw_only=True)
class Written:
    """Bytes written for a row, by either way of counting, and what the agent itself says of its whole life."""

    unit: str
    rows: int
    process: float | None
    block: float | None
    said: int
    life: int | None


@contextlib.contextmanager
def on_disk(unit: Unit, disk: Path) -> Iterator[None]:
    """Move a unit's store to a folder on a disk."""
    store = unit.store.parent
    shutil.move(store, disk / unit.plan.name)
    store.symlink_to(disk / unit.plan.name)
    yield


@contextlib.contextmanager
def on_ext4(unit: Unit, disk: Path, *, journal: bool) -> Iterator[None]:
    """Put a unit's store on a file system of its own, with what is already in it."""
    store = unit.store.parent
    image, aside = disk / f"{unit.plan.name}.image", unit.folder / "aside"
    with image.open("wb") as file:
        file.truncate(_IMAGE_BYTES)
    program = find_program("mkfs.ext4")
    assert program is not None
    options = ("-q", "-F", "-b", "4096", "-E", "lazy_itable_init=0", *(() if journal else ("-O", "^has_journal")))
    subprocess.run([program, *options, image], check=True)
    shutil.move(store, aside)
    store.mkdir()
    with ext4(image, store):
        shutil.copytree(aside, store, dirs_exist_ok=True)
        yield


def on_medium(unit: Unit, disk: Path, *, journal: bool) -> contextlib.AbstractContextManager[None]:
    """Put a unit's store where it is to be counted."""
    return on_ext4(unit, disk, journal=journal) if unit.plan.name == DEVICE else on_disk(unit, disk)


def block_bytes(folder: Path) -> int | None:
    """Return what was written to the block device of a folder that is mounted by itself; None for any other."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    device = next((where for where, mounted, *_ in mounts if mounted == str(folder)), None)
    if device is None:
        return None
    fields = Path("/sys/block", Path(device).name, "stat").read_text().split()
    return int(fields[6]) * _SECTOR


def count(unit: Unit) -> Count:
    """Return where a unit's counters are now."""
    assert unit.process is not None
    return Count(rows=len(unit.stored), process=_process_bytes(unit), block=block_bytes(unit.store.parent))


async def after_a_commit(unit: Unit) -> Count:
    """Return where a unit's counters are shortly after a commit: between two there are whole ones."""
    rows = len(unit.stored)
    await until(lambda: len(unit.stored) > rows, what="a commit")
    await asyncio.sleep(_SETTLE_S)
    return count(unit)


def _process_bytes(unit: Unit) -> int | None:
    """Return what the agent has written; what started it (setpriv) has become it."""
    assert unit.process is not None
    return disk_bytes(unit.process.pid)


@contextlib.asynccontextmanager
async def working(folder: Path, plans: Sequence[UnitPlan], medium: Medium) -> AsyncIterator[Mapping[str, Unit]]:
    """Start everything; each unit has stored its first rows."""
    async with contextlib.AsyncExitStack() as stack:
        rig = Rig(folder)
        units = {plan.name: rig.add(plan) for plan in plans}
        for unit in units.values():
            stack.enter_context(medium(unit))
        await stack.enter_async_context(rig)
        sensors = [NumberedDust(unit.link("dust")) for unit in units.values()]
        await rig.start()
        ticking = asyncio.create_task(tick_for_ever(sensors, period_s=1.0, phase_s=0.5))
        try:
            for unit in units.values():
                unit.start()
            for unit in units.values():
                await until(partial(_warm, unit), what=f"rows of {unit.plan.name}", deadline_s=90)
            yield units
        finally:
            ticking.cancel()
            for sensor in sensors:
                sensor.close()


def _warm(unit: Unit) -> bool:
    return len(unit.stored) >= _WARM_ROWS


async def measure(folder: Path, plans: Sequence[UnitPlan], *, seconds: float, medium: Medium) -> list[Written]:
    """Return what each unit writes for a row, in so many seconds."""
    found = []
    async with working(folder, plans, medium) as units:
        before = {name: await after_a_commit(unit) for name, unit in units.items()}
        await asyncio.sleep(seconds)
        after = {name: await after_a_commit(unit) for name, unit in units.items()}
        for name, unit in units.items():
            life = _process_bytes(unit)
            said = unit.status()["flash"]["total_bytes"]
            found.append(_written(name, before[name], after[name], said=said, life=life))
            assert await unit.stop() == 0, unit.log.read_text()
    return found


def _written(name: str, before: Count, after: Count, *, said: int, life: int | None) -> Written:
    rows = after.rows - before.rows

    def each(first: int | None, last: int | None) -> float | None:
        return None if first is None or last is None else (last - first) / rows

    process, block = each(before.process, after.process), each(before.block, after.block)
    return Written(unit=name, rows=rows, process=process, block=block, said=said, life=life)


def wrong(found: Written) -> list[str]:
    """Return what does not hold."""
    problems = [
        f"{found.unit}: {value:.0f} bytes a row by {way}, at most {MOST_BYTES}"
        for way, value in (("/proc", found.process), ("the block device", found.block))
        if value is not None and value > MOST_BYTES
    ]
    if not found.rows:
        problems.append(f"{found.unit}: no row was stored")
    if found.process is not None and found.process < _SECTOR // 2:
        problems.append(f"{found.unit}: hardly anything was written: name a folder on a disk")
    return problems


def miscounted(found: Written) -> list[str]:
    """Return how the agent's own count differs from the kernel's; its last look was up to seven seconds ago."""
    if found.life is None or found.life * (1 - AGREEMENT) <= found.said <= found.life:
        return []
    return [f"{found.unit}: says that it wrote {found.said} bytes; the kernel says {found.life}"]


def tell(found: Written) -> None:
    """Print one line of the table."""
    values = [f"{value:8,.0f}" if value is not None else "       -" for value in (found.process, found.block)]
    print(f"  {found.unit:<10} {found.rows:5} {values[0]} {values[1]}", flush=True)


async def main(folder: Path, options: argparse.Namespace) -> int:
    """Run the proof and its control; return 0 when it holds."""
    began = time.monotonic()
    print(f"seed: {options.seed} (nothing is random here)")
    missing = why_no_ext4()
    kind = "ext4 with its journal" if options.journal else "ext4 without a journal"
    print(f"block device: {missing or kind}")
    plans = [unit_plan(GROUPED, batch=BATCH), unit_plan(SHORT), unit_plan(APART, batch=BATCH, program=EACH)]
    plans += [] if missing else [unit_plan(DEVICE, batch=BATCH)]
    print("  unit        rows    /proc    block   bytes written for a row")
    memory = scratch()
    try:
        medium = partial(on_medium, disk=folder, journal=options.journal)
        measured = await measure(memory, plans, seconds=options.seconds, medium=medium)
    finally:
        shutil.rmtree(memory, ignore_errors=True)
    units = {found.unit: found for found in measured}
    for found in measured:
        tell(found)
    good, bad = units[GROUPED], units[APART]
    problems = [problem for unit in (good, units[SHORT]) for problem in (*wrong(unit), *miscounted(unit))]
    if DEVICE in units:
        print(f"  {DEVICE}: not judged: the file system's own pages are in it")
    for problem in problems:
        print(f"  {problem}")
    caught = bool(wrong(bad))
    print("control with a commit for each row: " + ("fails, as it must" if caught else "DOES NOT FAIL"))
    seen = good.process is not None
    if not seen:
        print("nothing could be counted: run it as root")
    failed = bool(problems) or not caught or not seen
    print(f"prove-flash: {'FAILED' if failed else 'holds'} ({time.monotonic() - began:.0f} s)")
    return 1 if failed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Count the bytes that a unit writes to its flash for a row.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=int, default=180, help="length of the measurement; default: %(default)s")
    parser.add_argument("--journal", action="store_true", help="let the file system have a journal")
    parser.add_argument("--keep", action="store_true", help="keep the files")
    chosen = parser.parse_args()
    sys.exit(run_proof(lambda folder: main(folder, chosen), keep=chosen.keep))
