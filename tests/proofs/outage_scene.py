"""What `tests.proofs.outage` does to a broker, a network and a receiver, and what it measures meanwhile."""

import asyncio
import contextlib
import random
import signal
import sqlite3
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.rig import NumberedDust, Rig, Unit, until
from tests.support.tap import PUBACK, SUBACK, Seen, Tap
from tests.support.trace import Start, Trace

RESUME_S = 3.0
ARRIVE_S = 120.0
ALLOW_ALL = "topic readwrite #\n"
DENY_DATA = "topic read #\ntopic write lamppost/1/+/receipt/+\ntopic write lamppost/1/+/status\n"


class Line:
    """One unit on its tap.

    Attributes:
        taken_s: when the broker last took data (a PUBACK without a failure).
        lose_pubacks: PUBACKs do not get through.
        refusals: PUBACKs with a failure code.
        sensors: its sensors.
    """

    def __init__(self, unit: Unit, tap: Tap, *, rig: Rig) -> None:
        self.unit = unit
        self.tap = tap
        self.trace = Trace(unit.key.public, rig.receiver.key.public)
        self.taken_s: list[float] = []
        self.lose_pubacks = False
        self.refusals = 0
        self.sessions = 0
        self.sensors: list[NumberedDust] = []
        tap.gate = self._gate

    def _gate(self, seen: Seen) -> bool:
        content = self.trace.read(seen)
        if seen.kind == SUBACK:
            self.sessions += 1
        if seen.kind == PUBACK and not seen.to_broker:
            if self.lose_pubacks:
                return False
            self.refusals += seen.code >= 0x80
            if (seen.connection, seen.mid) in self.trace.waiting and seen.code < 0x80:
                self.taken_s.append(time.monotonic())
        self.trace.passed(seen, content)
        return True

    def stored(self) -> set[Start]:
        """Return every row that the agent reported so far."""
        return {(row.stream, row.start_ms) for row in self.unit.stored}


@dataclass(kw_only=True)
class Outcome:
    """One unit in one outage.

    Attributes:
        rows: stored while it lasted.
        resumed_s: from the return until the broker took data again; None where nothing was to resume.
        arrived_s: from the return until everything stored before had arrived.
        repeated: envelopes published again.
    """

    unit: str
    rows: int
    resumed_s: float | None
    arrived_s: float
    repeated: int
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Mark:
    """How far a unit was when an outage began."""

    stored: set[Start]
    publishes: int
    published: int


