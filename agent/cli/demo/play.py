"""The demonstration itself: starts everything, takes the broker away for a while, stops from the source.

In: how long, which broker, where. Out: what happened. Never: a process left behind.
"""

import asyncio
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Final

from agent.cli.demo.broker import Broker
from agent.cli.demo.children import Child, Children
from agent.cli.demo.errors import DemoError
from agent.cli.demo.outcome import Outcome, Plan, complaints
from agent.cli.demo.progress import Snapshot, StoredRows, Watch
from agent.cli.demo.proxy import CountingProxy
from agent.cli.demo.rows import read_export
from agent.cli.demo.scene import Scene, prepare, write_files
from agent.cli.demo.view import View
from drivers.sim.corner import NODES

WINDOW_S: Final = 5.0
_EARLY_S: Final = 1.5
_CLEAR_S: Final = 0.3
_LOOK_S: Final = 0.25
_READY_S: Final = 15.0
_FAREWELL_S: Final = 8.0
_ARRIVAL_S: Final = 4.0
_SUBSCRIBED: Final = "connected to broker"


class Play:
    """One performance. `run` is called once."""

    def __init__(self, plan: Plan, *, folder: Path, view: View) -> None:
        self._plan = plan
        self._view = view
        self._scene = prepare(folder)
        self._proxy = CountingProxy()
        self._children = Children(self._scene.logs)
        self._broker = Broker(plan.broker, children=self._children, folder=self._scene.folder)
        self._stored = StoredRows()
        self._watch = Watch(self._scene, proxy=self._proxy, stored=self._stored)
        self._began_s: float | None = None
        self._most_waiting = 0
        self._resumed_s: float | None = None
        self._away_s = 0.0

    async def run(self) -> Outcome:
        """Play, and return what happened.

        Raises:
            DemoError: something could not be started, or ended by itself.
        """
        async with AsyncExitStack() as stack:
            stack.push_async_callback(self._proxy.shut)
            await stack.enter_async_context(self._children)
            stack.callback(self._stored.close)
            receiver = await self._start_city()
            await self._start_sensors()
            unit = await self._start_unit()
            await self._work(receiver)
            await self._until(_clear_of_border, limit_s=1.0, now="stopping: the unit hands over what it has")
            code = await self._farewell(unit)
            last = self._look("everything has arrived; now it is compared")
            await receiver.stop()
            received = read_export(await _export(self._scene))
        return Outcome(
            scene=self._scene,
            last=last,
            stored=self._stored.rows,
            received=received,
            outage_s=self._away_s,
            most_waiting=self._most_waiting,
            resumed_s=self._resumed_s,
            exit_code=code,
            complaints=complaints(unit.log),
        )

    async def _start_city(self) -> Child:
        """Start broker and receiver."""
        starting = "starting the broker and the receiver"
        self._look(starting)
        await self._broker.start()
        await self._proxy.open(broker_port=self._broker.port)
        write_files(
            self._scene,
            unit_port=self._proxy.port,
            broker_port=self._broker.port,
            mqtt5=self._plan.broker.mqtt5,
        )
        command = [sys.executable, "-m", "receiver", "run", str(self._scene.receiver_file)]
        receiver = await self._children.start("receiver", command)
        await self._required(lambda: _subscriptions(receiver) > 0, now=starting, what="the receiver is not connected")
        return receiver

    async def _start_sensors(self) -> None:
        command = [sys.executable, "-m", "drivers.sim.corner", str(self._scene.folder)]
        command += ["--log", str(self._scene.sensor_log), "--seed", str(self._plan.seed)]
        await self._children.start("sensors", command)
        nodes = [self._scene.folder / name for name in NODES]
        await self._required(
            lambda: all(node.exists() for node in nodes),
            now="switching the sensors on",
            what="the simulated sensors are not there",
        )

    async def _start_unit(self) -> Child:
        """Start the unit early in a window, so that all its sensors are open before the next window begins."""
        await self._until(_early_in_window, limit_s=WINDOW_S, now="waiting for the next full five seconds")
        command = [sys.executable, "-m", "agent", "run", str(self._scene.unit_file)]
        command += ["--runtime", str(self._scene.runtime), "--status-every", "1", "--keep-status"]
        command += ["--report-stored", str(self._stored.writing)]
        unit = await self._children.start("unit", command, descriptors=[self._stored.writing])
        self._stored.begin()
        self._began_s = time.monotonic()
        return unit

    async def _work(self, receiver: Child) -> None:
        """Watch the unit work, with an outage of the broker in the middle."""
        gone_s, back_s = self._plan.outage
        await self._watch_until(gone_s, _flowing)
        subscriptions = _subscriptions(receiver)
        away_from_s = time.monotonic()
        await self._broker.kill()
        await self._proxy.shut()
        await self._watch_until(back_s, _down)
        await self._broker.start()
        # A broker that was killed has forgotten who subscribes, and drops what nobody does. The unit would send it
        # again after a minute, since no receipt came; to see it sooner, the receiver is let in first.
        await self._until(
            lambda: _subscriptions(receiver) > subscriptions, limit_s=_READY_S, now="the broker returns"
        )
        before = self._proxy.connections
        await self._proxy.open(broker_port=self._broker.port)
        returned_s, waited_for = time.monotonic(), len(self._stored.rows)
        self._away_s = returned_s - away_from_s

        def recovering(snapshot: Snapshot) -> str:
            if self._resumed_s is None and self._proxy.connections > before:
                self._resumed_s = time.monotonic() - returned_s
            return _recovering(snapshot, waited_for)

        await self._watch_until(self._plan.seconds, recovering)

    async def _farewell(self, unit: Child) -> int:
        """Stop the unit, then wait a while for what it sent last to arrive; return its exit code."""
        stopping = asyncio.create_task(unit.stop(grace_s=_FAREWELL_S))
        await self._until(stopping.done, limit_s=_FAREWELL_S + 1, now="stopping: the unit hands over what it has")
        code = await stopping
        self._stored.take()
        await self._until(
            lambda: self._look("stopping: the receiver stores what came last").received >= len(self._stored.rows),
            limit_s=_ARRIVAL_S,
            now="stopping: the receiver stores what came last",
        )
        return code

    async def _watch_until(self, at_s: float, now: Callable[[Snapshot], str]) -> None:
        while self._elapsed_s() < at_s:
            snapshot = self._look(now)
            self._most_waiting = max(self._most_waiting, snapshot.waiting)
            await asyncio.sleep(min(_LOOK_S, max(0.0, at_s - self._elapsed_s())))

    async def _until(self, done: Callable[[], bool], *, limit_s: float, now: str) -> bool:
        """Show what is going on until `done`; return whether it was within the limit."""
        deadline_s = time.monotonic() + limit_s
        while not done():
            if time.monotonic() >= deadline_s:
                return False
            self._look(now)
            await asyncio.sleep(0.05)
        return True

    async def _required(self, done: Callable[[], bool], *, now: str, what: str) -> None:
        if not await self._until(done, limit_s=_READY_S, now=now):
            raise DemoError(f"{what} within {_READY_S:g} s. The logs are in {self._scene.logs}")

    def _look(self, now: str | Callable[[Snapshot], str]) -> Snapshot:
        """Look at everything, show it, and return it.

        Raises:
            ChildDied: a process has ended by itself.
        """
        self._children.check()
        snapshot = self._watch.look(
            elapsed_s=self._elapsed_s(), seconds=self._plan.seconds, broker=self._broker.running
        )
        snapshot = replace(snapshot, now=now if isinstance(now, str) else now(snapshot))
        self._view.show(snapshot)
        return snapshot

    def _elapsed_s(self) -> float:
        return 0.0 if self._began_s is None else time.monotonic() - self._began_s


