"""Proof: kill -9 of the agent, at any moment, loses no row that it reported as stored, and stores none twice.

Real processes: the agent with sensors on pseudo-terminals, mosquitto, the receiver. Between each agent and the broker
stands a tap that sees every packet and can withhold it. The agent says through a pipe which rows it has stored, after
its COMMIT. It is killed in these states; a kill counts for a state only if what was seen proves that it hit it:

- idle: a session, everything published is receipted and deleted, and nothing was sent or written for 150 ms;
- sealing: killed at the write of a commit; its envelope is in the store, and never was on the wire, or the
  transaction is torn;
- in flight: the tap saw the PUBLISH and withheld the PUBACK, the message itself, or the receipt; or it forged the
  PUBACK and lost the message, as brokers do that acknowledge and forget;
- receipt: the unit has acknowledged the PUBLISH of a receipt, and its store has not let go yet;
- evicting: no broker, a full store, killed at the write of a commit that has to evict.

Further kills hit a unit that has just reported rows, one that starts and one that stops. In the end each agent runs
undisturbed until everything has left; then `tests.support.evidence.judge` compares, and follows every signature and
hash.

Two negative controls must fail: an agent that reports before its commit, and one that lets go on PUBACK.
"""

import argparse
import asyncio
import contextlib
import os
import random
import sys
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.proofs.kill_aims import FORGED_AND_DONE, State
from tests.proofs.kill_hunter import Hunter
from tests.support.evidence import Verdict, judge
from tests.support.rig import (
    ChannelPlan,
    NumberedDust,
    Rig,
    UnitPlan,
    dust_stream,
    run_proof,
    tick_for_ever,
)
from tests.support.tap import Tap

SHARES = {
    State.IDLE: 0.12,
    State.SEALING: 0.20,
    State.IN_FLIGHT: 0.20,
    State.RECEIPT: 0.20,
    State.EVICTING: 0.14,
    State.REPORTED: 0.05,
    State.STARTING: 0.05,
    State.STOPPING: 0.04,
}
"""How many of the kills aim at each state; the first five must make up a tenth of all kills each."""
REQUIRED = (State.IDLE, State.SEALING, State.IN_FLIGHT, State.RECEIPT, State.EVICTING)
FRAME_S = 0.25
DRAIN_S = 40.0


@dataclass
class Board:
    """What all hunters have achieved together."""

    quota: Mapping[State, int]
    hits: Counter[State] = field(default_factory=Counter)
    missed: int = 0
    notes: Counter[str] = field(default_factory=Counter)

    @property
    def kills(self) -> int:
        """All of them."""
        return sum(self.hits.values()) + self.missed


def wire_unit(number: int, *, program: Sequence[str] = ("-m", "agent")) -> UnitPlan:
    """Return a unit whose batches end each second, each third and each fifth second."""
    streams = [
        dust_stream("one", sensor="a"),
        dust_stream("two", sensor="b"),
        dust_stream("third", sensor="a", batch="3s"),
        dust_stream("fifth", sensor="b", batch="5s"),
    ]
    return UnitPlan(name=f"wire-{number}", sensors={"a": "pmsx003", "b": "pmsx003"}, streams=streams, program=program)


def full_unit() -> UnitPlan:
    """Return a unit whose store of 2.6 megabytes is full within five minutes, and every commit then evicts.

    30 rows of 64 columns a second: each commit takes more than an eviction makes room for.
    """
    wide = [
        ChannelPlan(name=f"sum-{number}", source="n0_3", rule="sum", unit="count", range=(0, 10**9))
        for number in range(64)
    ]
    streams = [dust_stream(f"full-{number}", sensor="a", channels=wide, batch="4s") for number in range(30)]
    buffer = {"max_bytes": "2600kB", "loss_window": "5s"}
    return UnitPlan(name="full", sensors={"a": "pmsx003"}, streams=streams, buffer=buffer)


