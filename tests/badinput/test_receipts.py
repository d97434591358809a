"""Receipts that are forged, replayed or another unit's, published to the real agent: no row is deleted for them."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from agent.wire import cose, payload
from agent.wire.keyfile import SigningKey, generate
from agent.wire.messages import Batch, Kind, Receipt
from tests.support.broker import subscriber
from tests.support.corner import Corner
from tests.support.evidence import look, opened
from tests.support.forgeries import Pretender
from tests.support.rig import Rig

pytestmark = pytest.mark.broker

_TOPIC = "lamppost/1/corner/receipt/dust"


def _signed(receipt: Receipt, key: SigningKey | Pretender) -> bytes:
    return cose.sign(payload.encode(receipt), kind=Kind.RECEIPT, signer=key)


def _forgeries(honest: Receipt, *, city: SigningKey, stranger: SigningKey, unit: SigningKey) -> list[bytes]:
    """Return receipts that may not be believed."""
    data = _signed(honest, city)
    return [
        os.urandom(200),
        b"",
        data[:-1],
        data[:-1] + bytes([data[-1] ^ 1]),
        _signed(honest, stranger),
        _signed(honest, Pretender(stranger, city)),
        _signed(honest, unit),
        _signed(replace(honest, unit="other"), city),
        cose.sign(payload.encode(honest), kind=Kind.STATUS, signer=city),
    ]


def _idle(honest: Receipt, *, city: SigningKey) -> list[bytes]:
    """Return receipts of the real receiver for something that was never in the store."""
    return [
        _signed(replace(honest, counter=10, epoch=os.urandom(8)), city),
        _signed(replace(honest, counter=11, stream="nothing"), city),
    ]


async def test_receipts_that_are_forged_delete_no_row_and_are_counted_and_logged(tmp_path: Path) -> None:
    stranger = generate(tmp_path / "stranger.key")
    async with Rig(tmp_path) as rig:
        corner = Corner(rig, sensors=["dust"])
        await rig.start()
        await rig.receiver.stop()
        async with corner, subscriber(rig.broker.port, "lamppost/1/corner/live/dust") as hostile:
            heard = await hostile.expect(2, under="/live/")
            batch = opened(heard[-1].payload, corner.unit.key.public)
            assert isinstance(batch, Batch)
            honest = Receipt(
                receiver=rig.receiver.key.kid,
                receiver_epoch=bytes(8),
                counter=5,
                unit="corner",
                stream="dust",
                epoch=batch.epoch,
                seq=batch.seq,
                hash=cose.envelope_hash(heard[-1].payload),
            )
            forged = _forgeries(honest, city=rig.receiver.key, stranger=stranger, unit=corner.unit.key)
            for data in forged:
                await hostile.publish(_TOPIC, data)
            for data in _idle(honest, city=rig.receiver.key):
                await hostile.publish(_TOPIC, data)
            known = await corner.status(
                lambda known: known["receipts"]["refused"] >= len(forged) and known["receipts"]["unknown"] >= 2
            )
            await corner.more_rows(1)
            corner.unit.kill()
            await corner.unit.gone()
            view = look(corner.unit.store, key=corner.unit.key.public)
            corner.unit.start()
            await rig.receiver.start()
            await corner.more_rows(1)
        await corner.nothing_lost()
    assert known["receipts"]["applied"] == 0
    assert known["outbox"]["rows_receipted"] == 0
    assert {(row.stream, row.start_ms) for row in corner.unit.stored if row.life == 1} == view.held
    for told in (
        "signed under a key that is no configured receiver's",
        "the signature does not hold",
        "a receipt for another unit",
        "ends before it is complete",
        "an envelope of another kind: expected lp-receipt",
    ):
        assert told in corner.log


async def test_receipt_that_is_played_again_after_newer_ones_has_no_effect(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        corner = Corner(rig, sensors=["dust"])
        await rig.start()
        async with corner, subscriber(rig.broker.port, _TOPIC) as hostile:
            old = await hostile.expect(1)
            await hostile.expect(1)
            await hostile.publish(_TOPIC, old[0].payload)
            known = await corner.status(lambda known: known["receipts"]["refused"])
            await corner.more_rows(2)
        await corner.nothing_lost()
    assert known["receipts"]["refused"] == 1
    assert "a receipt that is older than one for the same stream" in corner.log
