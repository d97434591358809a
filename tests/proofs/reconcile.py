"""Proof: a unit's disclosure log and what the city holds agree whatever the unit lived through, and no edit passes.

Real processes: agents, mosquitto, the receiver. One unit counts people (fewer than ten are kept back) and dust. It
lives through an outage of the broker, a hold, orders obeyed and refused, a purge of envelopes that the broker had
taken and forgotten, by a document on a stick, another configuration, kill -9, and a damaged store. Another has to
evict and refuse rows, and a third publishes so much that its log forgets its beginning. Then `lamppost disclosures`
is asked for the log in both forms, while the agent runs and after it has stopped; `lamppost disclosures verify`
follows the chain; `lamppost-receiver reconcile` must find no difference.

After that the logs are tampered with. Entries all over them are altered, taken out, or added once more, one by one,
with and without a chain that is made good behind, and the end is cut off at each of them: each edit of what the
unit's signed heads cover must be found and named. What is behind the last of them is counted apart: there only the
city's holdings can tell. An edit of each kind of entry is also put to the command itself, in both forms. Then the
city is tampered with: an envelope deleted, a byte of one changed, the tables changed that records requests are
answered from.

The negative control is an agent that leaves one batch in ten out of its log.
"""

import argparse
import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agent.wire.entry_text import name_of
from agent.wire.excerpt import Export
from agent.wire.export import cbor_items, json_lines
from receiver.findings import Reconciliation
from receiver.holdings import holdings
from receiver.reconcile import reconcile
from tests.proofs.reconcile_edits import BATCH, BEHIND, CITY, Tally, copied, missed, tampered
from tests.proofs.reconcile_scene import (
    HOARDER,
    STEPS,
    TALKER,
    WITNESS,
    agent,
    exported,
    hoarder,
    passers_by,
    talker,
    witness,
)
from tests.proofs.suspend_scene import PARK, STREET, Line, Scene, scene
from tests.support.rig import UnitPlan, run_proof
from tests.support.tampering import EDITS, cut_off

FORMS = ("json", "cbor")
MOST_EDITS = 150
"""At so many entries of a log each edit is made, each time with a comparison of the whole."""
Lives = Mapping[str, tuple[UnitPlan, Sequence[str]]]
FULL: Lives = {
    WITNESS: (
        witness(),
        ("outage", "held", "suspended", "purged", "reconfigured", "killed", "damaged", "restarted"),
    ),
    HOARDER: (hoarder(), ("evicted", "restarted")),
    TALKER: (talker(), ("talked", "restarted")),
}
"""Units and what they live through, side by side."""
SHORT: Lives = {WITNESS: (witness(), ("purged", "killed", "restarted"))}


@dataclass
class Report:
    """What came of one unit.

    Attributes:
        unit: its id.
        entries: of its log, by kind.
        result: of the comparison with the city.
        running: findings while the agent ran.
        edits: by what was edited.
        problems: what must not be, in words.
    """

    unit: str
    entries: Mapping[str, int]
    result: Reconciliation
    running: int
    edits: dict[str, Tally] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


async def compared(scene: Scene, line: Line, *, name: str, forms: Sequence[str]) -> tuple[Path, Export, int]:
    """Ask for the log in each form, verify it, and reconcile it; return the last file, its content, the findings."""
    code, text = await agent(line, "disclosures", "verify")
    scene.check(holds=code == 0, problem=f"{name}: `disclosures verify` ended with {code}: {text.decode()}")
    findings = 0
    for form in forms:
        path, export = await exported(scene, line, form, name=name)
        code, said = await command(scene, line, path)
        scene.check(holds=code == 0, problem=f"{name}, {form}: `reconcile` ended with {code}:\n{said}")
        findings += len(reconcile(export, holdings(scene.rig.receiver.store, line.name)).findings)
    return path, export, findings


async def command(scene: Scene, line: Line, log: Path, *, store: Path | None = None) -> tuple[int, str]:
    """Run `lamppost-receiver reconcile`."""
    return await scene.rig.receiver.command("reconcile", line.name, log, "--store", store or scene.rig.receiver.store)


async def lived(scene: Scene, line: Line, steps: Sequence[str]) -> None:
    """Let a unit live through steps."""
    for step in steps:
        began_s = time.monotonic()
        await STEPS[step](scene, line)
        print(f"  {line.name}: {step} ({time.monotonic() - began_s:.0f} s)", flush=True)


async def prove(
    folder: Path,
    *,
    lives: Lives,
    seed: int,
    forms: Sequence[str] = FORMS,
    most: int = MOST_EDITS,
    every_kind: bool = True,
) -> list[Report]:
    """Have units live, compare, tamper; return what came of it."""
    async with scene(folder, plans=[plan for plan, _ in lives.values()], seed=seed) as running:
        line = running.lines[WITNESS]
        async with passers_by(line, seed=seed), asyncio.TaskGroup() as group:
            for name, (_, steps) in lives.items():
                group.create_task(lived(running, running.lines[name], steps))
        reports = [await reported(running, one, forms=forms) for one in running.lines.values()]
        store = running.rig.receiver.store
        for report, one in zip(reports, running.lines.values(), strict=True):
            _path, export = await exported(running, one, "cbor", name="last")
            report.edits = tampered(export, holdings(store, one.name), most=most)
            report.problems += [f"{one.name}: not found: {text}" for text in missed(report.edits)]
        await city_tampered(running, line, reports[0])
        if every_kind:
            await by_command(running, line, reports[0])
        reports[0].problems += running.problems
        return reports


