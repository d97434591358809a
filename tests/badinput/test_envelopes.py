"""Envelopes that are truncated, signed by another key, replayed, re-ordered, another unit's, or of the wrong type.

A hostile client publishes them to the real receiver while a real unit works. Each is refused with its reason, or is
what it says it is; the unit's own data arrives whole.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.wire import cose, payload
from agent.wire.keyfile import SigningKey, generate
from agent.wire.messages import Batch, ClockQuality, Kind, Presence, Receipt, Status
from tests.support.broker import Subscriber, subscriber
from tests.support.corner import Corner
from tests.support.forgeries import Pretender, envelopes, following, last_batch, signed
from tests.support.rig import ROOT, Rig, until

pytestmark = pytest.mark.broker

_LIVE = "lamppost/1/corner/live/dust"


def _status(unit: str) -> bytes:
    return payload.encode(
        Status(
            unit=unit,
            presence=Presence.ONLINE,
            session=1,
            software="x",
            boot_id=bytes(16),
            uptime_ms=1,
            utc_ms=None,
            clock=ClockQuality.UNSET,
            sensors={},
            suspended={},
            rows_waiting=0,
            simulated=True,
        )
    )


async def _shown(rig: Rig, reasons: int) -> dict[str, Any]:
    """Return what the receiver shows once it has refused for so many reasons."""
    known: dict[str, Any] = {}
    for _ in range(100):
        known = await rig.receiver.show()
        if len(known["rejected"]) >= reasons:
            return known
    raise AssertionError(known["rejected"])


def _page(rig: Rig) -> str:
    """Return what `lamppost-receiver show` prints on a wide terminal."""
    command = [sys.executable, "-m", "receiver", "show", "--store", str(rig.receiver.store)]
    wide = os.environ | {"COLUMNS": "250"}
    return subprocess.run(command, cwd=ROOT, env=wide, capture_output=True, text=True, timeout=30, check=True).stdout


async def test_envelopes_that_may_not_be_believed_are_refused_and_shown_with_the_reason(tmp_path: Path) -> None:
    stranger = generate(tmp_path / "stranger.key")
    async with Rig(tmp_path) as rig:
        corner, other = Corner(rig, sensors=["dust"]), Corner(rig, "other", sensors=["dust"])
        await rig.start()
        async with corner, subscriber(rig.broker.port) as hostile:
            await corner.more_rows(3)
            await corner.status(lambda known: known["outbox"]["rows_receipted"] >= 2)
            genuine = envelopes(rig.receiver.store, "dust")
            batch = last_batch(genuine, corner.unit.key)
            sent = _refused_messages(genuine[-1], batch, corner.unit.key, other.unit.key, stranger)
            for topic, data, _ in sent:
                await hostile.publish(topic, data)
            known = await _shown(rig, len(sent))
            page = _page(rig)
            await corner.more_rows(2)
        await corner_is_whole(corner, rig)
        log = rig.receiver.log.read_text()
    for topic, _, told in sent:
        assert any(told in entry["reason"] and entry["topic"] == topic for entry in known["rejected"]), (topic, told)
        assert any(told in line and topic in line for line in page.splitlines()), (topic, told)
    assert len(known["rejected"]) == len(sent)
    assert all(told in log for _, _, told in sent)
    assert "Traceback" not in log


def _refused_messages(
    data: bytes, batch: Batch, unit: SigningKey, other: SigningKey, stranger: SigningKey
) -> list[tuple[str, bytes, str]]:
    """Return topic, message, and what must be said of it."""
    receipt = Receipt(
        receiver=bytes(8),
        receiver_epoch=bytes(8),
        counter=1,
        unit="corner",
        stream="dust",
        epoch=batch.epoch,
        seq=0,
        hash=bytes(32),
    )
    flipped = data[:-1] + bytes([data[-1] ^ 1])
    forged = signed(batch, Pretender(stranger, unit))
    unsigned = cose.sign(payload.encode(receipt), kind=Kind.RECEIPT, signer=unit)
    return [
        (_LIVE, data[:-10], "ends before it is complete"),
        (_LIVE + "2", data + b"\x00", "not exactly a COSE_Sign1"),
        (_LIVE, os.urandom(200), "does not begin as a tagged COSE_Sign1"),
        (_LIVE, flipped, "the signature does not hold"),
        ("lamppost/1/corner/backlog/dust", forged, "the signature does not hold"),
        (_LIVE, signed(batch, stranger), "no registered unit has a key with id " + stranger.kid.hex()),
        (_LIVE, signed(batch, other), "signed by unit other, but sent on the topic of unit corner"),
        ("lamppost/1/other/live/dust", data, "signed by unit corner, but sent on the topic of unit other"),
        ("lamppost/1/corner/live/kerb", data, "it is about stream dust, but was sent on the topic of stream kerb"),
        ("lamppost/1/corner/status", data, "does not belong on a status topic"),
        (_LIVE, cose.sign(_status("corner"), kind=Kind.STATUS, signer=unit), "does not belong on a live topic"),
        (
            "lamppost/1/corner/status",
            cose.sign(_status("other"), kind=Kind.STATUS, signer=unit),
            "what it says is about unit",
        ),
        (_LIVE, cose.sign(payload.encode(batch), kind=Kind.GAP, signer=unit), "gap"),
        ("lamppost/1/corner/declaration", unsigned, "not sent by units"),
        ("lamppost/1/co rner/live/dust", data, "not a topic of ours"),
    ]


async def corner_is_whole(corner: Corner, rig: Rig) -> None:
    """Fail unless every stored row is at the city once, in an unbroken chain."""
    stored = {(row.stream, row.start_ms) for row in corner.unit.stored}
    rows = [(row["stream"], row["start_ms"]) for row in await corner.rows()]
    assert set(rows) == stored
    assert len(rows) == len(stored)
    for stream in (await rig.receiver.show())["streams"]:
        assert (stream["forks"], stream["missing"], stream["undeclared_gaps"], stream["gaps"]) == (0, None, [], [])


async def _send_again(hostile: Subscriber, data: list[bytes]) -> None:
    for one in data:
        await hostile.publish(_LIVE, one)


async def test_envelopes_that_are_replayed_change_nothing(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        corner = Corner(rig, sensors=["dust"])
        await rig.start()
        async with corner, subscriber(rig.broker.port, "lamppost/1/corner/receipt/dust") as hostile:
            await corner.more_rows(3)
            await corner.status(lambda known: known["outbox"]["rows_receipted"] >= 2)
            genuine = envelopes(rig.receiver.store, "dust")
            await _send_again(hostile, [*genuine, *reversed(genuine)])
            await corner.more_rows(2)
            await hostile.expect(len(genuine))
        await corner_is_whole(corner, rig)
        known = await rig.receiver.show()
    assert known["rejected"] == []


async def test_envelopes_in_another_order_are_stored_and_receipted_when_the_hole_is_filled(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        corner = Corner(rig, sensors=["dust"])
        await rig.start()
        async with corner:
            await corner.more_rows(3)
        genuine = envelopes(rig.receiver.store, "dust")
        data, batch = genuine[-1], last_batch(genuine[-1:], corner.unit.key)
        chain = []
        for _ in range(3):
            batch = following(batch, data)
            data = signed(batch, corner.unit.key)
            chain.append(data)
        async with subscriber(rig.broker.port) as hostile:
            await hostile.publish(_LIVE, chain[2])
            await hostile.publish(_LIVE, chain[1])
            known = await _until_shown(rig, lambda stream: stream["missing"] is not None)
            assert known["missing"] == [len(genuine), len(genuine)]
            await hostile.publish(_LIVE, chain[0])
            known = await _until_shown(rig, lambda stream: stream["missing"] is None)
    assert known["receipted_seqs"] == len(genuine) + 3
    assert (known["forks"], known["undeclared_gaps"]) == (0, [])


async def test_envelope_that_takes_the_place_of_another_is_kept_as_a_fork(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        corner = Corner(rig, sensors=["dust"])
        await rig.start()
        async with corner, subscriber(rig.broker.port) as hostile:
            await corner.more_rows(3)
            await corner.status(lambda known: known["outbox"]["rows_receipted"] >= 2)
            genuine = envelopes(rig.receiver.store, "dust")
            batch = following(last_batch(genuine[:-1], corner.unit.key), genuine[-2])
            fork = cose.sign(
                payload.encode(batch).replace(batch.declaration, bytes(32)), kind=Kind.BATCH, signer=corner.unit.key
            )
            await hostile.publish(_LIVE, fork)
            known = await _until_shown(rig, lambda stream: stream["forks"])
            await corner.more_rows(1)
        rows = {(row["stream"], row["start_ms"]) for row in await corner.rows()}
        await until(
            lambda: "fork: another envelope at a seq of unit corner" in rig.receiver.log.read_text(), what="log"
        )
    assert known["forks"] == 1
    assert rows == {(row.stream, row.start_ms) for row in corner.unit.stored}


async def _until_shown(rig: Rig, condition: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """Return what is shown of the stream once `condition` holds of it."""
    found: list[dict[str, Any]] = []
    for _ in range(100):
        found = [stream for stream in (await rig.receiver.show())["streams"] if stream["stream"] == "dust"]
        if condition(found[0]):
            return found[0]
    raise AssertionError(found)
