"""What the buffer holds, and what becomes of an outage that is longer.

In: settings. Out: days of buffer, rows lost, the length of merged windows. Never: looks at a store.

Rows that wait are kept in runs of one batch each, so many to a page as fit, a long one on pages of its own
(https://sqlite.org/fileformat2.html#b_tree_pages). The store may use its pages up to the cap, less a reserve, the
write-ahead log and the disclosure log (`agent.buffer.eviction`, `agent.buffer.logbook`); measured, 95 of 100 of the
rest hold rows, others say where they are. When it is full the streams with most bytes lose first, so that in the end
each that loses has the same share; streams that keep their oldest rows are bounded to a share of their own.

Under `thin` the oldest rows merge in pairs, again and again: what takes 2^n times a stream's share is kept in windows
up to 2^n times as long, but none is longer than a day; only then something is lost.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from agent.buffer.eviction import SLACK_PAGES, database_pages
from agent.buffer.records import Overflow
from agent.buffer.rows import encode_row
from agent.buffer.wal import PAGE_BYTES
from agent.config.plans import Settings, StreamPlan
from agent.planning.messages import typical_row
from agent.planning.traffic import batch_s
from agent.privacy.merge import COARSEST_MS
from agent.quality import Quality

DAY_S: Final = 86_400
_FILL: Final = 0.95
_RUN_BYTES: Final = 31
"""What a run's record has beside its rows."""
_CELL_BYTES: Final = 9
"""What a record takes in its page beside itself: its length, its id, its place."""
_PAGE_HEADER: Final = 8
_MOST_LOCAL: Final = PAGE_BYTES - 35
_LEAST_LOCAL: Final = (PAGE_BYTES - 12) * 32 // 255 - 23
_OVERFLOW: Final = PAGE_BYTES - 4
_ENTRY_BYTES: Final = 260
"""What an envelope and its receipt take in the disclosure log."""
_LOG_SHARE: Final = 8
_TYPICAL_ROWS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What an outage does to one stream.

    Attributes:
        stream: its name.
        overflow: its policy.
        rows: how many are made meanwhile.
        lost: how many of them are lost: the oldest or the newest, by the policy.
        window_ms: the longest window that is left; that of the stream where none are merged.
        thinned_ms: the longest window that there would be under `thin`.
        dropped: how many rows would be lost by dropping them.
    """

    stream: str
    overflow: Overflow
    rows: int
    lost: int
    window_ms: int
    thinned_ms: int
    dropped: int

    @property
    def lost_share(self) -> float:
        """The part of the outage that is lost."""
        return self.lost / self.rows if self.rows else 0.0

    @property
    def dropped_share(self) -> float:
        """The part of it that would be lost by dropping."""
        return self.dropped / self.rows if self.rows else 0.0


def row_bytes(plan: StreamPlan) -> float:
    """Return what a row of typical values takes as it is stored, without what the store adds."""
    channels = plan.spec.channels
    codes = (Quality.OK,) * len(channels)
    sizes = [len(encode_row(typical_row(channels, row), codes)) for row in range(_TYPICAL_ROWS)]
    return sum(sizes) / len(sizes)


def bytes_a_day(plan: StreamPlan) -> float:
    """Return what a day of a stream's rows takes while it waits."""
    run = record_bytes(round(row_bytes(plan) * plan.policy.batch_rows) + _RUN_BYTES)
    return run * DAY_S / batch_s(plan)


