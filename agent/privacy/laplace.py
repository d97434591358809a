"""Noise for counts: exact draws from the discrete Laplace distribution, from whole numbers and random bytes only.

In: a scale, sensitivity over epsilon, as a fraction; a source of random bytes. Out: an integer. Never: a float, a
logarithm, a pseudo-random generator, a number that was drawn twice from the same bytes.

With scale t/s the integer x comes with probability (1 - q) / (1 + q) * q**abs(x), where q = exp(-s/t). The method is
that of Canonne, Kamath and Steinke, "The Discrete Gaussian for Differential Privacy" (NeurIPS 2020,
arXiv:2004.00010), algorithms 1 and 2: exponentials come out of counting coin tosses whose chances are fractions, so
nothing is rounded. Rounded noise gives its input away in the last bits (Mironov, CCS 2012).

For epsilons from 1/10 to 10/3 a draw takes 5 to 14 tries at a uniform integer on average, more of them when the noise
is large: whoever could time it could guess the noise (Jin, McMurtry, Rubinstein and Ohrimenko, arXiv:2112.05307),
which is one more reason why rows leave on a schedule and not when they are ready.
"""

from collections.abc import Callable
from typing import Final

from agent.privacy.distinct import RandomBytes
from agent.privacy.errors import NoRandomness

MOST_TRIES: Final = 8192
"""A draw that needs more tries at a uniform integer than this fails, so a stuck source cannot hold the unit up.

With random bytes that happens less than once in 2**300 draws, whatever the scale (a test computes it). The draws that
do not fail are distributed as without the cap but for that much: what is epsilon-private without it is
(epsilon, 2**-128)-private with it, for any epsilon below 100.
"""
_CHUNK_BYTES: Final = 64
"""What is asked of the source at a time; most draws need less. All alike, in 1 of 2**504 chunks, means stuck."""

Below = Callable[[int], int]
"""Returns one of the integers from 0 up to, not including, its argument, each equally likely."""


def discrete_laplace(scale: tuple[int, int], random_bytes: RandomBytes) -> int:
    """Return one draw of discrete Laplace noise.

    Args:
        scale: numerator and denominator of sensitivity over epsilon, both positive; need not be reduced.
        random_bytes: the operating system's source, `os.urandom` on a unit.

    Raises:
        NoRandomness: the source failed, returned something else than was asked for, or is stuck; there is no noise,
            so what it was for must not leave.
        ValueError: the scale is not a fraction of positive integers.
    """
    if any(type(part) is not int or part < 1 for part in scale):
        raise ValueError("a scale is a fraction of two positive integers")
    return draw(scale, UniformBelow(random_bytes))


def draw(scale: tuple[int, int], below: Below) -> int:
    """Return one draw, given uniform integers: algorithm 2."""
    denominator = scale[1]
    while True:
        size = exponential(scale[0], below) // denominator
        negative = below(2)
        if size or not negative:
            return -size if negative else size


def exponential(mean: int, below: Below) -> int:
    """Return x >= 0 with a probability that falls with exp(-x/mean): the rest modulo `mean`, then the multiple."""
    rest = below(mean)
    while not bernoulli_exp(rest, mean, below):
        rest = below(mean)
    multiple = 0
    while bernoulli_exp(1, 1, below):
        multiple += 1
    return rest + mean * multiple


def bernoulli_exp(numerator: int, denominator: int, below: Below) -> bool:
    """Return True with probability exp(-numerator/denominator), for a fraction from 0 to 1: algorithm 1."""
    tosses = 1
    while below(denominator * tosses) < numerator:
        tosses += 1
    return tosses % 2 == 1


class UniformBelow:
    """Uniform integers below any bound, out of random bytes by rejection.

    The fewest bytes that can hold the largest integer below the bound are read as a number. The numbers at the end
    that would make some remainders more likely, fewer than half, are thrown away. One object serves one draw.
    """

    __slots__ = ("_at", "_chunk", "_left", "_random_bytes")

    def __init__(self, random_bytes: RandomBytes) -> None:
        self._random_bytes = random_bytes
        self._chunk = b""
        self._at = 0
        self._left = MOST_TRIES

    def __repr__(self) -> str:
        return "<UniformBelow>"

    def __call__(self, bound: int) -> int:
        """Return an integer from 0 up to, not including, `bound`; there is nothing to draw below 1.

        Raises:
            NoRandomness: the source failed, or `MOST_TRIES` were not enough.
        """
        if bound == 1:
            return 0
        size = ((bound - 1).bit_length() + 7) // 8
        values = 1 << 8 * size
        usable = values - values % bound
        while self._left:
            self._left -= 1
            value = int.from_bytes(self._take(size), "big")
            if value < usable:
                return value % bound
        raise NoRandomness("the source of random bytes repeats itself")

    def _take(self, size: int) -> bytes:
        end = self._at + size
        if end > len(self._chunk):
            self._chunk = _read(self._random_bytes, max(size, _CHUNK_BYTES))
            end = size
        taken = self._chunk[end - size : end]
        self._at = end
        return taken


def _read(random_bytes: RandomBytes, size: int) -> bytes:
    """Return that many bytes, not all alike."""
    try:
        chunk = random_bytes(size)
    except (OSError, NotImplementedError) as error:
        raise NoRandomness("the source of random bytes failed") from error
    if len(chunk) != size:
        raise NoRandomness(f"the source of random bytes gave {len(chunk)} bytes where {size} were asked for")
    if chunk.count(chunk[0]) == size:
        raise NoRandomness("the source of random bytes repeats one byte")
    return chunk
