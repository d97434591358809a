"""Proof: a month without uplink costs disk and nothing else; then the present comes first, the past as budgeted.

First simulated, with a clock that is moved a minute at a time (`tests.proofs.month_scene`): four streams, a
connection that does not answer for a month, and then does. Sealer, budget, prices of the wire, receiver and receipts
are the real ones; MQTT is left out. It must hold: memory stays as it was; the disk grows evenly and below its cap;
the newest batch of each stream is at the city in the first minute, before anything older, and so it stays until the
past is there; no day costs more than its cap; in the end the city has every row once and no gap record.

Then with the real agent as a process, mosquitto and the real receiver (`tests.proofs.month_return`): it is given the
outbox that another month has left, one too small for it, so that rows were evicted, refused and merged. It must hold:
every row that still waited, and every one measured since, is at the city once, as it was, and gap records count all
others; the present is there within two seconds of the session, and so it stays while the past arrives, the oldest of
each stream first; memory stays; the outbox gives its disk space back; the wire carries what a cap for each minute
allows, as the kernel counts it at the other end of the connection.

The negative controls: an outbox that hands out the oldest first, and a budget that never says no, simulated and real;
and evidence that was tampered with.
"""

import argparse
import logging
import sys
import time
from dataclasses import replace
from pathlib import Path

from tests.proofs import month_checks
from tests.proofs.month_evidence import Evidence
from tests.proofs.month_judge import judge, most_spent, waits_ms
from tests.proofs.month_return import come_back
from tests.proofs.month_scene import BATCH_ROWS, DAY_BYTES, Month, simulate
from tests.proofs.month_tampering import tampered
from tests.proofs.month_unit import Outage
from tests.proofs.size_scene import STREAMS
from tests.support.process import run_proof

LONG = Outage(days=30, max_bytes=1_700_000, number=1, bytes_per_minute=800_000)
SHORT = Outage(days=12, max_bytes=700_000, number=1, bytes_per_minute=345_000)
"""What a test and the controls have time for."""
BROKEN = {
    "the past first": (replace(SHORT, bytes_per_minute=300_000), "live batches arrived late"),
    "no budget": (replace(SHORT, bytes_per_minute=150_000), "of what the budget allows"),
}
"""Faults of `tests.proofs.month_agent`, what they are tried with, and what must be found."""


async def simulated(folder: Path, options: argparse.Namespace) -> bool:
    """Simulate a month and its return, and the controls; return whether it holds."""
    (folder / "proof").mkdir()
    month = Month(folder / "proof", options.seed, batch_rows=options.batch_rows, day_bytes=options.day_bytes)
    await simulate(month, days=options.days)
    month_checks.tell(month.days)
    wrong = month_checks.check(month, outage_days=options.days)
    drained = len(month.days) - options.days
    print(f"{month.stored:,} rows stored, {options.days} days without uplink, {drained} days until all had arrived")
    month.close()
    for problem in wrong:
        print(f"  {problem}")
    missed = 0
    for number, (name, sentence) in enumerate(month_checks.CONTROLS.items()):
        (folder / f"control-{number}").mkdir()
        home = folder / f"control-{number}"
        found = await month_checks.control(home, name, days=options.control_days, number=options.seed)
        missed += not caught(name, found, sentence)
    return not (wrong or missed)


async def real(folder: Path, options: argparse.Namespace) -> bool:
    """Have the real agent come back; return whether it holds."""
    evidence = await come_back(_made(folder / "real"), replace(LONG, number=options.seed))
    tell(evidence)
    wrong = judge(evidence)
    for problem in wrong:
        print(f"  {problem}")
    holds = not wrong
    for fault, (sentence, doctored) in tampered(evidence).items():
        holds = caught(fault, judge(doctored), sentence) and holds
    for fault, (outage, sentence) in BROKEN.items():
        broken = replace(outage, number=options.seed, broken=fault)
        found = judge(await come_back(_made(folder / fault), broken))
        holds = caught(f"{fault}, real", found, sentence) and holds
    return holds


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def caught(name: str, found: list[str], sentence: str) -> bool:
    """Tell whether a control fails as it must, and say so."""
    problems = [problem for problem in found if sentence in problem]
    print(f"control, {name}: " + (f"fails, as it must: {problems[0]}" if problems else "DOES NOT FAIL"), flush=True)
    return bool(problems)


def tell(evidence: Evidence) -> None:
    """Print what was found."""
    lanes = [one.lane for one in evidence.arrivals]
    past_ms = [one.received_ms - evidence.session_ms for one in evidence.arrivals if one.lane == "backlog"]
    before, most_kb = evidence.offline, max(one.rss_kb for one in evidence.samples)
    longest = max((wait for stream in STREAMS for wait in waits_ms(evidence, stream)), default=0)
    print(
        f"the real agent: {len(evidence.left):,} rows waited, {evidence.gaps.total():,} are declared as lost\n"
        f"  {len(evidence.rows):,} rows arrived: {lanes.count('backlog')} batches of the past, the last one "
        f"{max(past_ms, default=0) / 1000:.1f} s after the session began, and {lanes.count('live')} of the present, "
        f"each within {longest} ms\n"
        f"  RSS {before.rss_kb / 1024:.1f} MiB before, {most_kb / 1024:.1f} at most; disk {before.disk_bytes:,} "
        f"bytes before, {evidence.end_bytes:,} at last; wire {evidence.samples[-1].wire_bytes:,} bytes, "
        f"{most_spent(evidence):.1%} at most of what was allowed so far",
        flush=True,
    )


async def main(folder: Path, options: argparse.Namespace) -> int:
    """Run the proof and its controls; return 0 when it holds."""
    began = time.monotonic()
    print(f"seed: {options.seed}")
    holds = await simulated(folder, options)
    holds = await real(folder, options) and holds
    print(f"prove-month: {'holds' if holds else 'FAILED'} ({time.monotonic() - began:.0f} s)")
    return 0 if holds else 1


if __name__ == "__main__":
    logging.disable(logging.INFO)
    parser = argparse.ArgumentParser(description="Take the uplink away for a month, and give it back.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--batch-rows", type=int, default=BATCH_ROWS)
    parser.add_argument("--day-bytes", type=int, default=DAY_BYTES, help="the budget's cap")
    parser.add_argument("--control-days", type=int, default=4, help="of the controls")
    parser.add_argument("--keep", action="store_true", help="keep the files")
    chosen = parser.parse_args()
    sys.exit(run_proof(lambda folder: main(folder, chosen), keep=chosen.keep))