def _flowing(snapshot: Snapshot) -> str:
    if not snapshot.stored:
        return "the sensors are read; the first rows come when the first window ends"
    return "all is well: each window's row is stored here, signed, sent, verified and acknowledged"


def _down(snapshot: Snapshot) -> str:
    return f"the broker is down; nothing is lost. Rows waiting in the outbox: {snapshot.waiting}"


def _recovering(snapshot: Snapshot, waited_for: int) -> str:
    if snapshot.received < waited_for:
        return f"the broker is back; what waited is sent. Rows still to arrive: {waited_for - snapshot.received}"
    return "the broker is back, and everything that waited has arrived"


def _subscriptions(receiver: Child) -> int:
    return receiver.log.read_text(errors="replace").count(_SUBSCRIBED)


def _early_in_window() -> bool:
    return time.time() % WINDOW_S < _EARLY_S


def _clear_of_border() -> bool:
    """Return whether it is not just now that one window ends and the next one begins."""
    return _CLEAR_S < time.time() % WINDOW_S < WINDOW_S - _CLEAR_S


async def _export(scene: Scene) -> list[str]:
    """Return what the receiver's own command exports."""
    command = [sys.executable, "-m", "receiver", "export", "--store", str(scene.receiver_store)]
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE)
    out, errors = await process.communicate()
    if process.returncode != 0:
        raise DemoError(f"the receiver's store cannot be exported: {errors.decode(errors='replace').strip()}")
    return out.decode().splitlines()
