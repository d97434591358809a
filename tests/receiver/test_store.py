import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.wire import cose
from agent.wire.declared import DECLARATIONS
from receiver.chain import State
from receiver.errors import StorageError
from receiver.report import Report
from receiver.store import Owed, Refusal, Store
from receiver.trusted import TrustedDevices, Verified
from tests.support.envelopes import STREAM, UNIT, FakeUnit

NOW_MS = 1_790_000_000_000
PATIENCE_MS = 3_600_000


class City:
    """A store that is fed by one unit."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "receiver.db"
        self.unit = FakeUnit.make(folder)
        self.trusted = TrustedDevices({self.unit.name: self.unit.device()})
        self.store = Store(self.path)

    def verified(self, data: bytes) -> Verified:
        return self.trusted.verify_file(data, now_ms=NOW_MS)

    def take(self, *envelopes: bytes, now_ms: int = NOW_MS) -> tuple[list[State], list[Owed]]:
        messages = [self.verified(data) for data in envelopes]
        return self.store.commit(messages, now_ms=now_ms, patience_ms=PATIENCE_MS)

    def rows(self) -> list[int]:
        report = Report(self.path)
        try:
            return [row["start_ms"] for row in report.rows()]
        finally:
            report.close()


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    made = City(tmp_path)
    made.take(made.unit.declare())
    yield made
    made.store.close()


def test_envelopes_in_order_are_contiguous_and_receipted(city: City) -> None:
    first, second = city.unit.batch(), city.unit.batch()

    states, owed = city.take(first, second)

    assert states == [State.CONTIGUOUS, State.CONTIGUOUS]
    assert [(receipt.seq, receipt.hash, receipt.resend_from) for receipt in owed] == [
        (1, cose.envelope_hash(second), None)
    ]
    assert len(city.rows()) == 4


def test_envelope_received_twice_is_stored_once_and_receipted_again(city: City) -> None:
    data = city.unit.batch()
    city.take(data)

    states, owed = city.take(data)

    assert states == [State.DUPLICATE]
    assert [receipt.seq for receipt in owed] == [0]
    assert len(city.rows()) == 2


def test_envelope_behind_a_missing_one_is_stored_but_not_receipted(city: City) -> None:
    first, missing, third = (city.unit.batch() for _ in range(3))

    states, owed = city.take(first, third)
    assert states == [State.CONTIGUOUS, State.UNDECLARED_GAP]
    assert [(receipt.seq, receipt.resend_from) for receipt in owed] == [(0, 1)]

    states, owed = city.take(missing)
    assert states == [State.CONTIGUOUS]
    assert [(receipt.seq, receipt.resend_from) for receipt in owed] == [(2, None)]


def test_gap_record_closes_the_hole_it_declares(city: City) -> None:
    first, _, evicted, fourth = (city.unit.batch() for _ in range(4))
    gap = city.unit.gap((1, 2, cose.envelope_hash(evicted)), count=4)

    city.take(first, fourth)
    states, owed = city.take(gap)

    assert states == [State.DECLARED_GAP]
    assert [(receipt.seq, receipt.resend_from) for receipt in owed] == [(4, None)]


def test_gap_of_rows_never_sealed_takes_its_seq(city: City) -> None:
    states, owed = city.take(city.unit.batch(), city.unit.gap(None), city.unit.batch())

    assert states == [State.CONTIGUOUS] * 3
    assert [receipt.seq for receipt in owed] == [2]


def test_hole_that_nobody_explains_is_given_up_after_the_patience(city: City) -> None:
    first, _, third = (city.unit.batch() for _ in range(3))
    city.take(first, third)

    _, owed = city.take(third, now_ms=NOW_MS + PATIENCE_MS)

    assert [(receipt.seq, receipt.resend_from) for receipt in owed] == [(2, None)]
    report = Report(city.path)
    stream = next(entry for entry in report.show()["streams"] if entry["stream"] == STREAM)
    report.close()
    assert stream["undeclared_gaps"] == [[1, 1]]


def test_second_envelope_for_one_place_is_a_fork_and_is_kept_as_evidence(city: City) -> None:
    before = dict(city.unit.chains)
    city.take(city.unit.batch())
    city.unit.chains = before

    states, owed = city.take(city.unit.batch(rows=1))

    assert states == [State.FORK]
    assert [receipt.seq for receipt in owed] == [0]
    assert len(city.rows()) == 2


def test_envelope_that_does_not_fit_its_predecessor_is_a_fork(city: City) -> None:
    city.take(city.unit.batch())
    city.unit.chains[STREAM] = (1, bytes(32))

    states, _ = city.take(city.unit.batch())

    assert states == [State.FORK]


def test_batch_with_an_unknown_declaration_is_set_aside_and_asked_for(tmp_path: Path) -> None:
    city = City(tmp_path)
    declaration, data = city.unit.declare(), city.unit.batch()

    states, owed = city.take(data)
    assert states == [State.CONTIGUOUS]
    assert [receipt.stream for receipt in owed] == [STREAM]
    assert city.rows() == []

    city.take(declaration)
    assert len(city.rows()) == 2
    city.store.close()


def test_batch_citing_a_declaration_that_was_lost_asks_for_declarations_again(city: City) -> None:
    _, owed = city.take(city.unit.batch(declaration=bytes(32)))

    assert {receipt.stream: receipt.resend_from for receipt in owed} == {STREAM: None, DECLARATIONS: 0}


def test_counter_grows_with_every_receipt_and_across_a_restart(city: City) -> None:
    _, first = city.take(city.unit.batch())
    epoch = city.store.receiver_epoch
    city.store.close()
    city.store = Store(city.path)

    _, second = city.take(city.unit.batch())

    assert second[0].counter > first[0].counter
    assert city.store.receiver_epoch == epoch


def test_group_that_fails_is_not_stored_at_all(city: City) -> None:
    good = city.verified(city.unit.batch())
    broken = Refusal(topic="t", rule="r", reason=None, data=b"")  # type: ignore[arg-type]  # breaks the constraint

    with pytest.raises(StorageError):
        city.store.commit([good, broken], now_ms=NOW_MS, patience_ms=PATIENCE_MS)

    assert city.rows() == []
    assert city.take(good.data)[0] == [State.CONTIGUOUS]


def test_rejected_messages_keep_the_reason_and_not_the_content(city: City) -> None:
    refusal = Refusal(
        topic="lamppost/1/x/live/y", rule="BadSignature", reason="the signature does not hold", data=b"Z" * 99
    )

    states, owed = city.store.commit([refusal], now_ms=NOW_MS, patience_ms=PATIENCE_MS)

    assert (states, owed) == ([State.UNTRUSTED], [])
    report = Report(city.path)
    shown = report.show()
    report.close()
    assert shown["rejected"][0]["reason"] == "the signature does not hold"
    assert b"ZZZ" not in b"".join(file.read_bytes() for file in city.path.parent.glob("receiver.db*"))


def test_store_of_a_newer_version_is_refused_in_plain_words(tmp_path: Path) -> None:
    store = Store(tmp_path / "receiver.db")
    store._db.execute("PRAGMA user_version = 99")
    store.close()

    with pytest.raises(StorageError, match="newer Lamppost"):
        Store(tmp_path / "receiver.db")


def test_store_that_is_no_database_is_refused_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "receiver.db").write_bytes(b"not a database, but long enough to look at" * 10)

    with pytest.raises(StorageError, match=r"receiver\.db"):
        Store(tmp_path / "receiver.db")


def test_latest_values_carry_unit_and_quality(city: City) -> None:
    city.take(city.unit.batch())
    report = Report(city.path)
    stream = next(entry for entry in report.show(UNIT, STREAM)["streams"])
    report.close()

    assert stream["latest"]["values"] == {
        "temperature": {"value": "20.1", "unit": "Cel", "quality": "ok"},
        "humidity": {"value": None, "unit": "%RH", "quality": "no_data"},
    }
    json.dumps(stream)


@settings(max_examples=30, deadline=None)
@given(order=st.permutations(range(8)), repeats=st.lists(st.integers(0, 7), max_size=5))
def test_any_order_with_repeats_ends_contiguous_with_every_row_once(
    order: list[int], repeats: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    city = City(tmp_path_factory.mktemp("city"))
    city.take(city.unit.declare())
    envelopes = [city.unit.batch() for _ in range(8)]

    for index in [*order, *repeats]:
        _, owed = city.take(envelopes[index])

    assert [receipt.seq for receipt in owed] == [7]
    assert len(city.rows()) == len(set(city.rows())) == 16
    city.store.close()
