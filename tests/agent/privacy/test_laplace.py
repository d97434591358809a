import ast
import heapq
import math
import os
from collections.abc import Callable, Iterator
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

import pytest

from agent.privacy import laplace
from agent.privacy.distinct import RandomBytes
from agent.privacy.errors import NoRandomness
from agent.privacy.laplace import MOST_TRIES, Below, UniformBelow, bernoulli_exp, discrete_laplace, draw, exponential
from tests.support.noise import SeededBytes, chance

T = TypeVar("T", bound=int)


class _Open(Exception):
    """The program asks for one more uniform integer than the path has."""

    def __init__(self, bound: int) -> None:
        super().__init__()
        self.bound = bound


class _Path:
    """Uniform integers that were decided beforehand."""

    def __init__(self, decided: tuple[int, ...]) -> None:
        self._decided = iter(decided)

    def __call__(self, bound: int) -> int:
        if bound == 1:
            return 0
        for value in self._decided:
            return value
        raise _Open(bound)


def _enumerated(program: Callable[[Below], T], *, most: int) -> tuple[dict[T, Fraction], Fraction]:
    """Run a program on every sequence of uniform integers, the likeliest first.

    Returns: what is exactly known of the probability of each result, and the probability that was left unexplored.
    """
    paths: list[tuple[Fraction, tuple[int, ...]]] = [(Fraction(-1), ())]
    known: dict[T, Fraction] = {}
    for _ in range(most):
        if not paths:
            break
        negative, decided = heapq.heappop(paths)
        try:
            result = program(_Path(decided))
        except _Open as more:
            for value in range(more.bound):
                heapq.heappush(paths, (negative / more.bound, (*decided, value)))
        else:
            known[result] = known.get(result, Fraction(0)) - negative
    return known, 1 - sum(known.values(), Fraction(0))


def _exp(gamma: Fraction) -> Fraction:
    with localcontext() as context:
        context.prec = 120
        return Fraction((Decimal(-gamma.numerator) / gamma.denominator).exp())


def _beginning(first: bytes) -> RandomBytes:
    """Return a source that begins with these bytes, and is not all alike."""
    return lambda size: first + bytes(size - len(first) - 1) + b"\x01"


@pytest.mark.parametrize(
    ("gamma", "paths", "rest"),
    [
        pytest.param((0, 1), 100, Fraction(0), id="0"),
        pytest.param((0, 7), 100, Fraction(0), id="0/7"),
        pytest.param((1, 3), 3000, Fraction(1, 10**60), id="1/3"),
        pytest.param((1, 2), 3000, Fraction(1, 10**60), id="1/2"),
        pytest.param((2, 4), 5000, Fraction(1, 10**4), id="2/4"),
        pytest.param((2, 3), 5000, Fraction(1, 10**4), id="2/3"),
        pytest.param((1, 1), 3000, Fraction(1, 10**60), id="1"),
    ],
)
def test_bernoulli_exp_on_every_sequence_of_tosses_is_true_as_often_as_exp_says(
    gamma: tuple[int, int], paths: int, rest: Fraction
) -> None:
    known, unexplored = _enumerated(lambda below: bernoulli_exp(*gamma, below), most=paths)
    assert unexplored <= rest
    assert known[True] <= _exp(Fraction(*gamma)) + Fraction(1, 10**110)
    assert known[True] >= _exp(Fraction(*gamma)) - unexplored - Fraction(1, 10**110)
    assert type(bernoulli_exp(*gamma, _Path((0, 1, 2, 3)))) is bool


@pytest.mark.parametrize("mean", [1, 2, 3, 4])
def test_exponential_on_every_sequence_falls_with_its_mean(mean: int) -> None:
    known, unexplored = _enumerated(lambda below: exponential(mean, below), most=20_000)
    assert unexplored < Fraction(1, 3)
    for x in range(4 * mean):
        exact = (1 - _exp(Fraction(1, mean))) * _exp(Fraction(x, mean))
        assert known.get(x, 0) <= exact <= known.get(x, 0) + unexplored
    assert min(known) == 0