@contextlib.asynccontextmanager
async def hunters(folder: Path, *, plans: Sequence[UnitPlan], seed: int) -> AsyncIterator[tuple[Rig, list[Hunter]]]:
    """Start everything but the agents."""
    async with contextlib.AsyncExitStack() as stack:
        rig = await stack.enter_async_context(Rig(folder))
        found: list[Hunter] = []
        sensors: list[NumberedDust] = []
        for number, plan in enumerate(plans):
            tap = Tap(rig.broker.port)
            unit = rig.add(plan, port=tap.port)
            hunter = Hunter(unit, tap, rng=random.Random(seed * 1000 + number), rig=rig)
            stack.enter_context(hunter.watch)
            sensors += [NumberedDust(unit.link(name), first=20_000) for name in plan.sensors]
            found.append(hunter)
        await rig.start()
        for hunter in found:
            await stack.enter_async_context(hunter.tap)
        ticking = asyncio.create_task(tick_for_ever(sensors, period_s=FRAME_S, phase_s=FRAME_S / 2))
        try:
            yield rig, found
        finally:
            ticking.cancel()
            for sensor in sensors:
                sensor.close()


async def chase(hunter: Hunter, work: deque[State], board: Board) -> None:
    """Hunt until there is nothing left to do; what was missed is tried again."""
    while work:
        state = work.popleft()
        hit, note = await hunter.hunt(state)
        board.notes[f"{state}: {note}"] += 1
        if hit:
            board.hits[state] += 1
        else:
            board.missed += 1
            if board.missed > 2 * sum(board.quota.values()):
                raise TimeoutError(f"too many kills hit nothing: {dict(board.notes)}")
            work.append(state)


async def conclude(rig: Rig, found: Sequence[Hunter], *, patience_s: float = DRAIN_S) -> list[Verdict]:
    """Let everything out, and compare."""
    for hunter in found:
        await hunter.tap.open()
    await asyncio.gather(*(hunter.drain(patience_s) for hunter in found))
    verdicts: list[Verdict] = []
    deadline = time.monotonic() + patience_s / 2
    while True:
        exported = await rig.receiver.rows()
        verdicts = [
            judge(
                hunter.unit.plan.name,
                key=hunter.unit.key.public,
                reported=[(row.stream, row.start_ms) for row in hunter.unit.stored],
                found=hunter.found,
                exported=exported,
                receiver_store=rig.receiver.store,
            )
            for hunter in found
        ]
        if not any(verdict.problems for verdict in verdicts) or time.monotonic() > deadline:
            break
        await asyncio.sleep(1)
    for hunter, verdict in zip(found, verdicts, strict=True):
        verdict.problems += oddities(hunter)
    return verdicts


def oddities(hunter: Hunter) -> list[str]:
    """Return what the wire and the store say against a unit."""
    name, problems = hunter.unit.plan.name, []
    if hunter.trace.rewritten:
        problems.append(f"{name}: {len(hunter.trace.rewritten)} seqs were published with different bytes")
    numbers = [row.number for row in hunter.unit.stored]
    if len(set(numbers)) != len(numbers):
        problems.append(f"{name}: a row number was given twice")
    if hunter.view is not None and hunter.view.set_aside:
        problems.append(f"{name}: {hunter.view.set_aside} stores were taken for damaged")
    if hunter.view is not None and hunter.view.held:
        problems.append(f"{name}: {len(hunter.view.held)} rows have not left the store")
    return problems


def quotas(kills: int) -> dict[State, int]:
    """Return how many kills aim at each state."""
    return {state: max(1, round(kills * share)) for state, share in SHARES.items()}


