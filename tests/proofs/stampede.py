"""Proof: a thousand units that lost their broker at the same moment do not return to it at the same moment.

A discrete-event simulation with the units' own `agent.uplink.backoff`, an injected clock and seeded dice: the broker
goes away under all of them at once, refuses for ten minutes, and is back. Told are the curve of successful
connections, the peak in any second, and the time until the last unit is back. The bounds that must hold for every
seed: at most `PEAK` connections in any second (2 % of the units), everybody back within `BACK_S` (the longest wait
and one try), and while the broker is away at most `TRIES` tries in any second once the eager minute is over.

Then the same with real connections, on a clock that runs faster: a few dozen publishers of the agent against a real
mosquitto that is stopped and started again; all of them must come back, and no half minute of their time may see
more than half of them.

Negative controls, which the same bounds must refuse: the same waits without jitter (always the longest), and waits
with a jitter of a tenth, which is what many clients have.
"""

import argparse
import heapq
import logging
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from agent.uplink.backoff import Backoff, BackoffSettings
from tests.proofs.stampede_real import come_back
from tests.support.process import run_proof

UNITS = 1000
OUTAGE_S = 600.0
PEAK = 20
BACK_S = 310.0
TRIES = 40
_NS = 1_000_000_000
_REFUSED_S = 0.1
"""How long a try takes that is refused, or succeeds."""
_AFTER_EAGER_S = 130.0
"""By then the eager minute is over and the waits have grown to a minute and more."""

Dice = Callable[[], float]
JITTER: Mapping[str, Callable[[random.Random], Dice]] = {
    "as it is": lambda rng: rng.random,
    "no jitter": lambda _: lambda: 1.0,
    "a tenth": lambda rng: lambda: 0.9 + 0.1 * rng.random(),
}


@dataclass(frozen=True)
class Curve:
    """What happened, by seconds.

    Attributes:
        back: connections made in each second after the broker's return.
        tries: tries in each second after the loss, refused or not.
    """

    back: Counter[int]
    tries: Counter[int]

    @property
    def peak(self) -> int:
        """The most connections in a second."""
        return max(self.back.values())

    @property
    def all_back_s(self) -> int:
        """The second in which the last unit came back."""
        return max(self.back)

    @property
    def busiest(self) -> int:
        """The most tries in a second, once the eager minute is over and before the broker is back."""
        span = range(int(_AFTER_EAGER_S), int(OUTAGE_S))
        return max((self.tries[second] for second in span), default=0)


def simulate(*, units: int, outage_s: float, dice: Callable[[random.Random], Dice], seed: int) -> Curve:
    """Return how `units` come back that lost the broker at 0, for it to return after `outage_s`."""
    curve = Curve(Counter(), Counter())
    due: list[tuple[float, int]] = []
    backoffs = []
    for number in range(units):
        backoff = Backoff(BackoffSettings(), random=dice(random.Random(f"{seed}/{number}")))
        backoff.connected(since_ns=-3600 * _NS, until_ns=0)
        backoffs.append(backoff)
        heapq.heappush(due, (backoff.wait_s(0), number))
    while due:
        now_s, number = heapq.heappop(due)
        curve.tries[int(now_s)] += 1
        now_s += _REFUSED_S
        if now_s >= outage_s:
            curve.back[int(now_s - outage_s)] += 1
        else:
            heapq.heappush(due, (now_s + backoffs[number].wait_s(int(now_s * _NS)), number))
    return curve


def judge(curve: Curve, *, units: int = UNITS) -> list[str]:
    """Return which bounds do not hold."""
    wrong = []
    if curve.peak > PEAK * units / UNITS:
        wrong.append(f"{curve.peak} connections in one second; at most {PEAK * units // UNITS}")
    if curve.all_back_s > BACK_S:
        wrong.append(f"the last unit came back after {curve.all_back_s} s; at most {BACK_S:g}")
    if curve.busiest > TRIES * units / UNITS:
        wrong.append(
            f"{curve.busiest} tries in one second while the broker is away; at most {TRIES * units // UNITS}"
        )
    if sum(curve.back.values()) != units:
        wrong.append(f"{sum(curve.back.values())} of {units} units came back")
    return wrong


def plot(curve: Curve, *, step_s: int = 10, width: int = 50) -> str:
    """Return the connections per second as a drawing, each line `step_s` seconds."""
    rates = [
        sum(curve.back[second] for second in range(start, start + step_s)) / step_s
        for start in range(0, curve.all_back_s + 1, step_s)
    ]
    scale = max(rates)
    lines, left = [], sum(curve.back.values())
    for index, rate in enumerate(rates):
        left -= round(rate * step_s)
        bar = "#" * round(rate / scale * width)
        lines.append(f"    {index * step_s:4} s {rate:6.1f}/s {bar:<{width}} {left:5} still away")
    return "\n".join(lines)


def tell(name: str, curve: Curve) -> None:
    """Print the figures of a curve."""
    print(
        f"  {name}: peak {curve.peak} a second, the last after {curve.all_back_s} s, "
        f"{curve.busiest} tries a second at most while the broker is away",
        flush=True,
    )


async def main(folder: Path, options: argparse.Namespace) -> int:
    """Run the proof and its controls; return 0 when it holds."""
    began = time.monotonic()
    print(f"seed: {options.seed}; {UNITS} units, an outage of {OUTAGE_S:g} s, {options.seeds} seeds")
    wrong = []
    for seed in range(options.seed, options.seed + options.seeds):
        curve = simulate(units=UNITS, outage_s=OUTAGE_S, dice=JITTER["as it is"], seed=seed)
        tell(f"seed {seed}", curve)
        if seed == options.seed:
            print(plot(curve))
        wrong += [f"seed {seed}: {problem}" for problem in judge(curve)]
    short = simulate(units=UNITS, outage_s=20, dice=JITTER["as it is"], seed=options.seed)
    print(f"  for comparison, an outage of 20 s, in the eager minute: peak {short.peak} a second")
    logging.getLogger("agent.publisher").setLevel(logging.ERROR)  # a thousand times "nothing listens there"
    for name in ("real", "control"):
        (folder / name).mkdir()
    wrong += await come_back(folder / "real", units=options.real, seed=options.seed)
    for name in ("no jitter", "a tenth"):
        curve = simulate(units=UNITS, outage_s=OUTAGE_S, dice=JITTER[name], seed=options.seed)
        found = judge(curve)
        print(f"  control, {name}: " + (f"fails, as it must: {found[0]}" if found else "DOES NOT FAIL"))
        wrong += [] if found else [f"control {name} was not refused"]
    found = await come_back(folder / "control", units=options.real, seed=options.seed, jitter=False)
    print("  control, real without jitter: " + (f"fails, as it must: {found[0]}" if found else "DOES NOT FAIL"))
    wrong += [] if found else ["the real control was not refused"]
    for problem in wrong:
        print(f"  {problem}")
    print(f"prove-stampede: {'FAILED' if wrong else 'holds'} ({time.monotonic() - began:.0f} s)")
    return 1 if wrong else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Take a broker from a thousand units, and watch them come back.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=20, help="so many simulations; default: %(default)s")
    parser.add_argument("--real", type=int, default=40, help="so many real connections; default: %(default)s")
    parser.add_argument("--keep", action="store_true", help="keep the files")
    chosen = parser.parse_args()
    sys.exit(run_proof(lambda folder: main(folder, chosen), keep=chosen.keep))
