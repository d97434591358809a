"""Proof: from an order to suspend a stream to its last byte on the wire, and that it stays so.

Real processes: agents with a sensor on a pseudo-terminal for each stream, mosquitto, the receiver. Between each agent
and the broker stands a tap that sees every packet. A signed order is published, retained, or sent by
`lamppost-receiver control send`; what is measured begins with the document's last byte towards the unit at the tap.
The unit is, in turn:

- steady: the document comes within 20 ms of the stream's next publish;
- by command: the same without the aim, and counted from the start of the command, too;
- expired: the document has expired a year ago, which must not matter;
- full window: the broker owes PUBACKs for all that may be in flight, and more rows wait;
- draining: all that was sent in five seconds is due again, and leaves slowly;
- away: the document waits at the broker until the unit connects, with rows in its buffer;
- undated: the unit's clock was never set.

Each time: a signed answer comes; after it nothing of the stream passes; the last seq in it is the highest one that
the tap ever saw of that stream; the agent has closed the sensor's port. Then, over longer: a suspension outlasts the
agent's end in order, kill -9 and the broker's end, other streams go on, and what was buffered arrives after `run`;
what is held arrives complete; what is purged never does, and a gap record counts it; forged, replayed, misdirected
orders, and those of a role that may not give them, have no effect.

Two negative controls must be caught: an agent that ignores orders, and one that obeys in words only.
"""

import argparse
import asyncio
import math
import os
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from agent.wire.orders import Order, Refusal, Role
from tests.proofs.suspend_scene import PARK, STREET, Line, Measured, Scene, scene, unit_plan
from tests.proofs.suspend_stays import PARTS, Kept, refused
from tests.support.commander import YEAR_MS
from tests.support.rig import run_proof

TIMES: Mapping[str, int] = {
    "steady": 10,
    "by command": 4,
    "expired": 4,
    "full window": 4,
    "draining": 4,
    "away": 3,
    "undated": 3,
}
"""How often a unit is suspended in each state."""
TIMED, UNDATED = "timed", "undated"
UNDATED_STREAMS = (PARK, STREET, "roof", "yard")
LIMIT_MS = 1000.0
"""A unit that is connected and not held up by its broker stops within this time; it is far less."""
CONTROLS = ("ignore-orders", "obey-in-words")


async def once(scene: Scene, line: Line, state: str, *, role: Role) -> Measured | None:
    """Bring a unit into a state, and suspend the street."""
    wire = line.wire
    match state:
        case "steady":
            await scene.aimed(line, STREET)
            return await scene.suspend(line, STREET, state=state, role=role)
        case "by command":
            return await scene.suspend(line, STREET, state=state, role=role, by_command=True)
        case "expired":
            await scene.aimed(line, STREET)
            past_ms = time.time_ns() // 1_000_000 - YEAR_MS
            return await scene.suspend(line, STREET, state=state, role=role, expires_ms=past_ms)
        case "full window":
            await scene.full(line)

            async def let_go() -> None:
                await asyncio.sleep(0.3)
                wire.answer_all()

            return await scene.suspend(line, STREET, state=state, role=role, then=let_go)
        case "draining":
            slow = await scene.draining(line)
            measured = await scene.suspend(line, STREET, state=state, role=role)
            await slow
            return measured
        case _:
            wire.tap.refuse()
            await asyncio.sleep(scene.rng.uniform(1.0, 3.0))
            opening = asyncio.create_task(_open_later(line))
            measured = await scene.suspend(line, STREET, state=state, role=role)
            await opening
            return measured


async def _open_later(line: Line) -> None:
    await asyncio.sleep(0.5)
    await line.wire.tap.open()


async def timed(scene: Scene, line: Line, times: Mapping[str, int]) -> list[Measured]:
    """Suspend the street again and again, in states in a random order; return what was measured."""
    found: list[Measured] = []
    states = [state for state, count in times.items() for _ in range(count) if state != UNDATED]
    scene.rng.shuffle(states)
    for number, state in enumerate(states):
        role = (Role.PRIVACY, Role.ROOT)[number % 2]
        measured = await once(scene, line, state, role=role)
        found += [measured] if measured else []
        await scene.goes_on(line, PARK, f"{state}: while {STREET} is suspended")
        await scene.order(line, STREET, Order.RUN, role=role)
        await scene.goes_on(line, STREET, f"{state}: run")
    return found


async def undated(scene: Scene, line: Line, times: int) -> list[Measured]:
    """Suspend stream after stream of a unit whose clock was never set; run waits until it is."""
    found: list[Measured] = []
    streams = [name for name in line.sensors if name != PARK][:times]
    for stream in streams:
        measured = await scene.suspend(line, stream, state=UNDATED)
        found += [measured] if measured else []
        await scene.goes_on(line, PARK, f"{UNDATED}: while {stream} is suspended")
    if not streams:
        return found
    run = await scene.order(line, streams[0], Order.RUN)
    refusals = scene.refusals(line, run, streams[0])
    scene.check(holds=refusals == [Refusal.CLOCK], problem=f"run without a clock was answered with {refusals}")
    since_s = time.monotonic()
    await asyncio.sleep(1.5)
    early = line.wire.of(streams[0], since_s=since_s)
    scene.check(holds=not early, problem=f"{len(early)} envelopes of {streams[0]} passed although no clock was set")
    assert line.gnss is not None
    line.gnss.set(latitude_deg=40.7, longitude_deg=-74.0)
    await scene.goes_on(line, streams[0], "run, once the clock is set")
    again = line.wire.answer(run, since_s=since_s)
    said = [] if again is None else [outcome.refusal for outcome in again.outcomes(streams[0])]
    scene.check(holds=said == [Refusal.NONE], problem=f"run with a clock was answered with {said}")
    return found


