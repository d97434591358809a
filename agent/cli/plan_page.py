"""The page of `lamppost plan` for a terminal."""

from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from agent.buffer.records import Overflow
from agent.cli import explain_words as words
from agent.planning.plan import Cap, Outage, Plan
from agent.planning.traffic import DAYS

_NAMES: Final = {
    "control": "control: status, declarations, tests of the connection, handshakes",
    "alarm": "alarms",
    "live": "live data",
}
_LONG_DAYS: Final = 365.25
_CENTURY: Final = 100


def render(plan: Plan, *, console: Console | None = None) -> None:
    """Print the plan: verdict first, then what supports it."""
    out = console or Console(highlight=False)
    out.print(f"[bold]{plan.unit}[/bold]  {verdict(plan)}", soft_wrap=True)
    out.print(_lanes(plan))
    out.print(_streams(plan))
    for cap in plan.caps:
        out.print(f"[budget] {sentence(cap)}", soft_wrap=True, markup=False)
    out.print(
        f"buffer: {words.size(plan.capacity_bytes)} for rows hold {time(plan.days_of_buffer)} without a connection"
    )
    for outage in plan.outages:
        out.print(_outage(outage))
        out.print(f"  {backlog(outage)}")
    out.print(f"flash: {flash(plan)}", soft_wrap=True)
    out.print(
        escape(
            f"Assumed: {plan.assumptions.connections_a_day:g} connections a day; of outages only what is said above. "
            "Not in it: name look-ups, time from the network, other programs, repetitions on a weak line."
        )
    )


def verdict(plan: Plan) -> str:
    """Return whether it holds, in words."""
    if not plan.holds:
        bad = [cap.name for cap in plan.caps if not cap.holds]
        flash = plan.flash_budget_bytes
        bad += ["flash_daily"] if flash is not None and plan.writes.bytes > flash else []
        return f"[bold red]✗[/bold red] does not hold: {', '.join(bad)}. Make windows or batches longer, or raise it"
    if not plan.caps:
        return "[bold green]✓[/bold green] there is no cap that it could pass; see \\[budget]"
    margin = min(cap.margin for cap in plan.caps)
    return f"[bold green]✓[/bold green] the budget holds, with {margin:.0%} to spare"


def _lanes(plan: Plan) -> Table:
    table = _table("lane", f"{DAYS} days", "share", title="On the wire, both directions, TCP/IP and TLS included")
    total = plan.traffic.month_bytes
    for lane, octets in plan.traffic.lanes.items():
        if octets:
            table.add_row(_NAMES.get(lane, lane), words.size(octets), f"{octets / total:.0%}")
            if lane == "control":
                for part, some in plan.traffic.parts.items():
                    table.add_row(f"  {part}", words.size(some), "")
    table.add_row("in all", words.size(total), "")
    return table


def _streams(plan: Plan) -> Table:
    table = _table("stream", "one batch", "on the wire", f"{DAYS} days")
    for cost in plan.traffic.streams:
        sizes = (cost.batch_bytes, cost.message_bytes, cost.month_bytes)
        table.add_row(cost.stream, *(words.size(octets) for octets in sizes))
    return table


def _outage(outage: Outage) -> Table:
    title = f"After an outage of {time(outage.days)}"
    table = _table("stream", "policy", "lost", "longest window", "by thin", "by dropping", title=title)
    for fate in outage.fates:
        lost = f"{fate.lost_share:.1%}, {_WHICH[fate.overflow]}" if fate.lost else "nothing"
        dropped = f"{fate.dropped_share:.1%} lost" if fate.dropped else "nothing lost"
        windows = (words.span(fate.window_ms), words.span(fate.thinned_ms))
        table.add_row(fate.stream, fate.overflow.value, lost, *windows, dropped)
    return table


_WHICH: Final = {
    Overflow.DROP_OLDEST: "the oldest",
    Overflow.DROP_NEWEST: "the newest",
    Overflow.THIN: "the oldest",
}


def backlog(outage: Outage) -> str:
    """Return what is sent after an outage, in words."""
    size = words.size(outage.backlog_bytes)
    if outage.drain_days is None:
        return f"{size} of backlog, for which the budget leaves nothing: it waits, and in the end is lost"
    if not outage.drain_days:
        return f"{size} of backlog, sent as fast as the line goes"
    return f"{size} of backlog, sent within {time(outage.drain_days)} by what the budget leaves"


def sentence(cap: Cap) -> str:
    """Return what a cap allows and what is needed, in words."""
    needed, usable = (
        (f"{cap.needed}", f"{cap.usable}")
        if cap.name.startswith("messages")
        else (words.size(cap.needed), words.size(cap.usable))
    )
    spare = f"{cap.margin:.0%} to spare" if cap.holds else f"{-cap.margin:.0%} TOO MUCH"
    return f"{cap.name}: {needed} needed of {usable} that live data may use; {spare}"


def flash(plan: Plan) -> str:
    """Return what is written, and how long the card lasts, in words."""
    writes, card = plan.writes, plan.assumptions.card
    life = plan.card_years
    years = f"more than {_CENTURY} years" if life > _CENTURY else time(life * _LONG_DAYS)
    text = (
        f"{words.size(writes.bytes)} written in a day, {writes.row_bytes:,.0f} bytes a row. A card of "
        f"{words.size(card.size_bytes)} that takes {card.cycles:g} writes of each cell, and writes "
        f"{card.amplification:g} bytes for one, lasts {years}"
    )
    bound = plan.flash_budget_bytes
    if bound is None:
        return text
    return f"{text}. flash_daily: {words.size(bound)}, {'enough' if writes.bytes <= bound else 'TOO LITTLE'}"


def time(days: float) -> str:
    """Return a time in days with two digits that count, as people say it."""
    for name, size in (("year", _LONG_DAYS), ("day", 1.0), ("hour", 1 / 24)):
        if days >= size or name == "hour":
            number = f"{days / size:.2g}" if days / size < 10 else f"{days / size:,.0f}"  # noqa: PLR2004 - two digits
            return f"{number} {name}{'' if number == '1' else 's'}"
    raise AssertionError(days)


def _table(first: str, *others: str, title: str | None = None) -> Table:
    columns = [Column(name, justify="right") for name in others]
    return Table(first, *columns, title=title, title_justify="left", box=None, pad_edge=False)
