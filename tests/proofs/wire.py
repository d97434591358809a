"""Proof: the bytes that a unit says it has used are those on the wire, to within 5 per cent.

Real agents, each through a port of its own of a real mosquitto, and the real receiver, in a network namespace whose
loopback interface is like a real line: an MTU of 1,500 and no offloading (`tests.support.capture`). A raw socket
there sees every packet; what is compared are IP bytes of both directions, TCP headers, options, bare
acknowledgements, handshakes and repetitions included, with what the agent's status says at its end.

- steady: small envelopes each second, plain and by TLS, MQTT 5 and 3.1.1; envelopes of several segments; a unit that
  sends little but tests of the connection;
- outages: the broker is killed and comes back three times, with refused tries in between, and a backlog after it;
- stalls: the broker hangs until sessions end, and connections are made that nobody answers.

Control: an agent that counts what TCP carries without its headers must be found out. For comparison the model alone
is shown, which prices what is about to be sent: it is meant to be above, always. It takes root.
"""

import argparse
import asyncio
import random
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tests.proofs.wire_scene import STEADY, Compared, Stage, run, unit_plan
from tests.support.capture import MTU, own_network
from tests.support.rig import UnitPlan, run_proof

TOLERANCE = 0.05
NO_HEADERS = ("-m", "tests.proofs.broken_cost", "no-headers")
BY_MODEL = ("-m", "tests.proofs.broken_cost", "by-model")
OUTAGES = (unit_plan("plain"), unit_plan("by-tls"))


async def steady(stage: Stage, seconds: float) -> None:
    """Let the units work, and come to rest."""
    await asyncio.sleep(seconds)
    await stage.settled()


async def outages(stage: Stage, seconds: Sequence[float]) -> None:
    """Kill the broker several times, each time for so many seconds."""
    for away_s in seconds:
        await asyncio.sleep(4)
        await stage.away(away_s)
    await asyncio.sleep(4)
    await stage.settled()


async def stalls(stage: Stage, seconds: float) -> None:
    """Let the broker hang for so long that sessions end."""
    await asyncio.sleep(4)
    await stage.stalls(seconds)
    await asyncio.sleep(8)
    await stage.settled()


def tell(found: Compared) -> None:
    """Print one line of the table."""
    wire = found.wire
    print(
        f"  {found.scene:<9} {found.unit:<10} {found.sent:5} {found.sessions:4}/{found.tries:<4} {wire.packets:6} "
        f"{wire.largest:5} {wire.ip_bytes:9,} {found.counted:9,} {100 * found.error:+7.2f} %",
        flush=True,
    )


def wrong(found: Compared) -> list[str]:
    """Return what does not hold of one unit."""
    name, problems = f"{found.scene}: {found.unit}", []
    if abs(found.error) > TOLERANCE:
        problems.append(f"{name} counted {100 * found.error:+.1f} %")
    if not found.sent or not found.wire.packets:
        problems.append(f"{name} has sent nothing: there was nothing to compare")
    if found.wire.largest > MTU:
        problems.append(f"{name}: a packet of {found.wire.largest} bytes was captured: offloading is on")
    return problems


async def scenes(folder: Path, *, seed: int, short: bool) -> list[Compared]:
    """Play the scenes; return every unit's comparison."""
    rng = random.Random(seed)
    names = ("small", "wide-tls") if short else tuple(STEADY)
    found = await run(
        folder, "steady", plans=[STEADY[name] for name in names], script=lambda s: steady(s, 6 if short else 60)
    )
    away_s = [3.0] if short else [rng.uniform(3, 8), rng.uniform(10, 15), 30.0]
    found += await run(folder, "outages", plans=OUTAGES, script=lambda s: outages(s, away_s))
    if not short:
        found += await run(folder, "stalls", plans=OUTAGES, script=lambda s: stalls(s, 60.0))
    return found


async def compared(folder: Path, scene: str, program: Sequence[str]) -> list[Compared]:
    """Return how a changed agent compares, plain and by TLS, steady and with an outage."""
    plans: list[UnitPlan] = [replace(plan, program=program) for plan in OUTAGES]
    return await run(folder, scene, plans=plans, script=lambda s: outages(s, [3.0]))


async def main(folder: Path, options: argparse.Namespace) -> int:
    """Run the proof and its control; return 0 when it holds."""
    began = time.monotonic()
    print(f"seed: {options.seed}; lo with an MTU of {MTU}, TSO, GSO and GRO off")
    print("  scene     unit        sent  sessions packets largest     wire  counted")
    problems: list[str] = []
    for found in await scenes(folder, seed=options.seed, short=options.short):
        tell(found)
        problems += wrong(found)
    control = await compared(folder, "no header", NO_HEADERS)
    for found in control:
        tell(found)
    caught = all(wrong(found) for found in control)
    if not options.short:
        for found in await compared(folder, "model", BY_MODEL):
            tell(found)
            if found.error < 0:
                problems.append(f"the model alone is {100 * found.error:+.1f} % for {found.unit}: it must be above")
    for problem in problems:
        print(f"  {problem}")
    print("control without headers: " + ("fails, as it must" if caught else "DOES NOT FAIL"))
    failed = bool(problems) or not caught
    print(f"prove-wire: {'FAILED' if failed else 'holds'} ({time.monotonic() - began:.0f} s)")
    return 1 if failed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Compare the bytes that units count with those on the wire.")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--short", action="store_true", help="half a minute instead of five")
    parser.add_argument("--keep", action="store_true", help="keep the files")
    chosen = parser.parse_args()
    try:
        own_network()
    except OSError as error:
        print(f"prove-wire: a network namespace of its own takes root: {error}", file=sys.stderr)
        sys.exit(2)
    sys.exit(run_proof(lambda folder: main(folder, chosen), keep=chosen.keep))
