"""A unit under a clock that `tests.proofs.clock` sets, steps, slews and takes away; and what it must come to.

Each `Line` is one unit with one sensor that numbers its frames. The line knows when each frame was sent by the
machine's own clock, and how far true time is from that in the story of its case. So each row at the city can be held
against the frames that it says it was made of, whatever the unit's clock has shown.
"""

import array
import asyncio
import contextlib
import fcntl
import json
import math
import os
import termios
import time
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.support.evidence import judge
from tests.support.plans import Raw, UnitPlan, dust_stream, section
from tests.support.rig import NumberedDust, Rig, Unit, until
from tests.support.tap import Tap

FRAME_S = 0.5
SLACK_S = 0.3
"""Windows follow the clock from tick to tick: what the clock was moved by in between, and rounding."""
GRACE_S = 0.1
"""A reading that its windows are given later than this may find its own closed: a machine that is too busy."""
NS_PER_S = 1_000_000_000
_LOOK_S = 0.01
ERROR_US = 5_000
LARGEST_BOUND_MS = 2_000
"""No case lets a clock run free for long: a larger bound would prove little."""
SECOND_MS = 1000


def boot(number: int) -> str:
    """Return a boot id as the kernel writes it."""
    return f"{number:08x}-0000-4000-8000-00000000c10c"


@dataclass(frozen=True)
class Heard:
    """A frame that the agent has taken.

    Attributes:
        at_s: when, by the machine's clock.
        busy: the machine was too busy to close windows in time, or to hand the frame on in time.
        dropped: its window was not open.
        wall: its windows followed wall time.
        at_ms: where it lies on their grid.
    """

    at_s: float
    busy: bool
    dropped: bool
    wall: bool
    at_ms: int


