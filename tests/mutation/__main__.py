"""Changes the privacy filter in one place at a time and counts how many of the changes its tests notice.

Exit codes: 0 enough of them; 1 too few; 2 the run does not work here.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.mutation.engine import Failed, environment, prepare, run
from tests.mutation.score import REACHED, mutants, per_cent, survivors, table


def main() -> int:
    """Run the mutants."""
    parser = argparse.ArgumentParser(prog="make mutation", description=__doc__)
    parser.add_argument("modules", nargs="*", help="modules of agent/privacy, without .py; default: all")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="default: %(default)s")
    parser.add_argument("--directory", type=Path, help="where the copy is made; that of an earlier run goes on")
    chosen = parser.parse_args()
    target = chosen.directory or Path(tempfile.mkdtemp(prefix="lamppost-mutation-"))
    target.mkdir(parents=True, exist_ok=True)
    begun_s = time.monotonic()
    try:
        prepare(target, chosen.modules)
        counted = list(mutants(run(environment(), target, processes=chosen.processes)))
    except Failed as failure:
        print(f"mutation: {failure}", file=sys.stderr)
        return 2
    left = target / "survivors.txt"
    left.write_text(survivors(counted))
    print(f"\n{table(counted)}\n\n{(time.monotonic() - begun_s) / 60:.0f} minutes; survivors: {left}")
    return 0 if per_cent(counted) >= REACHED else 1


if __name__ == "__main__":
    sys.exit(main())
