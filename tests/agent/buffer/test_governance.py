"""What the city orders: streams that are held or suspended, purges; and delays that a configuration asks for."""

from dataclasses import replace
from pathlib import Path

import pytest

from agent.buffer.errors import StoreUnavailable
from agent.buffer.orders import Orders
from agent.buffer.outbox import Outbox
from agent.buffer.records import Limits, Purged
from agent.buffer.store import Database
from agent.buffer.wal import wal_path
from agent.wire.messages import GapReason
from agent.wire.orders import Order
from tests.support.outbox import (
    AIR,
    DECLARATION,
    START_MS,
    STEP_MS,
    STREAMS,
    StillClock,
    confirm,
    copied,
    delivered,
    drained,
    lost,
    opened,
    parsed,
    put,
    row,
    rows,
    stored,
    waiting,
)

TIGHT = Limits(max_bytes=192 << 10, free_floor_bytes=0, loss_window_s=3600)
HOLD = Orders(streams={"air": Order.HOLD})
SUSPEND = Orders(streams={"air": Order.SUSPEND})
RUN = Orders()


async def _with_everything(path: Path) -> Outbox:
    """Return an outbox with sealed envelopes, backlog and begun batches of two streams: rows 0 to 44."""
    outbox = await opened(path)
    await outbox.declare(DECLARATION)
    for stream in STREAMS:
        await stored(outbox, rows(0, 10, stream=stream))
    await outbox.seal()
    for stream in STREAMS:
        await stored(outbox, rows(10, 35, stream=stream))
    return outbox


def _streams(envelopes: list[dict[str, object]]) -> set[object]:
    return {said["stream"] for said in envelopes}


@pytest.mark.parametrize("order", [HOLD, SUSPEND], ids=["hold", "suspend"])
async def test_a_stream_that_may_not_leave_is_neither_sealed_nor_handed_out(tmp_path: Path, order: Orders) -> None:
    outbox = await _with_everything(tmp_path / "outbox.db")
    assert "air" in {envelope.stream for envelope in await waiting(outbox)}
    await outbox.govern(order)
    assert "air" not in {envelope.stream for envelope in await waiting(outbox)}
    assert _streams(await drained(outbox)) == {"noise", "_declaration"}
    await outbox.govern(RUN)
    assert delivered(await drained(outbox)) == list(range(45))
    await outbox.close()


async def test_an_order_holds_after_the_store_was_salvaged(tmp_path: Path) -> None:
    outbox = await _with_everything(tmp_path / "outbox.db")
    await outbox.govern(SUSPEND)
    await outbox._ask(lambda core: core.recover())
    await stored(outbox, rows(45, 5))
    assert (await outbox.stats()).damaged_files == 1
    assert "air" not in {envelope.stream for envelope in await waiting(outbox)}
    await outbox.close()


async def test_streams_that_no_order_names_follow_the_rule_for_the_others(tmp_path: Path) -> None:
    outbox = await _with_everything(tmp_path / "outbox.db")
    await outbox.govern(Orders(others=Order.SUSPEND))
    assert _streams(await drained(outbox)) == {"_declaration"}
    await outbox.close()


