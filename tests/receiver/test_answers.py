from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.wire import cose
from agent.wire.orders import ACKNOWLEDGEMENTS, LOGS, Refusal
from receiver.answers import Answers
from receiver.chain import State
from receiver.errors import StorageError
from receiver.store import Owed, Store
from receiver.trusted import TrustedDevices
from tests.support.envelopes import UNIT, FakeUnit

NOW_MS = 1_790_000_000_000
PATIENCE_MS = 3_600_000


class City:
    """A store that is fed by several units, and the answers read from it."""

    def __init__(self, folder: Path, *units: FakeUnit) -> None:
        self._trusted = TrustedDevices({unit.name: unit.device() for unit in units})
        self._store = Store(folder / "receiver.db")
        self.answers = Answers(folder / "receiver.db")

    def take(self, *envelopes: bytes, now_ms: int = NOW_MS) -> tuple[list[State], list[Owed]]:
        messages = [self._trusted.verify_file(data, now_ms=now_ms) for data in envelopes]
        return self._store.commit(messages, now_ms=now_ms, patience_ms=PATIENCE_MS)

    def close(self) -> None:
        self.answers.close()
        self._store.close()


@pytest.fixture
def unit(tmp_path: Path) -> FakeUnit:
    return FakeUnit.make(tmp_path)


@pytest.fixture
def other(tmp_path: Path) -> FakeUnit:
    return FakeUnit.make(tmp_path, "another-corner")


@pytest.fixture
def city(tmp_path: Path, unit: FakeUnit, other: FakeUnit) -> Iterator[City]:
    made = City(tmp_path, unit, other)
    yield made
    made.close()


def test_acknowledgements_and_log_heads_are_chains_that_get_receipts(city: City, unit: FakeUnit) -> None:
    ack, first, second = unit.ack(), unit.log(1), unit.log(2)

    states, owed = city.take(ack, first, second)

    assert states == [State.CONTIGUOUS] * 3
    assert {(receipt.stream, receipt.seq, receipt.hash) for receipt in owed} == {
        (ACKNOWLEDGEMENTS, 0, cose.envelope_hash(ack)),
        (LOGS, 1, cose.envelope_hash(second)),
    }


def test_acknowledgement_received_twice_is_stored_once(city: City, unit: FakeUnit) -> None:
    ack = unit.ack()
    city.take(ack)

    states, owed = city.take(ack)

    assert states == [State.DUPLICATE]
    assert [receipt.seq for receipt in owed] == [0]
    assert len(city.answers.answers(UNIT)) == 1


def test_acknowledgement_behind_a_missing_one_can_be_read_but_waits_for_its_receipt(
    city: City, unit: FakeUnit
) -> None:
    missing, second = unit.ack(1), unit.ack(2)

    states, owed = city.take(second)
    assert (states, owed) == ([State.UNDECLARED_GAP], [])
    assert [answer.content.version for answer in city.answers.answers(UNIT)] == [2]

    _, owed = city.take(missing)
    assert [receipt.seq for receipt in owed] == [1]


def test_second_acknowledgement_for_one_place_is_a_fork_and_answers_nothing(city: City, unit: FakeUnit) -> None:
    before = dict(unit.chains)
    city.take(unit.ack(1))
    unit.chains = before

    assert city.take(unit.ack(2))[0] == [State.FORK]
    assert [answer.content.version for answer in city.answers.answers(UNIT)] == [1]


def test_latest_answer_to_a_version_is_the_one_sealed_last_whatever_came_first(city: City, unit: FakeUnit) -> None:
    refused, obeyed = unit.ack(7, refusal=Refusal.CLOCK), unit.ack(7, last_seq=41)

    city.take(obeyed)
    city.take(refused, now_ms=NOW_MS + 5)

    answer = city.answers.latest(UNIT, 7)
    assert answer is not None
    assert answer.received_ms == NOW_MS
    assert answer.content.outcomes[0].refusal is Refusal.NONE
    assert answer.content.outcomes[0].last_seq == 41


def test_answer_of_a_new_epoch_follows_those_of_the_old_one(city: City, unit: FakeUnit) -> None:
    city.take(unit.ack(7), unit.ack(7))
    unit.epoch, unit.chains = b"epoch-02", {}
    city.take(unit.ack(7, last_seq=3))

    answer = city.answers.latest(UNIT, 7)
    assert answer is not None
    assert answer.content.outcomes[0].epoch == b"epoch-02"


def test_answers_are_of_one_unit_with_the_highest_version_first(city: City, unit: FakeUnit, other: FakeUnit) -> None:
    city.take(unit.ack(1), unit.ack(3), unit.ack(2), other.ack(9))

    assert [answer.content.version for answer in city.answers.answers(UNIT)] == [3, 2, 1]
    assert [answer.content.version for answer in city.answers.answers(other.name)] == [9]


def test_version_that_nobody_answered_has_no_answer(city: City, unit: FakeUnit) -> None:
    city.take(unit.ack(1))

    assert city.answers.latest(UNIT, 2) is None
    assert city.answers.latest("another-corner", 1) is None


def test_log_heads_are_kept_in_the_order_in_which_they_were_signed(city: City, unit: FakeUnit) -> None:
    first, second = unit.log(10), unit.log(25)

    city.take(second)
    city.take(first)

    heads = city.answers.heads(UNIT)
    assert [head.content.last for head in heads] == [10, 25]
    assert {head.epoch for head in heads} == {unit.epoch}
    assert city.answers.rewritten(UNIT) == []


def test_two_heads_for_one_entry_show_a_log_that_was_rewritten(city: City, unit: FakeUnit) -> None:
    city.take(unit.log(10), unit.log(25), unit.log(25, head=b"H" * 32))

    assert city.answers.rewritten(UNIT) == [(unit.epoch, 25)]


def test_same_head_signed_twice_is_no_rewrite(city: City, unit: FakeUnit) -> None:
    city.take(unit.log(10), unit.log(10))

    assert city.answers.rewritten(UNIT) == []


def test_log_that_begins_anew_with_a_new_epoch_is_no_rewrite(city: City, unit: FakeUnit) -> None:
    city.take(unit.log(10))
    unit.epoch, unit.chains = b"epoch-02", {}
    city.take(unit.log(10, head=b"H" * 32))

    assert city.answers.rewritten(UNIT) == []


def test_answers_of_a_store_that_is_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="found no file"):
        Answers(tmp_path / "nothing.db")
