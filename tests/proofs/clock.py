"""Proof: whatever a unit's clock does, every row has the right time within a stated bound, or none.

The agent runs as a process under libfaketime, with a real mosquitto and the real receiver. What the kernel says of
its clock cannot be set on a machine that others use, so `adjtimex`, the boot id and the time of the boot are put in
at the agent's own seams by `tests.proofs.clocked_agent`; all else is real, TLS included. A sensor numbers its frames,
so that each row at the city can be held against the moments at which its frames were taken.

For each case: rows at the city; how many of them were placed afterwards, how many have no date; frames in windows
that were given out before and are not again; frames that a busy machine handed on too late for their windows; the
largest bound of an error; the verdict. It holds if every date is right within its bound (and the bound is one), every
row without a date lies between its bounds, no window comes twice, no seq is used twice, every chain verifies, and
every other frame is in exactly one row.

The negative control is an agent that takes an unset clock at its word: its rows must be found wrong.
"""

import argparse
import asyncio
import random
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from tests.proofs.clock_cases import CASES, CONTROL, Case, quiet_elsewhere
from tests.proofs.clock_scene import Line, Outcome, Stage, account, arrived, stage
from tests.support.broker import free_port
from tests.support.certificates import DAY, NOW, Authority
from tests.support.rig import run_proof

AT_ONCE = 6
"""Units that run at the same time: a machine has few cores, and a frame must be read soon after it was sent."""


async def _play(name: str, case: Case, line: Line, turns: asyncio.Semaphore) -> str | None:
    """Go through one case; return what went wrong on the way."""
    async with turns:
        try:
            await case.play(line)
        except (AssertionError, TimeoutError) as error:
            return f"{name}: {type(error).__name__} {error}"
    return None


async def prove(folder: Path, cases: Mapping[str, Case], *, seed: int, spoiled: bool = False) -> dict[str, Outcome]:
    """Go through cases, and return what became of each."""
    authority = Authority(folder)
    pair = authority.issue("broker", begins=NOW - DAY, ends=NOW + timedelta(days=30))
    tls_lines = (f"certfile {pair.certificate}", f"keyfile {pair.key}")
    order = list(cases)
    random.Random(seed).shuffle(order)
    async with stage(folder, tls_lines=tls_lines, tls_port=free_port(), ca_file=authority.certificate) as running:
        lines = {name: await _add(running, number, cases[name], spoiled) for number, name in enumerate(order)}
        await running.rig.start()
        turns = asyncio.Semaphore(AT_ONCE)
        troubles = await asyncio.gather(*(_play(name, cases[name], lines[name], turns) for name in order))
        outcomes = {}
        for name, trouble in zip(order, troubles, strict=True):
            line = lines[name]
            rows = await arrived(line, patience_s=10.0 if trouble else 30.0)
            outcome = account(line, rows)
            outcome.problems += cases[name].check(line, outcome, [row for row in rows if row["values"]])
            outcome.problems += [trouble] if trouble else []
            outcomes[name] = outcome
    return {name: outcomes[name] for name in cases}


async def _add(running: Stage, number: int, case: Case, spoiled: bool) -> Line:  # noqa: FBT001 - private
    make = dict(case.make)
    if "quiet" in make:
        make["quiet"] = quiet_elsewhere()
    return await running.add(f"unit-{number}", spoiled=spoiled, **make)


def tell(name: str, outcome: Outcome) -> None:
    """Print one line of the table."""
    counts = f"{outcome.rows:5} {outcome.placed:7} {outcome.undated:8} {outcome.withheld:9} {outcome.late:5}"
    counts += f" {outcome.bound_ms:6} ms"
    print(f"  {name:<31} {counts}  {'holds' if not outcome.problems else 'FAILS'}", flush=True)
    for problem in dict.fromkeys(outcome.problems):
        print(f"      {problem}")


async def main(folder: Path, options: argparse.Namespace) -> int:
    """Run the proof and its control; return 0 when it holds."""
    began = time.monotonic()
    print(f"seed: {options.seed}")
    names: Sequence[str] = options.only or list(CASES)
    for name in ("proof", "control"):
        (folder / name).mkdir()
    print(
        f"  {'case':<31} {'rows':>5} {'placed':>7} {'undated':>8} {'withheld':>9} {'late':>5} {'bound':>9}  verdict"
    )
    outcomes = await prove(folder / "proof", {name: CASES[name] for name in names}, seed=options.seed)
    for name, outcome in outcomes.items():
        tell(name, outcome)
    rows = sum(outcome.rows for outcome in outcomes.values())
    undated = sum(outcome.undated for outcome in outcomes.values())
    print(f"  {len(outcomes)} cases, {rows} rows, {undated} of them without a date")
    spoiled = await prove(folder / "control", {CONTROL: CASES[CONTROL]}, seed=options.seed, spoiled=True)
    found = [problem for problem in spoiled[CONTROL].problems if "wrong by" in problem]
    print("control, time invented from an unset clock: " + (f"fails, as it must: {found[0]}" if found else "HOLDS"))
    failed = not found or any(outcome.problems for outcome in outcomes.values())
    print(f"prove-clock: {'FAILED' if failed else 'holds'} ({time.monotonic() - began:.0f} s)")
    return 1 if failed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Set, step, slew and take away a unit's clock, and date every row.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="append", choices=CASES, help="these cases only")
    parser.add_argument("--keep", action="store_true", help="keep the files")
    chosen = parser.parse_args()
    sys.exit(run_proof(lambda folder: main(folder, chosen), keep=chosen.keep))
