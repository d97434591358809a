from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.buffer.gaps import Gaps
from agent.buffer.ledger import Ledger
from agent.buffer.state import Stream
from agent.wire.messages import GapReason
from tests.support.outbox import STREAMS, database

HASH = bytes(32)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with database(tmp_path) as db:
        ledger = Ledger(db)
        ledger.load()
        ledger.configure(STREAMS)
        ledger.save()
        yield ledger


@pytest.fixture
def air(ledger: Ledger) -> Stream:
    return ledger.streams["air"]


def test_losses_of_a_stream_and_reason_become_one_gap_that_spans_them(ledger: Ledger, air: Stream) -> None:
    gaps = Gaps(ledger)
    gaps.rows_lost(air, GapReason.REFUSED, count=2, windows=(1000, 100, 2))
    gaps.rows_lost(air, GapReason.REFUSED, count=3, windows=(1500, 100, 3))
    gaps.rows_lost(air, GapReason.EVICTED, count=1, windows=(0, 100, 1))
    ledger.load()
    assert [(g.reason, g.windows, g.count) for g in ledger.gaps.values()] == [
        (GapReason.REFUSED, (1000, 100, 8), 5),
        (GapReason.EVICTED, (0, 100, 1), 1),
    ]


@pytest.mark.parametrize("other", [(1000, 50, 1), (1050, 100, 1), None], ids=["step", "grid", "boot time"])
def test_losses_on_another_grid_get_a_gap_of_their_own(
    ledger: Ledger, air: Stream, other: tuple[int, int, int] | None
) -> None:
    gaps = Gaps(ledger)
    gaps.rows_lost(air, GapReason.REFUSED, count=1, windows=(1000, 100, 1))
    gaps.rows_lost(air, GapReason.REFUSED, count=1, windows=other)
    assert [g.windows for g in ledger.gaps.values()] == [(1000, 100, 1), other]


def test_sealed_losses_that_follow_each_other_become_one_gap_and_others_do_not(ledger: Ledger, air: Stream) -> None:
    gaps = Gaps(ledger)
    for seq in (4, 5, 7):
        gaps.sealed_lost(air, GapReason.EVICTED, seq=seq, digest=bytes([seq]) * 32, rows=10)
    assert [(g.sealed, g.count) for g in ledger.gaps.values()] == [
        ((4, 5, bytes([5]) * 32), 20),
        ((7, 7, bytes([7]) * 32), 10),
    ]


def test_gap_is_due_once_until_its_receipt_and_later_losses_wait_in_the_next(ledger: Ledger, air: Stream) -> None:
    gaps = Gaps(ledger)
    chain = ledger.chain(air)
    gaps.rows_lost(air, GapReason.EVICTED, count=1, windows=(0, 100, 1))
    (gap,) = gaps.due()
    gaps.declared(gap, seq=8)
    gaps.rows_lost(air, GapReason.EVICTED, count=2, windows=(100, 100, 2))
    assert gaps.due() == []
    gaps.receipted(chain, seq=7)
    assert gaps.due() == []
    gaps.receipted(chain, seq=8)
    assert [g.count for g in gaps.due()] == [2]


def test_receipt_for_what_was_evicted_on_the_way_settles_the_gap(ledger: Ledger, air: Stream) -> None:
    gaps = Gaps(ledger)
    chain = ledger.chain(air)
    ledger.tally.evicted = 10
    gaps.sealed_lost(air, GapReason.EVICTED, seq=4, digest=HASH, rows=10)
    gaps.receipted(chain, seq=4)
    assert ledger.gaps == {}
    assert (ledger.tally.evicted, ledger.tally.receipted) == (0, 10)


def test_gap_whose_envelope_a_broker_took_is_settled(ledger: Ledger, air: Stream) -> None:
    gaps = Gaps(ledger)
    gaps.rows_lost(air, GapReason.EVICTED, count=1, windows=None)
    gaps.declared(gaps.due()[0], seq=3)
    gaps.accepted(ledger.chain(air), seq=2)
    assert ledger.gaps
    gaps.accepted(ledger.chain(air), seq=3)
    assert not ledger.gaps


def test_receipt_in_another_epoch_settles_nothing(ledger: Ledger, air: Stream) -> None:
    gaps = Gaps(ledger)
    chain = ledger.chain(air)
    gaps.rows_lost(air, GapReason.EVICTED, count=1, windows=None)
    gaps.declared(gaps.due()[0], seq=0)
    ledger.meta.epoch = bytes(8)
    gaps.receipted(chain, seq=5)
    assert ledger.gaps


def test_rows_that_were_merged_are_one_gap_whatever_the_length_of_their_windows(ledger: Ledger, air: Stream) -> None:
    gaps = Gaps(ledger)
    gaps.rows_lost(air, GapReason.THINNED, count=3, windows=(1000, 200, 6))
    gaps.rows_lost(air, GapReason.THINNED, count=2, windows=(2200, 100, 4))
    gaps.rows_lost(air, GapReason.THINNED, count=4, windows=(400, 400, 8))
    gaps.rows_lost(air, GapReason.THINNED, count=1)
    assert [(gap.windows, gap.count) for gap in ledger.gaps.values()] == [((400, 100, 32), 9), (None, 1)]
    gaps.rows_lost(air, GapReason.THINNED, count=1, windows=(3550, 1000, 2))
    assert [(gap.windows, gap.count) for gap in ledger.gaps.values()] == [((400, 50, 103), 10), (None, 1)]
