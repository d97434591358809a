"""What the proofs and tests of noise share: random bytes from a seed, exact chances, and chi-square tests.

Knows nothing of the sampler: the chances come from the formula of the distribution, and the statistics from textbooks
(Pearson 1900; for two samples, Press et al., "Numerical Recipes", 14.3), in plain floats.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

Scale = tuple[int, int]
ALPHA = 1e-6
"""A test fails when chance alone would give its statistic less often than this."""
_LEAST = 25
"""Fewer draws than this are not expected in any bin."""


class SeededBytes:
    """Random bytes that a seed determines: SHAKE-256 of the seed and a counter."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._block = 0
        self._bytes = b""
        self._at = 0

    def __call__(self, size: int) -> bytes:
        """Return the next bytes."""
        if self._at + size > len(self._bytes):
            self._bytes = hashlib.shake_256(f"noise {self._seed} {self._block}".encode()).digest(1 << 16)
            self._block, self._at = self._block + 1, 0
        self._at += size
        return self._bytes[self._at - size : self._at]


@dataclass(frozen=True)
class Fit:
    """A chi-square test: the statistic, its degrees of freedom, and how often chance alone gives as much."""

    statistic: float
    freedom: int

    @property
    def p(self) -> float:
        return chi_square_tail(self.statistic, self.freedom)

    @property
    def holds(self) -> bool:
        return self.p >= ALPHA

    def __str__(self) -> str:
        return f"chi-square {self.statistic:.1f} with {self.freedom} degrees of freedom, p = {self.p:.2g}"


def chance(x: int, scale: Scale) -> float:
    """Return the probability of an integer: (1 - q) / (1 + q) * q ** abs(x), q = exp(-1 / scale)."""
    rate = scale[1] / scale[0]
    return math.tanh(rate / 2) * math.exp(-rate * abs(x))


def moment(power: int, scale: Scale) -> float:
    """Return the mean of an even power."""
    most = 60 * scale[0] // scale[1] + 60
    return 2 * math.fsum(x**power * chance(x, scale) for x in range(1, most))


def fit(counts: Mapping[int, int], scale: Scale) -> Fit:
    """Return how well draws fit the discrete Laplace distribution, the tails of both sides pooled."""
    draws = sum(counts.values())
    edge = _edge(draws, scale)
    tail = math.exp(-edge * scale[1] / scale[0]) / (1 + math.exp(-scale[1] / scale[0]))
    expected = {x: draws * chance(x, scale) for x in range(1 - edge, edge)} | dict.fromkeys(
        (-edge, edge), draws * tail
    )
    found = _pooled(counts, edge)
    return Fit(sum((found[x] - mean) ** 2 / mean for x, mean in expected.items()), 2 * edge)


def likeness(one: Mapping[int, int], other: Mapping[int, int], scale: Scale) -> Fit:
    """Return how well two samples agree; the scale that both should have decides on the bins only."""
    draws = sum(one.values()), sum(other.values())
    edge = _edge(min(draws), scale)
    first, second = _pooled(one, edge), _pooled(other, edge)
    weight = math.sqrt(draws[1] / draws[0])
    bins = [x for x in range(-edge, edge + 1) if first[x] + second[x]]
    statistic = sum((weight * first[x] - second[x] / weight) ** 2 / (first[x] + second[x]) for x in bins)
    return Fit(statistic, len(bins) - 1)


def _edge(draws: int, scale: Scale) -> int:
    """Return where the tails begin: the last integer that is expected often enough."""
    edge = 1
    while draws * chance(edge + 1, scale) >= _LEAST:
        edge += 1
    return edge


def _pooled(counts: Mapping[int, int], edge: int) -> Counter[int]:
    pooled: Counter[int] = Counter()
    for x, count in counts.items():
        pooled[min(max(x, -edge), edge)] += count
    return pooled


def chi_square_tail(statistic: float, freedom: int) -> float:
    """Return the probability of a chi-square of at least this: the finite sums for even and odd degrees of freedom.

    M. Abramowitz and I. Stegun, "Handbook of Mathematical Functions", 26.4.4 and 26.4.5.
    """
    half = statistic / 2
    if half == 0:
        return 1.0
    odd = freedom % 2
    first = math.erfc(math.sqrt(half)) if odd else 0.0
    powers = (index + odd / 2 for index in range(freedom // 2))
    return first + math.fsum(math.exp(power * math.log(half) - half - math.lgamma(power + 1)) for power in powers)
