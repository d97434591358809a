"""What the units of `tests.proofs.reconcile` live through, and what their disclosure logs are then asked for.

One unit counts devices and measures dust; each step of its life is a function here. Another has more to store than
its buffer takes. A third publishes so much that its log has to forget.
"""

import asyncio
import contextlib
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from agent.wire.excerpt import Export
from agent.wire.export import parse_export
from agent.wire.orders import Order, Role
from drivers.sim.mac_scanner import SimulatedScanner
from tests.proofs.suspend_scene import PARK, STREET, Line, Scene
from tests.support.plans import NUMBER, ChannelPlan, StreamPlan
from tests.support.rig import DEADLINE_S, ROOT, UnitPlan, dust_stream, until

WITNESS, HOARDER, TALKER = "witness", "hoarder", "talker"
FOOTFALL = "footfall"
K = 10
_WIDE_SENSOR = "wide"
_EVICTION_S = 180.0
_WIDE = [
    ChannelPlan(name=f"sum-{number}", source="n0_3", rule="sum", unit="count", range=(0, 10**9))
    for number in range(64)
]


def footfall() -> StreamPlan:
    """Return a stream of people: distinct devices in two seconds, fewer than ten of which are nobody's business."""
    devices = ChannelPlan(name="devices", source="mac", rule="count_distinct", unit="count", range=(0, 100_000))
    strength = ChannelPlan(name="strength", source="rssi", rule="mean", unit="dBm")
    return StreamPlan(
        name=FOOTFALL,
        sensor="scanner",
        channels=(devices, strength),
        window="2s",
        batch="2s",
        keys={"suppress_below": K},
    )


def witness(*, program: Sequence[str] = ("-m", "agent")) -> UnitPlan:
    """Return the unit that most happens to."""
    return UnitPlan(
        name=WITNESS,
        sensors={"scanner": "mac_scanner", STREET: "pmsx003", PARK: "pmsx003"},
        streams=[dust_stream(STREET), dust_stream(PARK), footfall()],
        uplink={"keepalive": "10s"},
        program=program,
    )


def hoarder() -> UnitPlan:
    """Return a unit whose store of 1.5 MB is full within two minutes when nothing leaves, and not its log."""
    overflows = ["drop_newest"] * 20 + ["drop_oldest"] * 9
    streams = [
        dust_stream(f"{_WIDE_SENSOR}-{number}", sensor=_WIDE_SENSOR, channels=_WIDE, batch="60s", overflow=overflow)
        for number, overflow in enumerate(overflows)
    ]
    return UnitPlan(
        name=HOARDER,
        sensors={STREET: "pmsx003", _WIDE_SENSOR: "pmsx003"},
        streams=[dust_stream(STREET, batch="4s"), *streams],
        buffer={"max_bytes": "1500kB"},
    )


def talker() -> UnitPlan:
    """Return a unit whose log of an eighth of a megabyte is full within a minute."""
    streams = [dust_stream(STREET), *(dust_stream(f"talk-{number}", sensor=STREET) for number in range(12))]
    return UnitPlan(name=TALKER, sensors={STREET: "pmsx003"}, streams=streams, buffer={"max_bytes": "1MB"})


@contextlib.asynccontextmanager
async def passers_by(line: Line, *, seed: int) -> AsyncIterator[None]:
    """Let devices pass the scanner: many for some seconds, then few, and so on."""

    async def pass_by() -> None:
        crowd = SimulatedScanner(seed=seed, stay_s=2)
        while True:
            crowd.arrivals_per_s = 12.0 if int(time.monotonic()) % 8 < 4 else 1.0
            line.ports["scanner"].send(crowd.frame(), timeout_s=0)
            await asyncio.sleep(1.0)

    task = asyncio.create_task(pass_by())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


# -- steps of a life


async def outage(scene: Scene, line: Line) -> None:
    """The broker ends with all it held, and comes back."""
    await scene.rig.broker.stop()
    await asyncio.sleep(4)
    await scene.rig.broker.start()
    await scene.goes_on(line, STREET, "after an outage")


async def held(scene: Scene, line: Line) -> None:
    """The street is held, may not be purged, and runs again."""
    await scene.order(line, STREET, Order.HOLD, role=Role.OPS)
    await scene.order(line, STREET, Order.PURGE)
    await asyncio.sleep(2)
    await scene.order(line, STREET, Order.RUN, role=Role.OPS)
    await scene.goes_on(line, STREET, "after a hold")


async def suspended(scene: Scene, line: Line) -> None:
    """People are not counted for a while; an order of a role that may not give it is refused."""
    await scene.order(line, None, Order.SUSPEND, role=Role.OPS)
    await scene.order(line, FOOTFALL, Order.SUSPEND)
    await asyncio.sleep(2)
    await scene.order(line, FOOTFALL, Order.RUN)
    await scene.goes_on(line, FOOTFALL, "after a suspension")


async def purged(scene: Scene, line: Line) -> None:
    """Envelopes that the broker took and forgot, and rows behind them, are purged on a document that came by hand."""
    await scene.rig.receiver.stop(signal.SIGKILL)
    await asyncio.sleep(2.5)
    await scene.rig.broker.stop()
    await asyncio.sleep(1.5)
    document = scene.city.document(line.name, STREET, Order.SUSPEND, Order.PURGE)
    file = line.wire.unit.folder / "order.cose"
    file.write_bytes(document.data)
    code, text = await agent(line, "control", "apply", file)
    scene.check(holds=code == 0, problem=f"`control apply` ended with {code}: {text.decode(errors='replace')}")
    await asyncio.sleep(2)
    await scene.rig.broker.start()
    await scene.rig.receiver.start()
    await until(lambda: line.wire.answer(document) is not None, what="the answer")
    await scene.order(line, STREET, Order.RUN)
    await scene.goes_on(line, STREET, "after a purge")


