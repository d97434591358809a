"""Draws from OpenDP's integer Laplace measurement, holds our sample against it, and prints the verdict.

Usage: compare.py SAMPLES.json; exits non-zero if the two differ, or if the control does not.

Their draws come from the operating system, so each run compares others; chance alone fails a comparison less often
than once in a million.
"""

import json
import math
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import opendp.prelude as dp  # type: ignore[import-not-found]  # lives in .venvs/opendp only

from tests.support.noise import Scale, likeness

_OURS = frozenset({"agent", "receiver", "drivers"})
_AT_ONCE = 50_000


def drawn(scale: Scale, draws: int) -> tuple[Counter[int], float]:
    """Return how often OpenDP drew each integer, and which epsilon it says that costs at sensitivity 1."""
    domain, metric = dp.vector_domain(dp.atom_domain(T=int)), dp.l1_distance(T=int)
    measurement = dp.m.make_laplace(domain, metric, scale=scale[0] / scale[1])
    counts: Counter[int] = Counter()
    for start in range(0, draws, _AT_ONCE):
        counts.update(measurement([0] * min(_AT_ONCE, draws - start)))
    return counts, float(measurement.map(1))


def compare(sample: dict[str, Any], draws: int) -> list[str]:
    """Compare one sample of ours, and its control; return what is not as it must be."""
    name, scale = f"epsilon {sample['epsilon']}", (sample["scale"][0], sample["scale"][1])
    ours, control = ({int(x): count for x, count in sample[key].items()} for key in ("ours", "control"))
    theirs, epsilon = drawn(scale, draws)
    found, refused = likeness(ours, theirs, scale), likeness(control, theirs, scale)
    print(f"  {name:<12} {draws} draws each: {found}", flush=True)
    print(f"    control, scale 5 % too large: {'PASSES' if refused.holds else 'fails, as it must'}: {refused}")
    wrong = [] if found.holds else [f"{name}: OpenDP draws another distribution"]
    if refused.holds:
        wrong.append(f"{name}: the control was not refused")
    if not math.isclose(epsilon, scale[1] / scale[0]):
        wrong.append(f"{name}: OpenDP says that this scale costs {epsilon}")
    return wrong


def main(path: Path) -> int:
    """Run the comparison and return 0 when it holds."""
    dp.enable_features("contrib")
    document = json.loads(path.read_text(encoding="utf-8"))
    print(f"seed: {document['seed']} (ours; OpenDP {dp.__version__} has the operating system's)")
    wrong = [problem for sample in document["samples"] for problem in compare(sample, document["draws"])]
    ours = sorted(name for name in sys.modules if name.partition(".")[0] in _OURS)
    if ours:
        wrong.append(f"modules of ours were imported: {ours}")
    for problem in wrong:
        print(f"WRONG {problem}")
    print("verdict: FAILED" if wrong else "verdict: OpenDP draws the same distribution")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
