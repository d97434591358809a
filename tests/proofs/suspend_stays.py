"""What `tests.proofs.suspend` asks besides the time: what stays silent, what is kept, what is gone, who is refused.

Each function has one unit live through something, and notes in the scene what must not be.
"""

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial

from agent.wire.messages import GapReason
from agent.wire.orders import Order, Refusal, Role
from tests.proofs.suspend_scene import PARK, STREET, Line, Scene
from tests.support.commander import Document, has_open
from tests.support.rig import until
from tests.support.wire import signing_key

STRANGER = signing_key(b"nobody whom the unit knows......")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What became of rows.

    Attributes:
        what: which of them.
        rows: how many.
        seconds: how long the stream was silent.
        others: envelopes of another stream that passed meanwhile.
    """

    what: str
    rows: int
    seconds: float
    others: int


async def silent(scene: Scene, line: Line, *, since_s: float, what: str) -> tuple[float, int]:
    """Check that nothing of the street passed since then; return the seconds, and how much of the park did."""
    passed = line.wire.of(STREET, since_s=since_s)
    scene.check(holds=not passed, problem=f"{what}: {len(passed)} envelopes of {STREET} passed")
    others = len(line.wire.of(PARK, since_s=since_s))
    scene.check(holds=others > 0, problem=f"{what}: nothing of {PARK} passed either")
    return time.monotonic() - since_s, others


async def runs_again(scene: Scene, line: Line, rows: Collection[int], *, role: Role, what: str) -> None:
    """Let the street run, and check that these rows arrive."""
    await scene.order(line, STREET, Order.RUN, role=role)
    try:
        await until(lambda: set(rows) <= scene.arrived(line, STREET), what="the rows", deadline_s=20)
    except TimeoutError:
        missing = set(rows) - scene.arrived(line, STREET)
        scene.problems.append(f"{what}: {len(missing)} of {len(rows)} rows that were kept did not arrive")
    await scene.goes_on(line, STREET, what)


async def buffered(scene: Scene, line: Line, *, seconds: float) -> set[int]:
    """Have the broker out of reach for a while; return the rows that were stored and have not arrived."""
    line.wire.tap.refuse()
    before = line.stored(STREET)
    await asyncio.sleep(seconds)
    found = line.stored(STREET) - before
    scene.check(holds=bool(found), problem=f"nothing of {STREET} was stored in an outage")
    return found


async def suspended_through_restarts(scene: Scene, line: Line) -> Kept:
    """Suspend with rows in the buffer; end the agent in order and with kill -9, and the broker; then let it run."""
    rows = await buffered(scene, line, seconds=3)
    document = await scene.order(line, STREET, Order.SUSPEND, answered=False)
    await line.wire.tap.open()
    await until(lambda: line.wire.answer(document) is not None, what="the answer")
    answer = line.wire.answer(document)
    assert answer is not None
    since_s = answer.at_s
    await asyncio.sleep(2)
    for how in ("SIGTERM", "kill -9"):
        if how == "SIGTERM":
            scene.check(holds=await line.wire.unit.stop() == 0, problem="the agent did not end in order")
        else:
            line.wire.unit.kill()
            await line.wire.unit.gone()
        line.wire.unit.start()
        await scene.goes_on(line, PARK, f"suspended, after {how}")
        await _stays_closed(scene, line, f"suspended, after {how}")
    await scene.rig.broker.stop()
    await scene.rig.broker.start()
    await scene.goes_on(line, PARK, "suspended, after the broker's end")
    seconds, others = await silent(scene, line, since_s=since_s, what="suspended")
    early = rows & scene.arrived(line, STREET)
    scene.check(holds=not early, problem=f"suspended: {len(early)} rows arrived all the same")
    await runs_again(scene, line, rows, role=Role.PRIVACY, what="run after a suspension")
    return Kept(
        what="suspended, two restarts, a broker's end; then run", rows=len(rows), seconds=seconds, others=others
    )


async def _stays_closed(scene: Scene, line: Line, what: str) -> None:
    """Look at the agent's descriptors for a while: the sensor of the street is never open, that of the park is."""
    end_s, opened, parked = time.monotonic() + 1.0, 0, 0
    while time.monotonic() < end_s:
        opened += has_open(line.wire.unit, STREET)
        parked += has_open(line.wire.unit, PARK)
        await asyncio.sleep(0.05)
    scene.check(holds=not opened, problem=f"{what}: the agent had the port of sensor {STREET} open")
    scene.check(holds=parked > 0, problem=f"{what}: the agent has not opened the port of sensor {PARK}")


