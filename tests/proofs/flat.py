"""Proof: the agent's memory stays flat through a day with a full buffer, a failing sensor and a broker half away.

The agent runs as a process whose clock is a hundred times as fast (`tests.proofs.fast_agent`), so that 24 hours take
a quarter of one. Seven streams of a dust sensor make two-second windows of 42 channels; a second sensor is silent
most of the time, fails, is opened anew, and fails again. The store may have 1 MB, which is an hour and less. A cycle
of six hours (of a third of a shorter run) goes round: half of it without a broker, in which the store fills and the
oldest rows make room; a quarter with a broker but no receiver, in which all is published and nothing is receipted; a
quarter with both, in which the backlog drains. Once in a cycle the disk refuses every write for half an hour of the
unit's time: rows wait in memory, as many as may wait there, then the oldest are given up. The store is SQLite on a
disk, broker and receiver are the real ones.

RSS (VmRSS in proc(5)) is sampled once a second. The first third, a whole cycle and more, warms up: caches and pools
fill once, and memory has once held all the rows that it may, so that a machine that is slow at times adds nothing.
After that the memory must not rise: by `tests.support.trend`, which tells a trend from chance with one error in a
thousand, by more than `NOISE_KB` over the part that is measured, which is little more than a byte for each of its
rows. It is also required that the day was one: rows evicted, the store full for a quarter of the time, the disk
refused writes, the sensor failed and opened again and again, the broker tried for in vain, rows delivered.

The negative control is the same agent that keeps 64 bytes of each row: its memory must rise.
"""

import argparse
import asyncio
import contextlib
import resource
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.rig import ChannelPlan, NumberedDust, Rig, Unit, UnitPlan, dust_stream, run_proof, until
from tests.support.trend import BLOCKS, Trend, trend

HOURS = 24.0
SPEED = 100
CYCLE_H = 6.0
NOISE_KB = 256
"""A quarter of the arena that Python takes from the system at a time (ARENA_SIZE in CPython's obmalloc.c, 1 MiB)."""
_WARM = 1 / 3
_SAMPLE_S = 1.0
_TICK_S = 2.0
_REFUSED_S = 18.0
_SICK_OF = 60
_SICK_WORKS = 5


@dataclass
class Day:
    """What a run came to.

    Attributes:
        rss_kb: one sample a second.
        full: how many of those found the store full: rows had been evicted since the one before.
        peak_bytes: the largest store.
        evicted: rows so far.
        refused: how often the disk had refused to be written and was written again.
        status: the last one.
        died: how the agent ended, None when it was stopped.
    """

    rss_kb: list[int] = field(default_factory=list)
    full: int = 0
    peak_bytes: int = 0
    evicted: int = 0
    refused: int = 0
    status: dict[str, Any] = field(default_factory=dict)
    died: int | None = None

    def look(self) -> None:
        """Take note of what the last status says about the store."""
        outbox = self.status.get("outbox") or {"rows_evicted": 0, "bytes_used": 0}
        self.full += outbox["rows_evicted"] > self.evicted
        self.evicted = outbox["rows_evicted"]
        self.peak_bytes = max(self.peak_bytes, outbox["bytes_used"])

    @property
    def measured(self) -> list[int]:
        """The samples after the first third."""
        return self.rss_kb[int(len(self.rss_kb) * _WARM) :]

    @property
    def trend(self) -> Trend:
        """Of those."""
        return trend(self.measured)

    def was_one(self) -> list[str]:
        """Return what did not happen that had to."""
        outbox, sick, uplink = self.status["outbox"], self.status["sensors"]["sick"], self.status["uplink"]
        happened = {
            "no row was evicted": outbox["rows_evicted"] > 0,
            "no row was delivered": outbox["rows_receipted"] > 0,
            "the disk never refused a write": self.refused > 0,
            "the store was full less than a quarter of the time": self.full >= len(self.rss_kb) / 4,
            "the sick sensor did not fail": sick["failures"] > 10,
            "there was no outage": uplink["tries"] > 20,
        }
        return [problem for problem, did in happened.items() if not did]


def plan(how: str, *, speed: int) -> UnitPlan:
    """Return the unit."""
    channels = [
        ChannelPlan(name=f"{rule}-{source}", source=source, rule=rule, unit="count")
        for source in ("n0_3", "n0_5", "n1_0", "n2_5", "n5_0", "n10")
        for rule in ("last", "min", "max", "mean", "median", "p90", "stdev")
    ]
    streams = [
        dust_stream(f"dust-{number}", sensor="dust", channels=channels, window="2s", batch="1min")
        for number in range(7)
    ]
    return UnitPlan(
        name=f"flat-{how}",
        sensors={"dust": "pmsx003", "sick": "pmsx003"},
        streams=[*streams, dust_stream("sick", window="1min", batch="1h")],
        buffer={"max_bytes": "1MB", "log_bytes": "100kB"},
        program=("-m", "tests.proofs.fast_agent", str(speed), how),
        options=("--status-every", "60"),
    )


def rss_kb(pid: int) -> int:
    """Return the resident memory of a process in kB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


async def tick(dust: NumberedDust, sick: NumberedDust, *, speed: int) -> None:
    """Have one sensor send a frame every two seconds of the unit's time, and the other one now and then, for ever."""
    count = 0
    due_s = time.monotonic()
    while True:
        due_s = max(due_s + _TICK_S / speed, time.monotonic())
        await asyncio.sleep(max(0.0, due_s - time.monotonic()))
        dust.tick()
        if count % _SICK_OF < _SICK_WORKS:
            sick.tick()
        count += 1


