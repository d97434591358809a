"""Draws our noise for several epsilons, and noise with a scale 5 % too large; prints how often each number came.

Usage: draw.py SEED DRAWS; the output is JSON, for compare.py.
"""

import json
import sys
from collections import Counter

from agent.privacy.laplace import discrete_laplace
from tests.proofs.sampler import EPSILONS
from tests.support.noise import Scale, SeededBytes


def drawn(scale: Scale, draws: int, seed: int) -> Counter[int]:
    """Return how often each integer was drawn."""
    random_bytes = SeededBytes(seed)
    return Counter(discrete_laplace(scale, random_bytes) for _ in range(draws))


def main(seed: int, draws: int) -> None:
    """Print the seed, and for each epsilon the scale, the sample, and the control."""
    samples = [
        {
            "epsilon": epsilon,
            "scale": scale,
            "ours": drawn(scale, draws, seed + number),
            "control": drawn((scale[0] * 21, scale[1] * 20), draws, seed + number),
        }
        for number, (epsilon, scale) in enumerate(EPSILONS.items())
    ]
    json.dump({"seed": seed, "draws": draws, "samples": samples}, sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