@pytest.mark.parametrize("scale", [(1, 1), (2, 2), (2, 1), (1, 2), (2, 3), (3, 2)], ids=lambda s: f"{s[0]}/{s[1]}")
def test_draw_on_every_sequence_has_the_chances_of_the_formula(scale: tuple[int, int]) -> None:
    known, unexplored = _enumerated(lambda below: draw(scale, below), most=20_000)
    assert unexplored < Fraction(1, 3)
    for x in range(-3, 4):
        exact = chance(x, scale)
        assert float(known.get(x, 0)) <= exact <= float(known.get(x, 0) + unexplored)


@pytest.mark.parametrize("bound", [*range(2, 257), 257, 1000, 40_000, 65_535, 65_536])
def test_uniform_below_any_bound_takes_each_remainder_equally_often(bound: int) -> None:
    size = 1 if bound <= 256 else 2
    counts = [0] * bound
    accepted = 0
    for value in range(256**size):
        below = UniformBelow(_beginning(value.to_bytes(size, "big")))
        result = below(bound)
        if below._at == size:
            counts[result] += 1
            accepted += 1
    assert set(counts) == {256**size // bound}
    assert accepted > 256**size // 2


def test_uniform_below_one_draws_nothing() -> None:
    assert UniformBelow(lambda _: pytest.fail("bytes were asked for"))(1) == 0


def test_uniform_below_reads_the_bytes_in_order_and_asks_again_when_they_are_used_up() -> None:
    asked = []

    def numbered(size: int) -> bytes:
        asked.append(size)
        return bytes(range(size)) if len(asked) == 1 else bytes(range(100, 100 + size))

    below = UniformBelow(numbered)
    assert [below(256) for _ in range(64)] == list(range(64))
    assert asked == [64]
    assert below(65_536) == 100 * 256 + 101
    assert below(256) == 102
    assert asked == [64, 64]


def test_uniform_below_a_bound_of_two_bytes_leaves_a_single_one_unused() -> None:
    below = UniformBelow(lambda size: bytes(range(size)))
    assert [below(256) for _ in range(63)] == list(range(63))
    assert below(65_536) == 1
    assert below(256) == 2


def test_uniform_below_an_enormous_bound_asks_for_as_many_bytes_as_it_needs() -> None:
    asked = []

    def last(size: int) -> bytes:
        asked.append(size)
        return bytes(size - 1) + b"\x07"

    assert UniformBelow(last)(256**100) == 7
    assert UniformBelow(last)(256**100 + 1) == 7
    assert asked == [100, 101]


def test_uniform_below_shows_none_of_its_bytes() -> None:
    assert repr(UniformBelow(os.urandom)) == "<UniformBelow>"


def _fails(error: BaseException) -> RandomBytes:
    def source(_: int) -> bytes:
        raise error

    return source


@pytest.mark.parametrize(
    ("source", "text"),
    [
        pytest.param(_fails(OSError("no entropy")), "failed", id="error"),
        pytest.param(_fails(NotImplementedError()), "failed", id="not-there"),
        pytest.param(lambda _: b"", "gave 0 bytes where 64", id="empty"),
        pytest.param(lambda size: bytes(range(size - 1)), "gave 63 bytes where 64", id="short"),
        pytest.param(lambda size: bytes(range(size + 1)), "gave 65 bytes where 64", id="long"),
        pytest.param(bytes, "repeats one byte", id="all-zero"),
        pytest.param(lambda size: b"\xff" * size, "repeats one byte", id="all-ff"),
    ],
)
@pytest.mark.parametrize("scale", [(10, 1), (1, 1), (3, 10)], ids=lambda s: f"{s[0]}/{s[1]}")
def test_discrete_laplace_without_random_bytes_gives_no_noise(
    source: RandomBytes, text: str, scale: tuple[int, int]
) -> None:
    with pytest.raises(NoRandomness, match=text):
        discrete_laplace(scale, source)


@pytest.mark.parametrize("last", [b"\x00\x01", b"\xff\xfe"], ids=["zeros", "ones"])
def test_discrete_laplace_from_a_source_that_repeats_itself_fails_instead_of_going_on_for_ever(last: bytes) -> None:
    asked = []

    def stuck(size: int) -> bytes:
        asked.append(size)
        return last[:1] * (size - 1) + last[1:]

    with pytest.raises(NoRandomness, match="repeats itself"):
        discrete_laplace((129, 1), stuck)
    assert sum(asked) <= 3 * MOST_TRIES


def test_discrete_laplace_uses_up_its_tries_over_the_whole_draw() -> None:
    below = UniformBelow(SeededBytes(1))
    for _ in range(MOST_TRIES):
        below(256)
    with pytest.raises(NoRandomness, match="repeats itself"):
        below(2)


def _weights(gamma: float, weight: float) -> tuple[float, float]:
    """Return the sum of weight ** tosses over the outcomes True and False of algorithm 1."""
    terms = [gamma**k / math.factorial(k) for k in range(100)]
    sums = [weight**k * (terms[k - 1] - terms[k]) for k in range(1, 100)]
    return math.fsum(sums[::2]), math.fsum(sums[1::2])


@pytest.mark.parametrize("mean", [1, 2, 3, 10, 1000])
def test_most_tries_are_exceeded_less_than_once_in_2_to_the_300_draws(mean: int) -> None:
    """Markov's inequality for base ** tries, where each uniform integer takes another try half the time at most."""
    base = 1.03
    uniform = base / (2 - base)
    kept, rejected = (
        sum(sums) / mean for sums in zip(*(_weights(rest / mean, uniform) for rest in range(mean)), strict=True)
    )
    go_on, stop = _weights(1.0, uniform)
    assert go_on < 1
    assert uniform * rejected < 1
    size = uniform * kept / (1 - uniform * rejected) * stop / (1 - go_on)
    again = size * uniform / 2
    assert again < 1
    total = size * uniform / (1 - again)
    assert math.log2(total) - MOST_TRIES * math.log2(base) < -300


@pytest.mark.parametrize(
    "scale", [(0, 1), (1, 0), (-1, 1), (1, -1), (True, 1), (1, True), (0.5, 1), (1, 2.0)], ids=repr
)
def test_discrete_laplace_with_a_scale_that_is_no_fraction_is_refused(scale: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="two positive integers"):
        discrete_laplace(scale, os.urandom)


def _draws(scale: tuple[int, int], count: int, seed: int) -> Iterator[int]:
    random_bytes = SeededBytes(seed)
    return (discrete_laplace(scale, random_bytes) for _ in range(count))


def test_discrete_laplace_is_determined_by_its_bytes() -> None:
    """Our own numbers, so that nobody changes by accident how bytes become noise."""
    assert list(_draws((10, 1), 10, 7)) == [16, 6, 2, 7, 16, -4, -18, -5, 0, -4]
    assert list(_draws((1, 1), 10, 7)) == [2, 1, 2, 0, 1, -1, 0, 0, 0, -1]
    assert list(_draws((129, 2), 10, 7)) == [-43, 43, 58, 172, 16, -46, 91, 41, 125, -2]


def test_discrete_laplace_takes_fresh_bytes_for_each_draw() -> None:
    asked: list[int] = []

    def counted(size: int) -> bytes:
        asked.append(size)
        return os.urandom(size)

    for number in range(1, 10):
        discrete_laplace((1, 1), counted)
        assert len(asked) >= number


def test_discrete_laplace_of_an_enormous_scale_is_as_large_as_that() -> None:
    scale = (10**40, 3)
    sizes = [abs(x) for x in _draws(scale, 400, 3)]
    assert all(type(size) is int for size in sizes)
    assert 0.8 < sum(sizes) / len(sizes) / (10**40 / 3) < 1.2
    assert len({size % 10**6 for size in sizes}) > 390


def test_discrete_laplace_of_a_tiny_scale_is_almost_always_zero() -> None:
    assert set(_draws((1, 40), 500, 3)) == {0}


def test_laplace_knows_neither_floats_nor_division_nor_mathematics() -> None:
    tree = ast.parse(Path(laplace.__file__).read_text(encoding="utf-8"))
    nodes = list(ast.walk(tree))
    imported = {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    assert imported == {"collections.abc", "typing", "agent.privacy.distinct", "agent.privacy.errors"}
    assert not any(isinstance(node, ast.Import) for node in nodes)
    assert not any(isinstance(node, ast.Div) for node in nodes)
    assert not any(isinstance(node, ast.Constant) and isinstance(node.value, float | complex) for node in nodes)
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    assert names.isdisjoint({"float", "round", "pow", "complex", "random", "divmod"})
    assert all(
        isinstance(node.left, ast.Constant)
        for node in nodes
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow)
    )
