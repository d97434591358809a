"""Evidence of a return that was tampered with, one fault each: `tests.proofs.month_judge` must notice it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from tests.proofs.month_evidence import Arrival, Evidence
from tests.proofs.month_judge import PROMPT_MS
from tests.proofs.size_scene import STREAMS


def tampered(evidence: Evidence) -> dict[str, tuple[str, Evidence]]:
    """Return doctored copies of sound evidence by what was done, with a part of the sentence that must be found."""
    place, (window, values) = next(row for row in enumerate(evidence.rows) if row[1][0] in evidence.left)
    rest = [*evidence.rows[:place], *evidence.rows[place + 1 :]]
    one_less = evidence.gaps - Counter([next(iter(evidence.gaps))])
    last = evidence.samples[-1]
    return {
        "a row taken away": ("not at the city", replace(evidence, rows=rest)),
        "a row doubled": ("more than once", replace(evidence, rows=[*evidence.rows, evidence.rows[0]])),
        "a row altered": (
            "other values",
            replace(evidence, rows=[*rest, (window, (None, *values[1:]))]),
        ),
        "a gap that counts one less": ("gaps declare", replace(evidence, gaps=one_less)),
        "two batches swapped": ("oldest first", replace(evidence, arrivals=_swapped(evidence.arrivals))),
        "the present delayed": ("within", replace(evidence, arrivals=_delayed(evidence.arrivals))),
        "another 6 MiB of memory": (
            "memory grows",
            replace(evidence, samples=[*evidence.samples, replace(last, rss_kb=last.rss_kb + 6144)]),
        ),
        "disk space kept": ("still takes", replace(evidence, end_bytes=evidence.offline.disk_bytes)),
        "twice the bytes on the wire": (
            "of what the budget allows",
            replace(evidence, samples=[replace(one, wire_bytes=2 * one.wire_bytes) for one in evidence.samples]),
        ),
    }


def _swapped(arrivals: Sequence[Arrival]) -> list[Arrival]:
    """Exchange the first two batches of the first stream's backlog."""
    found = list(arrivals)
    past = [place for place, one in enumerate(found) if (one.lane, one.stream) == ("backlog", STREAMS[0])]
    found[past[0]], found[past[1]] = found[past[1]], found[past[0]]
    return found


def _delayed(arrivals: Sequence[Arrival]) -> list[Arrival]:
    return [replace(one, received_ms=one.received_ms + PROMPT_MS) if one.lane == "live" else one for one in arrivals]
