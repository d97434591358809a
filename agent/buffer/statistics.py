"""The outbox's counters and gauges, of what is in memory anyhow.

In: the parts of an open store. Out: figures for the status. Never: a look at anything that grows.
"""

from pathlib import Path

from agent.buffer import files
from agent.buffer.opening import Parts
from agent.buffer.records import OutboxStats


def statistics(parts: Parts, *, path: Path, commits: int, lanes: tuple[tuple[str, int], ...]) -> OutboxStats:
    """Return the figures; `lanes` are the envelopes that wait in each, as last counted."""
    ledger, tally = parts.ledger, parts.ledger.tally
    chains = ledger.chains.values()
    return OutboxStats(
        rows_waiting=sum(stream.rows_waiting for stream in ledger.streams.values()),
        envelopes_waiting=sum(chain.envelopes for chain in chains),
        envelopes_leaving=sum(chain.envelopes for chain in chains if ledger.by_id[chain.stream].may_leave),
        sealed_rows_waiting=sum(chain.rows for chain in chains),
        rows_stored=tally.next_row - 1,
        rows_receipted=tally.receipted,
        rows_evicted=tally.evicted,
        rows_refused=tally.refused,
        rows_thinned=sum(stream.thinned for stream in ledger.streams.values()),
        envelopes_sealed=tally.sealed,
        gaps_sealed=tally.gaps,
        commits=commits,
        bytes_used=parts.db.file_bytes(),
        damaged_files=len(files.set_aside(path)),
        resend_missing=tally.missing,
        lanes=lanes,
    )
