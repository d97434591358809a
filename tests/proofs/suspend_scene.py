"""Where `tests.proofs.suspend` plays: units on their taps, sensors that tick, the city's keys; and one measurement.

Each stream of a unit has a sensor of its own, so that what happens to it can be seen at its port, too.
"""

import asyncio
import contextlib
import random
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from agent.wire.orders import Order, Refusal, Role
from drivers.sim.gnss import SimulatedGnss
from drivers.sim.line import SimulatedLine
from tests.proofs.outage_scene import arrived
from tests.support.commander import City, Document, Wire, city_keys, has_open
from tests.support.rig import NumberedDust, Rig, UnitPlan, dust_stream, tick_for_ever, until
from tests.support.tap import Tap

STREET, PARK, ROOF = "street", "park", "roof"
IN_FLIGHT = 4
QUIET_S = 1.3
"""How long after the answer nothing may come: longer than a window and a batch."""
ANSWER_S = 12.0
_AIM_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One suspension.

    Attributes:
        state: what the unit was doing.
        after: envelopes of the stream that passed after the document had reached the unit.
        last_ms: from the document's last byte to the last byte of the stream; 0 when nothing came after it.
        answer_ms: from there to the signed answer's last byte.
        command_ms: from the start of what sent it to the last byte of the stream, or to the document's if none
            came after it.
        closed_ms: from the document to the first look that found the sensor's port closed.
    """

    state: str
    after: int
    last_ms: float
    answer_ms: float
    command_ms: float
    closed_ms: float


@dataclass
class Line:
    """One unit on its tap.

    Attributes:
        sensors: its dust sensors, by name.
        ports: the lines of its other sensors.
        gnss: its satellite receiver, which has no fix at first.
    """

    wire: Wire
    sensors: Mapping[str, NumberedDust]
    ports: Mapping[str, SimulatedLine]
    gnss: SimulatedGnss | None = None

    @property
    def name(self) -> str:
        """The unit's id."""
        return self.wire.unit.plan.name

    def stored(self, stream: str) -> set[int]:
        """Return the window starts of a stream that the agent reported as stored."""
        return {row.start_ms for row in self.wire.unit.stored if row.stream == stream}


