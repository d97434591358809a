"""Proof: identifiers go into a unit, the exact number of different ones comes out at the city, and nothing else does.

Addresses are sent as sightings of a scanner on a real pseudo-terminal to the real agent, which publishes through
mosquitto to the real receiver. Where none belongs come more addresses, plates, phone numbers, e-mail addresses and
card numbers: in broken lines of the scanner and, with valid checksums, in every field of a GNSS receiver's sentences.
The tripwire must stop and count each of those frames, and the numbers of the same windows must be exact all the same.

The agent lives several times: at every log level, and once with all there is to log; it is asked for its status all
the while, ended in order, killed, and crashed amid traffic with core files allowed; its store is damaged. Then
everything that anybody wrote is searched: stores, logs, status, what went over the network. The search knows an
identifier in any spelling, and its unkeyed hashes.

Controls: spellings that are planted in copies of the same files are all found. An agent that logs what it reads is
caught. One with a rule replaced by a pass-through suspends the stream, says so, and sends nothing of it. One with a
rule that fails withholds the windows, one with a driver that fails dies, and neither tells what its error says. The
numbers of one without the tripwire tell of the frames that it should have stopped. A process that crashes without
the agent's precautions leaves a core file with its identifier in it.
"""

import argparse
import asyncio
import hashlib
import os
import random
import resource
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from drivers.tripwire import Kind
from tests.proofs import cores
from tests.proofs.canary_controls import FAILING, NO_TRIPWIRE, TALKATIVE, Control, planted_are_found
from tests.proofs.canary_lives import Life, Lives, Size, Witness
from tests.proofs.canary_rows import mismatches, strange_fixes
from tests.proofs.canary_stage import LOUD, Stage
from tests.proofs.spoiled_agent import LEVELS
from tests.support.footfall import DUST, FIXES, FOOTFALL, K
from tests.support.intruders import TEXTS, Registry, counted
from tests.support.needles import Hit, Needles, spellings
from tests.support.rig import Unit, run_proof

_ENDS = (signal.SIGSEGV, signal.SIGABRT, signal.SIGTERM, signal.SIGBUS, signal.SIGTERM)
FULL = Size(
    lives=(
        Life(
            way="loud",
            crowds=(2000, K - 1, K, 0, 2500, 1, K + 1),
            returning=500,
            mishaps=True,
            damage=True,
            end=signal.SIGKILL,
        ),
        Life(way="loud", end=signal.SIGSEGV),
        *(Life(way=level.lower(), crowds=(1500,), end=end) for level, end in zip(LEVELS, _ENDS, strict=True)),
    ),
    window_s=5,
    again=200,
    extra=50,
    intruders=17_500,
    spoiled=("no-pseudonym", "no-suppression", "no-partial", "no-distinction", *FAILING, NO_TRIPWIRE),
    planted=("rig/corner/agent.log", "rig/receiver/receiver.db", "heard"),
)
QUICK = Size(
    lives=(
        Life(way="loud", crowds=(200, 0), mishaps=True, damage=True, end=signal.SIGKILL),
        Life(way="warning", end=signal.SIGSEGV),
    ),
    window_s=2,
    again=20,
    extra=20,
    intruders=40,
    spoiled=("no-pseudonym", *FAILING),
    planted=("rig/receiver/receiver.db",),
)


