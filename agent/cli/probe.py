"""`lamppost probe SENSOR FILE`: live values of one sensor, with ages, counts and errors; a transcript for tests.

Identifiers, places, counts and whatever else is derived from people or vehicles are counted, never shown, and no
transcript is kept of a sensor that has any.
Exit codes: 0 it gave what was asked for; 1 it did not, or may not be looked at; 2 the command line is wrong.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, Final

from agent import __version__, assembly
from agent.cli.holding import held
from agent.cli.main import DEFAULT_FILE, FAILED, OK
from agent.clock import Clock
from agent.config import Settings, load
from agent.config.plans import SensorPlan
from agent.errors import LamppostError
from agent.probing import Probe
from agent.process import keep_memory_private
from agent.sensors import AnyBus, close_buses, make_driver, open_buses
from agent.taping import Tape
from agent.tomlfile import did_you_mean

_EVERY_S: Final = 1.0
_PATIENCE_S: Final = 60.0
_MOST_ERRORS: Final = 3
_PRIVATE: Final = 0o600


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("sensor", help="the name of its [sensor.NAME] section")
    parser.add_argument("file", type=Path, nargs="?", default=DEFAULT_FILE, help="default: %(default)s")
    parser.add_argument("--watch", action="store_true", help="go on until Ctrl-C")
    parser.add_argument(
        "--samples", type=_number, metavar="N", help="end after so many readings; default: 1, with --watch no end"
    )
    parser.add_argument("--record", type=Path, metavar="FILE", help="keep a transcript in a new file, for tests")
    parser.add_argument("--json", action="store_true", help="print a line for programs at each reading")
    parser.epilog = "The running agent must be stopped first: sudo systemctl stop lamppost"


def run(options: argparse.Namespace) -> int:
    """Look at the sensor, and return the exit code."""
    keep_memory_private()
    settings = load(options.file)
    plan = _plan(settings, options.sensor)
    if options.record is not None and options.record.exists():
        raise LamppostError(f"{options.record}: there is such a file already; name one that is not there")
    clock, _ = assembly.make_clock(settings)
    with held(settings.directory):
        return asyncio.run(_Look(options, settings, plan=plan, clock=clock).run())


class _Look:
    """One run of the command."""

    def __init__(self, options: argparse.Namespace, settings: Settings, *, plan: SensorPlan, clock: Clock) -> None:
        self._options = options
        self._plan = plan
        self._clock = clock
        self._settings = settings
        self._stopped = False
        self._wanted = options.samples or (None if options.watch else 1)
        self._tape: Tape | None = None

    async def run(self) -> int:
        """Look at the sensor until enough was seen, keep the transcript, and return the exit code."""
        buses = open_buses(self._settings, clock=self._clock)
        try:
            bus = buses[self._plan.bus]
            probe = self._probe(bus)
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, self._stop)
            with _page(self._options, probe, self._clock) as show:
                await probe.run(
                    partial(self._is_done, probe), on_news=show, every_s=_EVERY_S, busy=lambda: self._is_busy
                )
        finally:
            await close_buses(buses)
        return await self._end(probe)

    def _probe(self, bus: AnyBus) -> Probe:
        if self._options.record is None:
            driver = partial(make_driver, self._plan, bus=bus, clock=self._clock)
            return Probe(self._plan, bus=bus, driver=driver, clock=self._clock)
        line = self._settings.buses[self._plan.bus]
        self._tape = tape = Tape(self._plan, line=line, bus=bus, clock=self._clock)
        return Probe(self._plan, bus=tape.bus, driver=tape.driver, clock=self._clock)

    @property
    def _is_busy(self) -> bool:
        return self._tape is not None and self._tape.unfinished

    def _stop(self) -> None:
        self._stopped = True

    def _is_done(self, probe: Probe) -> bool:
        if self._stopped or (self._wanted is not None and probe.readings >= self._wanted):
            return True
        if self._tape is not None and self._tape.ended:
            return True
        return not self._options.watch and self._is_hopeless(probe)

    def _is_hopeless(self, probe: Probe) -> bool:
        """Return whether a sensor that nobody watches has failed often enough, or has been silent for long."""
        return probe.errors >= _MOST_ERRORS or probe.waited_s(self._clock.mono_ns()) > self._patience_s

    @property
    def _patience_s(self) -> float:
        return max(_PATIENCE_S, 2 * self._plan.interval_s) + min(self._plan.timeout_s, _PATIENCE_S)

    async def _end(self, probe: Probe) -> int:
        enough = probe.readings >= (self._wanted or 1)
        if not enough:
            print(f"lamppost probe: {_shortfall(probe, self._plan)}", file=sys.stderr)
        if self._tape is not None:
            _write(self._options.record, _headed(await self._tape.text(), self._tape, self._plan))
            print(f"{self._options.record}: {self._tape.samples} samples", file=sys.stderr)
        return OK if enough else FAILED


def _shortfall(probe: Probe, plan: SensorPlan) -> str:
    why = probe.problem or "it may be silent for longer: try --watch"
    return f"sensor {plan.name} gave {probe.readings} readings: {why}"


def _plan(settings: Settings, name: str) -> SensorPlan:
    """Return the plan of a sensor.

    Raises:
        LamppostError: there is none.
    """
    plans = {plan.name: plan for plan in settings.sensors}
    if name not in plans:
        hint = did_you_mean(name, plans)
        meant = f"; {hint}" if hint else ""
        raise LamppostError(f"there is no sensor {name!r}; expected one of {', '.join(plans)}{meant}")
    return plans[name]


def _headed(transcript: str, tape: Tape, plan: SensorPlan) -> str:
    """Return the transcript below what it is of."""
    place = "" if plan.address is None else f" at 0x{plan.address:02x}"
    kind = "simulated" if tape.bus.simulated else "real"
    head = f"# {plan.model.name}{place}, {kind}: opened, sampled {tape.samples} times, closed; lamppost {__version__}"
    return f"{head}\n{transcript}"


def _write(file: Path, text: str) -> None:
    """Write a new file that nobody else may read: a transcript holds what was measured.

    Raises:
        LamppostError: it cannot be written.
    """
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _PRIVATE)
        with os.fdopen(descriptor, "w") as sink:
            sink.write(text)
    except OSError as error:
        raise LamppostError(f"{file}: the transcript cannot be written: {error.strerror}") from error


class _Lines:
    """Prints a line for programs at each reading."""

    def __init__(self, probe: Probe, clock: Clock) -> None:
        self._probe = probe
        self._clock = clock
        self._told = (0, 0)

    def __enter__(self) -> Callable[[], None]:
        return self.show

    def __exit__(self, *_: object) -> None:
        """Print nothing more."""

    def show(self) -> None:
        """Print how things are, if that is news."""
        news = self._probe.readings, self._probe.errors
        if news != self._told:
            self._told = news
            print(json.dumps(_plain(self._probe, self._clock.mono_ns())), flush=True)


def _page(options: argparse.Namespace, probe: Probe, clock: Clock) -> Any:  # noqa: ANN401 - a context manager of either kind
    if options.json:
        return _Lines(probe, clock)
    from agent.cli.probe_page import Page  # noqa: PLC0415 - rich is slow to import

    return Page(probe, clock, live=options.watch)


def _plain(probe: Probe, now_ns: int) -> dict[str, Any]:
    return {
        "sensor": probe.plan.name,
        "model": probe.plan.model.name,
        "state": None if probe.state is None else probe.state.value,
        "readings": probe.readings,
        "errors": probe.errors,
        "skipped": probe.skipped,
        "problem": probe.problem,
        "line": None if probe.line is None else asdict(probe.line),
        "channels": [
            {
                "name": seen.channel.name,
                "unit": seen.channel.unit,
                "class": seen.channel.sensitivity.value,
                "value": seen.shown,
                "age_s": seen.age_s(now_ns),
                "count": seen.count,
                "outside": seen.outside,
                "a_minute": seen.rate,
            }
            for seen in probe.seen
        ],
    }


def _number(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= 1_000_000:  # noqa: PLR2004 - a day at ten a second is fewer
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 to 1000000, found {text!r}")
    return int(text)