async def prove(
    folder: Path, *, times: Mapping[str, int], seed: int, parts: Sequence[str] = tuple(PARTS)
) -> tuple[list[Measured], list[Kept], list[str], list[str]]:
    """Measure, and look at what stays; return that, the attacks, and what is wrong."""
    plans = [unit_plan(TIMED)]
    if times.get(UNDATED):
        plans.append(unit_plan(UNDATED, UNDATED_STREAMS, undated=True))
    async with scene(folder, plans=plans, seed=seed) as running:
        line = running.lines[TIMED]
        measured = await timed(running, line, times)
        if times.get(UNDATED):
            measured += await undated(running, running.lines[UNDATED], times[UNDATED])
        kept = [await PARTS[part](running, line) for part in parts]
        attacks = await refused(running, line)
        code = await line.wire.unit.stop()
        running.check(holds=code == 0, problem=f"the agent ended with {code}")
        return measured, kept, attacks, running.problems


async def control(folder: Path, *, variant: str, seed: int) -> list[str]:
    """Suspend the street of a broken agent; return what was found."""
    plan = unit_plan(TIMED, program=("-m", "tests.proofs.broken", variant))
    async with scene(folder, plans=[plan], seed=seed, patience_s=3.0) as running:
        await running.suspend(running.lines[TIMED], STREET, state=variant)
        return running.problems


# -- the table


def spread(values: Sequence[float]) -> str:
    """Return median, 95 % and maximum of times in ms."""
    ordered = sorted(values)
    at95 = ordered[max(0, math.ceil(0.95 * len(ordered)) - 1)]
    return f"{ordered[len(ordered) // 2]:7.0f} {at95:7.0f} {ordered[-1]:7.0f}"


def tell(measured: Sequence[Measured]) -> None:
    """Print the table."""
    heads = "".join(f"{title:>26}" for title in ("last byte, ms", "signed answer, ms", "port closed, ms"))
    print(f"  {'state':<13}{'times':>5} {'after':>6}{heads}")
    print(f"  {'':<25}" + 3 * f"{'median':>11}{'95 %':>8}{'max':>7}")
    counts = Counter(one.state for one in measured)
    for state in [*dict.fromkeys(one.state for one in measured), "all"]:
        some = [one for one in measured if state in {one.state, "all"}]
        columns = "   ".join(spread([getattr(one, name) for one in some]) for name in _COLUMNS)
        after = sum(one.after for one in some)
        print(f"  {state:<13}{counts.get(state, len(some)):>5} {after:>6}   {columns}")
    commands = [one.command_ms for one in measured if one.state == "by command"]
    if commands:
        print(f"  from the start of `lamppost-receiver control send`: {spread(commands)} ms")


_COLUMNS = ("last_ms", "answer_ms", "closed_ms")


def slow(measured: Sequence[Measured]) -> list[str]:
    """Return what took too long."""
    return [
        f"{one.state}: the last byte came {one.last_ms:.0f} ms after the order"
        for one in measured
        if one.last_ms > LIMIT_MS
    ]


async def main(folder: Path, options: argparse.Namespace) -> int:
    """Run the proof and its controls; return 0 when it holds."""
    began = time.monotonic()
    print(f"seed: {options.seed}", flush=True)
    for name in ("proof", *CONTROLS):
        (folder / name).mkdir()
    measured, kept, attacks, wrong = await prove(folder / "proof", times=TIMES, seed=options.seed)
    wrong += slow(measured)
    print(f"suspensions: {len(measured)} of {sum(TIMES.values())}")
    tell(measured)
    for one in kept:
        print(f"  {one.what}: {one.rows} rows, silent for {one.seconds:.0f} s, {one.others} envelopes of {PARK}")
    print(f"orders without effect: {'; '.join(attacks)}")
    if len(measured) < sum(TIMES.values()):
        wrong.append(f"{len(measured)} suspensions were measured")
    for problem in wrong:
        print(f"  {problem}")
    failed = bool(wrong)
    for variant in CONTROLS:
        found = await control(folder / variant, variant=variant, seed=options.seed)
        print(f"control {variant}: " + (f"fails, as it must: {found[0]}" if found else "DOES NOT FAIL"), flush=True)
        failed = failed or not found
    print(f"prove-suspend: {'FAILED' if failed else 'holds'} ({time.monotonic() - began:.0f} s)")
    return 1 if failed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Suspend a stream again and again, and watch its wire.")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3)))
    parser.add_argument("--keep", action="store_true", help="keep the files")
    chosen = parser.parse_args()
    sys.exit(run_proof(lambda folder: main(folder, chosen), keep=chosen.keep))
