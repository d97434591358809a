"""The page of `lamppost status` for a terminal."""

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from agent.cli.spending_lines import spending_lines
from agent.cli.trip_lines import trip_lines

_MIB = 1024 * 1024


def render(known: dict[str, Any], *, age_s: int, troubles: list[str], console: Console | None = None) -> None:
    """Print the status: verdict first, then what supports it."""
    out = console or Console(highlight=False)
    simulated = "  SIMULATED SENSORS" if known["simulated"] else ""
    clock = known["clock"]["quality"]
    said = escape(f"{known['software']}  clock {clock}, {max(0, age_s)} s ago{simulated}")
    out.print(f"[bold]{escape(str(known['unit']))}[/bold]  {said}")
    for trouble in troubles:
        out.print(f"[bold red]✗[/bold red] {escape(trouble)}", soft_wrap=True)
    if not troubles:
        out.print("[bold green]✓[/bold green] everything works")
    out.print(_sensors(known["sensors"]))
    out.print(_streams(known["streams"]))
    for line in (*_lines(known), *spending_lines(known), *trip_lines(known)):
        out.print(escape(line), soft_wrap=True)


def _sensors(sensors: dict[str, dict[str, Any]]) -> Table:
    table = Table("sensor", "state", "readings", "failures", "skipped", box=None, pad_edge=False)
    for name, sensor in sensors.items():
        counts = (str(sensor[key]) for key in ("readings", "failures", "skipped"))
        table.add_row(escape(name), escape(str(sensor["state"] or "starting")), *map(escape, counts))
    return table


def _streams(streams: dict[str, dict[str, int]]) -> Table:
    table = Table("stream", "rows released", "withheld", "groups suppressed", "late", box=None, pad_edge=False)
    for name, counted in streams.items():
        keys = ("rows_released", "rows_withheld", "groups_suppressed", "late_readings")
        table.add_row(escape(name), *(escape(str(counted[key])) for key in keys))
    return table


def _thinned(outbox: dict[str, Any]) -> str:
    """Return how many rows were merged away, nothing if none were; files of earlier versions do not tell."""
    count = outbox.get("rows_thinned", 0)
    return f"{count} merged away, " if count else ""


def _alarms(alarms: dict[str, dict[str, dict[str, Any]]]) -> list[str]:
    """Return the alarms that are not over, and those of which the city was not told yet."""
    lines = []
    for stream, named in alarms.items():
        for name, alarm in named.items():
            state, told = alarm["state"], alarm["told"]
            faster = f", faster for {alarm['fast_s']} s" if alarm["fast_s"] else ""
            waits = "" if state == told else f"; the city was last told that it is {told}"
            if state != "cleared" or waits:
                lines.append(f"alarm {name} of stream {stream} is {state}{faster}{waits}")
    return lines


def _lines(known: dict[str, Any]) -> list[str]:
    outbox, uplink, receipts = known["outbox"], known["uplink"], known["receipts"]
    lines = [
        f"sensor {name} is paused: {sensor['problem']}"
        for name, sensor in known["sensors"].items()
        if sensor["state"] == "paused"
    ]
    lines += [f"stream {name} is {reason}" for name, reason in known["control"]["ordered"].items()]
    lines += _alarms(known.get("alarms", {}))
    restarts = known.get("supervision", {}).get("restarts", 0)
    if restarts:
        lines.append(f"restarted itself {restarts} times in 24 hours, because something hung")
    if outbox is not None:
        lines.append(
            f"buffer: {outbox['rows_waiting'] + outbox['sealed_rows_waiting']} rows wait, "
            f"{outbox['rows_receipted']} of {outbox['rows_stored']} delivered, {outbox['rows_evicted']} evicted, "
            f"{_thinned(outbox)}{outbox['bytes_used'] / _MIB:.1f} MiB"
        )
    if uplink is not None:
        state = f"MQTT {uplink['protocol']}" if uplink["connected"] else "not connected"
        lines.append(
            f"uplink: {state} for {uplink['since_s']:.0f} s, {uplink['sent']} sent ({uplink['resent']} again), "
            f"{uplink['refused']} refused, {receipts['applied']} receipts"
        )
    return lines
