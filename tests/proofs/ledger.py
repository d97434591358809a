"""Proof: kill -9 between any two SQL statements, and no day has given out more than its budget of epsilon.

A process runs the real filter, with noise from the operating system's random bytes, the real ledger and the real
outbox. It is killed before its first SQL statement, in the next run before its second, and so on, until it gets to
its end; all on one store, so that what is lost, drawn again and paid adds up over restarts. The clock stands or goes
back by a window at each restart, and goes on to the next day half-way. After each kill a copy of the store is opened
with the real outbox, and everything in it, and everything that was handed out before, must agree:

- the ledger has spent at least what the rows imply, those that are stored and those that left;
- the rows of a day imply no more than the day's budget, over all restarts;
- windows are stored in ascending order, none twice, none with two different draws;
- a row that was reported as stored is there.

The control must fail: a unit that stores the ledger in a transaction of its own, after the rows.
"""

import argparse
import asyncio
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from agent.buffer.wal import wal_path
from agent.privacy.ledger import DAY_MS, Account, day_of
from agent.privacy.ledgers import Ledgers, budgets_of
from agent.privacy.payment import NAME
from tests.proofs.ledger_child import AFTERWARDS, DAILY, FIRST_DAY_MS, SPEC, STEP_MS, TOGETHER
from tests.support.outbox import AIR, drained, opened, parsed, waiting

WINDOWS = 4
"""Of each run, if it is not killed."""
_DAY = DAY_MS // STEP_MS
_MOST_STATEMENTS = 600
_REST = 6
"""Each so-manieth run is preceded by one that is not killed, or what waits to be sent would only ever grow."""
_PATIENCE_S = 30.0


@dataclass(frozen=True)
class Found:
    """What was in a store.

    Attributes:
        waiting: seqs of the envelopes that wait for their receipt.
        batches: every batch, those that were sealed for the look included.
        account: the ledger's.
    """

    waiting: frozenset[int]
    batches: tuple[dict[str, Any], ...]
    account: Account


@dataclass
class Evidence:
    """Everything that was seen over all restarts.

    Attributes:
        values: what each window gave out of the noised column, by its start.
        handed_out: starts of the rows of each envelope that was handed out, by its seq.
        reported: starts of the rows that were reported as stored.
    """

    values: dict[int, int | None] = field(default_factory=dict)
    handed_out: dict[int, tuple[int, ...]] = field(default_factory=dict)
    reported: list[int] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    kills: int = 0
    statements: int = 0
    """Of the last run that came to its end."""

    def hear(self, lines: Iterable[bytes]) -> None:
        """Take note of what a process said before it was killed."""
        for line in lines:
            word, _, rest = line.decode().partition(" ")
            if word == "row":
                self.reported.append(int(rest))
            elif word == "envelope":
                self._take(bytes.fromhex(rest))

    def _take(self, data: bytes) -> None:
        said = parsed(_Data(data))  # type: ignore[arg-type]  # only its bytes are looked at
        if said["kind"] == "batch":
            starts = tuple(row[0] for row in said["rows"])
            if self.handed_out.setdefault(said["seq"], starts) != starts:
                self.problems.append(f"envelope {said['seq']} was handed out with other rows")
            self._see(said["rows"])

    def _see(self, rows: Sequence[Any]) -> None:
        for start_ms, values, _ in rows:
            if self.values.setdefault(start_ms, values[1]) != values[1]:
                self.problems.append(f"window {start_ms} has two draws")

    def judge(self, found: Found) -> None:
        """Hold what is in the store against everything before."""
        for batch in found.batches:
            self._see(batch["rows"])
        batches = [[row[0] for row in batch["rows"]] for batch in found.batches]
        present = [start_ms for starts in batches for start_ms in starts]
        if len(set(present)) != len(present):
            self.problems.append("a window is stored twice")
        if any(starts != sorted(set(starts)) for starts in [*batches, self.reported]):
            self.problems.append("windows do not ascend")
        gone = {seq: starts for seq, starts in self.handed_out.items() if seq not in found.waiting}
        twice = set(present) & {start for starts in gone.values() for start in starts}
        if twice:
            self.problems.append(f"{len(twice)} windows are stored again after they left")
        missing = set(self.reported) - self.values.keys()
        if missing:
            self.problems.append(f"{len(missing)} rows that were reported as stored are gone")
        self._judge_money(found.account)

    def _judge_money(self, account: Account) -> None:
        """Hold the ledger against what the rows imply."""
        assert SPEC.noise is not None
        granted = [start_ms for start_ms, value in self.values.items() if value is not None]
        implied = {day: count * Fraction(*SPEC.noise.epsilon) for day, count in Counter(map(day_of, granted)).items()}
        for day, amount in implied.items():
            if amount > Fraction(*SPEC.noise.daily):
                self.problems.append(f"day {day} gave out {amount}, more than its budget")
        if granted and (account.last_ms is None or max(granted) > account.last_ms):
            self.problems.append("the ledger does not know the last window that was paid for")
        elif granted and account.spent < implied.get(day_of(account.last_ms or 0), 0):
            self.problems.append("the ledger has spent less than the rows imply")


@dataclass(frozen=True)
class _Data:
    data: bytes