async def reconfigured(scene: Scene, line: Line) -> None:
    """The unit is stopped, its file changed, and started again."""
    unit = line.wire.unit
    scene.check(holds=await unit.stop() == 0, problem="the agent did not end in order")
    streams = [
        replace(plan, channels=(NUMBER,), keys={"description": "Frames, without their number a window."})
        if plan.name == PARK
        else plan
        for plan in unit.plan.streams
    ]
    unit.configure(replace(unit.plan, streams=streams))
    unit.start()
    await scene.goes_on(line, PARK, "after another configuration")


async def killed(scene: Scene, line: Line) -> None:
    """The agent is killed with envelopes in flight, and started again."""
    line.wire.keep_pubacks = True
    await until(lambda: line.wire.kept >= 1, what="an envelope in flight")
    line.wire.unit.kill()
    await line.wire.unit.gone()
    line.wire.answer_all()
    line.wire.unit.start()
    await scene.goes_on(line, STREET, "after kill -9")


async def damaged(scene: Scene, line: Line) -> None:
    """The store is damaged while it holds what the broker has forgotten; that is purged from the new epoch on."""
    unit = line.wire.unit
    await scene.rig.receiver.stop(signal.SIGKILL)
    await asyncio.sleep(2.5)
    await scene.rig.broker.stop()
    unit.kill()
    await unit.gone()
    _damage(unit.store)
    unit.start()
    await scene.rig.broker.start()
    await scene.order(line, STREET, Order.SUSPEND, Order.PURGE)
    await scene.rig.receiver.start()
    await scene.order(line, STREET, Order.RUN)
    await scene.goes_on(line, STREET, "after a damage")
    scene.check(holds="was damaged" in unit.log.read_text(), problem="the damage was not noticed")


def _damage(store: Path) -> None:
    """Change a byte of an envelope, under the page that holds it."""
    with contextlib.closing(sqlite3.connect(store)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (envelope,) = db.execute("SELECT data FROM envelope ORDER BY id DESC LIMIT 1").fetchone()
    content = bytearray(store.read_bytes())
    content[content.index(envelope[:100]) + 50] ^= 0xFF
    store.write_bytes(content)


async def evicted(scene: Scene, line: Line) -> None:
    """Nothing leaves until the store is full and rows have been evicted and refused."""
    unit, sensor = line.wire.unit, line.sensors[_WIDE_SENSOR]
    sensor.first = 60_000 - sensor.sent

    def counted(*names: str) -> bool:
        """Tell whether the agent's status counts some of each."""
        outbox = unit.status().get("outbox") or {}
        return all(outbox.get(name) for name in names)

    async def more() -> None:
        while True:
            await asyncio.sleep(0.1)
            sensor.tick()

    await until(lambda: counted("rows_receipted"), what="the first receipt")
    line.wire.tap.refuse()
    ticking = asyncio.create_task(more())
    try:
        await until(lambda: counted("rows_evicted", "rows_refused"), what="an eviction", deadline_s=_EVICTION_S)
    finally:
        ticking.cancel()
    await asyncio.sleep(2)
    await line.wire.tap.open()
    await scene.goes_on(line, STREET, "after an eviction")


async def talked(scene: Scene, line: Line) -> None:
    """Publish until the log has forgotten its beginning."""
    end_s = time.monotonic() + _EVICTION_S
    while time.monotonic() < end_s:
        _path, export = await exported(scene, line, "cbor", name="talk")
        if export.header.first > 1:
            return
        await asyncio.sleep(5)
    scene.problems.append(f"{line.name}: its log has not forgotten anything")


async def restarted(scene: Scene, line: Line) -> None:
    """The unit is stopped and started, and signs the head of its log."""
    scene.check(holds=await line.wire.unit.stop() == 0, problem="the agent did not end in order")
    since_s = time.monotonic()
    line.wire.unit.start()
    await until(lambda: bool(line.wire.of("_log", since_s=since_s)), what="the signed head")
    await scene.goes_on(line, STREET, "after a restart")


STEPS: Mapping[str, Callable[[Scene, Line], Awaitable[None]]] = {
    "outage": outage,
    "held": held,
    "suspended": suspended,
    "purged": purged,
    "reconfigured": reconfigured,
    "killed": killed,
    "damaged": damaged,
    "evicted": evicted,
    "talked": talked,
    "restarted": restarted,
}
"""What a unit may live through, by name."""


# -- the log


async def agent(line: Line, *arguments: str | Path, file: bool = True) -> tuple[int, bytes]:
    """Run a command of the agent on the unit's file; return the exit code and what it wrote to standard output."""
    config = [str(line.wire.unit.folder / "unit.toml")] if file else []
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "agent", *map(str, arguments), *config],
        cwd=ROOT,
        capture_output=True,
        timeout=DEADLINE_S,
        check=False,
    )
    return done.returncode, done.stdout or done.stderr


async def exported(scene: Scene, line: Line, form: str, *, name: str) -> tuple[Path, Export]:
    """Return the file of an export, and what is in it."""
    code, data = await agent(line, "disclosures", "--format", form)
    scene.check(holds=code == 0, problem=f"`disclosures --format {form}` ended with {code}")
    path = line.wire.unit.folder / f"{name}.{form}"
    path.write_bytes(data)
    return path, parse_export(data)
