"""Outboxes that were broken on purpose: what a proof must find, or it proves nothing."""

from hashlib import sha256
from typing import Any

import pytest

from agent.buffer.envelopes import Envelopes
from agent.buffer.gaps import Gaps
from agent.buffer.ledger import Ledger
from agent.buffer.settling import Settling
from agent.buffer.state import Chain
from agent.buffer.work import Reception
from agent.wire.messages import GapReason


def _forgets_a_gap(patch: pytest.MonkeyPatch) -> None:
    count = Gaps.rows_lost

    def forgets(self: Gaps, stream: Any, reason: GapReason, **loss: Any) -> None:  # noqa: ANN401 - passed on
        if reason is not GapReason.EVICTED:
            count(self, stream, reason, **loss)

    patch.setattr(Gaps, "rows_lost", forgets)


def _gives_a_seq_twice(patch: pytest.MonkeyPatch) -> None:
    load = Ledger.load

    def forgets(self: Ledger) -> None:
        load(self)
        for chain in self.chains.values():
            if chain.envelopes > 1:
                chain.next_seq -= 1

    patch.setattr(Ledger, "load", forgets)


def _drops_a_receipt(patch: pytest.MonkeyPatch) -> None:
    release = Settling.release

    def drops(self: Settling, reception: Reception, now_ms: int) -> None:
        if reception.seq % 3 != 2:
            release(self, reception, now_ms)

    patch.setattr(Settling, "release", drops)


def _resends_other_bytes(patch: pytest.MonkeyPatch) -> None:
    put = Envelopes.put

    def puts(self: Envelopes, chain: Chain, *, seq: int, **envelope: Any) -> None:  # noqa: ANN401 - passed on
        if seq <= chain.receipted:
            envelope["data"] += b" "
            envelope["digest"] = sha256(envelope["data"]).digest()
        put(self, chain, seq=seq, **envelope)

    patch.setattr(Envelopes, "put", puts)


PLANTED = {
    "forgets a gap": (_forgets_a_gap, "rows are missing"),
    "gives a seq twice": (
        _gives_a_seq_twice,
        "a seq was given twice|seqs are not consecutive|a seq is in the store twice|not judged as it should",
    ),
    "drops a receipt": (_drops_a_receipt, "a receipt was dropped"),
    "resends other bytes": (_resends_other_bytes, "a seq was given twice"),
}
