"""Proof: whatever happens to the broker, the network or the receiver, every stored row arrives exactly once.

Two units, one with MQTT 5 and one with 3.1.1, run through every kind of outage. Each has two sensors on
pseudo-terminals that number their frames, and sends through a tap that can refuse, half-close, reset, and lose
packets. For each outage: how many rows were stored meanwhile, how soon the broker took data again after its return
(at most 3 s, where it was gone), and how soon everything had arrived. In the end `tests.support.evidence.judge`
compares row by row and follows every signature and hash, and the numbers in the rows must show that no frame was
missed: polling does not know that there is a network.

The negative control deletes on the broker's word (`delivery = "broker"`) and meets a broker that acknowledges and
forgets: it must lose rows.
"""

import argparse
import asyncio
import contextlib
import random
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.proofs.outage_scene import ALLOW_ALL, RESUME_S, Line, Outcome, Scene, arrived
from tests.support.evidence import Verdict, judge
from tests.support.rig import NumberedDust, Rig, UnitPlan, dust_stream, run_proof, tick_for_ever, until
from tests.support.tap import Tap


def missed(rows: Sequence[Mapping[str, Any]], *, last: int) -> list[str]:
    """Return what the numbers in the rows of one stream say about frames that were missed, or read twice.

    Each row tells how many frames there were in its window, and the last one's number; so the numbers must go on
    where the row before ended, over every outage, up to the last frame that was sent.
    """
    problems = []
    ordered = sorted(rows, key=lambda row: int(row["start_ms"]))
    starts = [int(row["start_ms"]) for row in ordered]
    holes = [later for start, later in pairwise(starts) if later - start != 1000]
    if holes:
        problems.append(f"{len(holes)} holes in the sequence of windows, the first before {holes[0]}")
    number: int | None = None
    for row in ordered:
        samples = int(row["values"]["samples"]["value"] or 0)
        shown = row["values"]["number"]["value"]
        if not samples:
            continue
        if number is not None and int(shown) != number + samples:
            problems.append(f"window {row['start_ms']}: {samples} frames up to number {shown}, after number {number}")
        number = int(shown)
    if number != last:
        problems.append(f"the last frame read was number {number}, the last one sent {last}")
    return problems


FULL: Mapping[str, tuple[Callable[[Scene], Awaitable[None]], float | None]] = {
    "broker killed, 5 s": (lambda scene: scene.broker_away(5), RESUME_S),
    "broker killed, 30 s": (lambda scene: scene.broker_away(30), RESUME_S),
    "broker stopped in order, 5 s": (lambda scene: scene.broker_away(5, signal.SIGTERM), RESUME_S),
    "broker stalls, 8 s": (lambda scene: scene.broker_stalls(8), RESUME_S),
    "broker stalls, 45 s": (lambda scene: scene.broker_stalls(45), RESUME_S),
    "connections refused, 5 s": (lambda scene: scene.refused(5), RESUME_S),
    "half-closed": (lambda scene: scene.half_closed(), RESUME_S),
    "reset five times": (lambda scene: scene.reset(5), RESUME_S),
    "PUBACKs lost, 5 s": (lambda scene: scene.pubacks_lost(5), RESUME_S),
    "data denied by the ACL, 8 s": (lambda scene: scene.denied(8), None),
    "receiver down, 6 s": (lambda scene: scene.receiver_away(6), None),
    "acknowledged and forgotten": (lambda scene: scene.forgotten(4), None),
}
"""Outages, and within how many seconds the broker must take data after its return, where that is the question."""
SHORT = ("half-closed", "acknowledged and forgotten")


def unit_plan(mqtt: str, **uplink: object) -> UnitPlan:
    """Return a unit with a batch each second and each third second."""
    name = "mqtt-" + mqtt.replace(".", "-")
    streams = [dust_stream("one", sensor="a"), dust_stream("third", sensor="b", batch="3s")]
    return UnitPlan(
        name=name,
        sensors={"a": "pmsx003", "b": "pmsx003"},
        streams=streams,
        uplink={"mqtt": mqtt, "keepalive": "10s", **uplink},
    )


@contextlib.asynccontextmanager
async def scene(folder: Path, *, plans: Sequence[UnitPlan], seed: int) -> AsyncIterator[Scene]:
    """Start everything; the first rows have been stored and have arrived."""
    async with contextlib.AsyncExitStack() as stack:
        acl = folder / "acl"
        acl.write_text(ALLOW_ALL)
        acl.chmod(0o600)
        lines = ("allow_anonymous true", f"acl_file {acl}")
        rig = await stack.enter_async_context(Rig(folder, broker_lines=lines))
        found = []
        for plan in plans:
            tap = Tap(rig.broker.port)
            line = Line(rig.add(plan, port=tap.port), tap, rig=rig)
            line.sensors = [NumberedDust(line.unit.link(name)) for name in plan.sensors]
            found.append(line)
        await rig.start()
        sensors = [sensor for line in found for sensor in line.sensors]
        ticking = asyncio.create_task(tick_for_ever(sensors, period_s=1.0, phase_s=0.5))
        for line in found:
            await stack.enter_async_context(line.tap)
            line.unit.start()
        try:
            for line in found:
                await until(partial(_has_begun, rig, line), what="the first rows at the receiver")
            yield Scene(rig, found, random.Random(seed), acl)
        finally:
            ticking.cancel()
            for sensor in sensors:
                sensor.close()


