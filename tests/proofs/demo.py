"""Proof: what the city has is what the simulated sensors showed, row by row, through an outage of the broker.

The real command runs as a process, with each broker that is here. It compares the receiver's store with a log that
the sensors' side has written, and prints two digests. Negative control: with one received value altered by one
rounding step, the same command must find exactly that row, print two different digests and exit with 1.
"""

import argparse
import importlib.util
import random
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from agent.cli.demo.broker import AMQTT, MOSQUITTO, mosquitto

ROOT = Path(__file__).resolve().parents[2]
MARGIN_S = 15
_DIGEST = re.compile(r"^ +(expected|received)  ([0-9a-f]{64})$", re.MULTILINE)
_COMPLETE = re.compile(r"(\d+) complete rows with (\d+) values")
_NUMBER = re.compile(
    r"^ +(readings taken|identifiers withheld|rows released|receipts|messages rejected) +([\d,]+)", re.MULTILINE
)
_VERDICT = re.compile(r"^ No: (\d+) differ", re.MULTILINE)


@dataclass(frozen=True)
class Case:
    """One performance."""

    broker: str
    seconds: int
    seed: int
    alter: bool

    @property
    def name(self) -> str:
        """What it is, for people."""
        return f"{self.broker}, {self.seconds} s" + (", one value altered" if self.alter else "")


@dataclass(frozen=True)
class Result:
    """What the command said."""

    exit_code: int
    took_s: float
    said: str
    errors: str

    @property
    def digests(self) -> dict[str, str]:
        """Expected and received."""
        return dict(_DIGEST.findall(self.said))

    @property
    def counts(self) -> str:
        """The numbers of the summary, and of the comparison."""
        numbers = [f"{name} {number}" for name, number in _NUMBER.findall(self.said)]
        numbers += [f"complete rows {rows}, values {values}" for rows, values in _COMPLETE.findall(self.said)]
        return ", ".join(numbers)


def perform(case: Case) -> Result:
    """Run the demonstration."""
    command = [sys.executable, "-m", "agent", "demo", "--plain", "--broker", case.broker]
    command += ["--seconds", str(case.seconds), "--seed", str(case.seed), *(["--alter"] if case.alter else [])]
    began_s = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=case.seconds + 120, check=False)
    return Result(done.returncode, time.monotonic() - began_s, done.stdout, done.stderr)


def differences(case: Case, result: Result) -> list[str]:
    """Return what is not as it must be."""
    wrong = []
    digests = result.digests
    wanted = 1 if case.alter else 0
    if result.exit_code != wanted:
        wrong.append(f"exit code {result.exit_code}, expected {wanted}")
    if len(digests) != 2 or (len(set(digests.values())) == 1) is case.alter:
        wrong.append(f"digests {digests}")
    if case.alter and _VERDICT.findall(result.said) != ["1"]:
        wrong.append("expected one difference, the altered value")
    if "the broker is down" not in result.said:
        wrong.append("the broker was never away")
    if result.took_s > case.seconds + MARGIN_S:
        wrong.append(f"took {result.took_s:.0f} s, expected {case.seconds + MARGIN_S} at most")
    if result.errors:
        wrong.append(f"wrote to stderr: {result.errors.strip()}")
    return [f"{case.name}: {text}" for text in wrong]


def main() -> int:
    """Run the proof and return 0 when it holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=30, help="of each performance")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="of the people who pass")
    options = parser.parse_args()
    brokers = [MOSQUITTO] * (mosquitto() is not None) + [AMQTT] * (importlib.util.find_spec(AMQTT) is not None)
    print(f"seed: {options.seed}; brokers: {', '.join(brokers) or 'none'}")
    cases = [Case(broker, options.seconds, options.seed, alter) for broker in brokers for alter in (False, True)]
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(perform, cases))
    wrong = [] if cases else ["no broker is installed: sudo apt install mosquitto"]
    for case, result in zip(cases, results, strict=True):
        print(f"{case.name}: exit code {result.exit_code} after {result.took_s:.0f} s; {result.counts}")
        for name, digest in result.digests.items():
            print(f"  {name} {digest}")
        found = differences(case, result)
        wrong += found + ([result.said] if found else [])
    for line in wrong:
        print(f"  {line}")
    print("prove-demo: " + ("FAILED" if wrong else "holds"))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