@dataclass
class Scene:
    """Everything, running.

    Attributes:
        patience_s: longest wait for an answer.
        problems: what must not be, in words.
    """

    rig: Rig
    city: City
    lines: Mapping[str, Line]
    rng: random.Random
    patience_s: float
    problems: list[str] = field(default_factory=list)

    def arrived(self, line: Line, stream: str) -> set[int]:
        """Return the window starts of a stream in the receiver's store."""
        return {start_ms for name, start_ms in arrived(self.rig.receiver.store, line.name) if name == stream}

    def check(self, *, holds: bool, problem: str) -> None:
        """Note a problem unless something holds."""
        if not holds:
            self.problems.append(problem)

    async def goes_on(self, line: Line, stream: str, what: str, *, deadline_s: float = 15.0) -> None:
        """Return when something new of a stream has passed; a problem if nothing does."""
        since_s = time.monotonic()
        try:
            await until(lambda: bool(line.wire.of(stream, since_s=since_s)), what=stream, deadline_s=deadline_s)
        except TimeoutError:
            self.problems.append(f"{what}: nothing of {stream} came within {deadline_s:g} s")

    # -- orders

    async def order(
        self, line: Line, stream: str | None, *orders: Order, role: Role = Role.PRIVACY, answered: bool = True
    ) -> Document:
        """Give an order by the broker, and wait for the answer if there must be one."""
        document = self.city.document(line.name, stream, *orders, role=role)
        await self.city.publish(line.name, document)
        if answered:
            await until(lambda: line.wire.answer(document) is not None, what="the answer", deadline_s=self.patience_s)
        return document

    def refusals(self, line: Line, document: Document, stream: str) -> list[Refusal]:
        """Return what the unit answered about a stream, in order."""
        answer = line.wire.answer(document)
        return [] if answer is None else [outcome.refusal for outcome in answer.outcomes(stream)]

    async def suspend(
        self,
        line: Line,
        stream: str,
        *,
        state: str,
        role: Role = Role.PRIVACY,
        expires_ms: int | None = None,
        by_command: bool = False,
        then: Callable[[], Awaitable[None]] | None = None,
    ) -> Measured | None:
        """Order a suspension, and measure; None when there was no answer, which is a problem.

        Args:
            line: the unit.
            stream: which stream; its sensor has the same name.
            state: what the unit is doing, for the table.
            role: of the key that signs.
            expires_ms: of the document.
            by_command: send it with `lamppost-receiver control send`.
            then: what happens after the document has reached the unit.
        """
        document = self.city.document(line.name, stream, Order.SUSPEND, role=role, expires_ms=expires_ms)
        began_s = time.monotonic()
        code = 0
        if by_command:
            code, _text = await self.city.send(document)
        else:
            await self.city.publish(line.name, document)
        reached = line.wire.reached
        try:
            await until(lambda: document.digest in reached, what="the document", deadline_s=self.patience_s)
            if then is not None:
                await then()
            await until(lambda: line.wire.answer(document) is not None, what="the answer", deadline_s=self.patience_s)
        except TimeoutError as error:
            later = len(line.wire.of(stream, since_s=reached.get(document.digest, began_s)))
            self.problems.append(f"{state}: {error}; {later} envelopes of {stream} passed meanwhile")
            return None
        self.check(holds=code == 0, problem=f"{state}: `control send` ended with {code}")
        closed_s = await self._closed(line, stream, state)
        await asyncio.sleep(QUIET_S)
        return self._measured(line, stream, state=state, document=document, began_s=began_s, closed_s=closed_s)

    async def _closed(self, line: Line, sensor: str, state: str) -> float:
        """Return when the sensor's port was first seen closed."""
        try:
            await until(lambda: not has_open(line.wire.unit, sensor), what="a closed port", deadline_s=3)
        except TimeoutError:
            self.problems.append(f"{state}: the agent still has the port of sensor {sensor} open")
        return time.monotonic()

    def _measured(
        self, line: Line, stream: str, *, state: str, document: Document, began_s: float, closed_s: float
    ) -> Measured:
        answer = line.wire.answer(document)
        assert answer is not None
        reached_s = line.wire.reached[document.digest]
        late = line.wire.of(stream, since_s=answer.at_s)
        self.check(holds=not late, problem=f"{state}: {len(late)} envelopes of {stream} passed after the answer")
        for outcome in answer.outcomes(stream):
            highest = line.wire.highest(stream, outcome.epoch)
            said = f"the answer says {outcome.refusal.name}, {outcome.state.name}, last seq {outcome.last_seq}"
            good = (outcome.refusal, outcome.state, outcome.last_seq) == (Refusal.NONE, Order.SUSPEND, highest)
            self.check(holds=good, problem=f"{state}: {said}; the tap saw seq {highest} of {stream}")
        self.check(holds=len(answer.outcomes(stream)) == 1, problem=f"{state}: no answer about {stream}")
        after = line.wire.of(stream, since_s=reached_s)
        last_s = max((one.at_s for one in after), default=reached_s)
        return Measured(
            state=state,
            after=len(after),
            last_ms=(last_s - reached_s) * 1000,
            answer_ms=(answer.at_s - reached_s) * 1000,
            command_ms=(last_s - began_s) * 1000,
            closed_ms=(closed_s - reached_s) * 1000,
        )

    # -- what a unit may be doing

    async def aimed(self, line: Line, stream: str) -> None:
        """Return so that what is sent now meets the next publish of a stream, give or take."""
        await self.goes_on(line, stream, "aiming")
        await asyncio.sleep(max(0.0, 1.0 + self.rng.uniform(-_AIM_S, _AIM_S)))

    async def full(self, line: Line) -> None:
        """Return when the unit sends no more because the broker owes PUBACKs, while more rows wait."""
        line.wire.keep_pubacks = True
        await until(lambda: line.wire.kept > IN_FLIGHT // 2, what="a full window")  # it sends in halves of its window
        await asyncio.sleep(1.2)
        since_s = time.monotonic()
        await asyncio.sleep(self.rng.uniform(1.0, 2.0))
        later = [one for one in line.wire.passed if one.at_s > since_s]
        self.check(holds=not later, problem=f"full window: {len(later)} envelopes passed all the same")

    async def draining(self, line: Line, *, outage_s: float = 5.0) -> asyncio.Task[None]:
        """Return in the middle of a backlog that leaves slowly; the task ends when the broker is quick again.

        The receiver is stopped for a while, so that what was sent waits for a receipt. Then the connection is cut:
        in the next one all of it is due at once, and the broker takes its time with each PUBACK.
        """
        receiver = self.rig.receiver.process
        assert receiver is not None
        receiver.send(signal.SIGSTOP)
        await asyncio.sleep(outage_s)
        line.wire.keep_pubacks = True
        line.wire.tap.reset()
        since_s = time.monotonic()
        await until(lambda: bool(line.wire.of(STREET, since_s=since_s)), what="the backlog")
        slow = asyncio.create_task(self._slowly(line))
        await asyncio.sleep(self.rng.uniform(0.0, 0.3))
        return slow

    async def _slowly(self, line: Line) -> None:
        end_s = time.monotonic() + 1.5
        while time.monotonic() < end_s:
            line.wire.answer_one()
            await asyncio.sleep(0.05)
        line.wire.answer_all()
        receiver = self.rig.receiver.process
        assert receiver is not None
        receiver.send(signal.SIGCONT)


def unit_plan(
    name: str,
    streams: Sequence[str] = (STREET, PARK, ROOF),
    *,
    undated: bool = False,
    program: Sequence[str] = ("-m", "agent"),
) -> UnitPlan:
    """Return a unit with a batch each second of each stream; `undated`: its clock waits for a receiver's time."""
    sensors = dict.fromkeys(streams, "pmsx003") | ({"gnss": "gnss"} if undated else {})
    return UnitPlan(
        name=name,
        sensors=sensors,
        streams=[dust_stream(stream) for stream in streams],
        uplink={"keepalive": "10s", "in_flight": IN_FLIGHT},
        clock={"source": "gnss", "gnss": "gnss"} if undated else {"source": "system"},
        program=program,
    )


@contextlib.asynccontextmanager
async def scene(
    folder: Path, *, plans: Sequence[UnitPlan], seed: int, patience_s: float = ANSWER_S
) -> AsyncIterator[Scene]:
    """Start everything; something of every stream has passed."""
    async with contextlib.AsyncExitStack() as stack:
        rig = await stack.enter_async_context(Rig(folder))
        city = City(rig, city_keys(folder / "city"))
        lines: dict[str, Line] = {}
        receivers: list[asyncio.Task[None]] = []
        for plan in plans:
            tap = Tap(rig.broker.port)
            unit = rig.add(replace(plan, control=city.keys), port=tap.port)
            dust = {name: NumberedDust(unit.link(name)) for name, model in plan.sensors.items() if model == "pmsx003"}
            ports = {
                name: stack.enter_context(SimulatedLine(unit.link(name)))
                for name in plan.sensors.keys() - dust.keys()
            }
            lines[plan.name] = line = Line(Wire(unit, tap), dust, ports)
            if "gnss" in ports:
                line.gnss = SimulatedGnss(datetime.now(UTC), satellites_in_view=0)
                line.gnss.set(latitude_deg=0, longitude_deg=0, quality=0)
                receivers.append(asyncio.create_task(_tell_for_ever(line.gnss, ports["gnss"])))
        await rig.start()
        sensors = [sensor for line in lines.values() for sensor in line.sensors.values()]
        ticking = [*receivers, asyncio.create_task(tick_for_ever(sensors, period_s=1.0, phase_s=0.5))]
        try:
            for line in lines.values():
                await stack.enter_async_context(line.wire.tap)
                line.wire.unit.start()
            for line in lines.values():
                await until(partial(_has_begun, line), what="the first rows")
            yield Scene(rig, city, lines, random.Random(seed), patience_s)
        finally:
            for task in ticking:
                task.cancel()
            await asyncio.gather(*ticking, return_exceptions=True)
            for sensor in sensors:
                sensor.close()


async def _tell_for_ever(receiver: SimulatedGnss, port: SimulatedLine) -> None:
    """Send the sentences of one epoch each second."""
    due_s = time.monotonic()
    while True:
        port.send(receiver.frame(), timeout_s=0)
        due_s += receiver.interval_s
        await asyncio.sleep(max(0.0, due_s - time.monotonic()))


def _has_begun(line: Line) -> bool:
    """Tell whether every stream has stored, and every one with a row a batch published."""
    plans, stored = line.wire.unit.plan.streams, {row.stream for row in line.wire.unit.stored}
    passed = {one.stream for one in line.wire.passed}
    return {plan.name for plan in plans} <= stored and {p.name for p in plans if p.batch == p.window} <= passed
