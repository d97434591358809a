"""What must hold of a return from a month's outage, by the evidence of `tests.proofs.month_evidence`."""

from collections import Counter
from collections.abc import Iterator

from agent.wire.messages import GapReason
from tests.proofs.month_evidence import Arrival, Evidence
from tests.proofs.size_scene import STREAMS

PROMPT_MS = 2000
"""So soon what is measured is at the city, from the end of its window or the beginning of the session on."""
MORE_KB = 5 * 1024
_WHILE = 2
"""Live batches of each stream that are to arrive while the backlog drains."""
_RECEIPTS = 0.02
"""What comes in unasked is charged once it is here, and may be more than is left."""


def judge(evidence: Evidence) -> list[str]:
    """Return what does not hold."""
    ended = [] if evidence.drained else ["the past has not arrived"]
    if evidence.exit_code != 0:
        ended.append(f"the agent ended with {evidence.exit_code}")
    return [
        *ended,
        *_judge_rows(evidence),
        *_judge_gaps(evidence),
        *_judge_order(evidence),
        *_judge_present(evidence),
        *_judge_costs(evidence),
    ]


def _judge_rows(evidence: Evidence) -> Iterator[str]:
    """Each row that waited, and each that was measured since, is at the city once, as it was."""
    times = Counter(window for window, _ in evidence.rows)
    city = dict(evidence.rows)
    stored = set(evidence.reported)
    came = {(stream, start) for stream, start, _ in times}
    wrong = {
        "rows that waited are not at the city": sum(window not in times for window in evidence.left),
        "rows that waited arrived with other values": sum(
            city.get(window, values) != values for window, values in evidence.left.items()
        ),
        "rows measured since are not at the city": len(stored - came),
        "rows arrived more than once": sum(count > 1 for count in times.values()),
        "rows arrived that nobody stored": sum(
            window not in evidence.left and window[:2] not in stored for window in times
        ),
        "seqs were published with different bytes": evidence.rewritten,
    }
    yield from (f"{count} {what}" for what, count in wrong.items() if count)


def _judge_gaps(evidence: Evidence) -> Iterator[str]:
    """What was measured has arrived or is declared as lost, row by row; each policy has had its part."""
    arrived = Counter(stream for (stream, _, _), _ in evidence.rows)
    since = Counter(stream for stream, _ in evidence.reported)
    for stream in STREAMS:
        lost = sum(count for (name, _), count in evidence.gaps.items() if name == stream)
        measured = evidence.measured + since[stream]
        if arrived[stream] + lost != measured:
            yield f"{stream}: {measured} rows were measured, {arrived[stream]} arrived, gaps declare {lost}"
    reasons = {reason for (_, reason), count in evidence.gaps.items() if count}
    for reason in (GapReason.EVICTED, GapReason.REFUSED, GapReason.THINNED):
        if reason not in reasons:
            yield f"no row was {reason.name.lower()}: the outbox was large enough, and this shows nothing"


def _of(evidence: Evidence, lane: str, stream: str) -> list[Arrival]:
    return [one for one in evidence.arrivals if (one.lane, one.stream) == (lane, stream)]


def _judge_order(evidence: Evidence) -> Iterator[str]:
    """The oldest of the backlog first, stream by stream."""
    for stream in STREAMS:
        starts = [one.start_ms for one in _of(evidence, "backlog", stream)]
        if not starts:
            yield f"{stream}: no backlog arrived"
        elif starts != sorted(starts):
            yield f"{stream}: the backlog did not arrive oldest first"


def waits_ms(evidence: Evidence, stream: str) -> list[int]:
    """Return how long each live batch of a stream took, from its end or the session's beginning on."""
    return [one.received_ms - max(one.end_ms, evidence.session_ms) for one in _of(evidence, "live", stream)]


def _judge_present(evidence: Evidence) -> Iterator[str]:
    """What is measured is at the city at once, from the session's beginning on and while the backlog drains."""
    drained_ms = max((one.received_ms for one in evidence.arrivals if one.lane == "backlog"), default=0)
    for stream in STREAMS:
        waits = waits_ms(evidence, stream)
        if not waits or waits[0] > PROMPT_MS:
            yield f"{stream}: the present is not at the city within {PROMPT_MS} ms of the session"
        late = sum(wait > PROMPT_MS for wait in waits)
        if late:
            yield f"{stream}: {late} of {len(waits)} live batches arrived late, the last of them by {max(waits)} ms"
        if sum(one.received_ms < drained_ms for one in _of(evidence, "live", stream)) < _WHILE:
            yield f"{stream}: hardly anything was measured while the backlog drained, and this shows nothing"


def _judge_costs(evidence: Evidence) -> Iterator[str]:
    """Memory stays, the disk gets its space back, and the wire carries what the rate allows."""
    more = max(sample.rss_kb for sample in evidence.samples) - evidence.offline.rss_kb
    if more > MORE_KB:
        yield f"memory grows by {more} kB in the drain, expected at most {MORE_KB}"
    if evidence.end_bytes > evidence.offline.disk_bytes / 2:
        yield f"the outbox took {evidence.offline.disk_bytes:,} bytes, and still takes {evidence.end_bytes:,}"
    if evidence.connections != 1:
        yield f"{evidence.connections} connections were made, and the wire bytes of one are known"
    if (part := most_spent(evidence)) > 1 + _RECEIPTS:
        yield f"the wire carried {part:.0%} of what the budget allows"


def most_spent(evidence: Evidence) -> float:
    """Return the largest part of what the rate had allowed so far that was ever on the wire: a minute's at once."""
    rate = evidence.bytes_per_minute
    return max(sample.wire_bytes / (rate * (1 + sample.since_s / 60)) for sample in evidence.samples)
