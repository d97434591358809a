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

Other units have a store that is full from the start, so that nothing is stored without something else being lost: one
evicts its oldest rows (`drop_oldest`), one merges them (`thin`), and hardly a receipt reaches them. Every row that
was reported is there, its receipt had come, it lies in the extent of a signed gap record for evicted rows, or a
merged row holds its window. The signed records count neither a row too few nor one too many.

The same is done below a file system: the store on ext4 in a file whose writes are recorded. That needs root. Of ext4
everything is torn but its superblock, on which ext4 itself relies.

Negative controls must fail: SQLite with `synchronous=NORMAL` and `OFF`, a control state written without a sync, disks
of earlier moments taken for that of the end, and rows evicted or merged by another transaction than counts them.
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
EVICTING, THINNING = Cast("evicting", overflow="drop_oldest"), Cast("thinning", overflow="thin")
OLD, LATE = "an old disk", "late-account"
CONTROLS: Mapping[str, str] = {
    "NORMAL": "missing",
    "OFF": "missing",
    "unsynced-control": "control state is lost",
    OLD: "receipted rows are new again",
    f"{LATE}-evicting": "rows that were reported stored are missing",
    f"{LATE}-thinning": "rows were merged into others",
}
"""How an agent or a check is spoiled, and what must be found then."""
SPOILED = ("NORMAL", "OFF", "unsynced-control")
AT_ONCE = 3

Spoilt = Mapping[str, tuple[Findings, bool]]
"""By control: what was found, and whether what must be found was."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One unit of a scene, and the spoiled ones beside it.

    Attributes:
        controls: how those are spoiled.
        states: how many are looked at.
        carry_on: from how many of them the agent goes on.
    """

    cast: Cast
    controls: Sequence[str] = ()
    states: int
    carry_on: int = 0

    @property
    def casts(self) -> list[Cast]:
        """Everybody in it."""
        return [self.cast, *(spoiled(how, like=self.cast) for how in self.controls)]


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


async def prove(folder: Path, parts: Sequence[Part], *, acts: int, seed: int) -> list[tuple[Outcome, Spoilt]]:
    """Record units and spoiled ones side by side, and look at their states."""
    played = await play(folder, casts=[cast for part in parts for cast in part.casts], seed=seed, acts=acts)
    units = iter(played)
    return [await judge(folder, part, [next(units) for _ in part.casts], seed=seed) for part in parts]


async def judge(folder: Path, part: Part, played: Sequence[Played], *, seed: int) -> tuple[Outcome, Spoilt]:
    """Look at the states of one part of a scene."""
    outcome = await cut(folder, played[0], states=part.states, carry_on=part.carry_on, seed=seed)
    few = max(20, part.states // 5)
    spoilt = {}
    for how, one in zip(part.controls, played[1:], strict=True):
        known = one.cast.name if how == LATE else how
        spoilt[known] = await control(one, states=few, seed=seed, expected=CONTROLS[known])
    if part.cast.losing is None:
        spoilt[OLD] = await control(played[0], states=few, seed=seed, expected=CONTROLS[OLD], old=True)
    return outcome, spoilt


def report(part: Part, outcome: Outcome, spoilt: Spoilt) -> bool:
    """Print what was found; return whether it holds."""
    found, losing = outcome.findings, part.cast.losing
    print(f"{part.cast.name}: {found.states} states, {found.disks} different disks, {found.broken} broken")
    print(
        "  what was there of what was not synced: " + ", ".join(f"{way} {n}" for way, n in sorted(found.ways.items()))
    )
    print("  not synced, of: " + ", ".join(f"{file} {n}" for file, n in found.unsynced.most_common()))
    print(f"  rows reported stored, over all states: {found.rows}")
    if losing is not None:
        print(f"  of these {losing.name.lower()}, and accounted for: {found.counted[losing]}")
    if part.carry_on:
        print(f"  continued to the end by the agent itself: {outcome.carried_on}")
    for problem in outcome.wrong:
        print(f"  {problem}")
    for how, (broken, caught) in spoilt.items():
        kinds = ", ".join(f"{kind} {n}" for kind, n in _telling(broken, CONTROLS[how]))
        print(f"  control {how}: {broken.broken} of {broken.states} states broken ({kinds})", end="")
        print(", as it must be" if caught else " DOES NOT FAIL AS IT MUST")
    enough = found.disks >= part.states and (losing is None or found.counted[losing] > 0)
    if not enough:
        print(f"  {part.states} different disks were wanted{'' if losing is None else ', and losses'}")
    return enough and not outcome.wrong and all(caught for _, caught in spoilt.values())


def _telling(broken: Findings, expected: str) -> list[tuple[str, int]]:
    """Return what must be found, how often it was, and what was found most."""
    found = [(kind, count) for kind, count in broken.problems.items() if expected in kind]
    return found + [(kind, count) for kind, count in broken.problems.most_common(3) if expected not in kind]


def scenes(options: argparse.Namespace) -> Mapping[str, tuple[int, Sequence[Part]]]:
    """Return the scenes by their names, each with how much happens in it, and to whom."""
    states, carry_on = options.states, options.carry_on
    files = Part(cast=PLAIN, controls=SPOILED, states=states, carry_on=carry_on)
    full = [Part(cast=cast, controls=(LATE,), states=max(10, states // 14)) for cast in (EVICTING, THINNING)]
    ext4 = Part(cast=EXT4, controls=("NORMAL", "OFF"), states=states, carry_on=carry_on // 2)
    return {"files": (options.acts, [files]), "full": (options.acts, full), "ext4": (options.acts, [ext4])}


async def main(folder: Path, options: argparse.Namespace) -> int:
    """Run the proof and its controls; return 0 when it holds."""
    began = time.monotonic()
    print(f"seed: {options.seed}", flush=True)
    missing = why_no_fuse()
    if missing:
        print(f"prove-powercut: FAILED: {missing}")
        return 1
    holds = True
    for name, (acts, parts) in scenes(options).items():
        if options.only in {None, name}:
            missing = why_no_ext4() if name == "ext4" else ""
            if missing:
                print(f"{name}: not done: {missing}")
                holds = holds and options.only is None
                continue
            found = await prove(folder / name, parts, acts=acts, seed=options.seed)
            verdicts = [report(part, *one) for part, one in zip(parts, found, strict=True)]
            holds = all(verdicts) and holds
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
    parser.add_argument("--only", choices=("files", "full", "ext4"), help="one part of the proof")
    parser.add_argument("--keep", action="store_true", help="keep the files")
    chosen = parser.parse_args()
    sys.exit(run_proof(lambda folder: main(folder, chosen), keep=chosen.keep))
