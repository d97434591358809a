"""The trend test: it finds a leak, and nothing in noise, steps that end, and cycles."""

import math
import random

import pytest

from tests.support.trend import trend


def _noise(seed: int, count: int = 600) -> list[float]:
    rng = random.Random(seed)
    return [40_000 + rng.gauss(0, 200) for _ in range(count)]


def test_noise_has_no_trend_in_a_thousand_tries() -> None:
    found = sum(trend(_noise(seed, 240)).z > 3.09 for seed in range(1000))
    assert found <= 5, "one is expected"


def test_leak_within_the_noise_of_single_samples_is_found() -> None:
    leaking = [value + index * 0.7 for index, value in enumerate(_noise(1))]
    found = trend(leaking)
    assert found.rises(noise=256)
    assert found.rise == pytest.approx(0.7 * 600, rel=0.35)


def test_cycles_are_no_trend() -> None:
    waves = [value + 500 * math.sin(index / 600 * 8 * math.pi) for index, value in enumerate(_noise(2))]
    assert not trend(waves).rises(noise=256)


def test_one_peak_is_no_trend() -> None:
    samples = [40_000.0] * 600
    samples[590:] = [90_000.0] * 10
    assert not trend(samples).rises(noise=0)


def test_fall_is_no_rise() -> None:
    found = trend([1000.0 - index for index in range(240)])
    assert found.z < -3.09
    assert not found.rises(noise=0)


def test_samples_that_are_all_alike_have_no_trend() -> None:
    found = trend([5.0] * 48)
    assert (found.z, found.rise) == (0.0, 0.0)


def test_too_few_samples_are_refused() -> None:
    with pytest.raises(AssertionError, match="too few"):
        trend([1.0] * 23)
