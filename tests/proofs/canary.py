"""Proof: identifiers go into a unit, the exact number of different ones comes out at the city, and nothing else does.

Identifiers are sent as sightings of a scanner on a real pseudo-terminal to the real agent, which publishes through
mosquitto to the real receiver. The agent logs everything there is, is asked for its status all the while, is killed
in the middle of a window, and finds its store damaged when it starts again. Then everything that anybody wrote is
searched: stores, logs, status, what went over the network. The search knows an identifier in any spelling, and its
unkeyed hashes.

Controls: spellings that are planted in copies of the same files are all found; an agent that logs what it reads is
caught; and an agent with one rule replaced by a pass-through suspends the stream, says so, and sends nothing of it.
"""

import argparse
import asyncio
import os
import random
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.proofs.canary_controls import TALKATIVE, Control, planted_are_found
from tests.proofs.canary_stage import LOUD, Stage
from tests.support.footfall import DUST, FOOTFALL, RSSI_DBM, Crowd, K, Street, TooSlow, open_files, strangers
from tests.support.needles import Needles, spellings
from tests.support.rig import Unit, run_proof, until

Values = Mapping[str, Mapping[str, str | None]]
"""Per channel the value and its quality, as `lamppost-receiver export` tells them."""

_EXTRA = 50
_PATIENCE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is proven.

    Attributes:
        crowds: new identifiers in each window.
        window_s: length of a window.
        returning: how many of the first crowd are seen again in the last one.
        again: sightings in each window that repeat one.
        spoiled: the rules that are replaced by a pass-through, one agent for each.
    """

    crowds: Sequence[int]
    window_s: int
    returning: int
    again: int
    spoiled: Sequence[str]


FULL = Size(
    crowds=(2500, K - 1, K, 0, 3000, 1, K + 1, 2000, 2469),
    window_s=5,
    returning=500,
    again=200,
    spoiled=("no-pseudonym", "no-suppression", "no-partial", "no-distinction"),
)
QUICK = Size(crowds=(200, K - 1, 0), window_s=2, returning=0, again=20, spoiled=("no-pseudonym",))


@dataclass
class Witness:
    """Everything that was shown to the scanner.

    Attributes:
        counted: identifiers shown in whole windows.
        others: identifiers shown at other times: in partial windows, in broken lines, to `once`.
        crowds: what each window saw.
        blurred: starts of windows for which this machine was too slow; nothing is said about them.
    """

    chance: random.Random
    counted: list[bytes] = field(default_factory=list)
    others: list[bytes] = field(default_factory=list)
    crowds: list[Crowd] = field(default_factory=list)
    blurred: set[int] = field(default_factory=set)

    def draw(self, count: int, *, counted: bool = False) -> list[bytes]:
        """Return identifiers that nobody has seen yet."""
        new = strangers(count, chance=self.chance, besides=[*self.counted, *self.others])
        (self.counted if counted else self.others).extend(new)
        return new


@dataclass
class Proof:
    """One run. It holds when `wrong` is empty at the end.

    Attributes:
        told: what was done, in lines.
        wrong: what does not hold.
        shown: every identifier that was shown to a scanner and must not be found.
    """

    folder: Path
    size: Size
    seed: int
    told: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    shown: list[bytes] = field(default_factory=list)

    async def run(self) -> None:
        """Play everything below `folder`, then search it."""
        witness = Witness(random.Random(f"street {self.seed}"))
        async with Stage(self.folder) as stage:
            unit = stage.add("corner", program=LOUD, window_s=self.size.window_s)
            chance = random.Random(f"controls {self.seed}")
            controls = [Control.make(stage, way, chance=chance) for way in (*self.size.spoiled, TALKATIVE)]
            await stage.start()
            async with asyncio.TaskGroup() as group:
                lines = [group.create_task(control.run()) for control in controls]
                await self._watch(stage, unit, witness)
                await self._compare(stage, unit, witness)
            self.told += [line.result() for line in lines]
            await stage.keep_reports()
        for control in controls:
            if control.way == TALKATIVE:
                self.told.append(control.caught())
            self.wrong += control.wrong
        suspended = [one for control in controls if control.way != TALKATIVE for one in control.identifiers]
        self.shown = [*witness.counted, *witness.others, *suspended]
        await asyncio.to_thread(self.search)

    # -- what the scanner sees

    async def _watch(self, stage: Stage, unit: Unit, witness: Witness) -> None:
        """Let the scanner see everything there is to see, with a kill and a damaged store on the way."""
        street = Street(unit)
        try:
            unit.start()
            await street.noticed(witness.draw(_EXTRA))
            await self._windows(stage, unit, street, witness)
            await _mishaps(street, witness)
            self.wrong += _writes_elsewhere(unit, stage.folder)
            await _kill_and_damage(stage, unit, street, witness)
            await stage.ask_status(unit)
            await unit.stop()
            self.wrong += await _once(stage, unit, street, witness)
        finally:
            await street.close()

    async def _windows(self, stage: Stage, unit: Unit, street: Street, witness: Witness) -> None:
        """Show one crowd after the other, each inside one window, and wait until the last one's row is stored."""
        size = self.size
        start_s = _next_start(size.window_s)
        for number, count in enumerate(size.crowds):
            crowd = witness.draw(count, counted=True)
            if number == len(size.crowds) - 1:
                crowd = [*crowd, *witness.counted[: size.returning]]
            for _ in range(_PATIENCE):
                try:
                    seen = await street.window(crowd, start_s=start_s, window_s=size.window_s, again=size.again)
                except TooSlow:
                    witness.blurred |= {start_s * 1000, (start_s + size.window_s) * 1000}
                    start_s = _next_start(size.window_s) + size.window_s
                else:
                    break
            else:
                raise TooSlow("this machine is too busy for this proof")
            witness.crowds.append(seen)
            start_s += size.window_s
            await stage.ask_status(unit)
        last_ms = witness.crowds[-1].start_ms
        await until(
            lambda: any(row.stream == FOOTFALL and row.start_ms >= last_ms for row in unit.stored),
            what="the last row",
        )
        await stage.arrived(unit, {crowd.start_ms for crowd in witness.crowds})

    # -- what the city has

    async def _compare(self, stage: Stage, unit: Unit, witness: Witness) -> None:
        """Hold every row of the city against what the street knows."""
        everything = await stage.rows(unit)
        rows = {row["start_ms"]: row["values"] for row in everything if row["stream"] == FOOTFALL}
        self.wrong += mismatches(rows, crowds=witness.crowds, blurred=witness.blurred)
        if not any(row["stream"] == DUST for row in everything):
            self.wrong.append("the stream about dust did not arrive")
        self._tell(witness, others=len(rows) - len(witness.crowds))

    def _tell(self, witness: Witness, *, others: int) -> None:
        sightings = sum(crowd.sightings for crowd in witness.crowds)
        exact = [crowd.distinct for crowd in witness.crowds if crowd.distinct >= K]
        small = [crowd.distinct for crowd in witness.crowds if crowd.distinct < K]
        self.told.append(
            f"identifiers: {len(witness.counted)} different ones in {sightings} sightings; {len(witness.others)} more"
            " in partial windows, in broken lines and before `once`"
        )
        self.told.append(
            f"windows: {len(witness.crowds)}; exact counts expected {exact}, to be suppressed {small};"
            f" {others} others, partial or without anybody; {len(witness.blurred)} this machine was too slow for"
        )

    # -- what was written

    def search(self) -> None:
        """Search every file, then copies of some of them with everything planted."""
        decoys = strangers(len(spellings(bytes(6))), chance=random.Random(f"decoys {self.seed}"), besides=self.shown)
        needles = Needles([*self.shown, *decoys])
        files = sorted(path for path in self.folder.rglob("*") if path.is_file())
        for path in files:
            hits = sorted(needles.search_file(path))
            name = path.relative_to(self.folder)
            self.wrong += [f"{name}: {hit.what} of number {hit.number}, read as {hit.reading}" for hit in hits[:10]]
        size = sum(path.stat().st_size for path in files)
        self.told += [
            f"searched for: {len(needles.identifiers)} identifiers, {needles.patterns} patterns in every reading",
            f"searched: {size} bytes in {len(files)} files: {', '.join(sorted({path.name for path in files}))}",
        ]
        chosen = [
            self.folder / "rig/corner/agent.log",
            self.folder / "rig/receiver/receiver.db",
            self.folder / "heard",
        ]
        line, missed = planted_are_found(chosen, needles, decoys, chance=random.Random(f"places {self.seed}"))
        self.told.append(f"{line}: {len(missed)} missed")
        self.wrong += missed


