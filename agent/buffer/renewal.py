"""A new epoch in a store that is whole: when seqs may have been given that it does not know of.

In: the ledger of an open store. Out: a new epoch, in the open transaction. Never: a record deleted that has not left:
envelopes keep their epoch, seq and bytes and go out as they are; rows are sealed under the new one.

The newest commit of all can be unreadable, or gone without a trace: that looks like a power cut a moment before it.
What it had sealed may be with the city, under seqs that the store would give again. Two things tell:

- A kill leaves the beginning of a transaction, never its end. So the end of one that SQLite does not accept, found by
  the boot that wrote it, is damage. (A power cut can leave any part of what was not synced.)
- The city's receipts are cumulative and signed, and the last one is retained: what speaks of a seq that was never
  given here, or of another envelope, comes before anything is sealed in a session, or answers the first one sent.
"""

import logging
import os
from typing import Final

from agent.buffer.disclosures import Disclosures
from agent.buffer.gaps import Gaps
from agent.buffer.ledger import Ledger
from agent.buffer.state import Word, WordKind
from agent.buffer.tables import DECLARATION, GAP, META, WORD
from agent.wire.messages import EPOCH_BYTES, GapReason

_LOG: Final = logging.getLogger(__name__)
_BOOT: Final = Word.of(WordKind.BOOT, 0, b"").id


def begin_epoch(ledger: Ledger, log: Disclosures, gaps: Gaps) -> None:
    """Begin a new epoch: every chain from seq 0, every declaration to be sent again before what cites it.

    Whatever has forgotten seqs may have forgotten rows: each stream gets a gap, with the last seq that is known.
    """
    ended = ledger.meta.epoch
    ledger.meta.epoch = os.urandom(EPOCH_BYTES)
    META.write(ledger.db, ledger.meta)
    log.damaged(epoch=ledger.meta.epoch, entries=None)
    for declared in ledger.declared.values():
        if declared.seq is not None:
            declared.seq = None
            DECLARATION.write(ledger.db, declared)
    _end_gaps(ledger, log, ended)
    for stream in [stream for stream in ledger.streams.values() if not stream.name.startswith("_")]:
        chain = ledger.find_chain(stream, ended)
        last = None if chain is None or not chain.next_seq else (ended, chain.next_seq - 1)
        gaps.rows_lost(stream, GapReason.DAMAGED, count=0, ended=last)


def _end_gaps(ledger: Ledger, log: Disclosures, ended: bytes) -> None:
    """Forget declared gaps, whose records go out in the ended epoch; tell of the others in the new one.

    A gap record names seqs of its own epoch only: those of envelopes that were evicted are told by the log.
    """
    for gap in list(ledger.gaps.values()):
        if gap.sealed_seq is not None:
            GAP.delete(ledger.db, gap.id)
            del ledger.gaps[gap.id]
        elif gap.sealed is not None:
            name, reason = ledger.by_id[gap.stream].name, GapReason(gap.reason)
            log.lost(name, epoch=ended, reason=reason, count=0, sealed=gap.sealed[:2])
            gap.sealed = None
            GAP.write(ledger.db, gap)


def last_boot(ledger: Ledger) -> bytes | None:
    """Return the boot that had the store open last, None if it does not say."""
    record = ledger.db.one(f"{WORD.select} WHERE id = ?", _BOOT)
    return None if record is None else WORD.value(record).value


def note_boot(ledger: Ledger, boot_id: bytes) -> None:
    """Keep which boot has the store open."""
    if last_boot(ledger) != boot_id:
        WORD.write(ledger.db, Word(id=_BOOT, value=boot_id))


def told(reason: str) -> None:
    """Say why a new epoch begins."""
    _LOG.warning("a new epoch begins: %s", reason)