async def go_round(rig: Rig, *, cycle_s: float) -> None:
    """Take broker and receiver away and give them back, for ever; both are there at the beginning."""
    while True:
        await rig.receiver.stop()
        await rig.broker.stop()
        await asyncio.sleep(cycle_s / 2)
        await rig.broker.start()
        await asyncio.sleep(cycle_s / 4)
        await rig.receiver.start()
        await asyncio.sleep(cycle_s / 4)


async def refuse(unit: Unit, *, cycle_s: float) -> None:
    """Have the disk refuse every write of the agent for a while once in each cycle, for ever."""
    while True:
        await asyncio.sleep(cycle_s / 4)
        _limit_files(unit, 0)
        await asyncio.sleep(min(_REFUSED_S, cycle_s / 4))
        _limit_files(unit, resource.RLIM_INFINITY)
        await asyncio.sleep(cycle_s * 3 / 4 - min(_REFUSED_S, cycle_s / 4))


def _limit_files(unit: Unit, size: int) -> None:
    """Set how large the agent may make a file: RLIMIT_FSIZE in getrlimit(2). Beyond that a write is refused."""
    assert unit.process is not None
    resource.prlimit(unit.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@contextlib.asynccontextmanager
async def world(rig: Rig, unit: Unit, *, speed: int, cycle_s: float) -> AsyncIterator[None]:
    """Run sensors, broker, receiver and the agent."""
    dust, sick = NumberedDust(unit.link("dust")), NumberedDust(unit.link("sick"))
    await rig.start()
    unit.start()
    work = (tick(dust, sick, speed=speed), go_round(rig, cycle_s=cycle_s), refuse(unit, cycle_s=cycle_s))
    tasks = [asyncio.create_task(one) for one in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        dust.close()
        sick.close()


async def live(folder: Path, how: str, *, hours: float, speed: int) -> Day:
    """Let an agent live through a day, and return it."""
    day = Day()
    cycle_s = min(CYCLE_H, hours * _WARM) * 3600 / speed
    async with Rig(folder) as rig:
        unit = rig.add(plan(how, speed=speed))
        async with world(rig, unit, speed=speed, cycle_s=cycle_s):
            await until(lambda: bool(unit.stored) or unit.dead, what="the first row")
            assert unit.process is not None
            began_s = time.monotonic()
            while (left_s := began_s + hours * 3600 / speed - time.monotonic()) > 0:
                await asyncio.sleep(min(_SAMPLE_S, left_s))
                if unit.dead:
                    day.died = unit.process.exit_code
                    return day
                day.rss_kb.append(rss_kb(unit.process.pid))
                unit.stored.clear()
                day.status = unit.status() or day.status
                day.look()
            await unit.stop()
        day.refused = unit.log.read_text().count("the outbox stores again")
    return day


def tell(name: str, day: Day, *, hours: float) -> None:
    """Print the samples of a day, by blocks, and what happened in it."""
    step = max(1, len(day.rss_kb) // BLOCKS)
    samples = " ".join(f"{day.rss_kb[index] / 1024:.1f}" for index in range(0, len(day.rss_kb), step))
    print(f"  {name}: {hours:g} simulated hours, {len(day.rss_kb)} samples; RSS in MiB: {samples}")
    outbox, sick, uplink = day.status["outbox"], day.status["sensors"]["sick"], day.status["uplink"]
    print(
        f"    {outbox['rows_stored']} rows stored, {outbox['rows_evicted']} evicted, {outbox['rows_receipted']} "
        f"delivered; full for {day.full / len(day.rss_kb):.0%} of the time, {day.peak_bytes} bytes at most; "
        f"{uplink['sessions']} sessions, {uplink['tries']} tries; the sick sensor failed {sick['failures']} times; "
        f"the disk refused {day.refused} times"
    )
    kb_a_day = day.trend.rise * 24 / (hours * (1 - _WARM))
    print(
        f"    after the first third: {day.trend}; noise: {NOISE_KB} kB; a day's slope: {kb_a_day:+.0f} kB", flush=True
    )


def judge(day: Day) -> list[str]:
    """Return what does not hold."""
    if day.died is not None:
        return [f"the agent ended with {day.died}"]
    rises = [f"the memory rises: {day.trend}"] if day.trend.rises(noise=NOISE_KB) else []
    return [*rises, *day.was_one()]


async def main(folder: Path, options: argparse.Namespace) -> int:
    """Run the proof and its control; return 0 when it holds."""
    began = time.monotonic()
    print(f"no seed: nothing is random but the waits between tries; {options.speed} times as fast")
    outcomes = {}
    for how, hours in (("whole", options.hours), ("leak", options.control_hours)):
        (folder / how).mkdir()
        day = await live(folder / how, how, hours=hours, speed=options.speed)
        if day.died is None:
            tell(how, day, hours=hours)
        outcomes[how] = judge(day)
    wrong = outcomes["whole"]
    for problem in wrong:
        print(f"  {problem}")
    found = [problem for problem in outcomes["leak"] if "rises" in problem]
    print("control, 64 bytes of each row: " + (f"fails, as it must: {found[0]}" if found else "DOES NOT FAIL"))
    failed = bool(wrong) or not found
    print(f"prove-flat: {'FAILED' if failed else 'holds'} ({time.monotonic() - began:.0f} s)")
    return 1 if failed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Let a day pass, and look at the agent's memory.")
    parser.add_argument("--hours", type=float, default=HOURS, help="simulated; default: %(default)g")
    parser.add_argument("--control-hours", type=float, default=6.0, help="the same for the control; %(default)g")
    parser.add_argument("--speed", type=int, default=SPEED, help="default: %(default)s")
    parser.add_argument("--keep", action="store_true", help="keep the files")
    chosen = parser.parse_args()
    sys.exit(run_proof(lambda folder: main(folder, chosen), keep=chosen.keep))
