"""Fuzz: every parser, against the invariant in the first line of its fuzzer's docstring.

Failures of the past are replayed first. Then each parser gets its inputs; what is printed is how many, from which
seed, in how many of them the parser found something, and the verdict. An input that breaks an invariant is shortened
and kept in `tests/fuzz/failures/NAME/`; it is replayed from then on, here and in the ordinary tests.
"""

import argparse
import secrets
import sys
import time
from collections.abc import Iterable, Iterator
from multiprocessing import get_context

from tests.fuzz.fuzzer import Broken, Hunt, hunt
from tests.fuzz.fuzzers import FUZZERS
from tests.fuzz.past import again, keep, names

_Task = tuple[str, int, int]
"""Name, seed, most inputs; 0 for as many as a full hunt has."""


def main(arguments: list[str] | None = None) -> int:
    """Run the fuzzers; return 0 when every invariant holds, 1 when one does not, 2 for a name that there is not."""
    options = _options(arguments)
    unknown = sorted((set(options.only) | names()) - FUZZERS.keys())
    if unknown:
        print(f"fuzz: there is no fuzzer {', '.join(unknown)}; there are: {', '.join(FUZZERS)}")
        return 2
    chosen = [name for name in FUZZERS if not options.only or name in options.only]
    print(f"seed: {options.seed}")
    broken = [name for name in chosen if not _replay(name)]
    tasks = [(name, options.seed, options.inputs) for name in chosen if name not in broken]
    for name, found, spent_s in _hunts(tasks, jobs=options.jobs):
        if not _told(name, found, seed=options.seed, spent_s=spent_s):
            broken.append(name)
    print(f"fuzz: {len(chosen)} parsers: " + (f"BROKEN: {', '.join(broken)}" if broken else "every invariant holds"))
    return 1 if broken else 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("only", nargs="*", help="names of fuzzers; all of them when none is given")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**9), help="makes the same inputs again")
    parser.add_argument("--inputs", type=int, default=0, help="at most so many for each; 0 for a full hunt")
    parser.add_argument("--jobs", type=int, default=1, help="processes at the same time")
    return parser.parse_args(arguments)


def _replay(name: str) -> bool:
    """Replay the failures of a fuzzer; tell of those that are failures again, and return whether there is none."""
    found = again(FUZZERS[name])
    for file, error in found.items():
        print(f"{name}: {file} breaks it again: {error!r}")
    return not found


def _hunts(tasks: list[_Task], *, jobs: int) -> Iterator[tuple[str, Hunt, float]]:
    if jobs == 1:
        yield from map(_hunt, tasks)
        return
    with get_context("fork").Pool(jobs) as pool:
        found: Iterable[tuple[str, Hunt, float]] = pool.imap_unordered(_hunt, tasks)
        yield from found


def _hunt(task: _Task) -> tuple[str, Hunt, float]:
    name, seed, most = task
    began_s, fuzzer = time.process_time(), FUZZERS[name]
    found = hunt(fuzzer, seed=seed, inputs=min(most or fuzzer.inputs, fuzzer.inputs))
    if found.broken is not None:  # what cannot be pickled must not hide what was found
        told = Broken(data=found.broken.data, error=AssertionError(repr(found.broken.error)))
        found = Hunt(inputs=found.inputs, taken=found.taken, broken=told)
    return name, found, time.process_time() - began_s


def _told(name: str, found: Hunt, *, seed: int, spent_s: float) -> bool:
    """Print what came of a hunt, keep what broke the invariant; return whether it holds."""
    print(f"{name}: {FUZZERS[name].invariant}")
    count = f"  {found.inputs:,} inputs, seed {seed}, something found in {found.taken:,}, {spent_s:.0f} s"
    if found.broken is None:
        print(f"{count}: holds", flush=True)
        return True
    print(f"{count}: BROKEN: {found.broken.error}\n  the input: {keep(name, found.broken.data)}", flush=True)
    return False


if __name__ == "__main__":
    sys.exit(main())
