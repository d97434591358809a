"""Measures the agent on the workload of the design and prints each figure beside what must be reached.

What `lamppost plan` foretells for the same configuration is beside it, too.

Exit codes: 0 everything is reached and as foretold; 1 something is not; 2 the measurement does not work here.
"""

import argparse
import os
import platform
import sys
from pathlib import Path

from tests.bench.figures import references, table
from tests.bench.measure import PARTS, measure
from tests.bench.stand import Failed


def main() -> int:
    """Run the bench."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--seconds", type=int, default=120, help="length of each measurement; default: %(default)s")
    parser.add_argument(
        "--directory",
        type=Path,
        default=Path("/var/tmp"),
        help="on the disk that is written to; default: %(default)s",
    )
    parser.add_argument("--only", choices=PARTS, help="run this part alone; default: all")
    chosen = parser.parse_args()
    print(machine(), flush=True)
    try:
        figures = measure(chosen.directory, seconds=chosen.seconds, say=_say, only=chosen.only)
    except Failed as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 2
    print(f"\n{table(figures)}\n\n{references()}")
    return 0 if all(figure.holds for figure in figures) else 1


def _say(text: str) -> None:
    print(text, flush=True)


def machine() -> str:
    """Return what this runs on, in words."""
    cpu = next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), "")
    model = cpu.partition(":")[2].strip() or platform.machine()
    return f"{os.cpu_count()} x {model}, Linux {platform.release()}, Python {platform.python_version()}"


if __name__ == "__main__":
    sys.exit(main())
