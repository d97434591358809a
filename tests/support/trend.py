"""Whether figures taken one after the other rise: by rank, so that neither cycles nor one peak count as a trend.

The samples are cut into blocks and each block stands for its median, so that neighbours, which are alike, do not
count as evidence twice. Mann (1945) and Kendall: of all pairs of blocks, how many rise, less how many fall; without a
trend that number is normal with the variance n(n-1)(2n+5)/18, less what ties take away. Sen (1968): the slope is the
median of the slopes of all pairs.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

BLOCKS = 24
ONE_IN = 1000
_LEAST_Z = 3.09
"""One-sided, failed by chance once in a thousand runs (table of the normal distribution)."""


@dataclass(frozen=True)
class Trend:
    """What the samples say.

    Attributes:
        z: how far the pairs that rise outweigh, in standard deviations.
        rise: the slope times the length, in the samples' unit.
    """

    z: float
    rise: float

    def rises(self, *, noise: float) -> bool:
        """Return whether there is a trend, by more than `noise` over the whole length."""
        return self.z > _LEAST_Z and self.rise > noise

    def __str__(self) -> str:
        return f"rise {self.rise:+.0f}, z = {self.z:+.2f} (a trend above {_LEAST_Z})"


def trend(samples: Sequence[float], *, blocks: int = BLOCKS) -> Trend:
    """Return the trend of samples taken at equal intervals."""
    size = len(samples) / blocks
    if size < 1:
        raise AssertionError(f"{len(samples)} samples are too few for {blocks} blocks")
    medians = [median(samples[int(index * size) : int((index + 1) * size)]) for index in range(blocks)]
    pairs = list(combinations(enumerate(medians), 2))
    balance = sum((later > earlier) - (later < earlier) for (_, earlier), (_, later) in pairs)
    ties = sum(count * (count - 1) * (2 * count + 5) for count in Counter(medians).values())
    variance = (blocks * (blocks - 1) * (2 * blocks + 5) - ties) / 18
    z = 0.0 if not balance or not variance else (balance - math.copysign(1, balance)) / math.sqrt(variance)
    slope = median((later - earlier) / (after - before) for (before, earlier), (after, later) in pairs)
    return Trend(z, slope * (blocks - 1))
