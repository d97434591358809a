"""How the samples of one window lie: quantiles and the standard deviation. Integers in, exact fractions out.

Quantiles are of type 7 in Hyndman and Fan, "Sample quantiles in statistical packages" (The American Statistician 50,
1996): of ``n`` samples in order, counted from 0, the value at place ``(n - 1) * p``, on the straight line between its
two neighbours. The median of an even number is therefore the middle of the two in the middle.

The deviation is that of the population: the window's samples are all there is to describe, not a sample of more, and
a single one deviates by 0 from itself.
"""

from collections.abc import Sequence
from typing import ClassVar, Final

from agent.privacy.rounding import Exact
from agent.quality import Quality

MOST_SAMPLES: Final = 4096
"""A quantile must keep what it is taken of: more than an hour at one sample a second, about 0.2 MB. Beyond, the
window has no quantile: one of a part of its samples would not be what is declared."""


def quantile(ordered: Sequence[int], tenths: int) -> Exact:
    """Return a quantile of type 7 of one or more samples in ascending order; `tenths` is 0 to 10."""
    place, rest = divmod((len(ordered) - 1) * tenths, 10)
    if rest == 0:
        return ordered[place], 1
    return ordered[place] * (10 - rest) + ordered[place + 1] * rest, 10


class Samples:
    """Keeps every sample of a window up to the bound; beyond it keeps none at all.

    Attributes:
        tenths: which quantile is released.
    """

    __slots__ = ("_bound", "_samples", "_saturated")

    tenths: ClassVar[int]

    def __init__(self, *, bound: int = MOST_SAMPLES) -> None:
        self._bound = bound
        self._samples: list[int] = []
        self._saturated = False

    @property
    def reason(self) -> Quality | None:
        """`SATURATED` when more came than can be kept."""
        return Quality.SATURATED if self._saturated else None

    def add(self, sample: int, /) -> None:
        """Take one sample."""
        if self._saturated:
            return
        if len(self._samples) < self._bound:
            self._samples.append(sample)
        else:
            self._saturated = True
            self.wipe()

    def result(self) -> Exact | None:
        """Return the quantile, None without samples or with too many."""
        return quantile(sorted(self._samples), self.tenths) if self._samples else None

    def wipe(self) -> None:
        """Forget the samples."""
        self._samples.clear()


class Median(Samples):
    """The value in the middle."""

    __slots__ = ()

    tenths: ClassVar[int] = 5


class NinthDecile(Samples):
    """The value that nine tenths of the samples do not exceed."""

    __slots__ = ()

    tenths: ClassVar[int] = 9


class Deviation:
    """The standard deviation, as its square: a fraction has no exact root, so the root is taken where it is rounded.

    Attributes:
        reason: why there is no result; any sample gives one.
    """

    __slots__ = ("_samples", "_squares", "_total")

    reason: ClassVar[Quality | None] = None

    def __init__(self) -> None:
        self._samples = 0
        self._total = 0
        self._squares = 0

    def add(self, sample: int, /) -> None:
        """Take one sample."""
        self._samples += 1
        self._total += sample
        self._squares += sample * sample

    def result(self) -> Exact | None:
        """Return the variance of the population: the mean of the squares less the square of the mean."""
        if not self._samples:
            return None
        return self._samples * self._squares - self._total**2, self._samples**2
