"""The live view: one line for each stage of the flow, and one that says what is happening.

In: snapshots. Out: a picture that is drawn again and again in a terminal, or a line now and then elsewhere.
Never: a question to a process.
"""

from collections.abc import Mapping
from typing import Final, Protocol, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from agent.cli.demo.progress import Snapshot

_LINE_EVERY_S: Final = 5.0
_GOOD, _BAD, _WAITING = "green", "bold red", "yellow"


class View(Protocol):
    """What the demonstration is shown on; a context manager."""

    def show(self, snapshot: Snapshot) -> None:
        """Show how things are."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class LiveView:
    """Draws in a terminal."""

    def __init__(self, console: Console) -> None:
        self._fancy = console.encoding.lower().startswith("utf")
        self._live = Live(console=console, auto_refresh=False)

    def show(self, snapshot: Snapshot) -> None:
        """Draw again."""
        self._live.update(picture(snapshot, fancy=self._fancy), refresh=True)

    def __enter__(self) -> Self:
        self._live.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.__exit__(None, None, None)


class PlainView:
    """Prints a line every few seconds, and one whenever something else happens."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said = ""
        self._due_s = 0.0

    def show(self, snapshot: Snapshot) -> None:
        """Print a line if it is time, or if there is news."""
        news = snapshot.now.rstrip("0123456789.")
        if news == self._said and snapshot.elapsed_s < self._due_s:
            return
        self._said, self._due_s = news, snapshot.elapsed_s + _LINE_EVERY_S
        self._console.print(summary_line(snapshot), soft_wrap=True, highlight=False, markup=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return


def summary_line(snapshot: Snapshot) -> str:
    """Return everything in one line."""
    return (
        f"{_time(snapshot.elapsed_s)}  readings {snapshot.readings}, released {snapshot.stored}, "
        f"waiting {snapshot.waiting}, sent {snapshot.sent:,} bytes, received {snapshot.received}; {snapshot.now}"
    )


def picture(snapshot: Snapshot, *, fancy: bool = True) -> RenderableType:
    """Return the flow as it is drawn; without `fancy` in ASCII only."""
    head = Table.grid(expand=True)
    head.add_column(ratio=1)
    head.add_column(justify="right")
    head.add_row(
        Text(" Lamppost: a street corner, simulated", style="bold"),
        f"{_time(min(snapshot.elapsed_s, snapshot.seconds))} of {_time(snapshot.seconds)} ",
    )
    bar = ProgressBar(total=snapshot.seconds, completed=min(snapshot.elapsed_s, snapshot.seconds))
    flow = Table.grid(padding=(0, 2))
    flow.add_column(min_width=11)
    flow.add_column(min_width=20)
    flow.add_column()
    rows = _stages(snapshot, marks={"ok": "✓", "starting": "…"} if fancy else {})
    for number, (name, what, more) in enumerate(rows):
        flow.add_row(Text(f"  {name}", style="bold"), what, more)
        if number < len(rows) - 1:
            flow.add_row(Text("    ↓" if fancy else "    |", style="dim"))
    return Group(head, bar if fancy else "", "", flow, "", Text(f"  Now: {snapshot.now}", style="bold"), "")


def _stages(snapshot: Snapshot, *, marks: Mapping[str, str]) -> list[tuple[str, Text, Text]]:
    waiting = snapshot.waiting
    return [
        ("sensors", Text(f"{snapshot.readings:,} readings"), _sensors(snapshot, marks)),
        (
            "filter",
            Text(f"{snapshot.stored:,} rows let out"),
            Text(f"{snapshot.filtered('identifiers_withheld'):,} radio addresses seen, none let out"),
        ),
        (
            "outbox",
            Text(f"{waiting:,} rows wait", style=_GOOD if snapshot.broker else _WAITING),
            Text("on the unit's disk until the city has them"),
        ),
        ("publisher", _uplink(snapshot), Text(f"{snapshot.sent:,} bytes sent")),
        (
            "broker",
            _broker(snapshot),
            Text("carries messages, is not trusted"),
        ),
        (
            "receiver",
            Text(f"{snapshot.received:,} rows stored"),
            Text(f"from {snapshot.batches:,} batches whose signature holds"),
        ),
    ]


def _sensors(snapshot: Snapshot, marks: Mapping[str, str]) -> Text:
    text = Text()
    for name, state in snapshot.sensors.items():
        text.append(f"{name} ")
        text.append(f"{marks.get(state, state)}  ", style=_GOOD if state == "ok" else _WAITING)
    return text or Text("starting", style=_WAITING)


def _broker(snapshot: Snapshot) -> Text:
    if snapshot.broker:
        return Text("running", style=_GOOD)
    return Text("down", style=_BAD) if snapshot.elapsed_s else Text("starting", style=_WAITING)


def _uplink(snapshot: Snapshot) -> Text:
    if not snapshot.uplink:
        return Text("starting", style=_WAITING)
    if snapshot.uplink["connected"] and snapshot.broker:
        return Text(f"connected, MQTT {snapshot.uplink['protocol']}", style=_GOOD)
    return Text("not connected", style=_BAD)


def _time(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
