"""Which entries of the disclosure log somebody asks for: by day and by dataset.

In: entries in order. Out: the same entries, each with whether it is asked for. Never: an entry left out that may
belong: one that was made while the clock was unset lies between its dated neighbours.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from agent.wire.entries import (
    ConfigurationEntry,
    DamageEntry,
    Entry,
    EnvelopeEntry,
    LostEntry,
    OrderEntry,
    ReceiptEntry,
    StateEntry,
    WithheldEntry,
)
from agent.wire.excerpt import Numbered


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for: days in UTC, both included; a dataset, with what concerns all of them."""

    since: date | None = None
    until: date | None = None
    stream: str | None = None

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out."""
        return self == Wanted()

    def __str__(self) -> str:
        """Return the same in words."""
        parts = (
            ("from ", self.since),
            ("to ", self.until),
            ("dataset ", self.stream),
        )
        return ", ".join(f"{word}{value}" for word, value in parts if value is not None)

    def pick(self, entries: Iterable[Numbered]) -> Iterator[tuple[Numbered, bool]]:
        """Yield the entries, each with whether it is asked for."""
        for numbered, earliest_ms, latest_ms in _dated(entries):
            too_early = self.since is not None and latest_ms is not None and latest_ms < _start_ms(self.since)
            too_late = self.until is not None and earliest_ms is not None and earliest_ms >= _end_ms(self.until)
            concerned = self.stream is None or concerns(numbered.entry, self.stream)
            yield numbered, concerned and not too_early and not too_late


def concerns(entry: Entry, stream: str) -> bool:
    """Return whether an entry is about a dataset, or about all of them."""
    match entry:
        case EnvelopeEntry() | ReceiptEntry() | LostEntry() | WithheldEntry():
            return entry.stream == stream
        case OrderEntry():
            return entry.stream in {None, stream}
        case ConfigurationEntry():
            return any(name == stream for name, _ in entry.streams)
        case DamageEntry() | StateEntry():
            return True


def _dated(entries: Iterable[Numbered]) -> Iterator[tuple[Numbered, int | None, int | None]]:
    """Yield entries with the times between which they were made."""
    undated: list[Numbered] = []
    before: int | None = None
    for numbered in entries:
        utc_ms = numbered.entry.at.utc_ms
        if utc_ms is None:
            undated.append(numbered)
            continue
        for one in undated:
            yield one, before, utc_ms
        undated.clear()
        yield numbered, utc_ms, utc_ms
        before = utc_ms
    for one in undated:
        yield one, before, None


def _start_ms(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1000


def _end_ms(day: date) -> int:
    return _start_ms(day + timedelta(days=1))
