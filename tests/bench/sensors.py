"""Measures a hundred sensors at 1 Hz on one unit, and the processor time of a thousand samples, by I2C and by line.

In: nothing. Out: the figures beside what must be reached. Never: wall time as a measure: what is counted is processor
time of the agent, and samples that did not come.

Exit codes: 0 everything is reached; 1 something is not; 2 it cannot be measured here.
"""

import argparse
import contextlib
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.bench.field import CHIPS, LINES, Field
from tests.bench.processes import cpu_s, peak_rss_bytes
from tests.hil.preload import library
from tests.support.agent_process import Agent, running

_OPTIONS: Final = ("--status-every", "1")
_SETTLE_S: Final = 5.0
_START_S: Final = 60.0
_MIB: Final = 1024 * 1024
_SLACK: Final = 2
"""Samples by which a polled sensor's count may lie beside the seconds between two looks. Its ticks are counted
besides, and frames are counted exactly."""
MOST_CPU_I2C_S: Final = 1.0
MOST_CPU_LINE_S: Final = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The agent at one moment."""

    at_s: float
    cpu_s: float
    sensors: dict[str, dict[str, Any]]
    sent: Counter[str]

    @property
    def samples(self) -> int:
        """Readings of all sensors."""
        return sum(sensor["readings"] for sensor in self.sensors.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one run came to.

    Attributes:
        seconds: how long it was.
        samples: how many were taken.
        missed: ticks that were skipped, attempts that failed, readings and frames that did not come.
        cpu_s: the agent's processor time.
        rss_bytes: the most memory it held.
    """

    seconds: float
    samples: int
    missed: int
    cpu_s: float
    rss_bytes: int

    @property
    def cpu_per_1000_s(self) -> float:
        """Processor time of a thousand samples."""
        return self.cpu_s * 1000 / max(1, self.samples)


def missed(first: Look, last: Look) -> int:
    """Return how many samples are not there that should be."""
    lost = 0
    for name, sensor in last.sensors.items():
        before = first.sensors[name]
        lost += sum(sensor[key] - before[key] for key in ("skipped", "failures"))
        due = int(last.at_s - first.at_s) - _SLACK
        if name in last.sent:
            due = last.sent[name] - first.sent[name]
        lost += max(0, due - (sensor["readings"] - before["readings"]))
    return lost


def measure(folder: Path, *, chips: int, lines: int, seconds: float) -> Figures:
    """Run a unit with so many sensors, once all of them work, for so long."""
    folder.mkdir()
    with Field(folder, chips=chips, lines=lines) as field, _agent(field) as agent:
        with field.silence():
            first = _look(field, agent)
        while time.monotonic() - first.at_s < seconds:
            time.sleep(0.5)
        with field.silence():
            last = _look(field, agent)
        return Figures(
            seconds=last.at_s - first.at_s,
            samples=last.samples - first.samples,
            missed=missed(first, last),
            cpu_s=last.cpu_s - first.cpu_s,
            rss_bytes=peak_rss_bytes(agent.process.pid),
        )


@contextlib.contextmanager
def _agent(field: Field) -> Iterator[Agent]:
    """Run the agent; yield it once all sensors work and what a start brings with it is over."""
    with running(field.site, environment=field.bed.environment, options=_OPTIONS) as agent:
        end_s = time.monotonic() + _START_S
        while not (sensors := _look(field, agent).sensors) or any(one["state"] != "ok" for one in sensors.values()):
            if time.monotonic() > end_s:
                raise TimeoutError(f"not all sensors work: {agent.said}")
        time.sleep(_SETTLE_S)
        yield agent


def _look(field: Field, agent: Agent) -> Look:
    """Return the agent's own account that is written next, and its processor time then."""
    file, asked_ns = field.site.folder / "run" / "status.json", time.time_ns()
    while True:
        with contextlib.suppress(FileNotFoundError):
            if file.stat().st_mtime_ns > asked_ns:
                used_s = cpu_s(agent.process.pid)
                known = json.loads(file.read_text())
                return Look(at_s=time.monotonic(), cpu_s=used_s, sensors=known["sensors"], sent=Counter(field.sent))
        assert agent.process.poll() is None, f"the agent has ended: {agent.said}"
        time.sleep(0.02)


def main() -> int:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(prog="make bench-sensors", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="of each run; default: %(default)s")
    chosen = parser.parse_args()
    if library() is None:
        print("bench-sensors: umockdev is not installed (Debian: apt install umockdev)", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="lamppost-bench-") as folder:
        runs = {
            name: measure(Path(folder) / name, chips=chips, lines=lines, seconds=chosen.seconds)
            for name, chips, lines in (("all", CHIPS, LINES), ("i2c", CHIPS, 0), ("lines", 0, LINES))
        }
    return report(runs)


def report(runs: dict[str, Figures]) -> int:
    """Print the figures; return the exit code."""
    whole, i2c, lines = runs["all"], runs["i2c"], runs["lines"]
    rows = (
        (f"samples missed, {CHIPS + LINES} sensors at 1 Hz", whole.missed, 0, f"of {whole.samples}"),
        ("samples missed, chips alone and lines alone", i2c.missed + lines.missed, 0, ""),
        ("CPU for 1000 samples by I2C", round(i2c.cpu_per_1000_s, 3), MOST_CPU_I2C_S, "s"),
        ("CPU for 1000 samples by a serial line", round(lines.cpu_per_1000_s, 3), MOST_CPU_LINE_S, "s"),
    )
    for name, value, most, unit in rows:
        print(f"{'ok    ' if value <= most else 'MISSED'} {name:<50} {value:>7} {unit:<10} at most {most}")
    share = 100 * whole.cpu_s / whole.seconds
    print(f"       with all of them: {share:.1f} % of a core, {whole.rss_bytes / _MIB:.1f} MiB at most")
    return 0 if all(value <= most for _, value, most, _ in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
