"""Proof: the noise that is added to counts has the distribution it must have, and no other.

A million draws for each of several epsilons, held against probabilities from the formula: Pearson's chi-square with
the tails pooled, the mean, the variance, and as many negative as positive ones. One epsilon also with the operating
system's random bytes, as on a unit. Each test is failed by chance less often than once in a million runs.

Controls, which the same tests must refuse: noise whose scale is 2 % too large, for every epsilon; noise that is never
negative; noise that is zero twice as often as it should be before its sign is drawn; and a rounded float.
"""

import argparse
import math
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agent.privacy.distinct import RandomBytes
from agent.privacy.laplace import UniformBelow, discrete_laplace, exponential
from tests.support.noise import Fit, Scale, SeededBytes, fit, moment

Sampler = Callable[[Scale, RandomBytes], int]

EPSILONS: Mapping[str, Scale] = {"1/10": (10, 1), "1/2": (2, 1), "1": (1, 1), "2": (1, 2), "10/3": (3, 10)}
"""The scale of the noise for each epsilon, one over it: the sensitivity is 1."""
DRAWS = 1_000_000
_MOST_SIGMAS = 5.0


@dataclass(frozen=True)
class Judgement:
    """What the tests say about a sample.

    Attributes:
        fit: the chi-square test.
        sigmas: deviation of mean, of mean square, and of positive over negative draws, in standard deviations.
    """

    fit: Fit
    sigmas: tuple[float, float, float]

    @property
    def holds(self) -> bool:
        return self.fit.holds and all(abs(sigma) < _MOST_SIGMAS for sigma in self.sigmas)

    def __str__(self) -> str:
        mean, square, sign = self.sigmas
        return f"{self.fit}; mean {mean:+.1f}, square {square:+.1f}, sign {sign:+.1f} sigma"


def sample(sampler: Sampler, *, scale: Scale, draws: int, random_bytes: RandomBytes) -> Counter[int]:
    """Return how often each integer was drawn."""
    counts = Counter(sampler(scale, random_bytes) for _ in range(draws))
    if any(type(x) is not int for x in counts):
        raise AssertionError("a draw is not an integer")
    return counts


def judge(counts: Mapping[int, int], scale: Scale) -> Judgement:
    """Hold a sample against the formula."""
    draws = sum(counts.values())
    square, fourth = moment(2, scale), moment(4, scale)
    mean = sum(x * count for x, count in counts.items()) / math.sqrt(draws * square)
    excess = sum(x * x * count for x, count in counts.items()) - draws * square
    positive = sum(count for x, count in counts.items() if x > 0)
    negative = sum(count for x, count in counts.items() if x < 0)
    sign = (positive - negative) / math.sqrt(max(positive + negative, 1))
    return Judgement(fit(counts, scale), (mean, excess / math.sqrt(draws * (fourth - square**2)), sign))


def scale_too_large(scale: Scale, random_bytes: RandomBytes) -> int:
    """Control: 2 % more noise."""
    return discrete_laplace((scale[0] * 51, scale[1] * 50), random_bytes)


def never_negative(scale: Scale, random_bytes: RandomBytes) -> int:
    """Control: the geometric distribution, one-sided."""
    return exponential(scale[0], UniformBelow(random_bytes)) // scale[1]


def zero_twice(scale: Scale, random_bytes: RandomBytes) -> int:
    """Control: the sign is drawn without throwing a negative zero away."""
    below = UniformBelow(random_bytes)
    size = exponential(scale[0], below) // scale[1]
    return -size if below(2) else size


def rounded_float(scale: Scale, random_bytes: RandomBytes) -> int:
    """Control: continuous noise by a logarithm, rounded to the nearest integer."""
    uniform = (int.from_bytes(random_bytes(8), "big") + 0.5) / 2**64
    size = round(-math.log(uniform) * scale[0] / scale[1])
    return -size if random_bytes(1)[0] % 2 else size


CONTROLS: Mapping[str, tuple[Sampler, tuple[str, ...]]] = {
    "scale 2 % too large": (scale_too_large, tuple(EPSILONS)),
    "never negative": (never_negative, ("1",)),
    "zero twice": (zero_twice, ("1",)),
    "rounded float": (rounded_float, ("1",)),
}
"""What must be refused, and for which epsilons it is tried."""


def prove(draws: int, seed: int) -> list[str]:
    """Test the sampler; return what does not hold."""
    wrong = []
    runs: list[tuple[str, str, RandomBytes]] = [
        (epsilon, f"seed {seed}", SeededBytes(seed + number)) for number, epsilon in enumerate(EPSILONS)
    ]
    for epsilon, source, random_bytes in [*runs, ("1", "os.urandom", os.urandom)]:
        scale = EPSILONS[epsilon]
        judgement = judge(sample(discrete_laplace, scale=scale, draws=draws, random_bytes=random_bytes), scale)
        print(f"  epsilon {epsilon:<5} {source:<12} {draws} draws: {judgement}", flush=True)
        if not judgement.holds:
            wrong.append(f"epsilon {epsilon}, {source}: another distribution")
    return wrong


def control(draws: int, seed: int) -> list[str]:
    """Test what must be refused; return what was not."""
    wrong = []
    for name, (sampler, epsilons) in CONTROLS.items():
        for epsilon in epsilons:
            scale = EPSILONS[epsilon]
            judgement = judge(sample(sampler, scale=scale, draws=draws, random_bytes=SeededBytes(seed)), scale)
            told = "PASSES" if judgement.holds else "fails, as it must"
            print(f"  control {name}, epsilon {epsilon}: {told}: {judgement.fit}", flush=True)
            if judgement.holds:
                wrong.append(f"control {name}, epsilon {epsilon}: was not refused")
    return wrong


def main(draws: int, seed: int) -> int:
    """Run the proof and its controls; return 0 when it holds."""
    began = time.monotonic()
    print(f"seed: {seed}")
    wrong = prove(draws, seed) + control(draws, seed)
    for problem in wrong:
        print(f"  {problem}")
    print(f"prove-sampler: {'FAILED' if wrong else 'holds'} ({time.monotonic() - began:.0f} s)")
    return 1 if wrong else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Hold the noise against the formula of its distribution.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--draws", type=int, default=DRAWS)
    chosen = parser.parse_args()
    sys.exit(main(chosen.draws, chosen.seed))
