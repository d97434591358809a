"""Overflow policy `thin`: rows that wait for long merge into windows twice as long, again and again.

In: a stream that must give up space. Out: fewer rows that span the same time, in the open transaction, and one gap
record that counts what is missing. Never: a row that was sealed, a stream that is held, a row of two declarations or
clocks, more than a few thousand rows at a time, a merge that `agent.privacy.merge` has not made.

Which rows: the oldest of those with the shortest window, so that all of an outage is kept, at about one resolution;
the newest one or two batches, in `fresh`, are left as they are. Windows of every length are aligned, so which rows
become one does not depend on when that happens. A row whose other half is not there (it was never sampled, or has
left) stays as it is. When nothing can merge any more, at the latest when every row is a day long, the oldest are
dropped like those of `drop_oldest`.

A sweep goes through the runs of one window length, oldest first, and the next call goes on where the last one ended.
Each run is read once for each length. What is written for a row over all doublings is about its own size once more,
because each has half as many rows as the one before. Where the sweeps stand is kept beside the stream, in `word`, so
that a restart does not begin at the oldest row again. To begin there is never wrong, only slow: so does a store that
was salvaged.

Merged runs take the place of those they are made of: ids tell the order, and between two of them there is room.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from agent.buffer.errors import StoreDamaged
from agent.buffer.gaps import Gaps
from agent.buffer.ledger import Ledger
from agent.buffer.records import EnvelopeMaker, StoredRow
from agent.buffer.rows import columns_of, decode_rows, encode_row
from agent.buffer.state import Stream
from agent.buffer.tables import write_thinning
from agent.buffer.waiting import RUN_SPACING, Run, WaitingRows
from agent.privacy.merge import COARSEST_MS, Merging, Row, begins_pair, merged
from agent.wire.messages import GapReason

_LOG: Final = logging.getLogger(__name__)
_LEAST_ROWS: Final = 64
"""Runs of fewer rows than this are joined when they merge."""
_MOST_RULES: Final = 64

Rules = tuple[Merging, ...] | None


class Thinning:
    """Thins streams.

    Args:
        ledger: the state of the store.
        rows: the rows that wait.
        gaps: takes account.
        maker: knows how the columns of a declared stream merge.
    """

    def __init__(self, ledger: Ledger, *, rows: WaitingRows, gaps: Gaps, maker: EnvelopeMaker) -> None:
        self._ledger = ledger
        self._rows = rows
        self._gaps = gaps
        self._maker = maker
        self._rules: dict[tuple[bytes, str], Rules] = {}

    def thin(self, stream: Stream) -> bool:
        """Merge some of the oldest rows of the shortest window; return False if no two rows can merge."""
        if not stream.sweeps:
            for run in self._rows.runs_from(stream):
                stream.sweeps[run.step_ms] = run.id
                break
        tried: set[int] = set()
        while left := stream.sweeps.keys() - tried:
            step_ms = min(left)
            tried.add(step_ms)
            found = self._sweep(stream, step_ms)
            if found is not None:
                self._merge(stream, *found)
                write_thinning(self._ledger.db, stream)
                return True
        return False

    # -- finding

    def _sweep(self, stream: Stream, step_ms: int) -> tuple[list[Run], int] | None:
        """Return the next runs to merge with the first id behind their place; None if there are none now."""
        group: list[Run] = []
        last = stream.sweeps[step_ms] - 1
        for run in self._rows.runs_from(stream, stream.sweeps[step_ms]):
            if group and self._takes(stream, group, run):
                group.append(run)
                continue
            if self._can_merge(stream, group):
                return group, run.id
            if group and self._may_become_other_half(stream, group[-1], run):
                break
            group = [run] if run.step_ms == step_ms else []
            stream.sweeps.setdefault(run.step_ms, run.id)
            stream.sweeps[step_ms] = last = run.id
        if self._can_merge(stream, group):
            return group, group[-1].id + RUN_SPACING
        stream.sweeps[step_ms] = group[0].id if group else last + 1
        return None

    @staticmethod
    def _takes(stream: Stream, group: Sequence[Run], run: Run) -> bool:
        """Tell whether a run belongs to the same group: what becomes of it must not be longer than a batch."""
        policy = stream.policy
        most = 2 * min(max(policy.batch_rows, _LEAST_ROWS), policy.backlog_rows)
        return group[-1].joins(run) and sum(one.rows for one in group) + run.rows <= most

    def _can_merge(self, stream: Stream, group: Sequence[Run]) -> bool:
        """Tell whether there is a pair in a group, and it is known how it merges."""
        if not group or 2 * group[0].step_ms > COARSEST_MS:
            return False
        rows = sum(run.rows for run in group) - (not begins_pair(group[0].start_ms, group[0].step_ms))
        rules = self._rules_of(stream, group[0]) if rows > 1 else None
        return rules is not None and all(columns_of(run.data) == len(rules) for run in group)

    @staticmethod
    def _may_become_other_half(stream: Stream, run: Run, following: Run) -> bool:
        """Tell whether rows of shorter windows follow at once, and their own sweep has not given them up."""
        return (
            following.step_ms < run.step_ms
            and following.start_ms == run.end_ms
            and following.boot_id == run.boot_id
            and stream.sweeps.setdefault(following.step_ms, following.id) <= following.id
        )

    def _rules_of(self, stream: Stream, run: Run) -> Rules:
        """Return how the rows of a run merge, None if the declaration that they were made under is not here."""
        declared = self._ledger.declared[run.declaration]
        if declared.content is None:
            return None
        key = (declared.hash, stream.name)
        if key not in self._rules:
            if len(self._rules) >= _MOST_RULES:
                self._rules.clear()
            self._rules[key] = self._maker.merging(declared.content, stream.name)
            if self._rules[key] is None:
                _LOG.warning("rows of stream %s are not declared and cannot be thinned", stream.name)
        return self._rules[key]

    # -- merging

    def _merge(self, stream: Stream, group: list[Run], end_id: int) -> None:
        """Put what a group becomes in its place: a row that is no first half, merged rows, a row that is only one."""
        first = group[0]
        made = self._made(stream, group)
        # There may be no room for all of it between two ids of an earlier version: its first run stays as it is.
        if made is None or first.id + len(made) > end_id:
            stream.sweeps[first.step_ms] = first.id + 1
            return
        for run in group:
            self._rows.drop_run(stream, run)
        for place, run in enumerate(made):
            is_tail = place > 0 and run.step_ms == first.step_ms
            placed = replace(run, id=end_id - 1 if is_tail else first.id + place)
            self._rows.place_run(stream, placed)
            stream.sweeps[first.step_ms] = placed.id if is_tail else placed.id + 1
            if run.step_ms != first.step_ms:
                stream.sweeps[run.step_ms] = min(stream.sweeps.get(run.step_ms, placed.id), placed.id)
                self._account(stream, placed)

    def _made(self, stream: Stream, group: Sequence[Run]) -> list[Run] | None:
        """Return what a group becomes, in order of time; None if its rows are not of the form they were declared in.

        Raises:
            StoreDamaged: it does not hold the rows that it should.
        """
        first, rules = group[0], self._rules_of(stream, group[0]) or ()
        like, read = replace(first, clock=group[-1].clock), _rows(group)
        head = 0 if begins_pair(first.start_ms, first.step_ms) else 1
        pairs, tail = divmod(sum(run.rows for run in group) - head, 2)
        made = [_single(like, next(read))] if head else []
        try:
            data = [_encoded(merged(stream.name, next(read), next(read), columns=rules)) for _ in range(pairs)]
        except ValueError as error:
            _LOG.error("rows that wait cannot be thinned: %s", error)
            return None
        made.append(
            replace(
                like,
                start_ms=first.start_ms + head * first.step_ms,
                step_ms=2 * first.step_ms,
                rows=pairs,
                data=b"".join(data),
            )
        )
        made += [_single(like, next(read))] if tail else []
        if next(read, None) is not None:
            raise StoreDamaged("a stored run holds more rows than it says")
        return made

    def _account(self, stream: Stream, coarse: Run) -> None:
        """Count what is missing: one row for each pair. Its extent is told in the windows that there were."""
        stream.thinned += coarse.rows
        windows = None if coarse.boot_id else (coarse.start_ms, coarse.step_ms // 2, 2 * coarse.rows)
        self._gaps.rows_lost(stream, GapReason.THINNED, count=coarse.rows, windows=windows)


def _single(like: Run, row: StoredRow) -> Run:
    """Return a run of one row that stays as it is."""
    return replace(like, start_ms=row.start_ms, rows=1, data=_encoded(row))


def _encoded(row: Row) -> bytes:
    return encode_row(row.values, row.quality)


def _rows(group: Sequence[Run]) -> Iterator[StoredRow]:
    """Yield the rows of a group without holding them all."""
    for run in group:
        for index, (values, quality) in enumerate(decode_rows(run.data, run.rows)):
            yield StoredRow(
                start_ms=run.start_ms + index * run.step_ms,
                step_ms=run.step_ms,
                boot_id=run.boot_id,
                values=values,
                quality=quality,
            )
