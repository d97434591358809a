"""Alarms in the outbox: sealed with their rows, sent before everything that waits, bounded, and under orders."""

import asyncio
import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import pytest

from agent.buffer.intake import MOST_ALARMS as MOST_KEPT
from agent.buffer.intake import MOST_ROWS, Intake, Taken
from agent.buffer.orders import Orders
from agent.buffer.outbox import Outbox
from agent.buffer.records import Lane, Link, Outgoing
from agent.buffer.sealing import MOST_ALARMS
from agent.buffer.work import Rows
from agent.wire.entries import EnvelopeEntry, LostEntry
from agent.wire.errors import MalformedPayload
from agent.wire.messages import GapReason, Kind
from agent.wire.orders import Order
from tests.support.disclosures import entries_of
from tests.support.outbox import (
    CLOCK,
    DECLARATION,
    DIGEST,
    START_MS,
    STEP_MS,
    ReadableMaker,
    confirm,
    copied,
    delivered,
    drained,
    lost,
    opened,
    parsed,
    rows,
    stored,
    waiting,
)


def _alarm(index: int = 0) -> bytes:
    """Return what stands for the content of an alarm here: the start of its window."""
    return json.dumps(START_MS + index * STEP_MS).encode()


async def _crossed(outbox: Outbox, first: int, *, count: int = 1, counters: dict[str, bytes] | None = None) -> None:
    """Store a row with alarms, which do not wait for the loss window."""
    alarms = [("air", _alarm(first))] * count
    await outbox.append(rows(first, 1), declaration=DIGEST, clock=CLOCK, counters=counters or {}, alarms=alarms)


def _lanes(envelopes: Sequence[Outgoing]) -> list[Lane]:
    return [envelope.lane for envelope in envelopes]


