"""Units, a tap for each, and a receiver that is put back to an older copy of its store."""

import asyncio
import contextlib
import random
import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import aiomqtt

from agent.wire.messages import Receipt
from tests.proofs.outage_scene import arrived
from tests.support.rig import NumberedDust, Rig, Unit, UnitPlan, dust_stream, tick_for_ever, until
from tests.support.tap import PUBLISH, Seen, Tap
from tests.support.trace import Start, Trace

PATIENCE_S = 4
SETTLE_S = 30.0


@dataclass
class Line:
    """One unit on its tap.

    Attributes:
        receipts: every receipt that reached the unit, with its topic and bytes, in order.
        loses_data: what the unit publishes does not get through.
    """

    unit: Unit
    tap: Tap
    trace: Trace
    receipts: list[tuple[str, bytes, Receipt]] = field(default_factory=list)
    loses_data: bool = False

    def gate(self, seen: Seen) -> bool:
        """Note what passes, and decide whether it does."""
        content = self.trace.read(seen)
        if isinstance(content, Receipt):
            self.receipts.append((seen.topic, seen.payload, content))
        if self.loses_data and seen.to_broker and seen.kind == PUBLISH:
            return False
        self.trace.passed(seen, content)
        return True

    @property
    def receiver_epochs(self) -> list[bytes]:
        """The epochs of the receiver whose receipts reached the unit, in order."""
        return list(dict.fromkeys(receipt.receiver_epoch for _, _, receipt in self.receipts))


class Scene:
    """Everything, running."""

    def __init__(self, rig: Rig, lines: Sequence[Line], sensors: Sequence[NumberedDust]) -> None:
        self.rig = rig
        self.lines = list(lines)
        self.sensors = list(sensors)

    @property
    def backup(self) -> Path:
        """The copy of the receiver's store."""
        return self.rig.folder / "last-week.db"

    def stored(self, line: Line) -> set[Start]:
        """Return what a unit has reported."""
        return {(row.stream, row.start_ms) for row in line.unit.stored}

    def here(self, line: Line) -> set[Start]:
        """Return what the city has of a unit."""
        return arrived(self.rig.receiver.store, line.unit.plan.name)

    async def more(self, count: int) -> None:
        """Return when each unit has brought further rows to the city."""
        goals = {id(line): len(self.here(line)) + count for line in self.lines}
        for line in self.lines:
            await until(partial(self._has, line, goals[id(line)]), what="further rows at the city")

    def _has(self, line: Line, rows: int) -> bool:
        return len(self.here(line)) >= rows

    def back_up(self) -> None:
        """Copy the receiver's store while it is at work."""
        with closing(sqlite3.connect(self.rig.receiver.store)) as db, closing(sqlite3.connect(self.backup)) as copy:
            db.backup(copy)

    async def restore(self) -> None:
        """Put the copy in the place of the receiver's store, and start the receiver."""
        await self.rig.receiver.stop()
        for rest in self.rig.receiver.folder.glob("receiver.db-*"):
            rest.unlink()
        self.rig.receiver.store.write_bytes(self.backup.read_bytes())
        await self.rig.receiver.start()

    async def replay(self, line: Line, receipts: Sequence[tuple[str, bytes, Receipt]]) -> None:
        """Publish receipts that were seen on the wire once more; return when they have reached the unit."""
        seen = len(line.receipts)
        async with aiomqtt.Client("127.0.0.1", self.rig.broker.port, identifier="replays") as client:
            for topic, data, _ in receipts:
                await client.publish(topic, data, qos=1)
        await until(lambda: len(line.receipts) >= seen + len(receipts), what="the replayed receipts at the unit")

    async def settled(self, line: Line) -> set[Start]:
        """Wait until the city has every row that a unit had reported; return those that do not come."""
        due = {row for row in self.stored(line) if row[1] < (time.time() - 2) * 1000}
        with contextlib.suppress(TimeoutError):
            await until(lambda: due <= self.here(line), what="every row", deadline_s=SETTLE_S)
        return due - self.here(line)

    def next_seq(self, store: Path, line: Line, stream: str) -> int:
        """Return which seq a receiver's store expects of a stream."""
        query = "SELECT max(next_seq) FROM chain WHERE unit = ? AND stream = ?"
        with closing(sqlite3.connect(store)) as db:
            found: int = db.execute(query, (line.unit.plan.name, stream)).fetchone()[0]
            return found

    def count(self, query: str) -> int:
        """Return a number from the receiver's store."""
        with closing(sqlite3.connect(f"{self.rig.receiver.store.absolute().as_uri()}?mode=ro", uri=True)) as db:
            found: int = db.execute(query).fetchone()[0]
            return found


@contextlib.asynccontextmanager
async def scene(folder: Path, plans: Sequence[UnitPlan]) -> AsyncIterator[Scene]:
    """Start everything; rows of every unit have arrived."""
    async with contextlib.AsyncExitStack() as stack:
        rig = await stack.enter_async_context(Rig(folder))
        lines, sensors = [], []
        for plan in plans:
            tap = Tap(rig.broker.port)
            unit = rig.add(plan, port=tap.port)
            line = Line(unit, tap, Trace(unit.key.public, rig.receiver.key.public))
            tap.gate = line.gate
            lines.append(line)
            sensors.append(NumberedDust(unit.link("a")))
        await _start(rig)
        ticking = asyncio.create_task(tick_for_ever(sensors, period_s=1.0, phase_s=0.5))
        for line in lines:
            await stack.enter_async_context(line.tap)
            line.unit.start()
        running = Scene(rig, lines, sensors)
        try:
            await running.more(5)
            yield running
        finally:
            ticking.cancel()
            for sensor in sensors:
                sensor.close()


async def _start(rig: Rig) -> None:
    """Start broker and receiver; the receiver gives a hole up after seconds rather than an hour."""
    rig.receiver.configure({name: unit.key for name, unit in rig.units.items()})
    config = rig.receiver.folder / "receiver.toml"
    config.write_text(config.read_text().replace("[receiver]\n", f'[receiver]\npatience = "{PATIENCE_S}s"\n'))
    await rig.broker.start()
    await rig.receiver.start()


def unit_plan(name: str, *, retain: str, program: Sequence[str] = ("-m", "agent")) -> UnitPlan:
    """Return a unit with a batch each second that keeps what was receipted for a while."""
    return UnitPlan(
        name=name,
        sensors={"a": "pmsx003"},
        streams=[dust_stream("one", sensor="a")],
        uplink={"keepalive": "10s"},
        buffer={"retain": retain},
        program=program,
    )


def chance(seed: int) -> random.Random:
    """Return the proof's source of chance."""
    return random.Random(seed)
