"""Receipts that ask for something again."""

from hashlib import sha256
from pathlib import Path

from agent.buffer.outbox import Outbox
from agent.buffer.records import Outgoing, ReceiptOutcome
from tests.support.outbox import AIR, RECEIVER, opened, parsed, rows, stored, waiting


async def _ask(outbox: Outbox, envelope: Outgoing, *, resend_from: int | None) -> ReceiptOutcome:
    outcome = await outbox.receipt(
        stream="air",
        epoch=outbox.epoch,
        seq=envelope.seq,
        hash=sha256(envelope.data).digest(),
        receiver=RECEIVER,
        resend_from=resend_from,
    )
    await outbox.flush()
    return outcome


async def _sealed(outbox: Outbox) -> list[Outgoing]:
    """Return some envelopes that wait, by seq."""
    await stored(outbox, rows(0, 240))
    while await outbox.seal(partial=True):
        pass
    by_seq = sorted(await waiting(outbox), key=lambda envelope: parsed(envelope)["seq"])
    assert len(by_seq) >= 4, "backlog leaves in batches of sixty"
    return by_seq


async def test_receipt_that_asks_for_what_still_waits_here_gives_nothing_again(tmp_path: Path) -> None:
    """It may be backlog that the budget holds back; what is behind it would leave for each that fills a hole."""
    outbox = await opened(tmp_path / "outbox.db", streams=AIR)
    first, second, *rest = await _sealed(outbox)
    assert await _ask(outbox, first, resend_from=1) is ReceiptOutcome.APPLIED
    assert {e.row_id for e in await waiting(outbox)} == {e.row_id for e in (second, *rest)}
    assert await _ask(outbox, second, resend_from=2) is ReceiptOutcome.APPLIED
    assert {e.row_id for e in await waiting(outbox)} == {e.row_id for e in rest}
    await outbox.close()


async def test_receipt_that_asks_for_what_was_receipted_gives_all_that_is_left_again_once(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db", streams=AIR)
    first, second, *rest = await _sealed(outbox)
    assert await _ask(outbox, second, resend_from=None) is ReceiptOutcome.APPLIED
    assert await _ask(outbox, first, resend_from=1) is ReceiptOutcome.RESEND
    again = await waiting(outbox)
    assert [e.data for e in again] == [e.data for e in rest]
    assert {e.row_id for e in again}.isdisjoint(e.row_id for e in rest)
    assert await _ask(outbox, first, resend_from=1) is ReceiptOutcome.DUPLICATE
    assert await waiting(outbox) == again
    assert await _ask(outbox, first, resend_from=0) is ReceiptOutcome.DUPLICATE, "nothing before what it covers"
    await outbox.close()
