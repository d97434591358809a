"""What is written to the card in a day, and how long the card lasts.

In: settings, and what is known of the card. Out: bytes a day, years. Never: the writes of other programs, of the file
system's own journal, of the system's log.

The model was fitted to the store, with its 512-byte pages, on ext4: `write_bytes` of /proc/PID/io over fifteen loads
of 1 to 10 streams, 2 to 24 columns, 1 to 60 rows a commit, batches of 1 to 3,000 rows, with seals, receipts and the
disclosure log; it was within 13 % of each. A commit costs 4,950 bytes (one page of 4 KiB at the end of the
write-ahead log, begun ones again, and its part of the folding in), besides 3.2 bytes for each byte of a row with 35
of its own, 240 bytes for an envelope and 1.7 for each of its bytes. A commit that seals costs 2,760 more, measured
with running units.

Rows wait for the loss window and are committed together; a batch that they complete is sealed by the same commit, and
receipts go with the rows of the next window, if these come within the loss window.

Nobody tells how often the flash of a consumer card may be written. Of the three-level cells in them 300 to 5,000
times are told (micrometer.xyz, "sdcard and NAND-Flash memory", an excerpt: unverified), so 300 is taken; makers of
"endurance" cards state hours of recording at a bit rate instead: hours x 3600 x bits a second / 8 / size. That a card
writes ten times what it is given, since it erases in large blocks, is an assumption, not a measurement.
"""

from dataclasses import dataclass
from typing import Final

from agent.config.plans import Settings
from agent.flash import COMMIT_BYTES, ENVELOPE_BYTES, ENVELOPE_FACTOR, ROW_FACTOR, ROW_OVERHEAD, SEAL_BYTES
from agent.planning.messages import batch
from agent.planning.outages import DAY_S, row_bytes
from agent.planning.traffic import batch_s

_YEAR_DAYS: Final = 365.25
_REST_COMMITS: Final = 288
"""A day's commits for counters and the like, of which most fall into others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The medium.

    Attributes:
        size_bytes: as sold.
        cycles: how often each of its cells may be written.
        amplification: how many bytes it writes for each byte that it is given.
    """

    size_bytes: int = 32_000_000_000
    cycles: int = 300
    amplification: float = 10.0

    @property
    def endurance_bytes(self) -> float:
        """What it can be given in its life."""
        return self.size_bytes * self.cycles / self.amplification

    def years(self, bytes_a_day: float) -> float:
        """Return how long it lasts if it is given so much each day."""
        return self.endurance_bytes / bytes_a_day / _YEAR_DAYS if bytes_a_day else float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Writes:
    """A day.

    Attributes:
        commits: transactions.
        bytes: written to the card.
        rows: stored.
    """

    commits: float
    bytes: float
    rows: float

    @property
    def row_bytes(self) -> float:
        """Bytes written for a row."""
        return self.bytes / self.rows if self.rows else 0.0


def writes_a_day(settings: Settings) -> Writes:
    """Return what a day writes while there is a connection."""
    rows = {plan.name: DAY_S * 1000 / plan.spec.window_ms for plan in settings.streams}
    total = commits = commits_a_day(settings)
    total *= COMMIT_BYTES
    total += _seals_a_day(settings) * SEAL_BYTES
    for plan in settings.streams:
        envelopes = DAY_S / batch_s(plan)
        total += rows[plan.name] * (row_bytes(plan) + ROW_OVERHEAD) * ROW_FACTOR
        total += envelopes * (ENVELOPE_BYTES + ENVELOPE_FACTOR * len(batch(settings, plan)))
    return Writes(commits=commits, bytes=total, rows=sum(rows.values()))


def commits_a_day(settings: Settings) -> float:
    """Return how many transactions a day has: windows of all streams are aligned, and so are their batches.

    The loss window begins with a row, and the rows that come within it share its commit. Rows that come as it ends
    are in time for it about every second time.
    """
    loss_window_s = settings.limits.loss_window_s
    window_s = min(plan.spec.window_ms for plan in settings.streams) / 1000
    within, rest_s = divmod(loss_window_s, window_s)
    together_s = window_s * (within + (1.0 if rest_s or not within else 0.5))
    receipts_apart = 1 if window_s > loss_window_s else 0
    return DAY_S / together_s + receipts_apart * _seals_a_day(settings) + _REST_COMMITS


def _seals_a_day(settings: Settings) -> float:
    return DAY_S / max(settings.limits.loss_window_s, min(batch_s(plan) for plan in settings.streams))
