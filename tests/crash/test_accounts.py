"""The account of a store that had to lose rows: what adds up, and each way in which it does not."""

from hashlib import sha256

import pytest

from agent.wire.messages import Batch, ClockQuality, ClockStamp, Column, Gap, GapReason
from tests.crash.accounts import Accounts
from tests.crash.story import WINDOW_MS, Published
from tests.support.trace import Chained, Place, place_of

EPOCH = bytes(8)
STREAM = "air"


def batch(*, first: int, rows: int, seq: int = 0, step: int = 1) -> Batch:
    """Return a batch of so many rows, each of `step` windows."""
    return Batch(
        epoch=EPOCH,
        stream=STREAM,
        seq=seq,
        prev=None,
        start_ms=first * WINDOW_MS,
        step_ms=step * WINDOW_MS,
        boot_id=None,
        columns=(Column(channel=0, exponent=0, values=(1,) * rows, quality=()),),
        declaration=bytes(32),
        clock=ClockStamp(quality=ClockQuality.SYNCHRONISED),
        simulated=True,
    )


def gap(reason: GapReason, *, first: int, windows: int, count: int, seq: int = 1) -> Gap:
    """Return a gap record for rows that were not sealed."""
    return Gap(
        epoch=EPOCH,
        stream=STREAM,
        seq=seq,
        prev=None,
        sealed=None,
        windows=(first * WINDOW_MS, WINDOW_MS, windows),
        count=count,
        reason=reason,
        simulated=True,
    )


def accounts(*contents: Chained) -> Accounts:
    """Return the accounts of these envelopes."""
    envelopes: dict[Place, Published] = {
        place_of(one): Published(sha256(str(one).encode()).digest(), one) for one in contents
    }
    return Accounts.of(envelopes)


def missing(*windows: int) -> set[tuple[str, int]]:
    """Return rows that are nowhere."""
    return {(STREAM, window * WINDOW_MS) for window in windows}


def test_accounts_of_evicted_rows_that_a_gap_record_counts_are_right() -> None:
    seen = accounts(batch(first=2, rows=3), gap(GapReason.EVICTED, first=0, windows=2, count=2))
    assert seen.uncovered(missing(0, 1)) == set()
    assert list(seen.wrong(missing(0, 1), numbered=5)) == []


def test_accounts_of_merged_rows_that_a_gap_record_counts_are_right() -> None:
    seen = accounts(
        batch(first=0, rows=1, step=4),
        batch(first=4, rows=2, seq=1),
        gap(GapReason.THINNED, first=0, windows=4, count=3, seq=2),
    )
    assert list(seen.wrong(set(), numbered=6)) == []


def test_accounts_of_a_row_outside_every_extent_name_it() -> None:
    seen = accounts(batch(first=3, rows=2), gap(GapReason.EVICTED, first=0, windows=2, count=2))
    assert seen.uncovered(missing(0, 2)) == missing(2)


def test_accounts_of_rows_in_the_extent_of_thinned_ones_do_not_cover_them() -> None:
    seen = accounts(gap(GapReason.THINNED, first=0, windows=2, count=1))
    assert seen.uncovered(missing(0)) == missing(0)


@pytest.mark.parametrize(
    ("found", "gone", "numbered"),
    [
        pytest.param([batch(first=2, rows=3)], (0, 1), 5, id="evicted without a record"),
        pytest.param(
            [batch(first=2, rows=3), gap(GapReason.EVICTED, first=0, windows=2, count=1)], (0, 1), 5, id="one too few"
        ),
        pytest.param(
            [batch(first=2, rows=3), gap(GapReason.EVICTED, first=0, windows=2, count=3)],
            (0, 1),
            5,
            id="one too many",
        ),
        pytest.param(
            [batch(first=2, rows=3), gap(GapReason.EVICTED, first=0, windows=5, count=2)], (), 3, id="none is gone"
        ),
        pytest.param([batch(first=0, rows=1, step=2)], (), 2, id="merged without a record"),
        pytest.param(
            [batch(first=0, rows=2), gap(GapReason.THINNED, first=0, windows=2, count=1)], (), 2, id="not merged"
        ),
        pytest.param([batch(first=0, rows=3), batch(first=2, rows=1, seq=1)], (), 3, id="twice"),
    ],
)
def test_accounts_that_do_not_add_up_say_so(found: list[Chained], gone: tuple[int, ...], numbered: int) -> None:
    assert list(accounts(*found).wrong(missing(*gone), numbered=numbered))
