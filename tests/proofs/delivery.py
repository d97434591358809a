"""Proof: what a unit has delivered stays delivered, whatever broker and receiver forget, and whoever repeats what.

Three things that go wrong, with a real agent, mosquitto and receiver:

- a broker that acknowledges and forgets (`tests.proofs.outage` has the outages; here the one that is about delivery);
- a receiver that is restored from an older copy of its store. It must begin a new epoch and ask again; a unit that
  keeps what was receipted brings all of it; one that keeps nothing leaves a hole that the city records, and goes on;
- receipts that were seen on the wire before the restore, sent again while the unit is bringing back what they cover:
  they must change nothing.

Controls: a unit that takes the broker's word loses rows; a unit that believes replayed receipts lets go of messages
that the city has just asked for.
"""

import argparse
import asyncio
import sys
import time
from pathlib import Path

from agent.wire.messages import Receipt
from tests.proofs import outage
from tests.proofs.delivery_scene import PATIENCE_S, Line, Scene, chance, scene, unit_plan
from tests.support.evidence import look
from tests.support.rig import run_proof, until

FORGOTTEN = "acknowledged and forgotten"
BELIEVES = ("-m", "tests.proofs.spoiled_agent", "believes-replays")


async def forgotten(folder: Path, *, seed: int) -> list[str]:
    """Let the broker acknowledge and forget."""
    verdicts, wrong = await outage.prove(folder, names=[FORGOTTEN], plans=[outage.unit_plan("5")], seed=seed)
    return wrong + [problem for verdict in verdicts for problem in verdict.problems]


async def restored(running: Scene) -> list[str]:
    """Restore the receiver from an older copy; the first unit keeps what was receipted, the second does not."""
    keeps, forgets = running.lines
    running.back_up()
    await running.more(8)
    before = {id(line): running.here(line) for line in running.lines}
    epochs = len(keeps.receiver_epochs)
    await running.restore()
    wrong = []
    missing = await running.settled(keeps)
    if missing:
        wrong.append(f"{keeps.unit.plan.name}: {len(missing)} rows that it keeps have not come again")
    if len(keeps.receiver_epochs) <= epochs:
        wrong.append("the receiver has not begun a new epoch")
    await running.more(PATIENCE_S + 4)
    wrong += await _hole(running, forgets, before[id(forgets)])
    again = len(before[id(keeps)] & running.here(keeps))
    print(
        f"  restored: {again} of {len(before[id(keeps)])} rows there again from the unit that keeps them", flush=True
    )
    return wrong


async def _hole(running: Scene, line: Line, before: set[tuple[str, int]]) -> list[str]:
    """Look for the record of what is gone for good, and for life behind it."""
    name = line.unit.plan.name
    gone = before - running.here(line)
    count = (
        "SELECT count(*) FROM hole JOIN chain ON chain.id = chain WHERE NOT declared AND stream = 'one' AND unit = "
    )
    holes = running.count(f"{count}'{name}'")
    print(f"  restored: {len(gone)} rows are gone at the unit that keeps nothing, {holes} holes recorded", flush=True)
    wrong = [] if gone else [f"{name}: nothing is missing, so this shows nothing"]
    if gone and not holes:
        wrong.append(f"{name}: {len(gone)} rows are gone and the city has no record of it")
    newest = max(start for _, start in running.here(line))
    if newest < (time.time() - 10) * 1000:
        wrong.append(f"{name}: nothing new comes behind the hole")
    return wrong


async def replayed(running: Scene, *, seed: int) -> list[str]:
    """Restore again, and repeat what the receiver had said before, while the unit brings back what that covers."""
    line = running.lines[0]
    running.back_up()
    await running.more(8)
    old = [*line.receipts]
    line.loses_data = True
    await running.restore()
    await until(lambda: line.receipts[-1][2].receiver_epoch != old[-1][2].receiver_epoch, what="the new epoch")
    some = [*chance(seed).sample(old, min(len(old), 6)), old[-1]]
    await running.replay(line, some)
    await asyncio.sleep(1)
    wrong = await _deleted(running, line, old[-1][2])
    missing = await running.settled(line)
    print(f"  replayed: {len(some)} old receipts, {len(missing)} rows have not come again", flush=True)
    wrong += [f"{len(missing)} rows were lost to replayed receipts"] if missing else []
    wrong += [f"{len(line.trace.rewritten)} seqs were given twice"] if line.trace.rewritten else []
    forks = running.count("SELECT count(*) FROM fork")
    return wrong + ([f"{forks} forks"] if forks else [])


async def _deleted(running: Scene, line: Line, newest: Receipt) -> list[str]:
    """Kill the unit, look into its store for what it is bringing back, and let it go on."""
    line.unit.kill()
    await line.unit.gone()
    held = look(line.unit.store, key=line.unit.key.public).envelopes
    first = running.next_seq(running.backup, line, newest.stream)
    asked = {(newest.stream, newest.epoch, seq) for seq in range(first, newest.seq + 1)}
    line.loses_data = False
    line.unit.start()
    gone = asked - held
    print(f"  replayed: {len(asked & held)} of {len(asked)} messages still wait to be brought back", flush=True)
    return [f"{len(gone)} messages were let go on replayed receipts"] if gone or not asked else []


async def main(folder: Path, options: argparse.Namespace) -> int:
    """Run the proof and its controls; return 0 when it holds."""
    began = time.monotonic()
    print(f"seed: {options.seed}")
    for name in ("forgotten", "restored", "control-broker", "control-replay"):
        (folder / name).mkdir()
    wrong = await forgotten(folder / "forgotten", seed=options.seed)
    plans = [unit_plan("keeps", retain="1h"), unit_plan("forgets", retain="0s")]
    async with scene(folder / "restored", plans) as running:
        wrong += await restored(running)
        wrong += await replayed(running, seed=options.seed)
    for problem in wrong:
        print(f"  {problem}")
    blind = await controls(folder, seed=options.seed)
    failed = bool(wrong or blind)
    print(f"prove-delivery: {'FAILED' if failed else 'holds'} ({time.monotonic() - began:.0f} s)")
    return 1 if failed else 0


async def controls(folder: Path, *, seed: int) -> list[str]:
    """Run what must fail; return what did not."""
    verdicts = await outage.control(folder / "control-broker", seed=seed)
    lost = [problem for verdict in verdicts for problem in verdict.problems if "lost" in problem]
    print("control broker's word: " + (f"fails, as it must: {lost[0]}" if lost else "HOLDS"))
    async with scene(folder / "control-replay", [unit_plan("keeps", retain="1h", program=BELIEVES)]) as running:
        broken = await replayed(running, seed=seed)
    print("control believes replays: " + (f"fails, as it must: {broken[0]}" if broken else "HOLDS"))
    return [name for name, found in (("broker", lost), ("replay", broken)) if not found]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description="Let broker and receiver forget, repeat old receipts, count every row."
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="keep the files")
    chosen = parser.parse_args()
    sys.exit(run_proof(lambda folder: main(folder, chosen), keep=chosen.keep))
