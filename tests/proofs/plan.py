"""Proof: what `lamppost plan` foretells is what a unit then does.

Real agents with sensors on pseudo-terminals, real mosquitto and the real receiver. Each unit works for a while, and
the model of the plan is asked about just as long: bytes on the wire, both directions, which the agent takes from the
kernel's count (`make prove-wire` holds that to the wire itself); the size of each stream's batch; bytes written to
the flash, from /proc/PID/io. What the buffer holds is compared with a real store in `tests/agent/planning`.

Control: a plan for batches half as long must be found out.
"""

import argparse
import asyncio
import shutil
import sqlite3
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from agent.config import Settings, load
from agent.planning import messages
from agent.planning.flash import writes_a_day
from agent.planning.traffic import Prices, stream_cost, traffic
from agent.wire.topics import Lane
from tests.crash.mounting import scratch
from tests.proofs.flash import after_a_commit, on_disk, unit_plan, working
from tests.proofs.wire_scene import WIDE
from tests.support.rig import Unit, UnitPlan, dust_stream, run_proof

WIRE, SIZE, FLASH = "wire", "batch", "flash"
TOLERANCE: Mapping[str, float] = {WIRE: 0.15, SIZE: 0.4, FLASH: 0.25}
"""By how much the plan may be wrong. How large a batch is depends on how much the values move; the simulated sensor's
hardly do, and the plan takes a three-hundredth of their range, so it is above."""
_DAY_S = 86_400


def plans() -> list[UnitPlan]:
    """Return the configurations."""
    small = unit_plan("small")
    return [
        small,
        replace(small, name="wide", streams=[dust_stream("dust", channels=WIDE, batch="10s")]),
        replace(
            small,
            name="many",
            streams=[dust_stream(f"dust{number}", sensor="dust", batch="10s") for number in range(6)],
        ),
        replace(
            small, name="slow", streams=[dust_stream("dust", window="2s", batch="20s")], buffer={"loss_window": "1s"}
        ),
    ]


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One figure of one unit: foretold and found."""

    unit: str
    what: str
    foretold: float
    found: float

    @property
    def error(self) -> float:
        """How much too high the plan was, as a part of what was found."""
        return self.foretold / self.found - 1

    @property
    def holds(self) -> bool:
        """Whether it is near enough."""
        return abs(self.error) <= TOLERANCE[self.what]


@dataclass(frozen=True, kw_only=True)
class Lived:
    """What a unit did."""

    settings: Settings
    seconds: float
    wire_bytes: int
    batch_bytes: float
    flash_seconds: float
    flash_bytes: int | None


async def live(unit: Unit, seconds: float, *, receiver: Path) -> Lived:
    """Let a unit work, and stop it."""
    settings = load(unit.folder / "unit.toml")
    began_s = float(unit.log.stat().st_ctime)
    first, first_s = await after_a_commit(unit), time.monotonic()
    await asyncio.sleep(seconds)
    last, last_s = await after_a_commit(unit), time.monotonic()
    assert await unit.stop() == 0, unit.log.read_text()
    ended_s = time.time()
    status = unit.status()
    return Lived(
        settings=settings,
        seconds=ended_s - began_s,
        wire_bytes=status["budget"]["total_bytes"],
        batch_bytes=await asyncio.to_thread(_batch_bytes, receiver, unit.plan.name),
        flash_seconds=last_s - first_s,
        flash_bytes=None if first.process is None or last.process is None else last.process - first.process,
    )


def _batch_bytes(store: Path, unit: str) -> float:
    """Return the size of a typical batch in the receiver's store: the middle one."""
    sql = (
        "SELECT length(data) FROM envelope JOIN chain ON chain.id = envelope.chain "
        "WHERE unit = ? AND envelope.declaration IS NOT NULL ORDER BY length(data)"
    )
    with closing(sqlite3.connect(f"{store.as_uri()}?mode=ro", uri=True)) as connection:
        sizes = [row[0] for row in connection.execute(sql, (unit,))]
    return float(sizes[len(sizes) // 2])


def compare(unit: str, lived: Lived, settings: Settings) -> list[Compared]:
    """Return what a plan says beside what was done."""
    month = traffic(settings, connections_a_day=_DAY_S / lived.seconds, seconds=lived.seconds)
    pairs = [
        (WIRE, month.month_bytes + _start_and_stop(settings), float(lived.wire_bytes)),
        (SIZE, float(month.streams[0].batch_bytes), lived.batch_bytes),
    ]
    if lived.flash_bytes:
        foretold = writes_a_day(settings).bytes * lived.flash_seconds / _DAY_S
        pairs.append((FLASH, foretold, float(lived.flash_bytes)))
    return [Compared(unit=unit, what=what, foretold=foretold, found=found) for what, foretold, found in pairs]


def _start_and_stop(settings: Settings) -> float:
    """Return what a start and a stop cost besides a connection: a plan is of a month, in which there are hardly any.

    Two statuses, when the sensors answer and when the service ends; and of each stream a batch that is not full.
    """
    statuses = 2 * Prices(settings).published(Lane.STATUS, messages.status(settings))
    return statuses + sum(stream_cost(settings, plan).message_bytes for plan in settings.streams) / 2


def half_as_long(settings: Settings) -> Settings:
    """Return a configuration with batches half as long: the plan for it is wrong."""
    streams = tuple(
        replace(plan, policy=replace(plan.policy, batch_rows=max(1, plan.policy.batch_rows // 2)))
        for plan in settings.streams
    )
    return replace(settings, streams=streams)


async def prove(folder: Path, units: Sequence[UnitPlan], *, seconds: float) -> dict[str, Lived]:
    """Let units work side by side."""
    memory = scratch()
    try:
        async with working(memory, units, partial(on_disk, disk=folder)) as running:
            receiver = memory / "receiver" / "receiver.db"
            lives = [live(unit, seconds, receiver=receiver) for unit in running.values()]
            return dict(zip(running, await asyncio.gather(*lives), strict=True))
    finally:
        shutil.rmtree(memory, ignore_errors=True)


async def main(folder: Path, options: argparse.Namespace) -> int:
    """Run the proof and its control; return 0 when it holds."""
    began = time.monotonic()
    print(f"seed: {options.seed} (nothing is random here)")
    lived = await prove(folder, plans(), seconds=options.seconds)
    found = [one for name, life in lived.items() for one in compare(name, life, life.settings)]
    print("  unit     figure   foretold      found     error")
    for one in found:
        verdict = "" if one.holds else "  TOO FAR"
        values = f"{one.foretold:10,.0f} {one.found:10,.0f} {100 * one.error:+8.1f} %"
        print(f"  {one.unit:<8} {one.what:<6} {values}{verdict}")
    wrong = [one for name, life in lived.items() for one in compare(name, life, half_as_long(life.settings))]
    caught = all(any(not one.holds for one in wrong if one.unit == name) for name in lived)
    print("control with the plan for batches half as long: " + ("fails, as it must" if caught else "DOES NOT FAIL"))
    failed = not all(one.holds for one in found) or not caught
    print(f"prove-plan: {'FAILED' if failed else 'holds'} ({time.monotonic() - began:.0f} s)")
    return 1 if failed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Compare what a plan foretells with what units do.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=int, default=180, help="how long the units work; default: %(default)s")
    parser.add_argument("--keep", action="store_true", help="keep the files")
    chosen = parser.parse_args()
    sys.exit(run_proof(lambda folder: main(folder, chosen), keep=chosen.keep))
