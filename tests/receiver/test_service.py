"""The receiver without a broker: groups of arrivals in, replies out, nothing before the commit."""

import logging
import sqlite3
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agent.wire import cose, payload
from agent.wire.messages import Kind, Receipt
from agent.wire.topics import Topics
from receiver.errors import StorageError
from receiver.report import Report
from receiver.service import Receiver, ReceiverSettings
from receiver.store import Store
from receiver.subscriber import Arrival, Reply
from tests.support.envelopes import START_MS, STREAM, UNIT, FakeUnit
from tests.support.wire import RECEIVER_KEY

PATIENCE_MS = 10_000
LIVE = f"lamppost/1/{UNIT}/live/{STREAM}"
DECLARATION = f"lamppost/1/{UNIT}/declaration"


@dataclass
class City:
    """A receiver that knows one unit."""

    folder: Path
    now_ms: int = START_MS
    unit: FakeUnit = field(init=False)
    receiver: Receiver = field(init=False)

    def __post_init__(self) -> None:
        self.unit = FakeUnit.make(self.folder)
        self.start()

    def start(self) -> None:
        settings = ReceiverSettings(
            key=RECEIVER_KEY,
            devices={UNIT: self.unit.device()},
            topics=Topics("lamppost"),
            patience_ms=PATIENCE_MS,
        )
        self.receiver = Receiver(settings, store=Store(self.path), utc_ms=lambda: self.now_ms)

    @property
    def path(self) -> Path:
        return self.folder / "receiver.db"

    async def take(self, *messages: tuple[str, bytes]) -> list[Receipt]:
        """Hand in a group, and return the receipts."""
        replies = await self.receiver.handle([Arrival(topic, data, retained=False) for topic, data in messages])
        return [_receipt(reply) for reply in replies]

    def rejected(self) -> list[tuple[str, str]]:
        report = Report(self.path)
        try:
            return [(entry["rule"], entry["reason"]) for entry in report.show()["rejected"]]
        finally:
            report.close()


def _receipt(reply: Reply) -> Receipt:
    receipt = payload.decode(Kind.RECEIPT, cose.verify(reply.data, key=RECEIVER_KEY.public, kind=Kind.RECEIPT))
    assert isinstance(receipt, Receipt)
    assert reply.retain
    assert reply.topic == f"lamppost/1/{receipt.unit}/receipt/{receipt.stream}"
    return receipt


@pytest.fixture
async def city(tmp_path: Path) -> AsyncIterator[City]:
    """A city that knows the unit's declaration."""
    city = City(tmp_path)
    await city.take((DECLARATION, city.unit.declare()))
    yield city
    city.receiver.close()


async def test_group_of_batches_gets_one_receipt_for_the_last(city: City) -> None:
    batches = [city.unit.batch() for _ in range(3)]
    (receipt,) = await city.take(*((LIVE, data) for data in batches))
    assert (receipt.unit, receipt.stream, receipt.epoch) == (UNIT, STREAM, city.unit.epoch)
    assert (receipt.seq, receipt.hash) == (2, cose.envelope_hash(batches[2]))
    assert receipt.resend_from is None


async def test_group_that_was_seen_before_gets_the_same_receipt_with_a_newer_counter(city: City) -> None:
    batch = city.unit.batch()
    (first,) = await city.take((LIVE, batch))
    (second,) = await city.take((LIVE, batch))
    assert (second.seq, second.hash) == (first.seq, first.hash)
    assert second.counter > first.counter


async def test_receiver_that_starts_anew_goes_on_with_its_counter_and_its_epoch(city: City) -> None:
    (before,) = await city.take((LIVE, city.unit.batch()))
    city.receiver.close()
    city.start()
    (after,) = await city.take((LIVE, city.unit.batch()))
    assert after.counter > before.counter
    assert after.receiver_epoch == before.receiver_epoch
    assert after.seq == before.seq + 1


async def test_hole_is_asked_for_and_given_up_in_the_end(city: City) -> None:
    batches = [city.unit.batch() for _ in range(3)]
    await city.take((LIVE, batches[0]))
    (asking,) = await city.take((LIVE, batches[2]))
    assert (asking.seq, asking.resend_from) == (0, 1)
    city.now_ms += PATIENCE_MS
    (giving_up,) = await city.take((LIVE, batches[2]))
    assert (giving_up.seq, giving_up.resend_from) == (2, None)


