"""The disclosure log as a table for people: one line an entry, in plain words.

In: entries. Out: CSV (RFC 4180), whose last line says what it is and whether it is all. Never: a cell that a
spreadsheet would take for a formula.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final, TextIO

from agent.cli.disclosures_pick import Wanted
from agent.quality import Quality
from agent.wire.entries import (
    ConfigurationEntry,
    DamageEntry,
    Entry,
    EnvelopeEntry,
    LostEntry,
    Moment,
    OrderEntry,
    ReceiptEntry,
    StateEntry,
    StateEvent,
    WithheldEntry,
)
from agent.wire.excerpt import Header, Numbered
from agent.wire.messages import GapReason, Kind
from agent.wire.orders import Refusal

COLUMNS: Final = (
    *("number", "time_utc", "clock", "event", "dataset", "channels", "rows_or_windows", "bytes", "destination"),
    *("reason", "message", "details", "chain_hash"),
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_SEALED: Final = {
    Kind.BATCH: "data released",
    Kind.GAP: "notice of loss released",
    Kind.ALARM: "alarm released",
    Kind.DECLARATION: "declaration released",
    Kind.ACK: "answer to an order released",
    Kind.LOG: "head of this log released",
}
_LOST: Final = {
    GapReason.EVICTED: "the buffer was full: older rows made place",
    GapReason.REFUSED: "the buffer was full: newer rows were refused",
    GapReason.PURGED: "deleted on order",
    GapReason.DAMAGED: "lost with a damaged buffer",
    GapReason.THINNED: "the buffer was full: rows were merged into fewer ones for longer times",
}
_KEPT_BACK: Final = {
    Quality.SUPPRESSED: "too few people or vehicles",
    Quality.WITHHELD: "an error in the privacy filter",
    Quality.PARTIAL: "the window was not observed from end to end",
    Quality.BUDGET_SPENT: "the day's privacy budget was spent",
}
_STATE: Final = {
    StateEvent.LOST: "control state lost: every dataset suspended",
    StateEvent.RESET: "control state reset at the unit: every dataset runs",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """The cells of one entry that depend on its kind."""

    event: str
    dataset: str = ""
    channels: str = ""
    count: int | str = ""
    size: int | str = ""
    destination: str = ""
    reason: str = ""
    message: str = ""
    details: str = ""


class Table:
    """Writes the table.

    Args:
        out: where to.
        header: whose log it is.
        wanted: what was asked for.
    """

    def __init__(self, out: TextIO, header: Header, wanted: Wanted) -> None:
        self._csv = csv.writer(out, lineterminator="\r\n")
        self._header = header
        self._wanted = wanted
        self._channels: dict[tuple[bytes, str], tuple[str, ...]] = {}

    def write(self, picked: Iterable[tuple[Numbered, bool]]) -> int:
        """Write the entries that are asked for, and return how many; the others name the channels as well."""
        self._csv.writerow(COLUMNS)
        shown = 0
        for numbered, chosen in picked:
            entry = numbered.entry
            if isinstance(entry, ConfigurationEntry):
                self._channels |= {(entry.after, name): channels for name, channels in entry.streams}
            if chosen:
                shown += 1
                self._entry(numbered, entry)
        return shown

    def _entry(self, numbered: Numbered, entry: Entry) -> None:
        line = _line(entry)
        if isinstance(entry, EnvelopeEntry) and entry.declaration is not None:
            names = self._channels.get((entry.declaration, entry.stream))
            line = replace(line, channels=f"{entry.channels}, names not known" if names is None else " ".join(names))
        self._row(numbered.number, _time(entry.at), entry.at.quality.name.lower(), line, numbered.hash.hex())

    def end(self, shown: int, *, head: bytes) -> None:
        """Write the last line: it says whose log this is, and whether this is all of it."""
        held = max(0, self._header.last - self._header.first + 1)
        extent = f"entries {self._header.first} to {self._header.last}" if held else "no entries"
        part = "all of them" if self._wanted.is_everything else f"an excerpt: {self._wanted}"
        details = f"unit {self._header.unit}; {extent}; {shown} of {held} shown, {part}; the chain holds"
        self._row("", "", "", _Line(event="end of export", details=details), head.hex())

    def _row(self, number: int | str, time: str, clock: str, line: _Line, digest: str) -> None:
        cells = (
            *(number, time, clock, line.event, line.dataset, line.channels, line.count, line.size, line.destination),
            *(line.reason, line.message, line.details, digest),
        )
        self._csv.writerow(_harmless(cell) if isinstance(cell, str) else cell for cell in cells)


def _harmless(cell: str) -> str:
    """Return text that a spreadsheet shows as it is."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _time(at: Moment) -> str:
    if at.utc_ms is None:
        return ""
    return datetime.fromtimestamp(at.utc_ms / 1000, tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _place(epoch: bytes, first: int, last: int | None = None) -> str:
    return f"{epoch.hex()}:{first}" + (f"-{last}" if last not in {None, first} else "")


def _line(entry: Entry) -> _Line:
    match entry:
        case EnvelopeEntry():
            return _Line(
                event=_SEALED[entry.kind],
                dataset=entry.stream,
                count=entry.rows or "",
                size=entry.size,
                destination=entry.destination,
                message=_place(entry.epoch, entry.seq),
                details=f"SHA-256 of the message {entry.hash.hex()}",
            )
        case ReceiptEntry():
            return _Line(
                event="taken by the broker" if entry.receiver is None else "received by the city",
                dataset=entry.stream,
                message=_place(entry.epoch, entry.seq),
                details="this message" if entry.receiver is None else "everything up to this message",
            )
        case LostEntry():
            return _Line(
                event="rows lost",
                dataset=entry.stream,
                count=entry.count,
                reason=_LOST[entry.reason],
                message="" if entry.sealed is None else _place(entry.epoch, *entry.sealed),
            )
        case WithheldEntry():
            return _Line(
                event="values kept back",
                dataset=entry.stream,
                count=entry.windows,
                reason=_KEPT_BACK.get(entry.code, entry.code.name.lower()),
            )
        case OrderEntry():
            return _order(entry)
        case ConfigurationEntry():
            return _configuration(entry)
        case DamageEntry():
            lost = "an unknown number of" if entry.entries is None else str(entry.entries)
            return _Line(event="buffer damaged", details=f"{lost} entries before this one are lost")
        case StateEntry():
            return _Line(event=_STATE[entry.event])


def _order(entry: OrderEntry) -> _Line:
    obeyed = entry.refusal is Refusal.NONE
    return _Line(
        event=f"order {'obeyed' if obeyed else 'refused'}: {entry.order.name.lower()}",
        dataset=entry.stream or "all",
        reason="" if obeyed else entry.refusal.name.lower().replace("_", " "),
        message=f"version {entry.version}",
        details=f"file number {entry.reference}; role {entry.role.value}; "
        f"{'from a file at the unit' if entry.local else 'from the network'}; SHA-256 {entry.document.hex()}",
    )


def _configuration(entry: ConfigurationEntry) -> _Line:
    streams = "; ".join(f"{name}: {' '.join(channels)}" for name, channels in entry.streams)
    return _Line(
        event="configuration repeated" if entry.before == entry.after else "configuration changed",
        details=f"{streams or 'no dataset'}; declaration {entry.after.hex()}",
    )
