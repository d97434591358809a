from dataclasses import replace

import pytest

from agent.buffer.errors import StoreDamaged
from agent.buffer.ledger import Ledger
from agent.buffer.store import Database
from tests.support.outbox import STREAMS


@pytest.fixture
def ledger(db: Database) -> Ledger:
    ledger = Ledger(db)
    ledger.load()
    ledger.configure(STREAMS)
    ledger.save()
    return ledger


def _again(ledger: Ledger) -> Ledger:
    again = Ledger(ledger.db)
    again.load()
    return again


def test_what_was_saved_is_loaded(ledger: Ledger) -> None:
    chain = ledger.chain(ledger.streams["air"])
    chain.next_seq, chain.prev, chain.receipted, chain.receipted_hash = 7, bytes(32), 3, bytes([3]) * 32
    chain.pending = 3
    ledger.tally.evicted = 9
    declared = ledger.add_declared(bytes([1]) * 32, b"content")
    ledger.context(declaration=declared.id, boot_id=bytes(16), step_ms=1000, clock=b"c", clock_group=1)
    ledger.save()
    again = _again(ledger)
    for name in ("meta", "tally", "streams", "chains", "declared", "contexts", "gaps"):
        assert getattr(again, name) == getattr(ledger, name), name


def test_policies_are_taken_over_and_streams_that_are_gone_keep_theirs(ledger: Ledger) -> None:
    changed = replace(STREAMS["noise"], batch_rows=99)
    ledger.configure({"noise": changed})
    ledger.save()
    again = _again(ledger)
    assert again.streams["noise"].policy == changed
    assert again.streams["air"].policy == STREAMS["air"]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE chain SET next_seq = next_seq + 1",
        "UPDATE stream SET rows = rows + 1",
        "UPDATE tally SET next_envelope = 1000",
        "UPDATE meta SET epoch = x'0000000000000000'",
        "UPDATE meta SET unit = 5",
        "DELETE FROM tally",
        "INSERT INTO fresh VALUES (1, 99, 1, 0, x'00', 0)",
        "INSERT INTO fresh VALUES (1, 2, 1, 0, x'00', 0)",
        "UPDATE declaration SET content = x'00'",
    ],
)
def test_state_that_was_changed_behind_its_checksum_says_damaged(ledger: Ledger, damage: str) -> None:
    ledger.chain(ledger.streams["air"])
    ledger.add_declared(bytes(32), b"content")
    ledger.context(declaration=1, boot_id=None, step_ms=1000, clock=b"c", clock_group=0)
    ledger.save()
    ledger.db.run(damage)
    with pytest.raises(StoreDamaged):
        _again(ledger)


def test_chains_of_earlier_epochs_are_forgotten_when_nothing_waits_in_them(ledger: Ledger) -> None:
    old = ledger.chain(ledger.streams["air"])
    ledger.meta.epoch = bytes(8)
    waits = ledger.chain(ledger.streams["noise"])
    waits.envelopes = 1
    ledger.meta.epoch = bytes([1]) * 8
    ledger.drop_drained_chains(kept=0)
    ledger.save()
    assert ledger.chains == {waits.id: waits}
    assert old.id not in _again(ledger).chains


def test_newest_chains_of_earlier_epochs_are_kept_for_what_is_retained_of_them(ledger: Ledger) -> None:
    for epoch in range(4):
        ledger.meta.epoch = bytes([epoch]) * 8
        ledger.chain(ledger.streams["air"])
    ledger.drop_drained_chains(kept=2)
    assert sorted(chain.epoch[0] for chain in ledger.chains.values()) == [1, 2, 3]
