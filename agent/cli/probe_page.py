"""The page of `lamppost probe` for a terminal: one table, renewed in its place while it is watched."""

from collections.abc import Callable
from types import TracebackType
from typing import Final

from rich.console import Console, Group
from rich.live import Live
from rich.table import Column, Table
from rich.text import Text

from agent.clock import Clock
from agent.probing import Probe, Seen
from drivers.modbus.line import Counts

_WORDS: Final = {
    "refused": "refusals among them",
    "silent": "without an answer",
    "damaged": "damaged",
    "late": "late answers",
    "foreign": "of other devices",
    "echoes": "echoes",
    "noise_bytes": "bytes of noise",
}
"""What `drivers.modbus.line.Counts` has besides requests and answers."""


class Page:
    """Shows a probe; in place on a terminal that is watched, else once at the end.

    Args:
        probe: what is looked at.
        clock: for ages.
        live: whether somebody watches.
        console: where to.
    """

    def __init__(self, probe: Probe, clock: Clock, *, live: bool, console: Console | None = None) -> None:
        self._probe = probe
        self._clock = clock
        self._console = console or Console(highlight=False, markup=False)
        self._live = Live(console=self._console, auto_refresh=False) if live and self._console.is_terminal else None
        self._told = 0
        self._watched = live

    def __enter__(self) -> Callable[[], None]:
        if self._live is not None:
            self._live.start()
        return self.show

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.update(self._page(), refresh=True)
            self._live.stop()
        elif not self._watched or self._told != self._probe.readings:
            self._console.print(self._page())

    def show(self) -> None:
        """Renew the page; where it cannot be renewed in place, print it at each reading."""
        if self._live is not None:
            self._live.update(self._page(), refresh=True)
        elif self._watched and self._told != self._probe.readings:
            self._told = self._probe.readings
            self._console.print(self._page())

    def _page(self) -> Group:
        now_ns = self._clock.mono_ns()
        table = Table(
            "channel",
            Column("value", justify="right", overflow="fold"),
            "unit",
            Column("age", justify="right"),
            Column("values", justify="right"),
            Column("a minute", justify="right"),
            box=None,
            pad_edge=False,
        )
        for seen in self._probe.seen:
            table.add_row(*_row(seen, now_ns))
        counts = self._probe.line
        head = [headline(self._probe)] if counts is None else [headline(self._probe), line_words(counts)]
        beyond = [outside_words(seen) for seen in self._probe.seen if seen.outside]
        return Group(*map(Text, head), table, *map(Text, beyond))


def headline(probe: Probe) -> str:
    """Return what is looked at, and how that goes, in words."""
    state = "not tried yet" if probe.state is None else probe.state.value
    told = f"{probe.plan.name}, {probe.plan.model.title}: {state}; {probe.readings} readings, {probe.errors} errors"
    told += f", {probe.skipped} skipped" if probe.skipped else ""
    return f"{told}: {probe.problem}" if probe.problem else told


def line_words(counts: Counts) -> str:
    """Return what was on a Modbus line; what never happened is left out."""
    rest = (f"{getattr(counts, name)} {words}" for name, words in _WORDS.items() if getattr(counts, name))
    return ", ".join((f"on the line: {counts.requests} requests, {counts.answers} answers", *rest))


def outside_words(seen: Seen) -> str:
    """Return how many values of a channel were beyond its range, and what becomes of such."""
    what = f"{seen.channel.name}: {seen.outside} of {seen.count} values beyond its range"
    return f"! {what}, {seen.range}: such values are withheld. Check wiring, address and model"


def _row(seen: Seen, now_ns: int) -> tuple[str, ...]:
    age_s, rate = seen.age_s(now_ns), seen.rate
    return (
        seen.channel.name,
        seen.shown,
        seen.channel.unit,
        "" if age_s is None else f"{age_s:.1f} s",
        str(seen.count),
        "" if rate is None else f"{rate:.1f}",
    )
