"""After a power cut: the agent is started on what the disk holds, in another boot, against the receiver as it was.

In: a recorded unit, and one of the stops at which its receiver was copied. Out: everything that is wrong with what
the city has in the end. Never: a receiver that knows what came after the cut.
"""

import asyncio
import contextlib
import random
import shutil
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from agent.wire.orders import Order
from tests.crash.cast import HELD, IMAGE, Played, new_folder, unit_plan
from tests.crash.disk import Disk, Way
from tests.crash.mounting import ext4
from tests.crash.scene import FRAME_S
from tests.crash.states import index_of
from tests.crash.story import Story
from tests.support.commander import City
from tests.support.evidence import StoreView, judge, look
from tests.support.rig import NumberedDust, Rig, Unit, tick_for_ever, until
from tests.support.trace import Start

PATIENCE_S = 60.0
WAYS = (Way.NOTHING, Way.SUBSET, Way.PREFIX, Way.ALMOST, Way.EVERYTHING)


def stops(played: Played) -> list[str]:
    """Return the stops of the receiver, by their numbers."""
    return sorted(played.copies, key=int)


async def continued(folder: Path, played: Played, *, stop: str, rng: random.Random) -> list[str]:
    """Cut while the receiver was stopped, start the agent, let it deliver, and compare."""
    begin, end = index_of(played.events, f"begin {stop}"), index_of(played.events, f"end {stop}")
    cut, way = rng.randint(begin, end), rng.choice(WAYS)
    disk, story = Disk(whole_bytes=played.cast.whole_bytes), played.story()
    for event in played.events[: cut + 1]:
        disk.play(event)
        story.hear(event)
    new_folder(folder)
    async with contextlib.AsyncExitStack() as stack:
        rig = await stack.enter_async_context(Rig(folder))
        unit = _unit(rig, played, copy=played.copies[stop])
        disk_folder = new_folder(folder / "disk")
        disk.cut(way, rng).write(disk_folder)
        shutil.rmtree(unit.folder / "store")
        if played.cast.ext4:
            stack.enter_context(ext4(disk_folder / IMAGE, new_folder(unit.folder / "store")))
        else:
            disk_folder.rename(unit.folder / "store")
        problems = await _deliver(stack, rig, unit, played, story)
        return [f"stop {stop}, event {cut}, {way}: {problem}" for problem in problems]


def _unit(rig: Rig, played: Played, *, copy: Path) -> Unit:
    """Return the unit as it was, and give the receiver back what it had."""
    shutil.copytree(copy, rig.receiver.folder, dirs_exist_ok=True)
    rig.receiver.key = played.receiver
    boot = rig.folder / "boot_id"
    boot.write_text(f"{uuid4()}\n")
    rebooted = replace(played.cast, program=("-m", "tests.crash.rebooted_agent", str(boot)))
    unit = rig.add(unit_plan(rebooted, city=played.city))
    shutil.copyfile(played.config.with_name("unit.key"), unit.folder / "unit.key")
    unit.key = played.key
    return unit


async def _deliver(stack: contextlib.AsyncExitStack, rig: Rig, unit: Unit, played: Played, story: Story) -> list[str]:
    """Run the agent until nothing is left in its store, and judge what arrived."""
    before = _seen(unit)
    sensor = NumberedDust(unit.link("dust"), first=30_000)
    stack.callback(sensor.close)
    await rig.start()
    ticking = asyncio.create_task(tick_for_ever([sensor], period_s=FRAME_S, phase_s=FRAME_S / 2))
    stack.callback(ticking.cancel)
    await _release(rig, unit, played, story)
    end = time.monotonic() + PATIENCE_S
    while True:
        await _run_until_caught_up(unit, committed=before.held | story.stored.keys(), end=end)
        if not _seen(unit).held or time.monotonic() > end:
            break
    exported = await rig.receiver.rows(played.cast.name)
    owed = {row for row in before.held if row[0] in story.purges_owed}  # purged at the next start
    gone = (story.excused | owed) - {(row["stream"], row["start_ms"]) for row in exported}
    verdict = judge(
        played.cast.name,
        key=played.key.public,
        reported=[*(story.stored.keys() - gone), *((row.stream, row.start_ms) for row in unit.stored)],
        found=(before.held | story.rows_out.keys()) - gone,
        exported=exported,
        receiver_store=rig.receiver.store,
    )
    if not unit.stored:
        verdict.problems.append("nothing was stored after the cut")
    return verdict.problems


async def _release(rig: Rig, unit: Unit, played: Played, story: Story) -> None:
    """Let go of a stream that was held or suspended at the cut."""
    name = unit.plan.name
    versions: Mapping[str, int] = {name: max(story.orders, default=0)}
    city = City(rig, played.city, dict(versions))
    await city.publish(name, city.document(name, HELD, Order.RUN))


async def _run_until_caught_up(unit: Unit, *, committed: frozenset[Start], end: float) -> None:
    life = unit.life + 1
    unit.start()
    await until(lambda: unit.dead or any(row.life == life for row in unit.stored), what="a row that is stored")
    while time.monotonic() < end and not unit.dead:
        await asyncio.sleep(0.3)
        with contextlib.suppress(sqlite3.Error):  # it was written to while it was copied
            if not _seen(unit).held & committed:
                break
    code = await unit.stop()
    assert code == 0, unit.log.read_text()[-2000:]


def _seen(unit: Unit) -> StoreView:
    return look(unit.store, key=unit.key.public)