@dataclass
class Line:
    """One unit.

    Attributes:
        tap: between it and the broker; None where it speaks TLS.
        truth: since when (machine's clock, s) true time is how far ahead of the machine's clock.
        spared: from when to when frames may be missing: their windows were given out before, and are not again.
        stored_s: when the agent said that it had stored something.
        before, after: what a case has noted.
    """

    unit: Unit
    rig: Rig
    tap: Tap | None
    dust: NumberedDust
    window_ms: int
    truth: list[tuple[float, float]] = field(default_factory=lambda: [(0.0, 0.0)])
    spared: list[tuple[float, float]] = field(default_factory=list)
    stored_s: list[float] = field(default_factory=list)
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    _boots: int = 0
    _offset_s: float = 0.0
    _ticking: asyncio.Task[None] | None = None
    _port: int = -1

    def __post_init__(self) -> None:
        """Look at the sensor's port from the other side: what the agent has not read yet is in it."""
        self._port = os.open(self.unit.link("dust"), os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self.unit.on_stored = lambda _row: self.stored_s.append(time.time())

    def close(self) -> None:
        """Take the sensor away."""
        if self._ticking is not None:
            self._ticking.cancel()
        os.close(self._port)
        self.dust.close()

    # -- the clock

    def shows(self, offset_s: float) -> None:
        """Let the unit's clock be this far ahead of the machine's; the kernel is not synchronised then."""
        self.kernel(synchronised=False)
        self._write("faketime", f"{offset_s:+.6f}\n")
        self._offset_s = offset_s

    def shows_date(self, utc_s: float) -> None:
        """Let the unit's clock be at a date."""
        self.shows(utc_s - time.time())

    def kernel(self, *, synchronised: bool, error_us: int = ERROR_US) -> None:
        """Say what the kernel says of the clock."""
        said = {"synchronised": synchronised, "maxerror_us": error_us, "esterror_us": error_us // 10}
        self._write("kernel", json.dumps(said))

    def ntp(self, offset_s: float = 0.0, *, error_us: int = ERROR_US) -> None:
        """Set the clock right: true time is this far ahead of the machine's clock, from now on."""
        self.shows(offset_s)
        self.kernel(synchronised=True, error_us=error_us)
        self.truth.append((time.time(), offset_s))

    def ntp_before(self) -> None:
        """Set the clock right; true time was that of the machine all along."""
        self.shows(0.0)
        self.kernel(synchronised=True)

    def slew(self, offset_s: float) -> None:
        """Move the clock a little without setting it."""
        self._write("faketime", f"{offset_s:+.6f}\n")
        self._offset_s = offset_s

    def spare(self, *, after_s: float) -> None:
        """Say that windows that begin until then, counted from now, were given out before."""
        now = time.time()
        self.spared.append((now, now + after_s + self.window_ms / SECOND_MS))

    def true_s(self, machine_s: float) -> list[float]:
        """Return true time at a time of the machine's clock; more than one where it was just set.

        The agent notices a step when it next closes a window. What it has heard until then is of the time before.
        """
        later = [*self.truth[1:], (math.inf, 0.0)]
        return [
            machine_s + offset_s
            for (since_s, offset_s), (until_s, _) in zip(self.truth, later, strict=True)
            if since_s <= machine_s <= self._noticed_s(until_s)
        ]

    def _noticed_s(self, set_s: float) -> float:
        """Return when the agent had surely noticed that its clock was set: it has closed windows twice since."""
        after = [stored_s for stored_s in self.stored_s if stored_s > set_s]
        return after[1] if len(after) > 1 else math.inf

    async def until_true(self, utc_s: float) -> None:
        """Return when true time has come so far."""
        await asyncio.sleep(max(0.0, utc_s - self.true_s(time.time())[-1]))

    async def heard_more(self, count: int) -> None:
        """Return when the agent has taken so many more frames."""
        wanted = len(self.heard()) + count
        await until(lambda: len(self.heard()) >= wanted, what="frames that are taken", deadline_s=60)

    # -- the unit

    def begin_boot(self) -> None:
        """The next start is in another boot."""
        self._boots += 1
        self._write("boot_id", boot(self._boots) + "\n")
        self._write("booted", str(time.monotonic_ns()))

    async def start(self) -> None:
        """Start the agent; returns when it has heard its sensor."""
        before = self.dust.sent
        (self.unit.folder / "status.json").unlink(missing_ok=True)
        self.unit.start()
        self._ticking = asyncio.create_task(self._tick())
        await until(self._hears, what=f"{self.unit.plan.name}: a reading", deadline_s=60)
        assert self.dust.sent > before

    async def start_deaf(self) -> None:
        """Start the agent; its sensor is closed."""
        (self.unit.folder / "status.json").unlink(missing_ok=True)
        self.unit.start()
        self._ticking = asyncio.create_task(self._tick())
        await until(lambda: bool(self.unit.status()), what=f"{self.unit.plan.name}: its status", deadline_s=60)

    def _hears(self) -> bool:
        assert not self.unit.dead, self.unit.log.read_text()
        return bool(self.unit.status().get("readings"))

    async def stop(self) -> None:
        """Stop the sensor, then the agent in order."""
        assert self._ticking is not None
        self._ticking.cancel()
        with contextlib.suppress(TimeoutError):
            await until(lambda: not self._unread(), what="the last frame", deadline_s=10)
        await asyncio.sleep(SLACK_S)
        code = await self.unit.stop()
        assert code == 0, self.unit.log.read_text()
        stopped_s = time.time()  # the window that was open then is not given out again
        self.spared.append((stopped_s, stopped_s + self.window_ms / SECOND_MS))

    async def rows(self, count: int = 1) -> None:
        """Return when so many more rows are stored."""
        wanted = len(self.unit.stored) + count
        await until(
            lambda: len(self.unit.stored) >= wanted or self.unit.dead,
            what=f"{self.unit.plan.name}: rows",
            deadline_s=60,
        )
        assert not self.unit.dead, self.unit.log.read_text()

    async def _tick(self) -> None:
        """Send a frame whenever the one before was read, for ever."""
        while True:
            await asyncio.sleep(FRAME_S)
            if not self._unread():
                self.dust.tick()

    def heard(self) -> dict[int, Heard]:
        """Return each frame that the agent has taken, by its number."""
        path, ahead_s = self.unit.folder / "heard", time.time() - time.monotonic()
        found = {}
        for line in path.read_text().splitlines() if path.exists() else []:
            number, taken_ns, late_ns, overdue, dropped, wall, at_ms = map(int, line.split())
            busy = bool(overdue) or late_ns / NS_PER_S > GRACE_S
            at_s = taken_ns / NS_PER_S + ahead_s
            found[number] = Heard(at_s, busy=busy, dropped=bool(dropped), wall=bool(wall), at_ms=at_ms)
        return found

    def _unread(self) -> int:
        """Return how many bytes wait for the agent."""
        count = array.array("i", [0])
        fcntl.ioctl(self._port, termios.FIONREAD, count)
        return count[0]

    def says(self, text: str) -> bool:
        """Return whether the agent has written this."""
        return text in self.unit.log.read_text()

    def _write(self, name: str, text: str) -> None:
        """Replace a file that the agent reads at any time."""
        new = self.unit.folder / f"{name}.new"
        new.write_text(text)
        new.replace(self.unit.folder / name)


@dataclass(kw_only=True)
class Outcome:
    """What became of one unit.

    Attributes:
        rows: at the city.
        placed: of those that count from a boot, how many have a date.
        undated: those without one.
        withheld: frames whose windows were given out before.
        late: frames that a busy machine handed on too late for their windows.
        bound_ms: the largest bound of an error.
    """

    rows: int
    placed: int
    undated: int
    withheld: int
    late: int
    bound_ms: int
    problems: list[str] = field(default_factory=list)


def account(line: Line, exported: Iterable[dict[str, Any]]) -> Outcome:
    """Hold a unit's rows at the city against the frames that its sensor has sent."""
    rows = [row for row in exported if row["values"]]
    name = line.unit.plan.name
    outcome = Outcome(
        rows=len(rows),
        placed=sum(row["boot"] is not None and row["time"]["utc_ms"] is not None for row in rows),
        undated=sum(row["time"]["utc_ms"] is None for row in rows),
        withheld=0,
        late=0,
        bound_ms=max((row["time"]["error_ms"] or 0 for row in rows), default=0),
    )
    verdict = judge(
        name,
        key=line.unit.key.public,
        reported=[(row.stream, row.start_ms) for row in line.unit.stored],
        exported=[row | {"boot": None} for row in rows],
        receiver_store=line.rig.receiver.store,
    )
    outcome.problems += verdict.problems
    windows = [(row["boot"], row["start_ms"]) for row in rows]
    outcome.problems += [f"{len(windows) - len(set(windows))} windows twice"] * (len(windows) != len(set(windows)))
    seen: set[int] = set()
    heard = line.heard()
    for row in rows:
        frames = _frames(row, heard)
        samples = int(row["values"]["samples"]["value"] or 0)
        outcome.problems += ["a row of frames that were not taken"] * (len(frames) != samples)
        outcome.problems += [f"{len(seen & frames)} frames in two rows"] * bool(seen & frames)
        seen |= frames
        outcome.problems += _misplaced(line, row, [heard[number].at_s for number in frames])
    _account_for_missing(line, outcome, {number: heard[number] for number in heard.keys() - seen})
    return outcome


def _account_for_missing(line: Line, outcome: Outcome, missing: dict[int, Heard]) -> None:
    """Say why frames that the agent has read are in no row."""
    spared = {number for number, frame in missing.items() if any(a <= frame.at_s <= b for a, b in line.spared)}
    late = {number for number, frame in missing.items() if frame.dropped and frame.busy} - spared
    outcome.withheld, outcome.late = len(spared), len(late)
    lost = sorted(missing.keys() - spared - late)
    if lost:
        outcome.problems.append(f"{len(lost)} frames in no row: {lost[:5]}")


def _frames(row: dict[str, Any], heard: dict[int, Heard]) -> set[int]:
    """Return the numbers of the frames that a row was made of: the first that lay in its window.

    What came into it after it was given out, as the clock was set back, is in no row.
    """
    start_ms, step_ms, wall = row["start_ms"], row["step_ms"], row["boot"] is None
    inside = [
        number
        for number, frame in heard.items()
        if not frame.dropped and frame.wall is wall and start_ms <= frame.at_ms < start_ms + step_ms
    ]
    return set(sorted(inside)[: int(row["values"]["samples"]["value"] or 0)])


def _misplaced(line: Line, row: dict[str, Any], taken_s: list[float]) -> list[str]:
    """Say what is wrong with a row's place in time."""
    told, found = row["time"], []
    if told["utc_ms"] is not None and (told["error_ms"] is None or told["error_ms"] > LARGEST_BOUND_MS):
        found.append(f"a date with a bound of {told['error_ms']} ms")
    first_s, last_s = _span(told, row["step_ms"] / SECOND_MS)
    for at_s in taken_s:
        wrong_s = min(max(first_s - true_s, true_s - last_s) for true_s in line.true_s(at_s))
        if wrong_s > 0:
            found.append(f"a row {'dated' if told['utc_ms'] is not None else 'bounded'} wrong by {wrong_s:.1f} s")
            break
    return found


def _span(told: dict[str, Any], step_s: float) -> tuple[float, float]:
    """Return from when to when the frames of a row can have been read, by what the city knows of it."""
    if told["utc_ms"] is None:
        return (told["after_ms"] or 0) / SECOND_MS - SLACK_S, told["before_ms"] / SECOND_MS + SLACK_S
    bound_s = SLACK_S + (told["error_ms"] or 0) / SECOND_MS
    return told["utc_ms"] / SECOND_MS - bound_s, told["utc_ms"] / SECOND_MS + step_s + bound_s


def unit_plan(name: str, *, window: str = "3s", **uplink: object) -> UnitPlan:
    """Return a unit with one stream, whose clock is the kernel's."""
    return UnitPlan(
        name=name,
        sensors={"dust": "pmsx003"},
        streams=[dust_stream("dust", window=window, batch=window)],
        uplink={"keepalive": "10s"} | uplink,
        clock={"source": "kernel"},
        options=("--status-every", "0.5"),
    )


Configure = Callable[[Line, str], str]


class Stage:
    """A broker (with a TLS listener, if there are certificates), a receiver, and lines."""

    def __init__(self, rig: Rig, stack: contextlib.AsyncExitStack, *, tls_port: int, ca_file: Path) -> None:
        self.rig = rig
        self._stack = stack
        self._tls_port = tls_port
        self._ca_file = ca_file

    async def add(
        self,
        name: str,
        *,
        tls: bool = False,
        window: str = "3s",
        extra: str = "",
        quiet: str = "",
        spoiled: bool = False,
    ) -> Line:
        """Return a line; its unit does not run yet.

        Args:
            name: of the unit.
            tls: it speaks TLS with the broker.
            window: of its stream.
            extra: further sections of its configuration.
            quiet: quiet hours of its sensor.
            spoiled: it invents wall time.
        """
        wanted = {"tls": Raw(f"{{ ca = {json.dumps(str(self._ca_file))} }}"), "host": "localhost"} if tls else {}
        plan = unit_plan(name, window=window, **wanted)
        tap = None if tls else Tap(self.rig.broker.port)
        unit = self.rig.add(plan, port=self._tls_port if tap is None else tap.port)
        unit.plan = _with_program(plan, unit.folder)
        text = (unit.folder / "unit.toml").read_text()
        if quiet:
            text = text.replace('bus = "dust"\n', f'bus = "dust"\nquiet_hours = ["{quiet}"]\n', 1)
        (unit.folder / "unit.toml").write_text(text + extra)
        if spoiled:
            (unit.folder / "spoiled").touch()
        if tap is not None:
            await self._stack.enter_async_context(tap)
        line = Line(unit, self.rig, tap, NumberedDust(unit.link("dust")), _milliseconds(window))
        self._stack.callback(line.close)
        line.begin_boot()
        line.shows(0.0)
        return line


def _milliseconds(window: str) -> int:
    return int(window.removesuffix("s")) * SECOND_MS


def _with_program(plan: UnitPlan, folder: Path) -> UnitPlan:
    return UnitPlan(
        name=plan.name,
        sensors=plan.sensors,
        streams=plan.streams,
        uplink=plan.uplink,
        clock=plan.clock,
        program=("-m", "tests.proofs.clocked_agent", str(folder)),
        options=plan.options,
    )


def budget(**keys: object) -> str:
    """Return a section on budgets."""
    return "\n" + section("budget", keys)


async def arrived(line: Line, *, patience_s: float = 30.0) -> list[dict[str, Any]]:
    """Return a unit's rows at the city, once everything that it stored is there, or patience has ended."""
    end = time.monotonic() + patience_s
    while True:
        rows = await line.rig.receiver.rows(line.unit.plan.name)
        stored = {(row.stream, row.start_ms) for row in line.unit.stored}
        if stored <= {(row["stream"], row["start_ms"]) for row in rows} or time.monotonic() > end:
            return rows
        await asyncio.sleep(1.0)


def gaps_between(values: Iterable[float]) -> list[float]:
    """Return the differences between neighbours."""
    return [later - earlier for earlier, later in pairwise(values)]


@contextlib.asynccontextmanager
async def stage(folder: Path, *, tls_lines: Iterable[str], tls_port: int, ca_file: Path) -> AsyncIterator[Stage]:
    """Make a stage; lines are added before `rig.start`."""
    lines = ("allow_anonymous true", f"listener {tls_port} 127.0.0.1", *tls_lines)
    async with contextlib.AsyncExitStack() as stack:
        rig = await stack.enter_async_context(Rig(folder, broker_lines=lines))
        yield Stage(rig, stack, tls_port=tls_port, ca_file=ca_file)
