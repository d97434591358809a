"""Proof: whatever happened to a unit's card, the agent starts, samples and delivers, and the city is told the loss.

A real agent, mosquitto and the real receiver. A unit works online and through an outage; copies of its store are kept
as a kill and as an orderly stop leave it. Each case puts unit, broker and receiver back to that moment, damages the
files, and starts the agent: new rows must arrive, what is readable too, no seq may be given twice, no row that the
city had may come back as new, a damaged store is set aside, a new epoch begins, and signed gap records tell the loss.

Then two units with one card: both send under the same key and epoch. And six damages in a row: what is set aside is
bounded. The negative controls break the salvage on purpose: it goes on in the old epoch; it declares nothing.
"""

import argparse
import contextlib
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from tests.proofs.damage_cases import CASES, Case, nothing
from tests.proofs.damage_scene import UNIT, Outcome, Scene, scene
from tests.support.rig import Unit, run_proof, until

NAMES = [case.name for case in CASES]
SHORT = ("page zeroed: the first", "newest messages gone, no trace")
CONTROLS = {"old-epoch": "page zeroed: the first", "no-declaration": "cut to half"}


def heading() -> str:
    """Return the table's first line."""
    counts = f"{'waited':>6} {'kept':>5} {'lost':>5} {'told':>5} {'new':>4} {'aside':>5} {'epochs':>6} {'twice':>5}"
    return f"  {'damage':<38} {counts}"


def line(outcome: Outcome) -> str:
    """Return one line of the table.

    `told`: signed gap records came, `seq` if with the last known seq. `twice`: rows that the city got again and knew.
    """
    told = "seq" if outcome.last_known else "yes" if outcome.declared else "-"
    counts = f"{outcome.waited:6} {outcome.kept:5} {outcome.lost:5} {told:>5}"
    rest = f"{outcome.new:4} {outcome.aside:5} {outcome.epochs:6} {outcome.doubled:5}"
    verdict = "; ".join(outcome.problems or filter(None, ["ok", outcome.note]))
    return f"  {outcome.name:<38} {counts} {rest}  {verdict}"


async def matrix(running: Scene, cases: Sequence[Case], *, seed: int) -> list[Outcome]:
    """Go through the cases."""
    found = []
    for case in cases:
        outcome = await running.run(case, seed=seed)
        print(line(outcome), flush=True)
        found.append(outcome)
    return found


async def twins(running: Scene) -> Outcome:
    """Two units with one card, one after the other: the second must not pass for the first."""
    case = Case(name="two units with one card", donor="closed", damage=nothing, aside=False, renewed=False)
    first = await running.run(case, seed=0)
    donor = running.donors["closed"]
    before = dict(running.trace.published)
    await running._put_back(donor, city=False)
    running.trace.published |= before
    outcome = Outcome(name=case.name, problems=list(first.problems))
    await running._work(outcome, donor)
    running._judge(outcome, Case(name="", donor="", damage=nothing, aside=False, renewed=True, twin=True), donor)
    return outcome


async def in_a_row(running: Scene, times: int = 6) -> Outcome:
    """Damage the store again and again."""
    case = next(case for case in CASES if case.name == "page zeroed: the first")
    outcome = await running.run(case, seed=0)
    outcome.name = f"damaged {times} times in a row"
    for _ in range(times - 1):
        with running.unit.store.open("r+b") as file:
            file.write(bytes(512))
        running.unit.start()
        goal = len(running.unit.stored) + 2
        with contextlib.suppress(TimeoutError):
            await until(partial(_has, running.unit, goal), what="new rows")
        if len(running.unit.stored) < goal:
            outcome.problems.append("no new rows")
        await running.unit.stop()
    asides = [entry for entry in running.unit.store.parent.glob("outbox.damaged-*") if "-wal" not in entry.name]
    outcome.aside = len(asides)
    if len(asides) > 3:
        outcome.problems.append(f"{len(asides)} stores are set aside")
    return outcome


def _has(unit: Unit, rows: int) -> bool:
    return len(unit.stored) >= rows


async def control(running: Scene, how: str, *, seed: int) -> Outcome:
    """Let an agent whose salvage is broken meet a damage."""
    case = next(case for case in CASES if case.name == CONTROLS[how])
    return await running.run(case, seed=seed, program=("-m", "tests.proofs.spoiled_agent", how))


async def main(folder: Path, options: argparse.Namespace) -> int:
    """Run the proof and its controls; return 0 when it holds."""
    began = time.monotonic()
    print(f"seed: {options.seed}, unit {UNIT}")
    cases = [case for case in CASES if not options.only or case.name in options.only]
    async with scene(folder) as running:
        print(heading())
        found = await matrix(running, cases, seed=options.seed)
        if not options.only:
            for more in (twins, in_a_row):
                outcome = await more(running)
                print(line(outcome), flush=True)
                found.append(outcome)
        failed = [outcome for outcome in found if outcome.problems]
        blind = []
        for how in CONTROLS:
            broken = await control(running, how, seed=options.seed)
            print(f"control {how}: " + (f"fails, as it must: {broken.problems[0]}" if broken.problems else "HOLDS"))
            blind += [how] if not broken.problems else []
    counts = f"{len(found) - len(failed)} of {len(found)} damages survived"
    verdict = "FAILED" if failed or blind else "holds"
    print(f"prove-damage: {counts}: {verdict} ({time.monotonic() - began:.0f} s)")
    return 1 if failed or blind else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description="Damage a unit's card in every way, and account for what waited on it."
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="append", choices=NAMES, help="these damages only")
    parser.add_argument("--keep", action="store_true", help="keep the files")
    chosen = parser.parse_args()
    sys.exit(run_proof(lambda folder: main(folder, chosen), keep=chosen.keep))