def record_bytes(payload: int) -> float:
    """Return what a record takes, with what it leaves unused of its pages."""
    overflow, local = 0, payload
    if payload > _MOST_LOCAL:
        local = _LEAST_LOCAL + (payload - _LEAST_LOCAL) % _OVERFLOW
        local = local if local <= _MOST_LOCAL else _LEAST_LOCAL
        overflow = -(-(payload - local) // _OVERFLOW)
    to_a_page = (PAGE_BYTES - _PAGE_HEADER) // (local + _CELL_BYTES)
    return PAGE_BYTES * (overflow + 1 / max(1, to_a_page))


def log_bytes(settings: Settings) -> float:
    """Return how large the disclosure log becomes."""
    limits = settings.limits
    envelopes_a_day = sum(DAY_S / batch_s(plan) for plan in settings.streams)
    grown = envelopes_a_day * _ENTRY_BYTES * limits.log_days
    return min(grown, limits.log_bytes, limits.max_bytes / _LOG_SHARE)


def capacity_bytes(settings: Settings, *, log: float | None = None) -> float:
    """Return how many bytes of rows can wait; `log`: the size of the disclosure log, in the end if left out."""
    pages = database_pages(settings.limits.max_bytes)
    reserve = min(SLACK_PAGES + 8 * len(settings.streams), pages // 4)
    taken = log_bytes(settings) if log is None else log
    return max(0.0, ((pages - reserve) * PAGE_BYTES - taken) * _FILL)


def days_of_buffer(settings: Settings, *, log: float | None = None) -> float:
    """Return after how many days without a connection the buffer is full."""
    return capacity_bytes(settings, log=log) / sum(bytes_a_day(plan) for plan in settings.streams)


def outage(settings: Settings, *, days: float, log: float | None = None) -> tuple[Fate, ...]:
    """Return what an outage of so many days does to each stream."""
    wanted = {plan.name: bytes_a_day(plan) * days for plan in settings.streams}
    shares = _shares(settings.streams, wanted, capacity=capacity_bytes(settings, log=log))
    return tuple(
        _fate(plan, wanted=wanted[plan.name], share=shares[plan.name], days=days) for plan in settings.streams
    )


def _shares(streams: Sequence[StreamPlan], wanted: Mapping[str, float], *, capacity: float) -> dict[str, float]:
    """Return what each stream may keep in the end."""
    keepers = [plan.name for plan in streams if plan.policy.overflow is Overflow.DROP_NEWEST]
    others = [plan.name for plan in streams if plan.name not in keepers]
    bound = capacity * (1 - len(others) / (2 * len(streams)))
    kept = _level({name: wanted[name] for name in keepers}, bound)
    left = _level({name: wanted[name] for name in others}, capacity - sum(kept.values()))
    return kept | left


def _level(wanted: Mapping[str, float], capacity: float) -> dict[str, float]:
    """Return shares of a capacity: those who want more than the others yield first, down to one level."""
    shares: dict[str, float] = {}
    left = capacity
    for number, (name, want) in enumerate(sorted(wanted.items(), key=lambda item: item[1])):
        shares[name] = min(want, left / (len(wanted) - number))
        left -= shares[name]
    return shares


def _fate(plan: StreamPlan, *, wanted: float, share: float, days: float) -> Fate:
    rows = round(days * DAY_S * 1000 / plan.spec.window_ms)
    doublings = _doublings(plan.spec.window_ms, wanted=wanted, share=share)
    thinned_ms = plan.spec.window_ms << doublings
    dropped = _lost(rows, wanted=wanted, share=share)
    thins = plan.policy.overflow is Overflow.THIN
    return Fate(
        stream=plan.name,
        overflow=plan.policy.overflow,
        rows=rows,
        lost=_lost(rows, wanted=wanted, share=share * (1 << doublings)) if thins else dropped,
        window_ms=thinned_ms if thins else plan.spec.window_ms,
        thinned_ms=thinned_ms,
        dropped=dropped,
    )


def _doublings(window_ms: int, *, wanted: float, share: float) -> int:
    """Return how often the oldest windows must double for everything to fit, or can."""
    most = max(0, int(math.log2(COARSEST_MS / window_ms)))
    if wanted <= share:
        return 0
    return min(most, math.ceil(math.log2(wanted / share))) if share else most


def _lost(rows: int, *, wanted: float, share: float) -> int:
    return 0 if wanted <= share else rows - int(rows * share / wanted)