async def test_alarm_is_committed_with_its_row_and_counters_at_once(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")  # with a loss window of an hour
    await outbox.declare(DECLARATION)
    before = (await outbox.stats()).commits
    await _crossed(outbox, 0, counters={"alarms": b"raised"})
    assert (await outbox.stats()).commits == before + 1
    again = await opened(copied(tmp_path / "outbox.db", tmp_path / "copy.db"))
    assert (await again.stats()).rows_stored == 1
    assert await again.load_counters("alarms") == b"raised"
    assert [(parsed(e)["kind"], parsed(e)["content"]) for e in await waiting(again)][1:] == [("note", _alarm().hex())]
    await again.close()
    await outbox.close()


async def test_alarm_takes_a_place_in_its_streams_own_chain(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    await outbox.declare(DECLARATION)
    await stored(outbox, rows(0, 10))
    await outbox.seal()
    await _crossed(outbox, 10)
    await stored(outbox, rows(11, 9))
    await outbox.seal()
    by_seq = {parsed(e)["seq"]: e for e in await waiting(outbox) if e.stream == "air"}
    assert [parsed(by_seq[seq])["kind"] for seq in sorted(by_seq)] == ["batch", "note", "batch"]
    for seq in (1, 2):
        assert parsed(by_seq[seq])["prev"] == sha256(by_seq[seq - 1].data).hexdigest()
    await outbox.close()


async def test_alarm_overtakes_what_is_live_and_the_backlog_but_not_its_declaration(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    for stream in ("noise", "air"):
        await stored(outbox, rows(0, 40, stream=stream))
    while await outbox.seal():
        pass
    await outbox.declare(DECLARATION)
    await _crossed(outbox, 40)
    found = await waiting(outbox)
    assert _lanes(found[:2]) == [Lane.CONTROL, Lane.ALARM]
    assert {Lane.LIVE, Lane.BACKLOG} == set(_lanes(found[2:]))
    assert _lanes(await outbox.outgoing(limit=5, max_bytes=1 << 20, lane=Lane.ALARM)) == [Lane.ALARM]
    await outbox.close()


async def test_alarm_before_its_declaration_has_a_seq_brings_it_along(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    await outbox.declare(DECLARATION)
    await outbox._ask(lambda core: core.recover())  # a new epoch, in which nothing is declared yet
    await _crossed(outbox, 0)
    assert [parsed(envelope)["kind"] for envelope in await waiting(outbox)][-2:] == ["declaration", "note"]
    await outbox.close()


async def test_alarm_is_in_the_disclosure_log(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    await outbox.declare(DECLARATION)
    await _crossed(outbox, 0)
    entered = [entry for entry in await entries_of(outbox) if isinstance(entry, EnvelopeEntry)]
    assert [(entry.kind, entry.stream, entry.rows) for entry in entered][1:] == [(Kind.ALARM, "air", 0)]
    await outbox.close()


async def test_alarm_is_let_go_by_receipt_and_by_nothing_before(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    await _crossed(outbox, 0)
    (envelope,) = await waiting(outbox)
    await confirm(outbox, envelope)
    await outbox.flush()
    assert await waiting(outbox) == []
    assert (await outbox.stats()).rows_receipted == 0
    assert delivered(await drained(outbox)) == [0]
    await outbox.close()


@pytest.mark.parametrize("order", [Order.HOLD, Order.SUSPEND])
async def test_alarm_of_a_stream_that_may_not_leave_waits(tmp_path: Path, order: Order) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    await outbox.govern(Orders(streams={"air": order}))
    await _crossed(outbox, 0)
    assert await waiting(outbox) == []
    await outbox.govern(Orders())
    assert _lanes(await waiting(outbox)) == [Lane.ALARM]
    await outbox.close()


async def test_too_many_alarms_push_the_oldest_out_and_a_gap_says_so(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    for index in range(MOST_ALARMS + 3):
        await _crossed(outbox, index)
    found = await waiting(outbox)
    assert [parsed(envelope)["seq"] for envelope in found] == list(range(3, MOST_ALARMS + 3))
    said = await drained(outbox)
    gaps = [(gap["sealed"][:2], gap["count"]) for gap in said if gap["kind"] == "gap"]
    assert gaps == [([0, 2], 0)]
    assert delivered(said) == list(range(MOST_ALARMS + 3))
    logged = [entry for entry in await entries_of(outbox) if isinstance(entry, LostEntry)]
    assert [(entry.reason, entry.sealed, entry.count) for entry in logged] == [(GapReason.EVICTED, (0, 2), 0)]
    await outbox.close()


async def test_alarms_of_one_stream_push_none_of_another_out(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    noise = [("noise", _alarm())]
    await outbox.append(rows(0, 1, stream="noise"), declaration=DIGEST, clock=CLOCK, alarms=noise)
    for index in range(MOST_ALARMS + 1):
        await _crossed(outbox, index)
    assert [envelope.stream for envelope in await waiting(outbox)].count("noise") == 1
    await outbox.close()


async def test_purge_deletes_the_alarms_of_the_time_too(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    await _crossed(outbox, 0)
    await _crossed(outbox, 5)
    purged = await outbox.purge("air", until_ms=START_MS + 5 * STEP_MS)
    assert purged.envelopes == 1
    said = [parsed(envelope) for envelope in await waiting(outbox)]
    assert [e["content"] for e in said if e["kind"] == "note"] == [_alarm(5).hex()]
    assert (tmp_path / "outbox.db").read_bytes().count(_alarm(0).hex().encode()) == 0
    gaps = [gap for gap in await drained(outbox) if gap["kind"] == "gap" and gap["sealed"]]
    assert [gap["sealed"][:2] for gap in gaps] == [[0, 0]]
    await outbox.close()


async def test_alarm_without_a_form_is_left_out_and_keeps_nothing_back(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Refusing(ReadableMaker):
        def note(self, link: Link, content: bytes) -> bytes:
            raise MalformedPayload(f"no {len(content)} bytes of {link.stream}")

    outbox = await opened(tmp_path / "outbox.db", maker=Refusing())
    await _crossed(outbox, 0)
    assert "cannot be sealed and is left out" in caplog.text
    assert delivered(await drained(outbox)) == [0]
    await outbox.close()


async def test_alarms_that_were_not_receipted_survive_damage(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    await outbox.declare(DECLARATION)
    await _crossed(outbox, 0)
    before = [envelope.data for envelope in await waiting(outbox)]
    await outbox._ask(lambda core: core.recover())
    after = await waiting(outbox)
    assert [envelope.data for envelope in after if envelope.data in before] == before
    assert Lane.ALARM in _lanes(after)
    assert lost(await drained(outbox)) == 0
    await outbox.close()


async def test_rows_that_must_go_leave_their_alarms_behind() -> None:
    intake = Intake()

    def group(index: int, *, size: int) -> Rows:
        released = rows(index, size)
        alarms = [("air", _alarm(index))]
        data = [b""] * size
        return Rows(rows=released, data=data, declaration=DIGEST, clock=CLOCK, completes=False, alarms=alarms)

    future = asyncio.get_running_loop().create_future
    for index in range(MOST_KEPT + 20):
        intake.add(group(index * 2, size=1), future())
    intake.add(group(10_000, size=MOST_ROWS), future())
    work = intake.take().work
    kept = [content for _, _, content in work.all_alarms()]
    assert kept[-1] == _alarm(10_000)
    assert kept[:-1] == [_alarm(index * 2) for index in range(20, MOST_KEPT + 20)]
    assert all(declaration == DIGEST for _, declaration, _ in work.all_alarms())
    intake.put_back(Taken(work, []))
    assert intake.waits