@dataclass
class Scene:
    """Everything, running."""

    rig: Rig
    lines: list[Line]
    rng: random.Random
    acl: Path

    # -- outages: each returns when the way is free again

    async def broker_away(self, seconds: float, how: signal.Signals = signal.SIGKILL) -> None:
        """The broker ends, with everything it held, and is back after a while."""
        await self.rig.broker.stop(how)
        for line in self.lines:
            line.tap.refuse()
        await asyncio.sleep(seconds)
        await self.rig.broker.start()
        await self._open()

    async def broker_stalls(self, seconds: float) -> None:
        """Connections stay, nothing is answered."""
        self.rig.broker.send(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        self.rig.broker.send(signal.SIGCONT)

    async def refused(self, seconds: float) -> None:
        """Connections are reset, and no new ones are taken."""
        for line in self.lines:
            line.tap.refuse()
        await asyncio.sleep(seconds)
        await self._open()

    async def half_closed(self) -> None:
        """The broker's side is closed, the unit's is not."""
        for line in self.lines:
            line.tap.half_close()

    async def reset(self, times: int) -> None:
        """Connections are reset again and again, wherever they are."""
        for _ in range(times):
            await asyncio.sleep(self.rng.uniform(0.2, 1.5))
            for line in self.lines:
                line.tap.reset()

    async def pubacks_lost(self, seconds: float) -> None:
        """The broker takes everything, its PUBACKs get lost, and then the connection."""
        for line in self.lines:
            line.lose_pubacks = True
        await asyncio.sleep(seconds)
        for line in self.lines:
            line.lose_pubacks = False
            line.tap.reset()

    async def denied(self, seconds: float) -> None:
        """The broker refuses data: by a failure code with MQTT 5, silently with 3.1.1."""
        self.acl.write_text(DENY_DATA)
        self.rig.broker.send(signal.SIGHUP)
        await asyncio.sleep(seconds)
        self.acl.write_text(ALLOW_ALL)
        self.rig.broker.send(signal.SIGHUP)

    async def receiver_away(self, seconds: float) -> None:
        """The receiver is down; the broker keeps what comes for it."""
        await self.rig.receiver.stop()
        await asyncio.sleep(seconds)
        await self.rig.receiver.start()

    async def forgotten(self, seconds: float) -> None:
        """The receiver is down; the broker acknowledges for it, and forgets everything."""
        await self.rig.receiver.stop(signal.SIGKILL)
        await asyncio.sleep(seconds)
        await self.broker_away(0.1)
        await self.rig.receiver.start()

    async def _open(self) -> None:
        for line in self.lines:
            await line.tap.open()

    # -- measuring

    async def measure(
        self, outage: Callable[[], Awaitable[None]], *, resume_s: float | None = RESUME_S
    ) -> list[Outcome]:
        """Have an outage, and tell how it went for each unit."""
        before = [_Mark(line.stored(), line.trace.publishes, len(line.trace.published)) for line in self.lines]
        await outage()
        returned_s = time.monotonic()
        return await asyncio.gather(
            *(self._outcome(line, mark, returned_s, resume_s) for line, mark in zip(self.lines, before, strict=True))
        )

    async def _outcome(self, line: Line, before: _Mark, returned_s: float, resume_s: float | None) -> Outcome:
        problems: list[str] = []
        meanwhile = line.stored() - before.stored
        resumed_s = await self._resumed(line, returned_s, resume_s, problems)
        arrived_s = await self._arrived(line, returned_s, problems)
        return Outcome(
            unit=line.unit.plan.name,
            rows=len(meanwhile),
            resumed_s=resumed_s,
            arrived_s=arrived_s,
            repeated=line.trace.publishes - before.publishes - (len(line.trace.published) - before.published),
            problems=problems,
        )

    async def _resumed(
        self, line: Line, returned_s: float, limit_s: float | None, problems: list[str]
    ) -> float | None:
        if limit_s is None:
            return None
        with contextlib.suppress(TimeoutError):
            await until(lambda: any(at_s > returned_s for at_s in line.taken_s), what="data", deadline_s=ARRIVE_S)
        first_s = next((at_s for at_s in line.taken_s if at_s > returned_s), None)
        if first_s is None or first_s - returned_s > limit_s:
            problems.append(f"the broker took no data within {limit_s:g} s")
        return None if first_s is None else first_s - returned_s

    async def _arrived(self, line: Line, returned_s: float, problems: list[str]) -> float:
        """Return how long it took until everything that is complete now was at the receiver."""
        due = {row for row in line.stored() if _is_complete(row, line.unit)}
        end_s = returned_s + ARRIVE_S
        while missing := due - arrived(self.rig.receiver.store, line.unit.plan.name):
            if time.monotonic() > end_s:
                problems.append(f"{len(missing)} rows have not arrived within {ARRIVE_S:g} s")
                break
            await asyncio.sleep(0.05)
        return time.monotonic() - returned_s


def _is_complete(row: Start, unit: Unit) -> bool:
    """Tell whether the batch of a row is complete by now; one second for its way to the store."""
    batch_ms = {plan.name: int(plan.batch.removesuffix("s")) * 1000 for plan in unit.plan.streams}[row[0]]
    end_ms = row[1] - row[1] % batch_ms + batch_ms
    return any(other.stream == row[0] and other.start_ms + 1000 >= end_ms for other in unit.stored[-20:])


def arrived(store: Path, unit: str) -> set[Start]:
    """Return the rows of a unit in the receiver's store."""
    with closing(sqlite3.connect(f"{store.absolute().as_uri()}?mode=ro", uri=True)) as db:
        query = "SELECT stream, start_ms FROM row JOIN chain ON chain.id = row.chain WHERE unit = ?"
        return {(stream, start_ms) for stream, start_ms in db.execute(query, (unit,))}
