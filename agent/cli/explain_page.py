"""The page of `lamppost explain` for a terminal."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Column, Table

from agent.cli import explain_words as words
from agent.cli.explain_facts import Line, Now, Story, untold
from agent.config import Settings
from agent.planning.traffic import DAYS, Traffic


def render(
    settings: Settings,
    stories: Sequence[Story],
    *,
    month: Traffic,
    now: Now | None = None,
    console: Console | None = None,
) -> None:
    """Print before and after of each stream, then what is sent in a month."""
    out = console or Console(highlight=False, markup=False)
    unit = settings.unit
    out.print(f"Unit {unit.id}, {unit.site}. {unit.office} of {unit.publisher} answers for it: {unit.contact}.")
    out.print(
        "Only what is listed under “What leaves” ever leaves this device. "
        + words.retention(settings.limits.retain_s)
    )
    for story in stories:
        out.print()
        _stream(out, story, now)
    out.print()
    _sent(out, month)
    unused = [f"{sensor.name}.{channel.name}" for sensor, channel in untold(settings)]
    if unused:
        out.print(f"\nSampled with the rest, and leaving in no stream: {', '.join(unused)}.")
    if now is not None:
        out.print("\n" + "\n".join(now.notes))
        for name, reason in now.suspended.items():
            out.print(f"✗ stream {name} is suspended: {reason}")
        out.print("Nothing was published, and nothing was stored.")


def _stream(out: Console, story: Story, now: Now | None) -> None:
    plan = story.plan
    out.print(f"{plan.text.title} ({plan.name})", style="bold")
    out.print(f"{plan.text.description} Purpose: {plan.text.purpose}.")
    table = Table(
        *(Column(title, overflow="fold") for title in ("Before: what is sampled", "After: what leaves", "Dropped")),
        *(() if now is None else (Column("Now", overflow="fold"),)),
        show_lines=True,
    )
    for line in _merged(story.lines):
        cells = [f"{line.what}, {line.pace}", "\n".join(_leaving(line)) or "nothing", line.dropped]
        table.add_row(*cells, *(() if now is None else (_now(plan.name, line, now),)))
    out.print(table)
    for sentence in story.sentences:
        out.print(f"  • {sentence}")


def _leaving(line: Line) -> list[str]:
    return [f"{channel.name}: {text}" for channel, text in zip(line.after, line.sentences, strict=True)]


def _merged(lines: Sequence[Line]) -> list[Line]:
    """Return the lines that tell something of their own: channels dropped for one reason share a line."""
    merged: dict[tuple[str, str], Line] = {}
    for line in lines:
        key = (line.sensor, line.source.name if line.after else line.dropped)
        first = merged.get(key)
        merged[key] = line if first is None else first.joined(line)
    return sorted(merged.values(), key=lambda line: not line.after)


def _now(stream: str, line: Line, now: Now) -> str:
    if not line.after:
        return ""
    read = now.read.get((line.sensor, line.source.name), "no reading")
    left = [now.leave.get((stream, channel.name), "nothing (suspended)") for channel in line.after]
    return "\n".join([f"read: {read}", *(f"would leave: {text}" for text in left)])


def _sent(out: Console, month: Traffic) -> None:
    table = Table(
        "stream",
        Column("one batch", justify="right"),
        Column(f"{DAYS} days", justify="right"),
        title="Sent over the network, an estimate",
        title_justify="left",
        box=None,
        pad_edge=False,
    )
    for cost in month.streams:
        table.add_row(cost.stream, words.size(cost.batch_bytes), words.size(cost.month_bytes))
    if month.alarm_bytes:
        table.add_row("alarms", "", words.size(month.alarm_bytes))
    table.add_row("status and connection", "", words.size(sum(month.parts.values())))
    table.add_row("in all", "", words.size(month.month_bytes))
    out.print(table)
    out.print(
        "Batches of typical values were encoded to measure them. MQTT, TLS and TCP are included, outages are "
        "not; `lamppost plan` tells more."
    )