@dataclass
class Proof:
    """One run. It holds when `wrong` is empty at the end.

    Attributes:
        told: what was done, in lines.
        wrong: what does not hold.
        shown: every identifier that was shown to a sensor and must not be found.
    """

    folder: Path
    size: Size
    seed: int
    told: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    shown: list[bytes] = field(default_factory=list)

    async def run(self) -> None:
        """Play everything below `folder`, then search it."""
        witness = Witness(Registry(random.Random(f"street {self.seed}")))
        with cores.cores_allowed() as limit:
            crashed = await self._crash_control(witness, limit)
            suspended = await self._play(witness)
        self.shown = [*witness.counted, *witness.others, *suspended]
        self.shown += [intruder.identifier for intruder in witness.intruders]
        self.told += [f"core files: limit {limit}, pattern {cores.pattern()!r}; {'; '.join(witness.ends)}", crashed]
        await asyncio.to_thread(self.search)

    async def _crash_control(self, witness: Witness, limit: str) -> str:
        if limit == "0 bytes":
            return "control without these limits: not run, this user may not allow core files"
        line, wrong = await cores.control(self.folder / "crashed", witness.registry.texts(Kind.EMAIL, 1)[0])
        self.wrong += wrong
        return line

    async def _play(self, witness: Witness) -> list[bytes]:
        """Play the unit's lives and the controls; return what the latter's sensors saw and must not be found."""
        async with Stage(self.folder) as stage:
            unit = stage.add("corner", program=LOUD, window_s=self.size.window_s)
            chance = random.Random(f"controls {self.seed}")
            controls = [Control.make(stage, way, chance=chance) for way in (*self.size.spoiled, TALKATIVE)]
            await stage.start()
            lives = Lives(
                stage, unit, size=self.size, witness=witness, chance=random.Random(f"intruders {self.seed}")
            )
            async with asyncio.TaskGroup() as group:
                lines = [group.create_task(control.run()) for control in controls]
                await lives.play()
                await self._compare(stage, unit, witness)
            self.told += [line.result() for line in lines]
            await stage.keep_reports()
        self.wrong += lives.wrong
        for control in controls:
            if control.way == TALKATIVE:
                self.told.append(control.caught())
            self.wrong += control.wrong
        return [one for control in controls if control.way != TALKATIVE for one in control.shown]

    # -- what the city has

    async def _compare(self, stage: Stage, unit: Unit, witness: Witness) -> None:
        """Hold every row of the city against what the street knows."""
        everything = await stage.arrived(unit, {crowd.start_ms for crowd in witness.crowds})
        rows = {row["start_ms"]: row["values"] for row in everything if row["stream"] == FOOTFALL}
        self.wrong += mismatches(rows, crowds=witness.crowds, blurred=witness.blurred | witness.passing)
        fixes = {row["start_ms"]: row["values"] for row in everything if row["stream"] == FIXES}
        self.wrong += strange_fixes(fixes, crowds=witness.crowds)
        if not any(row["stream"] == DUST for row in everything):
            self.wrong.append("the stream about dust did not arrive")
        self._tell(witness, others=len(rows) - len(witness.crowds))

    def _tell(self, witness: Witness, *, others: int) -> None:
        sightings = sum(crowd.sightings for crowd in witness.crowds)
        exact = [crowd.distinct for crowd in witness.crowds if crowd.distinct >= K]
        small = [crowd.distinct for crowd in witness.crowds if crowd.distinct < K]
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(counted(witness.intruders).items()))
        total = len(witness.counted) + len(witness.others) + len(witness.intruders)
        self.told.append(
            f"identifiers: {total}; {len(witness.counted)} addresses in {sightings} sightings of whole windows,"
            f" {len(witness.others)} in partial windows, broken lines and before `once`; where none belongs: {kinds}"
        )
        self.told.append(
            f"tripwire: {witness.stopped} frames to be stopped and counted by kind, in {len(self.size.lives)} lives"
        )
        self.told.append(
            f"windows: {len(witness.crowds)}; exact counts expected {exact}, to be suppressed {small};"
            f" {others} others, partial, without anybody or with passers-by;"
            f" {len(witness.blurred)} this machine was too slow for"
        )

    # -- what was written

    def search(self) -> None:
        """Search every file, then copies of some of them with everything planted."""
        started_s = time.monotonic()
        flocks = self._decoys()
        needles = Needles([*self.shown, *(decoy for flock in flocks for decoy in flock)])
        files = sorted(path for path in self.folder.rglob("*") if path.is_file())
        known: dict[bytes, list[Hit]] = {}
        for path in files:
            content = path.read_bytes()
            digest = hashlib.sha256(content).digest()
            hits = known[digest] if digest in known else known.setdefault(digest, sorted(needles.search(content)))
            name = path.relative_to(self.folder)
            self.wrong += [f"{name}: {hit.what} of number {hit.number}, read as {hit.reading}" for hit in hits[:10]]
        size = sum(path.stat().st_size for path in files)
        self.told += [
            f"searched for: {len(needles.identifiers)} identifiers, {needles.patterns} patterns in every reading",
            f"searched: {size} bytes in {len(files)} files: {', '.join(sorted({path.name for path in files}))}",
        ]
        chosen = [self.folder / name for name in self.size.planted]
        line, missed = planted_are_found(chosen, needles, flocks, chance=random.Random(f"places {self.seed}"))
        self.told.append(f"{line}: {len(missed)} missed")
        memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
        self.told.append(f"the search took {time.monotonic() - started_s:.0f} s and {memory_mb} MB")
        self.wrong += missed

    def _decoys(self) -> list[list[bytes]]:
        """Return identifiers of every kind that nobody was shown, as many as there are spellings of each."""
        registry = Registry(random.Random(f"decoys {self.seed}"), besides=self.shown)
        kinds = [registry.texts(kind, 1) for kind in TEXTS]
        flocks = [
            found + registry.texts(kind, len(spellings(found[0])) - 1)
            for kind, found in zip(TEXTS, kinds, strict=True)
        ]
        return [registry.addresses(len(spellings(bytes(6)))), *flocks]


def main() -> int:
    """Run the proof and return 0 when it holds."""
    parser = argparse.ArgumentParser(prog="prove-canary", description="Identifiers do not leave the unit.")
    parser.add_argument("--seed", type=int, default=None, help="of the identifiers; default: another one each time")
    parser.add_argument("--keep", action="store_true", help="keep the files that were searched")
    parser.add_argument("--quick", action="store_true", help="some hundred identifiers only")
    chosen = parser.parse_args()
    seed = int.from_bytes(os.urandom(4), "big") if chosen.seed is None else chosen.seed
    print(f"seed: {seed}", flush=True)

    async def prove(folder: Path) -> int:
        proof = Proof(folder, QUICK if chosen.quick else FULL, seed)
        await proof.run()
        print("\n".join([*proof.told, *(f"  wrong: {line}" for line in proof.wrong)]))
        print("prove-canary: " + ("FAILED" if proof.wrong else "holds"))
        return 1 if proof.wrong else 0

    return run_proof(prove, keep=chosen.keep)


if __name__ == "__main__":
    sys.exit(main())