async def prove(folder: Path, *, quota: Mapping[State, int], seed: int, units: int) -> tuple[Board, list[Verdict]]:
    """Kill, drain, compare."""
    board = Board(quota)
    evictions = [State.EVICTING] * quota.get(State.EVICTING, 0)
    others = [state for state, count in quota.items() for _ in range(count) if state is not State.EVICTING]
    random.Random(seed).shuffle(others)
    plans = [wire_unit(number) for number in range(units)] + [full_unit()] * bool(evictions)
    async with hunters(folder, plans=plans, seed=seed) as (rig, found):
        work, last = deque[State](others), deque[State](evictions)
        if evictions:
            found[-1].tap.refuse()
        async with asyncio.TaskGroup() as group:
            for hunter in found[:units]:
                group.create_task(chase(hunter, work, board))
            for hunter in found[units:]:
                group.create_task(chase(hunter, last, board))
        return board, await conclude(rig, found)


async def control(folder: Path, *, variant: str, state: State, seed: int, kills: int = 3) -> list[Verdict]:
    """Do the same to a broken agent: a few kills in the state that finds it out."""
    board = Board({state: kills})
    plan = wire_unit(0, program=("-m", "tests.proofs.broken", variant))
    async with hunters(folder, plans=[plan], seed=seed) as (rig, found):
        found[0].withhold = [FORGED_AND_DONE]
        await chase(found[0], deque[State]([state] * kills), board)
        return await conclude(rig, found, patience_s=5)


CONTROLS = {"report-early": State.REPORTED, "trust-puback": State.IN_FLIGHT}


def report(board: Board, verdicts: Sequence[Verdict], *, kills: int) -> list[str]:
    """Print what was done and found; return what is wrong."""
    print(f"kills: {board.kills}")
    for state in SHARES:
        print(f"  {state:<10} {board.hits[state]:4}   " + notes_of(board, state))
    print(f"  {'elsewhere':<10} {board.missed:4}")
    print(f"rows stored:    {sum(verdict.stored for verdict in verdicts)}")
    print(f"rows delivered: {sum(verdict.delivered for verdict in verdicts)}")
    print(f"rows declared lost by eviction: {sum(verdict.declared for verdict in verdicts)}")
    print(f"gap records:    {sum(verdict.gaps for verdict in verdicts)}")
    wrong = [problem for verdict in verdicts for problem in verdict.problems]
    wrong += [
        f"{state}: {board.hits[state]} kills, at least {kills // 10} wanted"
        for state in REQUIRED
        if board.hits[state] < kills // 10
    ]
    if board.kills < kills:
        wrong.append(f"{board.kills} kills, {kills} wanted")
    for problem in wrong:
        print(f"  {problem}")
    return wrong


def notes_of(board: Board, state: State) -> str:
    """Return how the kills of a state went."""
    notes = {note.partition(": ")[2]: count for note, count in board.notes.items() if note.startswith(f"{state}: ")}
    return ", ".join(f"{note} {count}" for note, count in sorted(notes.items()))


async def main(folder: Path, options: argparse.Namespace) -> int:
    """Run the proof and its controls; return 0 when it holds."""
    began = time.monotonic()
    print(f"seed: {options.seed}", flush=True)
    for name in ("proof", *CONTROLS):
        (folder / name).mkdir()
    board, verdicts = await prove(
        folder / "proof", quota=quotas(options.kills), seed=options.seed, units=options.units
    )
    failed = bool(report(board, verdicts, kills=options.kills))
    for variant, state in CONTROLS.items():
        broken = await control(folder / variant, variant=variant, state=state, seed=options.seed)
        found = [problem for verdict in broken for problem in verdict.problems]
        print(f"control {variant}: " + (f"fails, as it must: {found[0]}" if found else "DOES NOT FAIL"))
        failed = failed or not found
    print(f"prove-kill: {'FAILED' if failed else 'holds'} ({time.monotonic() - began:.0f} s)")
    return 1 if failed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Kill the agent, and account for every row.")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3)))
    parser.add_argument("--units", type=int, default=3, help="units killed side by side, beside the one that evicts")
    parser.add_argument("--keep", action="store_true", help="keep the files")
    chosen = parser.parse_args()
    sys.exit(run_proof(lambda folder: main(folder, chosen), keep=chosen.keep))
