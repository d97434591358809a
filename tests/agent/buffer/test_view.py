from pathlib import Path

from agent.buffer.records import Lane
from tests.support.outbox import AIR, BATCH, opened, row, rows, stored, waiting


async def test_outbox_says_after_each_commit_whether_there_is_something_to_seal(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db", streams=AIR)
    await stored(outbox, rows(0, BATCH - 1))
    assert not outbox.seal_due
    await stored(outbox, [row(BATCH - 1)])
    assert outbox.seal_due
    assert await outbox.seal() == 1
    assert not outbox.seal_due
    await stored(outbox, [row(BATCH)])
    await stored(outbox, [row(BATCH + 2)])
    assert outbox.seal_due, "what a hole has closed is complete"
    await outbox.close()


async def test_outgoing_gives_at_least_one_envelope_and_stays_within_its_limits(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    for index in range(5):
        await stored(outbox, rows(index * 10, 10))
        await outbox.seal()
    envelopes = await waiting(outbox)
    size = len(envelopes[0].data)
    assert [e.row_id for e in await outbox.outgoing(after=0, limit=2, max_bytes=1 << 20)] == [1, 2]
    assert len(await outbox.outgoing(after=0, limit=9, max_bytes=1)) == 1
    assert len(await outbox.outgoing(after=0, limit=9, max_bytes=size * 5 // 2)) == 2
    assert [e.row_id for e in await outbox.outgoing(after=3, limit=9, max_bytes=1 << 20)] == [4, 5]
    assert await outbox.outgoing(after=0, limit=9, max_bytes=1 << 20, lane=Lane.BACKLOG) == []
    await outbox.close()


async def test_sessions_are_counted_and_the_epoch_stays(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    first = outbox.epoch
    assert (outbox.session, len(first)) == (1, 8)
    await outbox.close()
    outbox = await opened(tmp_path / "outbox.db")
    assert (outbox.session, outbox.epoch) == (2, first)
    await outbox.close()