async def look(path: Path, scratch: Path) -> Found:
    """Open a copy of a store as a restarted unit would, and return everything in it."""
    copy = _fresh(path, scratch / "copy.db")
    outbox = await opened(copy, streams=AIR)
    try:
        saved = await outbox.load_counters(NAME)
        seqs = frozenset(said["seq"] for said in map(parsed, await waiting(outbox)) if said["kind"] == "batch")
        batches = [said for said in await drained(outbox) if said["kind"] == "batch"]
    finally:
        await outbox.close()
    return Found(seqs, tuple(batches), Ledgers(budgets_of([SPEC]), saved).of(SPEC.name).account)


async def run(path: Path, *, variant: str, first: int, kill_at: int) -> tuple[bool, list[bytes]]:
    """Run the process; return whether it was killed, and what it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.proofs.ledger_child"),
        *(str(path), variant, str(first), str(WINDOWS), str(kill_at)),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(_PATIENCE_S):
            said, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
    if process.returncode not in {0, -signal.SIGKILL}:
        raise ChildProcessError(f"the unit ended with {process.returncode}")
    return process.returncode != 0, said.splitlines()


def ended(lines: Sequence[bytes]) -> int:
    """Return how many statements a whole run had."""
    return int(lines[-1].split()[1])


async def prepare(path: Path, variant: str) -> Evidence:
    """Let a unit live through the end of the day on which its ledger was missing."""
    evidence = Evidence()
    _, said = await run(path, variant=variant, first=_DAY - WINDOWS, kill_at=0)
    evidence.hear(said)
    evidence.statements = ended(said)
    return evidence


async def prove(folder: Path, *, seed: int, stride: int = 1) -> Evidence:
    """Kill before each statement (with a stride, before each so-manieth), look, go on."""
    rng, path = random.Random(seed), folder / "outbox.db"
    evidence = await prepare(path, TOGETHER)
    last, moved = _DAY - 1, False
    for number, kill_at in enumerate(range(1, _MOST_STATEMENTS, stride)):
        if not moved and kill_at > evidence.statements // 2:
            last, moved = 2 * _DAY - 1, True
        undisturbed = number % _REST == _REST - 1
        for dies_at in (0, kill_at) if undisturbed else (kill_at,):
            first = max(_DAY, last + 1 - rng.randrange(2))
            killed, said = await run(path, variant=TOGETHER, first=first, kill_at=dies_at)
            evidence.hear(said)
            evidence.judge(await look(path, folder))
            last = max(last, *((start_ms - FIRST_DAY_MS) // STEP_MS for start_ms in evidence.values))
        if not killed:
            evidence.statements = ended(said)
            return evidence
        evidence.kills += 1
    evidence.problems.append("no run came to its end")
    return evidence


async def control(folder: Path) -> Evidence:
    """Kill a unit that stores its ledger after its rows, behind each of its commits."""
    base = folder / "base.db"
    start = await prepare(base, AFTERWARDS)
    path = folder / "fresh.db"
    _, said = await run(_fresh(base, path), variant=AFTERWARDS, first=_DAY, kill_at=0)
    commits = [int(line.split()[1]) for line in said if line.startswith(b"commit ")]
    for commit in commits:
        evidence = Evidence(values=dict(start.values), handed_out=dict(start.handed_out))
        await run(_fresh(base, path), variant=AFTERWARDS, first=_DAY, kill_at=commit + 1)
        evidence.judge(await look(path, folder))
        start.kills += 1
        start.problems += evidence.problems
    return start


def _fresh(base: Path, path: Path) -> Path:
    """Copy a store, closed or as a killed process left it, to where another one was."""
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()
    path.write_bytes(base.read_bytes())
    if wal_path(base).exists():
        wal_path(path).write_bytes(wal_path(base).read_bytes())
    return path


def summary(evidence: Evidence) -> list[str]:
    """Return what was done and found, in lines."""
    noisy = [start_ms for start_ms, value in evidence.values.items() if value is not None]
    granted = Counter(day_of(start_ms) - day_of(FIRST_DAY_MS) for start_ms in noisy)
    days = ", ".join(f"day {day}: {count}" for day, count in sorted(granted.items()))
    return [
        f"kills: {evidence.kills}, before each SQL statement in turn; a whole run has {evidence.statements} now",
        f"windows: {len(evidence.values)}; those that had noise, {DAILY} a day at most: {days}",
        f"envelopes handed out: {len(evidence.handed_out)}; rows reported as stored: {len(evidence.reported)}",
    ]


async def main(folder: Path, seed: int) -> int:
    """Run the proof and its control; return 0 when it holds."""
    began = time.monotonic()
    print(f"seed: {seed}", flush=True)
    for name in ("proof", "control"):
        (folder / name).mkdir()
    evidence = await prove(folder / "proof", seed=seed)
    wrong = list(dict.fromkeys(evidence.problems))
    print("\n".join([*summary(evidence), *(f"  {problem}" for problem in wrong)]), flush=True)
    broken = await control(folder / "control")
    told = f"fails, as it must: {broken.problems[0]}" if broken.problems else "DOES NOT FAIL"
    print(f"control, the ledger in a transaction of its own after the rows ({broken.kills} kills): {told}")
    failed = bool(wrong) or not broken.problems
    print(f"prove-ledger: {'FAILED' if failed else 'holds'} ({time.monotonic() - began:.0f} s)")
    return 1 if failed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Kill a unit between its SQL statements, and audit its budget.")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3)))
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        sys.exit(asyncio.run(main(Path(name), chosen.seed)))