def mismatches(rows: Mapping[int, Values], *, crowds: Sequence[Crowd], blurred: Collection[int]) -> list[str]:
    """Return where the city's rows of footfall, by start, are not what the street must have given.

    Each crowd's row has the exact number, or nothing; every other row has nothing, but for the `blurred` ones.
    """
    wrong: list[str] = []
    for crowd in crowds:
        told = {name: (one["value"], one["quality"]) for name, one in rows.get(crowd.start_ms, {}).items()}
        expected = _expected(crowd)
        if told != expected:
            wrong.append(f"{crowd.distinct} devices in a window: expected {expected}, the city has {told}")
    for start_ms in rows.keys() - {crowd.start_ms for crowd in crowds} - set(blurred):
        values = rows[start_ms].values()
        if any(one["value"] is not None or one["quality"] not in {"suppressed", "partial"} for one in values):
            wrong.append(f"a window that is none of the proof's gave {rows[start_ms]}")
    return wrong


def _expected(crowd: Crowd) -> dict[str, tuple[str | None, str]]:
    if crowd.distinct < K:
        return dict.fromkeys(("devices", "strength"), (None, "suppressed"))
    return {"devices": (str(crowd.distinct), "ok"), "strength": (str(RSSI_DBM), "ok")}


def _next_start(window_s: int) -> int:
    """Return the start of the next window."""
    return (int(time.time()) // window_s + 1) * window_s


def _writes_elsewhere(unit: Unit, folder: Path) -> list[str]:
    files = [] if unit.process is None else open_files(unit.process.pid)
    return [f"the agent has a file open that is not searched: {path}" for path in files if folder not in path.parents]


async def _mishaps(street: Street, witness: Witness) -> None:
    """Send broken lines with identifiers in them, and pull the plug in the middle of one."""
    for identifier in witness.draw(_EXTRA):
        text = identifier.hex(":").encode()
        street.babble(text + b";-60\n" + text.upper() + b",-60,1\n" + text[:-2] + b"\n" + identifier + b"\n")
    street.babble(b"X" * 100 + witness.draw(1)[0].hex(":").encode())
    street.replug()
    await street.noticed(witness.draw(_EXTRA))


async def _kill_and_damage(stage: Stage, unit: Unit, street: Street, witness: Witness) -> None:
    """Kill the agent while it counts, damage its store, and let it go on."""
    await street.show(witness.draw(_EXTRA))
    unit.kill()
    await unit.gone()
    stage.copy_store(unit)
    for file in unit.store.parent.glob(unit.store.name + "*"):
        content = bytearray(file.read_bytes())
        for at in range(64, len(content), 997):
            content[at] ^= 0xFF
        file.write_bytes(content)
    unit.start()
    await street.noticed(witness.draw(_EXTRA))
    await street.show(witness.draw(_EXTRA))


async def _once(stage: Stage, unit: Unit, street: Street, witness: Witness) -> list[str]:
    """Run `lamppost once` while sightings come in; return what is wrong with it."""
    shown = witness.draw(_EXTRA)

    async def repeat() -> None:
        while True:
            await street.show(shown)
            await asyncio.sleep(0.1)

    showing = asyncio.create_task(repeat())
    try:
        code, page = await stage.once(unit, *LOUD)
    finally:
        showing.cancel()
        await asyncio.gather(showing, return_exceptions=True)
    return [] if code == 0 and "read, not shown" in page else [f"`once` ended with {code}: {page}"]


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
