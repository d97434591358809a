import asyncio
from dataclasses import replace

from agent.buffer.intake import COMMIT_ROWS, MOST_ROWS, Intake, commit_bytes
from agent.buffer.work import Loss, Reception, Rows, joined
from tests.support.outbox import START_MS, STEP_MS, row
from tests.support.outbox import rows as released


def _group(first: int, count: int, *, completes: bool = False) -> Rows:
    rows = released(first, count)
    return Rows(rows=rows, data=[b"x"] * count, declaration=b"d", clock=b"c", completes=completes)


def _future() -> asyncio.Future[None]:
    return asyncio.get_running_loop().create_future()


async def test_intake_over_its_bound_drops_the_oldest_and_counts_them() -> None:
    intake = Intake()
    oldest = _future()
    assert intake.add(_group(0, 100), oldest) == []
    assert intake.add(_group(100, MOST_ROWS - 50), _future()) == [oldest]
    assert intake.rows == MOST_ROWS - 50
    assert list(intake.lost.values()) == [Loss(stream="air", count=100, windows=(START_MS, STEP_MS, 100))]


async def test_intake_takes_no_more_rows_than_one_transaction_should_hold() -> None:
    intake = Intake()
    for index in range(4):
        intake.add(_group(index * 300, 300, completes=index == 3), _future())
    taken = intake.take()
    assert sum(group.count for group in taken.work.rows) == 600 >= COMMIT_ROWS
    assert intake.rows == 600
    assert intake.complete
    intake.take()
    assert not intake.waits
    assert not intake.complete


async def test_intake_takes_no_more_bytes_than_one_transaction_should_hold() -> None:
    intake = Intake(commit_bytes(32 * 100))
    for index in range(4):
        assert intake.fills_one is (index >= 2)
        intake.add(_group(index * 50, 50), _future())
    assert [len(intake.take().groups) for _ in range(3)] == [2, 2, 0]
    assert (intake.rows, intake.size) == (0, 0)


async def test_intake_with_one_group_that_is_too_large_takes_it_alone() -> None:
    intake = Intake(commit_bytes(32 * 10))
    for index in range(2):
        intake.add(_group(index * 50, 50), _future())
    assert [len(intake.take().groups) for _ in range(3)] == [1, 1, 0]


async def test_intake_given_back_what_it_gave_keeps_the_order_and_the_newest_counters() -> None:
    intake = Intake()
    first, second = _future(), _future()
    intake.add(_group(0, 3, completes=True), first)
    intake.counters["budget"] = b"old"
    intake.counters["receipts"] = b"kept"
    taken = intake.take()
    intake.add(_group(3, 3), second)
    intake.counters["budget"] = b"new"
    assert intake.put_back(taken) == []
    again = intake.take()
    assert [future for _, future in again.groups] == [first, second]
    assert again.work.counters == {"budget": b"new", "receipts": b"kept"}


async def test_intake_given_back_more_than_fits_drops_the_oldest() -> None:
    intake = Intake()
    old, new = _future(), _future()
    intake.add(_group(0, 10), old)
    taken = intake.take()
    intake.add(_group(10, MOST_ROWS), new)
    assert intake.put_back(taken) == [old]
    assert sum(loss.count for loss in intake.lost.values()) == 10


async def test_intake_given_back_receipts_keeps_the_last_of_those_that_go_on_from_one_another() -> None:
    intake = Intake()
    first = Reception(stream="air", epoch=b"e", seq=0, hash=b"h", receiver=b"r")
    others = [replace(first, stream="noise"), replace(first, epoch=b"f"), replace(first, receiver=b"s")]
    intake.receipts += others
    for seq in [*range(1000), 999, 999]:
        intake.receipts.append(replace(first, seq=seq))
        assert intake.put_back(intake.take()) == []
    assert intake.receipts == [*others, replace(first, seq=999)]
    restored = replace(first, seq=7, resend_from=8)
    intake.receipts.append(restored)
    intake.put_back(intake.take())
    assert intake.receipts == [*others, replace(first, seq=999), restored]


async def test_intake_given_back_what_a_broker_took_keeps_each_once_and_in_order() -> None:
    intake = Intake()
    for row_id in (3, 1, 2, 3, 1):
        intake.accepted.append(row_id)
        intake.put_back(intake.take())
    assert intake.accepted == [3, 1, 2]


async def test_intake_losses_of_rows_on_boot_time_have_no_extent() -> None:
    intake = Intake()
    boot = Rows(rows=[row(0, boot_id=bytes(16))], data=[b"x"], declaration=b"d", clock=b"c", completes=False)
    intake.add(boot, _future())
    intake.add(_group(1, MOST_ROWS), _future())
    assert list(intake.lost.values()) == [Loss(stream="air", count=1, windows=None)]


def test_joined_extents_span_both_whatever_their_order() -> None:
    assert joined((100, 10, 2), (150, 10, 1)) == (100, 10, 6)
    assert joined((150, 10, 1), (100, 10, 2)) == (100, 10, 6)
    assert joined(None, (100, 10, 2)) is None
