import logging
from hashlib import sha256
from pathlib import Path

import pytest

from agent.buffer.outbox import Outbox
from agent.buffer.records import ReceiptOutcome
from agent.receipts import ReceiptVerifier
from agent.reception import COUNTERS, Reception
from agent.wire import cose, payload
from agent.wire.keyfile import SigningKey
from agent.wire.messages import Kind
from tests.support.outbox import UNIT, opened, rows, stored, waiting
from tests.support.wire import OTHER_KEY, RECEIVER_KEY, UNIT_KEY, receipt, status

TOPIC = f"lamppost/1/{UNIT}/receipt/air"


async def _sealed(outbox: Outbox) -> tuple[Reception, bytes]:
    """Return the reception of an outbox with one sealed batch, and a receipt for that."""
    reception = Reception(ReceiptVerifier({RECEIVER_KEY.kid: RECEIVER_KEY.public}, unit=UNIT), outbox=outbox)
    await stored(outbox, rows(0, 10))
    await outbox.seal()
    (envelope,) = [one for one in await waiting(outbox) if one.stream == "air"]
    return reception, _receipt(outbox, sha256(envelope.data).digest())


def _receipt(outbox: Outbox, digest: bytes, *, unit: str = UNIT, signer: SigningKey = RECEIVER_KEY) -> bytes:
    told = receipt(unit=unit, stream="air", epoch=outbox.epoch, seq=0, hash=digest)
    return cose.sign(payload.encode(told), kind=Kind.RECEIPT, signer=signer)


async def test_reception_of_a_receipt_lets_go_of_what_it_covers_and_keeps_the_counter(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    reception, data = await _sealed(outbox)
    await reception.take(TOPIC, data)
    await outbox.flush()

    assert await waiting(outbox) == []
    assert reception.outcomes[ReceiptOutcome.APPLIED] == 1
    kept = await outbox.load_counters(COUNTERS)
    assert kept is not None
    assert UNIT_KEY.kid.hex() not in kept.decode()
    await outbox.close()


async def test_reception_of_the_same_receipt_again_changes_nothing(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    reception, data = await _sealed(outbox)
    await reception.take(TOPIC, data)
    await reception.take(TOPIC, data)

    assert (reception.outcomes[ReceiptOutcome.DUPLICATE], reception.refused) == (1, 0)
    await outbox.close()


async def test_reception_of_a_receipt_after_a_restart_refuses_an_older_one(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    reception, data = await _sealed(outbox)
    await reception.take(TOPIC, data)
    await outbox.flush()
    again = ReceiptVerifier({RECEIVER_KEY.kid: RECEIVER_KEY.public}, unit=UNIT)
    again.restore(await outbox.load_counters(COUNTERS))
    older = receipt(unit=UNIT, stream="air", epoch=outbox.epoch, counter=3)
    reception = Reception(again, outbox=outbox)
    await reception.take(TOPIC, cose.sign(payload.encode(older), kind=Kind.RECEIPT, signer=RECEIVER_KEY))

    assert reception.refused == 1
    await outbox.close()


HOSTILE = [
    pytest.param(lambda _outbox, _data: b"", id="nothing"),
    pytest.param(lambda _outbox, data: data[:-1], id="cut"),
    pytest.param(lambda _outbox, data: data[:-1] + bytes([data[-1] ^ 1]), id="flipped"),
    pytest.param(lambda outbox, _data: _receipt(outbox, bytes(32), signer=OTHER_KEY), id="forged"),
    pytest.param(lambda outbox, _data: _receipt(outbox, bytes(32), unit="other"), id="another-unit"),
    pytest.param(
        lambda _outbox, _data: cose.sign(payload.encode(status()), kind=Kind.STATUS, signer=RECEIVER_KEY),
        id="no-receipt",
    ),
]


@pytest.mark.parametrize("spoil", HOSTILE)
async def test_reception_of_what_does_not_hold_has_no_effect_and_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, spoil: object
) -> None:
    assert callable(spoil)
    outbox = await opened(tmp_path / "outbox.db")
    reception, data = await _sealed(outbox)
    unverified = spoil(outbox, data)
    with caplog.at_level(logging.WARNING, logger="agent.reception"):
        await reception.take(TOPIC, unverified)
        await reception.take(TOPIC, unverified)
    await outbox.flush()

    assert reception.refused == 2
    assert len(await waiting(outbox)) == 1
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith(f"{TOPIC}: a message from the city was not believed and had no effect: ")
    await outbox.close()


async def test_reception_passes_control_documents_on_as_they_came(tmp_path: Path) -> None:
    outbox = await opened(tmp_path / "outbox.db")
    reception, _ = await _sealed(outbox)
    taken: list[bytes] = []
    reception.on_control = taken.append
    document = cose.sign(b"not even a payload", kind=Kind.CONTROL, signer=OTHER_KEY)
    await reception.take(f"lamppost/1/{UNIT}/control", document)
    assert taken == [document]
    assert reception.refused == 0
    await outbox.close()