async def held(scene: Scene, line: Line, *, seconds: float = 6.0) -> Kept:
    """Hold; what is sampled meanwhile arrives afterwards, complete. What is held may not be purged."""
    document = await scene.order(line, STREET, Order.HOLD, role=Role.OPS)
    answer = line.wire.answer(document)
    assert answer is not None
    before = line.stored(STREET)
    await asyncio.sleep(seconds)
    purge = await scene.order(line, STREET, Order.PURGE)
    refusals = scene.refusals(line, purge, STREET)
    scene.check(holds=refusals == [Refusal.HELD], problem=f"a purge of what is held was answered with {refusals}")
    passed, others = await silent(scene, line, since_s=answer.at_s, what="held")
    rows = line.stored(STREET) - before
    whole = len(rows) >= int(seconds) - 1 and max(rows) - min(rows) == 1000 * (len(rows) - 1)
    scene.check(holds=whole, problem=f"held for {seconds:g} s: {len(rows)} rows were stored, or not every window")
    scene.check(holds=has_open(line.wire.unit, STREET), problem="held: the sensor was closed")
    await runs_again(scene, line, rows, role=Role.OPS, what="run after a hold")
    return Kept(what="held, a purge refused; then run", rows=len(rows), seconds=passed, others=others)


async def purged(scene: Scene, line: Line) -> Kept:
    """Suspend with rows in the buffer, and purge: they never come, a gap record does and counts them."""
    rows = await buffered(scene, line, seconds=3)
    suspend = await scene.order(line, STREET, Order.SUSPEND, answered=False)
    await line.wire.tap.open()
    await until(lambda: line.wire.answer(suspend) is not None, what="the answer")
    answer = line.wire.answer(suspend)
    assert answer is not None
    await asyncio.sleep(1.0)
    waiting = line.stored(STREET) - scene.arrived(line, STREET)
    before = _purged(scene, line)
    await scene.order(line, STREET, Order.PURGE)
    seconds, others = await silent(scene, line, since_s=answer.at_s, what="suspended and purged")
    await runs_again(scene, line, (), role=Role.PRIVACY, what="run after a purge")
    await until(lambda: _purged(scene, line) > before, what="the gap record")
    await asyncio.sleep(1.0)
    came = waiting & scene.arrived(line, STREET)
    told = _purged(scene, line) - before
    scene.check(holds=rows <= waiting, problem="purged: rows had arrived before the order")
    scene.check(holds=not came, problem=f"purged: {len(came)} rows arrived all the same")
    counts = f"{told} rows declared, {len(waiting)} were buffered"
    scene.check(holds=told == len(waiting), problem=f"purged: {counts}")
    return Kept(what="suspended and purged; then run", rows=len(waiting), seconds=seconds, others=others)


def _purged(scene: Scene, line: Line) -> int:
    """Return how many rows of the street gap records say were purged."""
    query = (
        "SELECT coalesce(sum(count), 0) FROM gap JOIN chain ON chain.id = gap.chain"
        " WHERE unit = ? AND stream = ? AND reason = ?"
    )
    with closing(sqlite3.connect(f"{scene.rig.receiver.store.absolute().as_uri()}?mode=ro", uri=True)) as db:
        return int(db.execute(query, (line.name, STREET, int(GapReason.PURGED))).fetchone()[0])


async def refused(scene: Scene, line: Line) -> list[str]:
    """Give orders that must have no effect; return what they were."""
    older = scene.city.document(line.name, STREET, Order.SUSPEND)
    await scene.order(line, STREET, Order.RUN)
    last = scene.city.versions[line.name]
    attacks = {
        "a key that the unit does not know": scene.city.document(line.name, STREET, Order.SUSPEND, key=STRANGER),
        "an older version": older,
        "another unit's document": scene.city.document("elsewhere", STREET, Order.SUSPEND, version=last + 5),
        "a version of 2^63 - 1": scene.city.document(line.name, STREET, Order.SUSPEND, version=2**63 - 1),
        "a broken signature": _broken(scene.city.document(line.name, STREET, Order.SUSPEND)),
    }
    for what, document in attacks.items():
        await scene.city.publish(line.name, document)
        await until(partial(line.wire.reached.__contains__, document.digest), what=f"{what} at the unit")
    await _publishes(scene, line, "orders that nobody may believe")
    for what, document in attacks.items():
        scene.check(holds=line.wire.answer(document) is None, problem=f"{what}: the unit has answered it")
    ops = await scene.order(line, STREET, Order.SUSPEND, role=Role.OPS)
    refusals = scene.refusals(line, ops, STREET)
    scene.check(holds=refusals == [Refusal.ROLE], problem=f"a suspension by ops was answered with {refusals}")
    await _publishes(scene, line, "a suspension by ops")
    return [*attacks, "an order of ops, which may not suspend (answered so)"]


async def _publishes(scene: Scene, line: Line, what: str) -> None:
    for _ in range(2):
        await scene.goes_on(line, STREET, what, deadline_s=4)
    scene.check(holds=has_open(line.wire.unit, STREET), problem=f"{what}: the sensor was closed")


def _broken(document: Document) -> Document:
    return Document(document.data[:-1] + bytes([document.data[-1] ^ 1]), document.version)


PARTS: Mapping[str, Callable[[Scene, Line], Awaitable[Kept]]] = {
    "restarts": suspended_through_restarts,
    "hold": held,
    "purge": purged,
}
"""What stays, by name."""