async def reported(scene: Scene, line: Line, *, forms: Sequence[str]) -> Report:
    """Compare while the agent runs, and after it has stopped."""
    _path, _export, running = await compared(scene, line, name="running", forms=forms)
    code = await line.wire.unit.stop()
    scene.check(holds=code == 0, problem=f"{line.name}: the agent ended with {code}")
    _path, export, _findings = await compared(scene, line, name="stopped", forms=forms)
    kinds = Counter(name_of(numbered.entry) for numbered in export.entries)
    result = reconcile(export, holdings(scene.rig.receiver.store, line.name))
    return Report(unit=line.name, entries=kinds, result=result, running=running)


# -- tampering, by the command


async def by_command(scene: Scene, line: Line, report: Report) -> None:
    """Put an edit of each kind of entry to the command, in both forms."""
    path, export = await exported(scene, line, "json", name="edited")
    kinds = {name_of(numbered.entry): index for index, numbered in reversed(list(enumerate(export.entries)))}
    tally = report.edits.setdefault("one of each kind, by the command", Tally())
    edits = [
        (f"{kind} {what}, {'remade' if remade else 'left'}", edit(export, index, remade=remade))
        for kind, index in kinds.items()
        for what, edit in EDITS.items()
        for remade in (False, True)
    ]
    edits.append(("the end cut off", cut_off(export, 10)))
    for number, (what, edited) in enumerate(edits):
        path.write_bytes(written(edited, FORMS[number % 2]))
        code, said = await command(scene, line, path)
        tally.count(found=code == 1 and "ifference" in said, what=what)
    report.problems += [f"{report.unit}: the command did not find: {what}" for what in tally.missed]


def written(export: Export, form: str) -> bytes:
    """Return an export as `lamppost disclosures` writes it."""
    if form == "json":
        return "".join(line + "\n" for line in json_lines(export.header, export.entries)).encode()
    return b"".join(cbor_items(export.header, export.entries))


async def city_tampered(scene: Scene, line: Line, report: Report) -> None:
    """Change one thing in a copy of the city's store, and see whether the command finds and names it.

    It is about a stream of which nothing was purged: what the log itself says will never come is not missed.
    """
    path, _export = await exported(scene, line, "json", name="honest")
    tally = report.edits.setdefault("the city's store", Tally())
    for number, (what, statements) in enumerate(CITY.items()):
        copy = scene.rig.folder / f"city-{number}.db"
        with copied(scene.rig.receiver.store, copy) as db:
            place = db.execute(BATCH, (line.name, PARK)).fetchone()
            for statement in statements:
                changed = db.execute(statement, place).rowcount
                scene.check(holds=changed >= 1, problem=f"{what}: nothing was changed")
        code, said = await command(scene, line, path, store=copy)
        tally.count(found=code == 1 and f"{PARK} seq" in said, what=what)
    report.problems += [f"{report.unit}: the command did not find: {what}" for what in tally.missed]


async def control(folder: Path, *, seed: int) -> Reconciliation:
    """Reconcile the log of an agent that forgets envelopes."""
    plan = witness(program=("-m", "tests.proofs.broken", "forget-one"))
    async with scene(folder, plans=[plan], seed=seed) as running:
        line = running.lines[WITNESS]
        for _ in range(5):
            await running.goes_on(line, STREET, "control")
        await line.wire.unit.stop()
        _path, export = await exported(running, line, "json", name="control")
        return reconcile(export, holdings(running.rig.receiver.store, line.name))


# -- the end


def tell(report: Report) -> None:
    """Print what came of a unit."""
    result = report.result
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(report.entries.items()))
    print(f"{report.unit}: {result.entries} entries: {kinds}")
    print(
        f"  {result.envelopes} envelopes alike, {result.explained} explained, {result.before} older than the log,"
        f" {result.heads} signed heads fit; {len(result.differences)} differences,"
        f" {len(result.findings) - len(result.differences)} under way"
        f" (while the agent ran: {report.running} in both forms)"
    )
    for finding in result.findings:
        print(f"  {finding.weight}: {finding.what}: {finding.where}: {finding.text}")
    for how, tally in sorted(report.edits.items(), key=lambda item: BEHIND in item[0]):
        print(f"  {how}: {tally}")


async def main(folder: Path, options: argparse.Namespace) -> int:
    """Run the proof and its control; return 0 when it holds."""
    began = time.monotonic()
    print(f"seed: {options.seed}", flush=True)
    for name in ("proof", "control"):
        (folder / name).mkdir()
    reports = await prove(folder / "proof", lives=FULL, seed=options.seed)
    wrong = [problem for report in reports for problem in report.problems]
    for report in reports:
        tell(report)
        wrong += [f"{report.unit}: {finding.what}: {finding.where}" for finding in report.result.differences]
    for problem in wrong:
        print(f"  {problem}")
    found = (await control(folder / "control", seed=options.seed)).differences
    told = f"fails, as it must: {found[0].what}: {found[0].where}" if found else "DOES NOT FAIL"
    print(f"control forget-one: {told}")
    failed = bool(wrong) or not found
    print(f"prove-reconcile: {'FAILED' if failed else 'holds'} ({time.monotonic() - began:.0f} s)")
    return 1 if failed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Compare a disclosure log with the city, and tamper with both.")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3)))
    parser.add_argument("--keep", action="store_true", help="keep the files")
    chosen = parser.parse_args()
    sys.exit(run_proof(lambda folder: main(folder, chosen), keep=chosen.keep))
