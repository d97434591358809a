"""Proof: ten million rows that wait cost no more than none to open and to hold, and no more a row to send than few.

A store is filled by the outbox's own code. Then: a process opens it, beside one that opens an empty store, and they
are compared (time, bytes read, memory); sealing and publishing is compared, batch by batch and in turn, with stores
of 10,000 rows, by the processor's seconds, which other work on the machine changes less; and a unit with a million
rows is started and drains them through mosquitto into the receiver, by the clock on the wall (`size_drain`).

The negative controls: an opening that looks at every row, and a search for the oldest rows that an index cannot
answer. Each must fail what it breaks.
"""

import argparse
import asyncio
import json
import logging
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from agent.buffer.core import Core
from agent.buffer.state import Stream
from agent.buffer.waiting import RUN_COLUMNS, Run, WaitingRows, run_of
from agent.receipts import ReceiptVerifier
from agent.wire.keyfile import SigningKey, generate
from tests.proofs.size_drain import drain
from tests.proofs.size_scene import BACKLOG_ROWS, UNIT, Cost, Line, fill, setup
from tests.support.process import ROOT, run_proof

FEW_ROWS = 10_000
OPEN_S = 1.0
MORE_KIB = 5 * 1024
MORE_READ_BYTES = 128 * 1024
LEAST_RATIO = 0.8
LEAST_ROWS_A_SECOND = 20_000


@dataclass(frozen=True, kw_only=True)
class Stores:
    """The stores of one run, and the keys."""

    folder: Path
    unit: SigningKey
    receiver: SigningKey

    def path(self, name: str) -> Path:
        """Return where a store is."""
        return self.folder / f"{name}.db"

    @classmethod
    def make(cls, folder: Path, *, rows: int, number: int) -> "Stores":
        """Fill a large store, a small one and an empty one."""
        made = cls(folder=folder, unit=generate(folder / "unit.key"), receiver=generate(folder / "receiver.key"))
        for name, count in (("large", rows), ("few", min(FEW_ROWS, rows)), ("empty", 0)):
            fill(made.path(name), made.unit, rows=count, number=number)
        return made

    def line(self, name: str) -> Line:
        """Open a copy of a store."""
        known = {self.receiver.public.kid: self.receiver.public}
        copy = self.path(f"copy of {name}")
        shutil.copyfile(self.path(name), copy)
        return Line(Core(setup(copy, self.unit)), ReceiptVerifier(known, unit=UNIT))

    def opened(self, name: str, *options: str) -> dict[str, Any]:
        """Return what a process says that opens a copy of a store."""
        copy = self.folder / "opened.db"
        shutil.copyfile(self.path(name), copy)
        command = [
            sys.executable,
            "-m",
            "tests.proofs.size_child",
            str(copy),
            str(self.folder / "unit.key"),
            *options,
        ]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        found: dict[str, Any] = json.loads(done.stdout)
        return found


# -- opening


def check_opening(stores: Stores, *options: str) -> list[str]:
    """Compare the opening of the large store with that of the empty one; return what is wrong."""
    large, empty = stores.opened("large", *options), stores.opened("empty", *options)
    for name, found in (("empty", empty), (f"{large['rows']:,} rows", large)):
        print(
            f"  {name:<16} open {found['open_s']:.3f} s ({found['open_cpu_s']:.3f} s of the processor),"
            f" {found['read_bytes']:,} bytes read, RSS {found['rss_kib'] / 1024:.1f} MiB,"
            f" {found['rss_after_kib'] / 1024:.1f} after sealing"
        )
    wrong = []
    if large["open_s"] > OPEN_S:
        wrong.append(f"opening takes {large['open_s']:.2f} s, expected at most {OPEN_S}")
    if large["read_bytes"] > empty["read_bytes"] + MORE_READ_BYTES:
        wrong.append(f"opening reads {large['read_bytes']:,} bytes, the empty store {empty['read_bytes']:,}")
    more = large["rss_kib"] - empty["rss_kib"]
    if more > MORE_KIB:
        wrong.append(f"the full store takes {more} KiB of memory more, expected at most {MORE_KIB}")
    return wrong


# -- sealing and publishing


def compare(stores: Stores, *, rounds: int) -> tuple[Cost, Cost]:
    """Drain stores of few rows, and in turn as much of the large one; return what each took."""
    many, few = Cost(), Cost()
    large = stores.line("large")
    for _ in range(rounds):
        small = stores.line("few")
        while small.core.stats().rows_waiting >= 4 * BACKLOG_ROWS:
            for line, cost in ((small, few), (large, many)):
                with cost:
                    cost.rows += line.settle_all(line.send())
        small.core.close()
    large.core.close()
    return many, few


