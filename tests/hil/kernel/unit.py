"""The agent in the guest, as its status file and its commands show it.

In: sections of a configuration. Out: what the agent says of its sensors. Never: a look inside the agent, which is the
process that a unit runs.
"""

import contextlib
import json
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.hil.kernel.stage import PATIENCE_S, until
from tests.support.agent_process import Agent, Site, running

AGENT: Final = ("-m", "agent")
_STREAM: Final = """
[stream.any]
title = "Any"
description = "What a unit must have"
purpose = "Tests"
licence = "https://creativecommons.org/publicdomain/zero/1.0/"
access = "public"
window = "10s"
batch = "10s"
overflow = "drop_oldest"
[stream.any.channel.any]
from = "{channel}"
rule = "mean"
unit = "Cel"
"""


@dataclass(frozen=True, slots=True)
class Counts:
    """What a sensor had had by a moment."""

    at_s: float
    readings: int
    failures: int
    skipped: int


class Unit:
    """The running agent, as its status file shows it.

    Attributes:
        agent: the process.
    """

    def __init__(self, agent: Agent, site: Site) -> None:
        self.agent = agent
        self._file = site.folder / "run" / "status.json"

    def status(self) -> dict[str, Any]:
        """Return what it says of itself; it writes that anew each second."""
        with contextlib.suppress(FileNotFoundError):
            known: dict[str, Any] = json.loads(self._file.read_text())
            return known
        return {"sensors": {}, "simulated": None}

    def sensor(self, name: str) -> dict[str, Any]:
        """Return what it says of a sensor."""
        found: dict[str, Any] = self.status()["sensors"].get(name, {})
        return found

    def until(self, condition: Callable[[], bool], *, within_s: float = PATIENCE_S) -> float | None:
        """Return after how many seconds `condition` held; None when it did not in time, or the agent ended."""
        took = until(lambda: condition() or self.agent.process.poll() is not None, within_s=within_s)
        return None if self.agent.process.poll() is not None else took

    def works(self, *names: str) -> Callable[[], bool]:
        """Return a condition: these sensors are well, and have had a reading since now."""
        before = {name: self.sensor(name).get("readings", 0) for name in names}

        def holds() -> bool:
            known = self.status()["sensors"]
            return all(name in known and _is_well(known[name], since=before[name]) for name in names)

        return holds

    def fails(self, *names: str) -> Callable[[], bool]:
        """Return a condition: these sensors are told as failing."""
        return lambda: all(self.sensor(name).get("state") == "failing" for name in names)

    def problem(self, name: str) -> str:
        """Return what it says is wrong with a sensor, without the path that begins it."""
        problem: str = self.sensor(name).get("problem") or "nothing"
        return problem.partition(": ")[2] or problem

    def counts(self, name: str) -> Counts:
        """Return what a sensor has had by now."""
        known = self.sensor(name)
        return Counts(time.monotonic(), known["readings"], known["failures"], known["skipped"])


def _is_well(known: Mapping[str, Any], *, since: int) -> bool:
    return bool(known["state"] == "ok" and known["readings"] > since)


def missed(before: Counts, after: Counts, *, interval_s: float) -> int:
    """Return how many samples a sensor has missed between two moments: failed, skipped, or simply not there.

    Each moment lies somewhere in a period of the sensor and in one of the status file, hence two that may be lacking.
    """
    due = int((after.at_s - before.at_s) / interval_s) - 2
    lost = after.failures - before.failures + after.skipped - before.skipped
    return max(lost, due - (after.readings - before.readings), 0)


@contextlib.contextmanager
def site(*parts: str, releases: str) -> Iterator[Site]:
    """Make the files of a unit with these sections in its configuration, which releases one channel."""
    with tempfile.TemporaryDirectory() as folder:
        yield Site(Path(folder), parts=(*parts, _STREAM.replace("{channel}", releases)))


@contextlib.contextmanager
def unit(*parts: str, releases: str, program: Sequence[str] = AGENT) -> Iterator[Unit]:
    """Run the agent, or a program in its place, on buses that these sections name."""
    options = ("--status-every", "1")
    with site(*parts, releases=releases) as made, running(made, program=program, options=options) as agent:
        yield Unit(agent, made)


def once(*parts: str, releases: str) -> dict[tuple[str, str], str]:
    """Return what `lamppost once` shows, by sensor and channel; what is wrong with a sensor has an empty channel."""
    with site(*parts, releases=releases) as made:
        told = made.command("once", str(made.config), deadline_s=PATIENCE_S)
    rows = told.stdout.partition("Would leave")[0].splitlines()[2:]
    assert rows, f"lamppost once has said: {told.stderr or told.stdout}"
    return dict(_shown(row) for row in rows if row.strip())


def _shown(row: str) -> tuple[tuple[str, str], str]:
    """Return what one row of `lamppost once` shows, on a terminal that is wide enough for it."""
    sensor, *rest = re.split(r"\s{2,}", row.strip())
    return (sensor, rest[0] if rest[1:] else ""), rest[-1]