async def test_what_is_held_is_not_evicted_and_new_rows_are_refused(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db", limits=TIGHT, streams=AIR)
    await outbox.declare(DECLARATION)
    await stored(outbox, rows(0, 50))
    await outbox.govern(HOLD)
    for first in range(50, 20_000, 500):
        await stored(outbox, rows(first, 500))
    stats = await outbox.stats()
    assert stats.rows_evicted == 0
    assert stats.rows_refused > 0
    await outbox.govern(RUN)
    arrived = await drained(outbox)
    assert delivered(arrived)[:50] == list(range(50))
    assert lost(arrived) == stats.rows_refused
    await outbox.close()


async def test_envelopes_that_are_held_do_not_keep_other_streams_from_being_sealed(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db", limits=replace(TIGHT, max_bytes=1 << 20))
    for first in range(0, 4000, 100):
        await stored(outbox, rows(first, 100))
        await outbox.seal()
    await outbox.govern(HOLD)
    await stored(outbox, rows(0, 30, stream="noise"))
    assert delivered(await drained(outbox), "noise") == list(range(30))
    await outbox.close()


@pytest.mark.parametrize("until", [None, 10**15], ids=["everything", "far future"])
async def test_a_purge_deletes_every_payload_and_leaves_a_gap_record(tmp_path: Path, until: int | None) -> None:
    outbox = await _with_everything(tmp_path / "outbox.db")
    purged = await outbox.purge("air", until_ms=until)
    assert purged == Purged(rows=45, envelopes=1)
    arrived = await drained(outbox)
    assert delivered(arrived) == []
    assert lost(arrived) == 45
    gaps = [said for said in arrived if said["kind"] == "gap" and said["stream"] == "air"]
    assert {said["reason"] for said in gaps} == {GapReason.PURGED}
    assert delivered(arrived, "noise") == list(range(45))
    await outbox.close()


async def test_a_purge_keeps_the_hash_of_what_was_sealed_in_its_gap_record(tmp_path: Path) -> None:
    outbox = await _with_everything(tmp_path / "outbox.db")
    [sealed] = [envelope for envelope in await waiting(outbox) if envelope.stream == "air"]
    await outbox.purge("air", until_ms=None)
    await outbox.seal()
    said = [parsed(e) for e in await waiting(outbox) if e.stream == "air"]
    assert [one["sealed"][:2] for one in said if one["sealed"]] == [[sealed.seq, sealed.seq]]
    assert all(one["sealed"] is None or len(one["sealed"][2]) == 64 for one in said)
    await outbox.close()


@pytest.mark.parametrize("until", [0, 1, 9, 10, 11, 25, 41, 44, 45])
async def test_a_purge_up_to_a_time_keeps_the_windows_after_it(tmp_path: Path, until: int) -> None:
    outbox = await _with_everything(tmp_path / "outbox.db")
    await outbox.purge("air", until_ms=START_MS + until * STEP_MS)
    left = delivered(await drained(outbox))
    first = 0 if until == 0 else max(10, until)  # the sealed batch of ten goes whole
    assert left == list(range(first, 45))
    await outbox.close()


async def test_a_purge_survives_the_next_start(tmp_path: Path) -> None:
    outbox = await _with_everything(tmp_path / "outbox.db")
    await outbox.purge("air", until_ms=START_MS + 27 * STEP_MS)
    await outbox.close()
    outbox = await opened(tmp_path / "outbox.db")
    assert delivered(await drained(outbox)) == list(range(27, 45))
    await outbox.close()


async def test_rows_without_a_date_are_purged_whatever_the_time(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    await outbox.declare(DECLARATION)
    await stored(outbox, [row(index, boot_id=bytes(16), start_ms=index * STEP_MS) for index in range(15)])
    purged = await outbox.purge("air", until_ms=0)
    assert purged.rows == 15
    await outbox.close()


async def test_what_is_held_is_not_purged(tmp_path: Path) -> None:
    outbox = await _with_everything(tmp_path / "outbox.db")
    await outbox.govern(HOLD)
    assert await outbox.purge("air", until_ms=None) == Purged(held=True)
    await outbox.govern(RUN)
    assert delivered(await drained(outbox)) == list(range(45))
    await outbox.close()


async def test_a_suspended_stream_can_be_purged(tmp_path: Path) -> None:
    outbox = await _with_everything(tmp_path / "outbox.db")
    await outbox.govern(SUSPEND)
    assert (await outbox.purge("air", until_ms=None)).rows == 45
    await outbox.close()


async def test_the_purge_of_an_unknown_stream_does_nothing(tmp_path: Path) -> None:
    outbox = await _with_everything(tmp_path / "outbox.db")
    assert await outbox.purge("no-such-stream", until_ms=None) == Purged()
    await outbox.close()


async def test_no_byte_of_a_purged_payload_stays_in_the_files(tmp_path: Path) -> None:
    path, telling = tmp_path / "outbox.db", 0x1122334455667788
    outbox = await opened(path, limits=replace(TIGHT, retain_s=10**6))
    await outbox.declare(DECLARATION)
    needles = (telling.to_bytes(8, "little"), str(telling).encode())

    def held() -> bool:
        data = b"".join(file.read_bytes() for file in (path, wal_path(path)))
        return any(needle in data for needle in needles)

    for first in range(0, 60, 10):  # retained, sealed, backlog, begun
        await stored(outbox, [row(index, values=(telling, None)) for index in range(first, first + 10)])
        if first < 30:
            await outbox.seal()
            if first == 0:
                await confirm(outbox, [e for e in await waiting(outbox) if e.stream == "air"][-1])
    await stored(outbox, [row(60, values=(telling, None))])
    assert held()
    await outbox.purge("air", until_ms=None)
    assert not held()
    await outbox.close()


async def test_a_purge_deletes_damaged_stores_unless_a_stream_is_held(tmp_path: Path) -> None:
    outbox = await _with_everything(tmp_path / "outbox.db")
    aside = tmp_path / "outbox.damaged-1"
    aside.write_bytes(b"an old store")
    await outbox.govern(Orders(streams={"noise": Order.HOLD}))
    await outbox.purge("air", until_ms=None)
    assert aside.exists()
    await outbox.govern(RUN)
    await outbox.purge("air", until_ms=None)
    assert not aside.exists()
    await outbox.close()


async def test_a_store_killed_right_after_a_purge_is_sound(tmp_path: Path) -> None:
    """The WAL is empty then, for its bytes are to be gone: that must not look like commits that were lost."""
    outbox = await _with_everything(tmp_path / "live.db")
    await outbox.purge("air", until_ms=None)
    path, epoch = copied(tmp_path / "live.db", tmp_path / "outbox.db"), outbox.epoch
    await outbox.close()
    outbox = await opened(path)
    assert (outbox.epoch, (await outbox.stats()).damaged_files) == (epoch, 0)
    assert {said["reason"] for said in await drained(outbox) if said["kind"] == "gap"} == {GapReason.PURGED}
    await outbox.close()


async def test_a_purge_whose_bytes_stay_is_an_error_and_what_was_committed_with_it_is_not_stored_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox = await _with_everything(tmp_path / "outbox.db")
    future = put(outbox, rows(45, 5, stream="noise"))
    with monkeypatch.context() as patch:
        patch.setattr(Database, "checkpoint", _refused)
        with pytest.raises(StoreUnavailable, match="medium"):
            await outbox.purge("air", until_ms=None)
        await future
    assert await outbox.purge("air", until_ms=None) == Purged()
    await stored(outbox, rows(50, 1, stream="noise"))
    assert delivered(await drained(outbox), "noise") == list(range(51))
    await outbox.close()


def _refused(_db: Database, *, truncate: bool = False) -> None:
    if truncate:
        raise StoreUnavailable("the medium is gone")


async def test_heads_tell_the_last_seq_of_each_stream(tmp_path: Path) -> None:
    outbox = await _with_everything(tmp_path / "outbox.db")
    assert await outbox.heads() == {"_declaration": 0, "air": 0, "noise": 0}
    assert {(e.stream, e.epoch, e.seq) for e in await waiting(outbox)} == {
        (stream, outbox.epoch, 0) for stream in ("_declaration", "air", "noise")
    }
    await outbox.close()


# -- delays

DELAYED = {"air": replace(STREAMS["air"], delay_ms=60_000)}


def _clock_at(second: int) -> StillClock:
    """Return a clock that shows this second after `START_MS`."""
    return StillClock(now_ns=second * 10**9)


async def test_rows_do_not_leave_before_their_delay_and_do_after(tmp_path: Path) -> None:
    clock = _clock_at(40)
    outbox = await opened(tmp_path / "outbox.db", streams=DELAYED, clock=clock)
    await outbox.declare(DECLARATION)
    await stored(outbox, rows(0, 40))  # ends at second 40
    assert delivered(await drained(outbox)) == []
    clock.now_ns = 69 * 10**9
    assert delivered(await drained(outbox)) == []
    clock.now_ns = 70 * 10**9  # a minute after the end of the first ten
    assert delivered(await drained(outbox)) == list(range(10))
    clock.now_ns = 99 * 10**9
    assert delivered(await drained(outbox)) == list(range(10, 30))
    clock.now_ns = 100 * 10**9
    assert delivered(await drained(outbox)) == list(range(30, 40))
    await outbox.close()


async def test_the_delay_of_a_stream_that_is_gone_from_the_configuration_still_holds(tmp_path: Path) -> None:
    clock = _clock_at(40)
    outbox = await opened(tmp_path / "outbox.db", streams=DELAYED, clock=clock)
    await outbox.declare(DECLARATION)
    await stored(outbox, rows(0, 40))
    await outbox.close()
    outbox = await opened(tmp_path / "outbox.db", streams={"noise": STREAMS["noise"]}, clock=clock)
    assert delivered(await drained(outbox)) == []
    clock.now_ns = 200 * 10**9
    assert delivered(await drained(outbox)) == list(range(40))
    await outbox.close()


async def test_a_delay_that_is_taken_away_is_gone(tmp_path: Path) -> None:
    clock = _clock_at(40)
    outbox = await opened(tmp_path / "outbox.db", streams=DELAYED, clock=clock)
    await outbox.declare(DECLARATION)
    await stored(outbox, rows(0, 10))
    await outbox.close()
    outbox = await opened(tmp_path / "outbox.db", streams=AIR, clock=clock)
    assert delivered(await drained(outbox)) == list(range(10))
    await outbox.close()