def check_rate(stores: Stores, *, rounds: int) -> list[str]:
    """Return what is wrong with the rate of the large store."""
    many, few = compare(stores, rounds=rounds)
    ratio = many.rate / few.rate if few.rate else 0.0
    print(
        f"  sealed and handed out: {few.rate:,.0f} rows a second of the processor of few ({few.rows:,} rows),"
        f" {many.rate:,.0f} of many ({many.rows:,}): ratio {ratio:.2f}"
    )
    return [f"the rate falls to {ratio:.2f}, expected {LEAST_RATIO} at least"] if ratio < LEAST_RATIO else []


# -- draining


def check_drain(folder: Path, *, rows: int, number: int, speed: bool) -> list[str]:
    """Return what is wrong with draining."""
    drained = asyncio.run(drain(folder, rows=rows, number=number))
    rate = drained.rows / drained.wall_s
    size = sorted(drained.batches)[len(drained.batches) // 2] if drained.batches else 0
    print(
        f"  {drained.rows:,} rows drained through mosquitto: {rate:,.0f} a second, in batches of {size};"
        f" processor: agent {drained.agent_s:.2f} s, receiver {drained.receiver_s:.2f} s of {drained.wall_s:.1f} s"
    )
    wrong = []
    if drained.rows != rows or sum(drained.batches) != rows or drained.receipted < rows:
        wrong.append(f"the receiver has {drained.rows} rows, receipts cover {drained.receipted}, expected {rows}")
    if size < BACKLOG_ROWS:
        wrong.append(f"batches of {size} rows, expected {BACKLOG_ROWS}")
    if speed and rate < LEAST_ROWS_A_SECOND:
        wrong.append(f"{rate:,.0f} rows a second, expected {LEAST_ROWS_A_SECOND:,}")
    return wrong


# -- controls


def _scanned(self: WaitingRows, stream: Stream, first_id: int = 0) -> Iterator[Run]:
    """Yield the runs of a stream as a query finds them that no index helps."""
    sql = f"SELECT {RUN_COLUMNS} FROM run WHERE id >> 40 = ? AND id >= ? ORDER BY id + 0 LIMIT 16"
    return map(run_of, self._db.all(sql, stream.id, first_id))


def controls(stores: Stores, *, rounds: int) -> list[str]:
    """Break what the proof is about; return what was not noticed."""
    missed = []
    opening = check_opening(stores, "--careful")
    print("control, every row is looked at: " + (f"fails, as it must: {opening[0]}" if opening else "DOES NOT FAIL"))
    if not opening:
        missed.append("an opening that looks at every row")
    with patch.object(WaitingRows, "runs_from", _scanned):
        rate = check_rate(stores, rounds=rounds)
    print("control, a search without an index: " + (f"fails, as it must: {rate[0]}" if rate else "DOES NOT FAIL"))
    if not rate:
        missed.append("a search without an index")
    return missed


def main(folder: Path, options: argparse.Namespace) -> int:
    """Run the proof and its controls; return 0 when it holds."""
    began = time.monotonic()
    print(f"seed: {options.seed}")
    stores = Stores.make(folder, rows=options.rows, number=options.seed)
    size = stores.path("large").stat().st_size
    made_s = time.monotonic() - began
    print(
        f"  {options.rows:,} rows, {size / 1e6:,.0f} MB, {size / options.rows:.1f} bytes each, made in {made_s:.0f} s"
    )
    wrong = check_opening(stores)
    wrong += check_rate(stores, rounds=options.rounds)
    missed = controls(stores, rounds=1)
    (folder / "drain").mkdir()
    wrong += check_drain(folder / "drain", rows=options.drain, number=options.seed, speed=True)
    for problem in wrong:
        print(f"  {problem}")
    failed = bool(wrong or missed)
    print(f"prove-size: {'FAILED' if failed else 'holds'} ({time.monotonic() - began:.0f} s)")
    return 1 if failed else 0


if __name__ == "__main__":
    logging.disable(logging.INFO)
    parser = argparse.ArgumentParser(description="Fill a store, and show that its size costs nothing.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=8, help="stores of few rows that are compared with it")
    parser.add_argument("--drain", type=int, default=1_000_000, help="rows that are drained into the receiver")
    parser.add_argument("--keep", action="store_true", help="keep the files")
    chosen = parser.parse_args()

    async def proof(folder: Path) -> int:
        return await asyncio.to_thread(main, folder, chosen)

    sys.exit(run_proof(proof, keep=chosen.keep))