Spoil = Callable[[City, bytes], tuple[str, bytes]]
HOSTILE: list[tuple[str, str, Spoil]] = [
    ("foreign-topic", "BadTopic", lambda _city, data: ("weather/+/x", data)),
    ("other-unit", "WrongPlace", lambda _city, data: (LIVE.replace(UNIT, "kerb"), data)),
    ("other-stream", "WrongPlace", lambda _city, data: (LIVE.replace(STREAM, "water"), data)),
    ("wrong-lane", "WrongPlace", lambda _city, data: (f"lamppost/1/{UNIT}/status", data)),
    ("empty", "NotAnEnvelope", lambda _city, _data: (LIVE, b"")),
    ("garbage", "NotAnEnvelope", lambda _city, _data: (LIVE, b"\xd2\x84\xff" * 400)),
    ("cut", "NotAnEnvelope", lambda _city, data: (LIVE, data[:-1])),
    ("flipped", "BadSignature", lambda _city, data: (LIVE, data[:-1] + bytes([data[-1] ^ 1]))),
    ("stranger", "UnknownKey", lambda city, _data: (LIVE, FakeUnit.make(city.folder, "stranger").batch())),
    (
        "simulated",
        "SimulatedData",
        lambda city, _data: (LIVE, FakeUnit(city.unit.key, simulated=True).batch()),
    ),
]


@pytest.mark.parametrize(("rule", "spoil"), [pytest.param(rule, spoil, id=name) for name, rule, spoil in HOSTILE])
async def test_message_that_does_not_hold_is_rejected_with_its_reason_and_harms_no_other(
    city: City, caplog: pytest.LogCaptureFixture, rule: str, spoil: Spoil
) -> None:
    good = city.unit.batch()
    with caplog.at_level(logging.WARNING, logger="receiver.service"):
        (receipt,) = await city.take(spoil(city, FakeUnit(city.unit.key).batch()), (LIVE, good))
    assert receipt.hash == cose.envelope_hash(good)
    ((said_rule, reason),) = city.rejected()
    assert said_rule == rule
    assert reason in caplog.text


async def test_rejected_message_again_and_again_is_told_ever_less_often(
    city: City, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="receiver.service"):
        for _ in range(100):
            await city.take((LIVE, b"x"))
    assert len(caplog.messages) == 7
    assert "64 times" in caplog.messages[-1]


async def test_strangers_with_ever_new_keys_take_no_memory(
    city: City, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("receiver.service._REASONS_TOLD", 4)
    with caplog.at_level(logging.WARNING, logger="receiver.service"):
        for number in range(40):
            await city.take((LIVE, FakeUnit.make(city.folder, f"stranger-{number}").batch()))
    assert len(city.receiver._told) == 5
    assert "further reasons" in caplog.text


async def test_topic_of_a_rejected_message_is_cut_before_it_is_kept_and_told(
    city: City, caplog: pytest.LogCaptureFixture
) -> None:
    await city.take(("x" * 60_000, b"noise"))

    assert len(caplog.text) < 1000
    assert b"x" * 1000 not in b"".join(file.read_bytes() for file in city.folder.glob("receiver.db*"))


async def test_fork_is_kept_and_told(city: City, caplog: pytest.LogCaptureFixture) -> None:
    clone = FakeUnit(city.unit.key, chains=dict(city.unit.chains))
    with caplog.at_level(logging.WARNING, logger="receiver.service"):
        await city.take((LIVE, city.unit.batch()), (LIVE, clone.batch(rows=1)))
    assert f"fork: another envelope at a seq of unit {UNIT} on {LIVE}" in caplog.text


async def test_group_that_cannot_be_stored_gets_no_receipt_and_leaves_nothing(city: City) -> None:
    batch = city.unit.batch()
    city.receiver._store._db.execute("PRAGMA busy_timeout = 1")
    other = sqlite3.connect(city.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageError, match="second receiver"):
        await city.take((LIVE, batch))
    other.execute("ROLLBACK")
    other.close()
    (receipt,) = await city.take((LIVE, batch))
    assert receipt.seq == 0
