"""The report of `lamppost-receiver show` for a terminal."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from agent.tomlfile.problem import printable
from agent.wire.chain import RESERVED
from agent.wire.messages import GapReason, Suspected

_MS_PER_S = 1000
_FOR: Final = {
    Suspected.HOURS.name.lower(): "less than a day",
    Suspected.DAYS.name.lower(): "a day or longer",
    Suspected.WEEKS.name.lower(): "a week or longer",
}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def render(known: dict[str, Any], *, now_ms: int, console: Console | None = None) -> None:
    """Print what `receiver.report.Report.show` returned."""
    out = console or Console(markup=False)
    out.print(_streams(known["streams"], now_ms))
    for stream in known["streams"]:
        for line in _troubles(stream):
            out.print(f"  {stream['unit']} {stream['stream']}: {line}", style="yellow", highlight=False)
    for unit, status in known["status"].items():
        presence = "online" if status["online"] else "offline"
        out.print(f"  {unit}: {presence}, told {_ago(now_ms - status['received_ms'])} ago", highlight=False)
        for sensor, since in status["suspected"].items():
            line = f"sensor {sensor} may be stuck on one value; the unit has suspected it for {_FOR[since]}"
            out.print(f"  {unit}: {line}", style="yellow", highlight=False)
    if known["rejected"]:
        out.print(_rejected(known["rejected"], now_ms))


def _table(*headers: str, title: str) -> Table:
    return Table(*headers, title=title, title_justify="left", box=None, pad_edge=False)


def _streams(streams: list[dict[str, Any]], now_ms: int) -> Table:
    table = _table("unit", "stream", "seqs", "rows", "latest", "values", title="Received")
    for stream in streams:
        if stream["stream"] in RESERVED:
            continue
        latest = stream["latest"]
        when = "-" if latest is None else f"{_ago(now_ms - latest['start_ms'] - latest['step_ms'])} ago"
        if latest is not None and latest["boot"] is not None:
            when = "clock unset"
        table.add_row(
            stream["unit"],
            stream["stream"],
            str(stream["receipted_seqs"]),
            str(stream["rows"]),
            when,
            _values(latest),
        )
    return table


def _values(latest: dict[str, Any] | None) -> str:
    if latest is None:
        return ""
    return "  ".join(
        f"{name} {entry['value']} {entry['unit']}" if entry["value"] is not None else f"{name} ({entry['quality']})"
        for name, entry in latest["values"].items()
    )


def _troubles(stream: dict[str, Any]) -> list[str]:
    lines = [_gap(gap) for gap in stream["gaps"]]
    lines += [f"undeclared gap: seq {first} to {last} never came" for first, last in stream["undeclared_gaps"]]
    if stream["missing"] is not None:
        lines.append("waiting for seq {} to {}; asked the unit to send again".format(*stream["missing"]))
    if stream["forks"]:
        lines.append(f"{stream['forks']} forks: two different envelopes for one place; was the unit's card cloned?")
    if stream["doubled"]:
        lines.append(f"{stream['doubled']} rows had arrived before in other messages; exports have them once")
    if stream["contradicting"]:
        lines.append(f"{stream['contradicting']} of these say something else; was the unit's card cloned?")
    if stream["set_aside"]:
        lines.append(f"{stream['set_aside']} batches set aside until their declaration comes")
    return lines


def _gap(gap: dict[str, Any]) -> str:
    """Return what a gap record says; rows that were merged are fewer, and their time is not missing."""
    within = ""
    if "start_ms" in gap:
        within = f", between {_utc(gap['start_ms'])} and {_utc(gap['end_ms'])}"
    if gap["reason"] == GapReason.THINNED.name.lower():
        return f"thinned, at seq {gap['seq']}: {gap['rows']} rows fewer, merged into longer windows{within}"
    return f"declared gap at seq {gap['seq']}: {gap['rows']} rows {gap['reason']}{within}{_ended(gap)}"


def _ended(gap: dict[str, Any]) -> str:
    if "ended" not in gap:
        return ""
    return (
        "; epoch {epoch} ended with this damage: the unit knows of seqs up to {last} there, may have given later "
        "ones, and gives no more".format(**gap["ended"])
    )


def _utc(at_ms: int) -> str:
    try:
        return f"{_EPOCH + timedelta(milliseconds=at_ms):%Y-%m-%dT%H:%M:%SZ}"
    except OverflowError:
        return f"{at_ms} ms"


def _rejected(rejected: list[dict[str, Any]], now_ms: int) -> Table:
    table = _table("times", "last", "rule", "reason", title="Rejected")
    table.add_column("topic", overflow="fold")  # who it is about stands in it
    for entry in rejected:
        table.add_row(
            str(entry["count"]),
            f"{_ago(now_ms - entry['last_ms'])} ago",
            entry["rule"],
            printable(entry["reason"]),
            printable(entry["topic"]),
        )
    return table


def _ago(elapsed_ms: int) -> str:
    seconds = max(0, elapsed_ms // _MS_PER_S)
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
