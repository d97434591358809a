"""Proof: a power cut at any moment loses no row that was reported stored, and doubles none.

The agent runs as an unmodified process, with mosquitto and the receiver, on a disk that is recorded: each write,
truncation, new name, deletion and sync, and each word that is given, in one order. From that, states are rebuilt
that a medium can hold when power goes at some point: nothing that was not synced, all of it, a prefix, or any sectors
of it in any order, names and contents apart. While it is recorded the line fails, the city holds and suspends a
stream, the agent is ended and killed.

The agent's own code opens each state. Every row that was reported stored is there, or a receipt for it had come; no
receipted or published row is new again; each seq that had left keeps its content, and the chains go on where they
stood; the control state is one that was ordered, not older than what was answered; the disclosure log holds its
chain, every envelope that had left and every head that was signed. From some states the agent itself goes on, against
the receiver as it was at that moment: the city has each row once.

The same is done below a file system: the store on ext4 in a file whose writes are recorded. That needs root. Of ext4
everything is torn but its superblock, on which ext4 itself relies.

Negative controls must fail: SQLite with `synchronous=NORMAL` and `OFF`, a control state written without a sync, and
disks of earlier moments taken for that of the end.
"""

import argparse
import asyncio
import os
import random
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.crash.aftermath import continued, stops
from tests.crash.cast import Cast, Played, spoiled
from tests.crash.mounting import why_no_ext4, why_no_fuse
from tests.crash.scene import play
from tests.crash.states import Findings, examine
from tests.support.process import run_proof

PLAIN, EXT4 = Cast("files"), Cast("blocks", ext4=True)
OLD = "an old disk"
CONTROLS: Mapping[str, str] = {
    "NORMAL": "missing",
    "OFF": "missing",
    "unsynced-control": "control state is lost",
    OLD: "receipted rows are new again",
}
"""How an agent or a check is spoiled, and what must be found then."""
SPOILED = ("NORMAL", "OFF", "unsynced-control")
AT_ONCE = 3


@dataclass
class Outcome:
    """One unit, cut and continued.

    Attributes:
        findings: of its states.
        carried_on: from how many states the agent went on.
        problems: what was wrong then.
    """

    findings: Findings
    carried_on: int = 0
    problems: list[str] = field(default_factory=list)

    @property
    def wrong(self) -> list[str]:
        """Everything that is."""
        return [*self.findings.examples, *self.problems]


async def cut(folder: Path, played: Played, *, states: int, carry_on: int, seed: int) -> Outcome:
    """Look at states of a unit, and go on from some."""
    findings = await asyncio.to_thread(examine, played, states=states, seed=seed)
    outcome, rng, gate = Outcome(findings), random.Random(seed), asyncio.Semaphore(AT_ONCE)
    known = stops(played)

    async def one(number: int) -> list[str]:
        async with gate:
            place = folder / f"after-{played.cast.name}-{number}"
            return await continued(place, played, stop=known[number % len(known)], rng=random.Random(rng.random()))

    for problems in await asyncio.gather(*(one(number) for number in range(carry_on))):
        outcome.carried_on += 1
        outcome.problems += problems
    return outcome


async def control(
    played: Played, *, states: int, seed: int, expected: str, old: bool = False
) -> tuple[Findings, bool]:
    """Look at states of a spoiled unit; return whether what must be found was found."""
    findings = await asyncio.to_thread(examine, played, states=states, seed=seed, old=old)
    return findings, any(expected in problem for problem in findings.problems)


async def prove(
    folder: Path, *, cast: Cast, controls: Sequence[str], states: int, carry_on: int, acts: int, seed: int
) -> tuple[Outcome, dict[str, tuple[Findings, bool]]]:
    """Record a unit and spoiled ones side by side, and look at their states."""
    casts = [cast, *(spoiled(how, ext4=cast.ext4) for how in controls)]
    played = await play(folder, casts=casts, seed=seed, acts=acts)
    outcome = await cut(folder, played[0], states=states, carry_on=carry_on, seed=seed)
    spoilt = {
        how: await control(one, states=max(20, states // 5), seed=seed, expected=CONTROLS[how])
        for how, one in zip(controls, played[1:], strict=True)
    }
    spoilt[OLD] = await control(played[0], states=max(20, states // 5), seed=seed, expected=CONTROLS[OLD], old=True)
    return outcome, spoilt


def report(name: str, outcome: Outcome, spoilt: Mapping[str, tuple[Findings, bool]], *, states: int) -> bool:
    """Print what was found; return whether it holds."""
    found = outcome.findings
    print(f"{name}: {found.states} states, {found.disks} different disks, {found.broken} broken")
    print(
        "  what was there of what was not synced: " + ", ".join(f"{way} {n}" for way, n in sorted(found.ways.items()))
    )
    print("  not synced, of: " + ", ".join(f"{file} {n}" for file, n in found.unsynced.most_common()))
    print(f"  rows reported stored, over all states: {found.rows}")
    print(f"  continued to the end by the agent itself: {outcome.carried_on}")
    for problem in outcome.wrong:
        print(f"  {problem}")
    for how, (broken, caught) in spoilt.items():
        kinds = ", ".join(f"{kind} {n}" for kind, n in _telling(broken, CONTROLS[how]))
        print(f"  control {how}: {broken.broken} of {broken.states} states broken ({kinds})", end="")
        print(", as it must be" if caught else " DOES NOT FAIL AS IT MUST")
    enough = found.disks >= states
    if not enough:
        print(f"  {states} different disks were wanted")
    return enough and not outcome.wrong and all(caught for _, caught in spoilt.values())


def _telling(broken: Findings, expected: str) -> list[tuple[str, int]]:
    """Return what must be found, how often it was, and what was found most."""
    found = [(kind, count) for kind, count in broken.problems.items() if expected in kind]
    return found + [(kind, count) for kind, count in broken.problems.most_common(3) if expected not in kind]


async def main(folder: Path, options: argparse.Namespace) -> int:
    """Run the proof and its controls; return 0 when it holds."""
    began = time.monotonic()
    print(f"seed: {options.seed}", flush=True)
    missing = why_no_fuse()
    if missing:
        print(f"prove-powercut: FAILED: {missing}")
        return 1
    sizes = {"states": options.states, "acts": options.acts, "seed": options.seed}
    holds = True
    if options.only != "ext4":
        found = await prove(folder / "files", cast=PLAIN, controls=SPOILED, carry_on=options.carry_on, **sizes)
        holds = report("files", *found, states=options.states)
    no_ext4 = why_no_ext4()
    if no_ext4 and options.only == "ext4":
        holds = False
    if no_ext4:
        print(f"ext4: not done: {no_ext4}")
    elif options.only != "files":
        found = await prove(
            folder / "blocks", cast=EXT4, controls=("NORMAL", "OFF"), carry_on=options.carry_on // 2, **sizes
        )
        holds = report("ext4", *found, states=options.states) and holds
    print(f"prove-powercut: {'holds' if holds else 'FAILED'} ({time.monotonic() - began:.0f} s)")
    return 0 if holds else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Cut the power at any moment, and account for every row.")
    parser.add_argument("--states", type=int, default=500)
    parser.add_argument(
        "--acts", type=int, default=12, help="changes that each unit lives through while it is recorded"
    )
    parser.add_argument("--carry-on", type=int, default=12, help="states from which the agent goes on")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3)))
    parser.add_argument("--only", choices=("files", "ext4"), help="one half of the proof")
    parser.add_argument("--keep", action="store_true", help="keep the files")
    chosen = parser.parse_args()
    sys.exit(run_proof(lambda folder: main(folder, chosen), keep=chosen.keep))
