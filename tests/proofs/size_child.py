"""A process that opens a store, seals and hands out once, and says what that took: one line of JSON.

Usage: python -m tests.proofs.size_child STORE KEY [--careful]

`--careful` is the negative control: it looks at every row that waits when it opens the store.
"""

import json
import sys
import time
from pathlib import Path

from agent.buffer.core import Core
from agent.buffer.waiting import RUN_COLUMNS, run_of
from agent.receipts import ReceiptVerifier
from agent.wire.keyfile import load_private
from tests.proofs.size_scene import Line, setup


def _number(file: str, name: str) -> int:
    """Return a number of this process from /proc."""
    lines = Path(f"/proc/self/{file}").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1])


def _careless(core: Core) -> int:
    """Look at everything: what an opening must not do, however good the reasons."""
    runs = core._parts.db.each(f"SELECT {RUN_COLUMNS} FROM run ORDER BY id")
    return sum(run_of(record).rows for record in runs)


def main(path: Path, key: Path, *, careful: bool) -> None:
    """Open, measure, tell."""
    made = setup(path, load_private(key))
    read, wall_s, cpu_s = _number("io", "rchar"), time.perf_counter(), time.process_time()
    core = Core(made)
    if careful:
        _careless(core)
    opened = {
        "open_s": time.perf_counter() - wall_s,
        "open_cpu_s": time.process_time() - cpu_s,
        "read_bytes": _number("io", "rchar") - read,
        "rss_kib": _number("status", "VmRSS"),
        "rows": core.stats().rows_waiting,
    }
    sent = Line(core, ReceiptVerifier({}, unit="")).send()
    print(json.dumps(opened | {"envelopes": len(sent), "rss_after_kib": _number("status", "VmRSS")}))
    core.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), careful="--careful" in sys.argv)
