"""The page of `lamppost sensors` for a terminal."""

from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.padding import Padding
from rich.table import Column, Table

from agent.cli.sensors_facts import Entry, Origin, pace, spread, where
from drivers.model import Model
from drivers.reading import Channel, Sensitivity

_OF: Final = {
    Origin.BUILT_IN: "built in",
    Origin.BRIDGED: "bridged to the kernel's drivers",
    Origin.DECLARED: "declared in a file",
    Origin.PACKAGE: "of other packages",
}


def render(entries: Sequence[Entry], *, short: bool, counted: bool, console: Console | None = None) -> None:
    """Print the models, one line each or with everything that is known, and how many there are."""
    out = console or Console(highlight=False, markup=False)
    if short:
        out.print(_lines(entries))
    else:
        for entry in entries:
            _block(out, entry)
    if counted:
        out.print(totals(entries))


def totals(entries: Sequence[Entry]) -> str:
    """Return how many models there are of each origin."""
    counts = {origin: sum(entry.origin is origin for entry in entries) for origin in Origin}
    words = [f"{number} {_OF[origin]}" for origin, number in counts.items() if number]
    return f"{len(entries)} models: {', '.join(words)}"


def _lines(entries: Sequence[Entry]) -> Table:
    table = Table("model", "what", "on", Column("channels", overflow="fold"), box=None, pad_edge=False)
    for entry in entries:
        model = entry.model
        if model is None:
            table.add_row(entry.name, f"✗ {entry.problem}" if entry.problem else entry.source, "", "")
        else:
            table.add_row(entry.name, model.title, where(model), ", ".join(map(_brief, model.channels)))
    return table


def _brief(channel: Channel) -> str:
    told = [channel.unit] if channel.unit else []
    told += [] if channel.sensitivity is Sensitivity.MEASUREMENT else [channel.sensitivity.value]
    return f"{channel.name} ({', '.join(told)})"


def _block(out: Console, entry: Entry) -> None:
    title = "" if entry.model is None else f"  {entry.model.title}"
    out.print(f"{entry.name}{title}  [{_origin(entry)}]")
    if entry.problem:
        out.print(Padding(f"✗ {entry.problem}", (0, 0, 0, 2)))
    if entry.model is not None:
        _model(out, entry.model)
    elif not entry.problem:
        out.print(f"  its code is loaded only when it is named: lamppost sensors {entry.name}")
    out.print()


def _origin(entry: Entry) -> str:
    return f"{entry.origin.value}: {entry.source}" if entry.source else entry.origin.value


def _model(out: Console, model: Model) -> None:
    warm_up = "no warm-up" if not model.warm_up_s else f"warm-up {model.warm_up_s:g} s"
    out.print(f"  {where(model)}; {pace(model)}; {warm_up}")
    table = Table(
        "channel",
        "unit",
        "range",
        "class",
        Column("accuracy", overflow="fold"),
        box=None,
        pad_edge=False,
        header_style="dim",
    )
    for channel in model.channels:
        table.add_row(channel.name, channel.unit, spread(channel), _class(channel), channel.accuracy)
    out.print(Padding(table, (0, 0, 0, 2)))
    for text in model.agreement or ("nothing that we did not write",):
        out.print(Padding(f"agrees: {text}", (0, 0, 0, 2)))


def _class(channel: Channel) -> str:
    """Return the class of a channel, and its group where it is derived from people or vehicles."""
    return channel.sensitivity.value if channel.group is None else f"{channel.sensitivity.value} of {channel.group}"
