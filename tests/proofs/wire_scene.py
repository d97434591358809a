"""What `tests.proofs.wire` runs: units that send in different ways, each through a broker's port of its own."""

import asyncio
import contextlib
import json
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from tests.support.broker import free_port
from tests.support.capture import Capture, Traffic
from tests.support.certificates import Authority
from tests.support.plans import ChannelPlan, Raw
from tests.support.rig import NumberedDust, Rig, Unit, UnitPlan, dust_stream, tick_for_ever, until

WIDE = tuple(
    ChannelPlan(name=f"{source}-{rule}", source=source, rule=rule, unit=unit)
    for source, unit in (("pm1_0", "ug/m3"), ("pm2_5", "ug/m3"), ("pm10", "ug/m3"), ("n0_3", "count"))
    for rule in ("mean", "min", "max", "median", "p90", "last")
)
"""Enough channels for an envelope of several segments."""
_TLS = "tls"
_FEW = 20


def unit_plan(name: str, **changes: object) -> UnitPlan:
    """Return a unit that sends a small envelope each second; a name with `tls` in it sends by TLS."""
    plan = UnitPlan(
        name=name,
        sensors={"dust": "pmsx003"},
        streams=[dust_stream("dust")],
        uplink={"keepalive": "5s", "status_interval": "10s"},
        options=("--keep-status", "--status-every", "1"),
    )
    return replace(plan, **changes)  # type: ignore[arg-type]  # the names are the caller's


STEADY: Mapping[str, UnitPlan] = {
    "small": unit_plan("small"),
    "small-tls": unit_plan("small-tls"),
    "old": unit_plan("old", uplink={"mqtt": "3.1.1", "keepalive": "5s"}),
    "wide": unit_plan("wide", streams=[dust_stream("dust", channels=WIDE, batch="10s")]),
    "wide-tls": unit_plan("wide-tls", streams=[dust_stream("dust", channels=WIDE, batch="10s")]),
    "idle-tls": unit_plan(
        "idle-tls",
        streams=[dust_stream("dust", batch="5min")],
        uplink={"keepalive": "5s", "status_interval": "1h"},
    ),
}
"""Kinds of traffic: small and large messages, both versions of MQTT, tests of the connection and little else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One unit: what was captured, and what it said.

    Attributes:
        wire: what passed.
        counted: IP bytes that the agent has counted.
        sent: envelopes it has published.
        sessions, tries: of its connections.
    """

    scene: str
    unit: str
    wire: Traffic
    counted: int
    sent: int
    sessions: int
    tries: int

    @property
    def error(self) -> float:
        """How much too much the agent has counted, as a part of what passed."""
        return self.counted / self.wire.ip_bytes - 1


class Stage:
    """Units at work, and the broker between them and the receiver."""

    def __init__(self, rig: Rig, capture: Capture, ports: Mapping[str, int]) -> None:
        self.rig = rig
        self.capture = capture
        self.ports = ports

    async def away(self, seconds: float) -> None:
        """Kill the broker, and start it again after a time: connections are refused meanwhile."""
        await self.rig.broker.stop()
        await asyncio.sleep(seconds)
        await self.rig.broker.start()

    async def stalls(self, seconds: float) -> None:
        """Let the broker hang: connections stay open, and new ones are made, but nobody answers."""
        self.rig.broker.send(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        self.rig.broker.send(signal.SIGCONT)

    async def settled(self) -> None:
        """Return when everything that was stored has been sent and receipted."""
        await until(lambda: all(_is_empty(unit) for unit in self.rig.units.values()), what="an empty buffer")

    async def stop(self, scene: str) -> list[Compared]:
        """Stop the units in order and return what they counted beside what was captured."""
        found = []
        for name, unit in self.rig.units.items():
            code = await unit.stop()
            assert code == 0, unit.log.read_text()
            await asyncio.sleep(0.3)  # the last acknowledgements of a closed connection
            found.append(self._compared(scene, name, unit.status()))
        return found

    def _compared(self, scene: str, name: str, status: Mapping[str, Any]) -> Compared:
        uplink = status["uplink"]
        return Compared(
            scene=scene,
            unit=name,
            wire=self.capture.of(self.ports[name]),
            counted=status["budget"]["total_bytes"],
            sent=uplink["sent"],
            sessions=uplink["sessions"],
            tries=uplink["tries"],
        )


def _is_empty(unit: Unit) -> bool:
    outbox = unit.status().get("outbox") or {}
    return (
        bool(outbox)
        and outbox["envelopes_waiting"] <= 1
        and (outbox["rows_waiting"] < _FEW or "idle" in unit.plan.name)
    )


@contextlib.asynccontextmanager
async def stage(folder: Path, plans: Sequence[UnitPlan]) -> AsyncIterator[Stage]:
    """Start everything; each unit has a session."""
    ports = {plan.name: free_port() for plan in plans}
    pair, authority = _certificates(folder)
    lines = ["allow_anonymous true"]
    for name, port in ports.items():
        lines.append(f"listener {port} 127.0.0.1")
        lines += [f"certfile {pair.certificate}", f"keyfile {pair.key}"] if _TLS in name else []
    trust = {"tls": Raw(f"{{ ca = {json.dumps(str(authority))} }}")}
    async with contextlib.AsyncExitStack() as stack:
        capture = stack.enter_context(Capture())
        rig = await stack.enter_async_context(Rig(folder, broker_lines=lines))
        for plan in plans:
            uplink = {**plan.uplink, **(trust if _TLS in plan.name else {})}
            rig.add(replace(plan, uplink=uplink), port=ports[plan.name])
        sensors = [NumberedDust(unit.link("dust")) for unit in rig.units.values()]
        await rig.start()
        ticking = asyncio.create_task(tick_for_ever(sensors, period_s=1.0, phase_s=0.5))
        try:
            for unit in rig.units.values():
                unit.start()
            for unit in rig.units.values():
                await until(partial(_connected, unit), what=f"a session of {unit.plan.name}")
            yield Stage(rig, capture, ports)
        finally:
            ticking.cancel()
            for sensor in sensors:
                sensor.close()


def _connected(unit: Unit) -> bool:
    return bool((unit.status().get("uplink") or {}).get("connected"))


def _certificates(folder: Path) -> tuple[Any, Path]:
    authority = Authority(folder)
    return authority.issue("broker"), authority.certificate


Script = Callable[[Stage], Awaitable[None]]


async def run(folder: Path, scene: str, *, plans: Sequence[UnitPlan], script: Script) -> list[Compared]:
    """Let units work while a script is played to its end; return what was counted beside what passed."""
    home = folder / scene
    home.mkdir()
    async with stage(home, plans) as running:
        await script(running)
        return await running.stop(scene)