def _has_begun(rig: Rig, line: Line) -> bool:
    rows = arrived(rig.receiver.store, line.unit.plan.name)
    return {stream for stream, _ in rows} == {plan.name for plan in line.unit.plan.streams}


def _has_all(rig: Rig, line: Line) -> bool:
    return line.stored() <= arrived(rig.receiver.store, line.unit.plan.name)


async def conclude(scene: Scene, *, patience_s: float = 30.0) -> list[Verdict]:
    """Stop the sensors, then the agents in order, and compare."""
    for line in scene.lines:
        for sensor in line.sensors:
            sensor.pause()
    await asyncio.sleep(0.6)
    codes = [await line.unit.stop() for line in scene.lines]
    verdicts = []
    for line, code in zip(scene.lines, codes, strict=True):
        name = line.unit.plan.name
        with contextlib.suppress(TimeoutError):
            await until(partial(_has_all, scene.rig, line), what="the last rows", deadline_s=patience_s)
        exported = await scene.rig.receiver.rows(name)
        verdict = judge(
            name,
            key=line.unit.key.public,
            reported=[(row.stream, row.start_ms) for row in line.unit.stored],
            exported=exported,
            receiver_store=scene.rig.receiver.store,
        )
        for plan, sensor in zip(line.unit.plan.streams, line.sensors, strict=True):
            rows = [row for row in exported if row["stream"] == plan.name]
            verdict.problems += [f"{name}: {plan.name}: {text}" for text in missed(rows, last=sensor.sent)]
        if line.trace.rewritten:
            verdict.problems.append(f"{name}: {len(line.trace.rewritten)} seqs were published with different bytes")
        if code != 0:
            verdict.problems.append(f"{name}: the agent ended with {code}")
        verdicts.append(verdict)
    return verdicts


def tell(name: str, outcome: Outcome) -> None:
    """Print one line of the table."""
    resumed = "-" if outcome.resumed_s is None else f"{outcome.resumed_s:.1f} s"
    times = f"{resumed:>8} {outcome.arrived_s:6.1f} s"
    problems = "".join(f"  {problem}" for problem in outcome.problems)
    print(f"  {name:<30} {outcome.unit:<11} {outcome.rows:5} {times} {outcome.repeated:6}{problems}", flush=True)


async def prove(
    folder: Path, *, names: Sequence[str], plans: Sequence[UnitPlan], seed: int
) -> tuple[list[Verdict], list[str]]:
    """Go through outages; return the comparison and what went wrong on the way."""
    wrong: list[str] = []
    print(f"  {'outage':<30} {'unit':<11} {'rows':>5} {'resumed':>8} {'arrived':>8} {'repeated':>6}")
    async with scene(folder, plans=plans, seed=seed) as running:
        for name in names:
            outage, resume_s = FULL[name]
            for outcome in await running.measure(partial(outage, running), resume_s=resume_s):
                tell(name, outcome)
                wrong += [f"{name}: {outcome.unit}: {problem}" for problem in outcome.problems]
        verdicts = await conclude(running)
        if "data denied by the ACL, 8 s" in names and not running.lines[0].refusals:
            wrong.append("no PUBACK carried a failure code")
    return verdicts, wrong


async def control(folder: Path, *, seed: int) -> list[Verdict]:
    """Let a broker's word be enough, and have it forget."""
    plan = unit_plan("5", delivery="broker")
    async with scene(folder, plans=[plan], seed=seed) as running:
        await running.forgotten(4)
        return await conclude(running, patience_s=5)


async def main(folder: Path, options: argparse.Namespace) -> int:
    """Run the proof and its control; return 0 when it holds."""
    began = time.monotonic()
    print(f"seed: {options.seed}")
    for name in ("proof", "control"):
        (folder / name).mkdir()
    plans = [unit_plan("5"), unit_plan("3.1.1")]
    names = options.only or list(FULL)
    verdicts, wrong = await prove(folder / "proof", names=names, plans=plans, seed=options.seed)
    for verdict, plan in zip(verdicts, plans, strict=True):
        print(f"{plan.name}: {verdict.stored} rows stored, {verdict.delivered} delivered, {verdict.gaps} gap records")
        wrong += verdict.problems
    for problem in wrong:
        print(f"  {problem}")
    broken = await control(folder / "control", seed=options.seed)
    found = [problem for verdict in broken for problem in verdict.problems]
    print('control delivery = "broker": ' + (f"fails, as it must: {found[0]}" if found else "DOES NOT FAIL"))
    failed = bool(wrong) or not any("lost" in problem for problem in found)
    print(f"prove-outage: {'FAILED' if failed else 'holds'} ({time.monotonic() - began:.0f} s)")
    return 1 if failed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Take broker, network and receiver away, and account for every row.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="append", choices=FULL, help="these outages only")
    parser.add_argument("--keep", action="store_true", help="keep the files")
    chosen = parser.parse_args()
    sys.exit(run_proof(lambda folder: main(folder, chosen), keep=chosen.keep))
