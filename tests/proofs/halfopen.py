"""Proof: a connection whose other end has vanished is noticed, left and replaced, and nothing is lost by it.

The tap that the units send through stops to forward and says nothing: no FIN, no RST, and what is written is taken
and thrown away, as by a carrier's address translation that has forgotten the connection. New connections get
through. Nothing but the age of the last acknowledgement can tell.

With data under way (MQTT 5 and 3.1.1, a publish each second, no ping within the time) a new connection must have its
first acknowledgement within 1 s (until something is sent), `ack_s` and 3 s. On an idle line (nothing to send for five
minutes) a new session must stand within the keep-alive interval, `ack_s` and 3 s. In the end every row is compared,
as by `prove-outage`. The negative control is an agent for which no acknowledgement is ever overdue: it must go on for
that time without noticing.
"""

import argparse
import asyncio
import contextlib
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from agent.uplink.settings import Timing
from tests.proofs.outage import conclude, scene, unit_plan
from tests.proofs.outage_scene import Line, arrived
from tests.support.evidence import Verdict
from tests.support.rig import NumberedDust, Rig, UnitPlan, dust_stream, run_proof, until
from tests.support.tap import Tap

SENT_S = 1.0
RECONNECT_S = 3.0
KEEPALIVE_S = 10
AGENT = ("-m", "agent")


def busy_plan(mqtt: str, program: Sequence[str] = AGENT) -> UnitPlan:
    """Return a unit that publishes each second, and pings so rarely that pings do not help."""
    plan = unit_plan(mqtt, keepalive="5min")
    return UnitPlan(name=plan.name, sensors=plan.sensors, streams=plan.streams, uplink=plan.uplink, program=program)


def idle_plan(program: Sequence[str] = AGENT) -> UnitPlan:
    """Return a unit that has nothing to send for five minutes."""
    streams = [dust_stream("idle", sensor="a", window="5min", batch="5min")]
    uplink = {"keepalive": f"{KEEPALIVE_S}s"}
    return UnitPlan(name="idle", sensors={"a": "pmsx003"}, streams=streams, uplink=uplink, program=program)


async def noticed(line: Line, *, limit_s: float) -> float | None:
    """Return how long a unit took from now until the broker took its data on a new connection; None for too long."""
    began_s = time.monotonic()
    with contextlib.suppress(TimeoutError):
        await until(lambda: any(at_s > began_s for at_s in line.taken_s), what="data", deadline_s=limit_s)
    return next((at_s - began_s for at_s in line.taken_s if at_s > began_s), None)


async def busy(
    folder: Path, *, plans: Sequence[UnitPlan], times: int, limit_s: float, seed: int
) -> tuple[list[Verdict], list[str]]:
    """Let the other end vanish while data is under way; return the comparison, and what took too long."""
    wrong = []
    async with scene(folder, plans=plans, seed=seed) as running:
        for round_ in range(times):
            for line in running.lines:
                line.tap.vanish()
            took = await asyncio.gather(*(noticed(line, limit_s=limit_s) for line in running.lines))
            for line, seconds in zip(running.lines, took, strict=True):
                name = line.unit.plan.name
                told = "not noticed" if seconds is None else f"data taken again after {seconds:.1f} s"
                print(f"  round {round_ + 1}: {name:<11} {told} (at most {limit_s:g} s)", flush=True)
                if seconds is None:
                    wrong.append(f"{name}: the broker took no data within {limit_s:g} s")
            if wrong:
                return [], wrong
            for line in running.lines:
                await until(partial(_has_caught_up, running.rig, line, line.stored()), what="rows at the receiver")
        return await conclude(running), wrong


def _has_caught_up(rig: Rig, line: Line, rows: set[tuple[str, int]]) -> bool:
    due = {row for row in rows if row[0] == "one"}
    return due <= arrived(rig.receiver.store, line.unit.plan.name)


async def idle(folder: Path, *, plan: UnitPlan, limit_s: float) -> list[str]:
    """Let the other end vanish while nothing is sent; return what is wrong."""
    async with Rig(folder) as rig, Tap(rig.broker.port) as tap:
        line = Line(rig.add(plan, port=tap.port), tap, rig=rig)
        sensor = NumberedDust(line.unit.link("a"))
        await rig.start()
        line.unit.start()
        try:
            await until(lambda: line.sessions == 1, what="a session")
            await asyncio.sleep(2)  # for what a session begins with
            tap.vanish()
            began_s = time.monotonic()
            with contextlib.suppress(TimeoutError):
                await until(lambda: line.sessions > 1, what="a new session", deadline_s=limit_s)
            took = f"a new session after {time.monotonic() - began_s:.1f} s" if line.sessions > 1 else "not noticed"
            print(f"  idle line:  {took} (at most {limit_s:g} s)", flush=True)
            code = await line.unit.stop()
        finally:
            sensor.close()
    wrong = [] if line.sessions > 1 else [f"idle line: no new session within {limit_s:g} s"]
    return wrong + ([f"idle line: the agent ended with {code}"] if code else [])


async def main(folder: Path, options: argparse.Namespace) -> int:
    """Run the proof and its control; return 0 when it holds."""
    began = time.monotonic()
    limit_s = SENT_S + Timing().ack_s + RECONNECT_S
    print(f"seed: {options.seed}")
    for name in ("busy", "idle", "control"):
        (folder / name).mkdir()
    plans = [busy_plan("5"), busy_plan("3.1.1")]
    verdicts, wrong = await busy(
        folder / "busy", plans=plans, times=options.times, limit_s=limit_s, seed=options.seed
    )
    for verdict, plan in zip(verdicts, plans, strict=False):
        print(f"{plan.name}: {verdict.stored} rows stored, {verdict.delivered} delivered, {verdict.gaps} gap records")
        wrong += verdict.problems
    wrong += await idle(folder / "idle", plan=idle_plan(), limit_s=limit_s - SENT_S + KEEPALIVE_S)
    for problem in wrong:
        print(f"  {problem}")
    deaf = [busy_plan("5", ("-m", "tests.proofs.hurried", "deaf"))]
    _, found = await busy(folder / "control", plans=deaf, times=1, limit_s=limit_s, seed=options.seed)
    print("control, deaf agent: " + (f"fails, as it must: {found[0]}" if found else "DOES NOT FAIL"))
    failed = bool(wrong) or not found
    print(f"prove-halfopen: {'FAILED' if failed else 'holds'} ({time.monotonic() - began:.0f} s)")
    return 1 if failed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Let the other end of a connection vanish without a word.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--times", type=int, default=3, help="how often it vanishes under data; default: %(default)s")
    parser.add_argument("--keep", action="store_true", help="keep the files")
    chosen = parser.parse_args()
    sys.exit(run_proof(lambda folder: main(folder, chosen), keep=chosen.keep))
