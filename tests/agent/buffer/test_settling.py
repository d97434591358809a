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


async def test_receipts_that_ask_again_for_what_was_given_again_are_not_answered_each_time(tmp_path: Path) -> None:
    """What fills the hole may be backlog that the budget holds back; what is behind it would leave for ever."""
    outbox = await opened(tmp_path / "outbox.db", streams=AIR)
    await stored(outbox, rows(0, 40))
    while await outbox.seal(partial=True):
        pass
    first, *_ = by_seq = sorted(await waiting(outbox), key=lambda envelope: parsed(envelope)["seq"])
    assert len(by_seq) >= 2
    assert await _ask(outbox, first, resend_from=1) is ReceiptOutcome.RESEND
    again = await waiting(outbox)
    assert {e.row_id for e in again}.isdisjoint(e.row_id for e in by_seq)
    assert await _ask(outbox, first, resend_from=1) is ReceiptOutcome.DUPLICATE
    assert await waiting(outbox) == again
    await stored(outbox, rows(40, 10))
    await outbox.seal()
    assert await _ask(outbox, by_seq[1], resend_from=2) is ReceiptOutcome.RESEND, "another hole is another question"
    await outbox.close()
