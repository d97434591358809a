"""The proof of the noise with twenty thousand draws, and tests that the proof and its statistics can fail."""

import math
from collections import Counter

import pytest

from agent.privacy.laplace import discrete_laplace
from tests.proofs import sampler as proof
from tests.support.noise import ALPHA, Fit, SeededBytes, chance, chi_square_tail, fit, likeness, moment

DRAWS = 20_000
SEED = 20260101


def _sample(name: str, sampler: proof.Sampler = discrete_laplace, *, seed: int = SEED) -> Counter[int]:
    scale = proof.EPSILONS[name]
    return proof.sample(sampler, scale=scale, draws=DRAWS, random_bytes=SeededBytes(seed))


def _ten_percent_too_large(scale: tuple[int, int], random_bytes: SeededBytes) -> int:
    return discrete_laplace((scale[0] * 11, scale[1] * 10), random_bytes)


@pytest.mark.parametrize("epsilon", proof.EPSILONS)
def test_noise_of_each_epsilon_has_the_distribution_of_the_formula(epsilon: str) -> None:
    judgement = proof.judge(_sample(epsilon), proof.EPSILONS[epsilon])
    assert judgement.holds, str(judgement)
    assert judgement.fit.freedom >= 2


@pytest.mark.parametrize("epsilon", proof.EPSILONS)
def test_noise_of_the_next_epsilon_fails_the_test_of_this_one(epsilon: str) -> None:
    names = list(proof.EPSILONS)
    other = names[(names.index(epsilon) + 1) % len(names)]
    assert not proof.judge(_sample(other), proof.EPSILONS[epsilon]).fit.holds


@pytest.mark.parametrize("name", [name for name in proof.CONTROLS if not name.startswith("scale")])
def test_noise_of_a_control_is_refused(name: str) -> None:
    sampler, epsilons = proof.CONTROLS[name]
    for epsilon in epsilons:
        assert not proof.judge(_sample(epsilon, sampler), proof.EPSILONS[epsilon]).fit.holds


def test_noise_with_a_scale_that_is_ten_percent_too_large_is_refused() -> None:
    for epsilon, scale in proof.EPSILONS.items():
        counts = Counter(
            _ten_percent_too_large(scale, source) for source in [SeededBytes(SEED)] for _ in range(DRAWS)
        )
        assert not proof.judge(counts, scale).holds, epsilon


def test_noise_that_is_shifted_or_lopsided_is_refused_by_its_moments() -> None:
    counts = _sample("1")
    shifted = Counter({x + 1: count for x, count in counts.items()})
    assert abs(proof.judge(shifted, (1, 1)).sigmas[0]) > 50
    wide = Counter({2 * x: count for x, count in counts.items()})
    assert proof.judge(wide, (1, 1)).sigmas[1] > 50
    folded = Counter(abs(x) for x in counts.elements())
    assert proof.judge(folded, (1, 1)).sigmas[2] > 50


def test_sample_of_a_float_is_refused() -> None:
    with pytest.raises(AssertionError, match="not an integer"):
        proof.sample(lambda *_: True, scale=(1, 1), draws=1, random_bytes=SeededBytes(1))


def test_proof_with_few_draws_holds_and_its_gross_controls_fail(capsys: pytest.CaptureFixture[str]) -> None:
    assert proof.prove(2000, SEED) == []
    missed = proof.control(2000, SEED)
    assert all("scale 2 %" in problem for problem in missed)
    assert missed, "two thousand draws are too few to see 2 %"
    told = capsys.readouterr().out
    assert told.count("2000 draws: chi-square") == 6
    assert "os.urandom" in told
    assert told.count("fails, as it must") >= 3


def test_proof_with_a_broken_sampler_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(proof, "discrete_laplace", proof.zero_twice)
    assert len(proof.prove(2000, SEED)) >= 3
    assert proof.main(200, SEED) == 1
    assert "prove-sampler: FAILED" in capsys.readouterr().out


@pytest.mark.parametrize("scale", [*proof.EPSILONS.values(), (7, 3)], ids=lambda s: f"{s[0]}/{s[1]}")
def test_chances_sum_to_one_and_have_the_variance_of_the_geometric_mechanism(scale: tuple[int, int]) -> None:
    q = math.exp(-scale[1] / scale[0])
    assert math.fsum(chance(x, scale) for x in range(-600, 601)) == pytest.approx(1)
    assert chance(0, scale) == pytest.approx((1 - q) / (1 + q))
    assert chance(3, scale) == chance(-3, scale) == pytest.approx(chance(0, scale) * q**3)
    assert moment(2, scale) == pytest.approx(2 * q / (1 - q) ** 2)


@pytest.mark.parametrize(
    ("freedom", "statistic", "p"),
    [
        (1, 3.841, 0.05),
        (2, 5.991, 0.05),
        (9, 16.919, 0.05),
        (10, 23.209, 0.01),
        (99, 123.225, 0.05),
        (100, 149.449, 0.001),
    ],
)
def test_chi_square_tail_is_that_of_the_tables(freedom: int, statistic: float, p: float) -> None:
    """Upper critical values of the NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.4."""
    assert chi_square_tail(statistic, freedom) == pytest.approx(p, rel=2e-3)
    assert chi_square_tail(0.0, freedom) == 1


def test_fit_of_exactly_what_is_expected_is_perfect() -> None:
    counts = {x: round(1_000_000 * chance(x, (2, 1))) for x in range(-40, 41)}
    assert fit(counts, (2, 1)).statistic < 0.1
    assert Fit(1000.0, 10).p < ALPHA
    assert not Fit(1000.0, 10).holds


def test_likeness_of_two_samples_of_one_distribution_holds_and_of_two_does_not() -> None:
    one, other = _sample("1/2"), _sample("1/2", seed=SEED + 1)
    assert likeness(one, other, (2, 1)).holds
    assert likeness(one, one, (2, 1)).statistic == 0
    doubled = Counter({x: 2 * count for x, count in other.items()})
    assert likeness(one, doubled, (2, 1)).holds
    assert not likeness(one, _sample("1"), (2, 1)).holds
    shifted = Counter({x + 1: count for x, count in other.items()})
    assert not likeness(one, shifted, (2, 1)).holds


def test_seeded_bytes_are_the_same_for_a_seed_in_any_portions() -> None:
    source = SeededBytes(5)
    assert b"".join(source(size) for size in (1, 2, 61, 64)) == SeededBytes(5)(128)
    assert SeededBytes(6)(16) != SeededBytes(5)(16)
    assert len({SeededBytes(5)(1 << 16), *(source(1 << 16) for _ in range(2))}) == 3
