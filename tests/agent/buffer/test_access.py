import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from agent.buffer.access import Access
from agent.buffer.errors import StoreUnavailable
from agent.buffer.opening import Parts, Setup
from agent.buffer.orders import Orders
from agent.errors import StoreError
from agent.wire.orders import Order
from tests.support.outbox import STREAMS, setup_at


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return setup_at(tmp_path / "outbox.db")


def _refusing(error: StoreError) -> Callable[..., None]:
    def begin(*_: object, **__: object) -> None:
        raise error

    return begin


def _clean(access: Access) -> tuple[int, ...] | None:
    return access._parts.db.one("SELECT clean FROM meta")


def test_access_to_a_store_that_takes_no_writes_reads_it_and_begins_it_when_it_does(
    setup: Setup, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    Access(setup).close()
    with monkeypatch.context() as patch:
        patch.setattr(Parts, "begin", _refusing(StoreUnavailable("read-only")))
        access = Access(setup)
        access._readable()
        with pytest.raises(StoreUnavailable):
            access._ready()
    assert caplog.record_tuples == [
        ("agent.buffer.core", logging.WARNING, "the outbox can be read but not written: read-only")
    ]
    assert _clean(access) == (1,)
    access._ready()
    assert (_clean(access), access.session) == ((0,), 2)
    access.close()


def test_access_that_is_opened_again_counts_no_other_session(setup: Setup) -> None:
    access = Access(setup)
    epoch = access.epoch
    access.reopen()
    assert (access.session, access.epoch) == (1, epoch)
    access.close()


def test_access_to_a_store_that_is_recovered_has_a_new_epoch_and_sets_the_old_one_aside(setup: Setup) -> None:
    access = Access(setup)
    epoch = access.epoch
    access.recover()
    assert access.epoch != epoch
    assert setup.path.with_name("outbox.damaged-1").exists()
    access.close()


def test_access_whose_recovery_fails_recovers_when_it_is_opened_again(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    access = Access(setup)
    epoch = access.epoch
    with monkeypatch.context() as patch:
        patch.setattr("agent.buffer.salvage.salvage", _refusing(StoreUnavailable("no space")))
        with pytest.raises(StoreUnavailable):
            access.recover()
    access._readable()
    assert access.epoch != epoch
    access.close()


def test_orders_hold_after_the_store_was_opened_again(setup: Setup) -> None:
    access = Access(setup)
    access.govern(Orders(streams={"air": Order.HOLD}))
    access.reopen()
    assert {name: stream.order for name, stream in access._parts.ledger.streams.items() if name in STREAMS} == {
        "air": Order.HOLD,
        "noise": Order.RUN,
    }
    access.close()


def test_access_to_the_store_of_another_unit_goes_on_with_an_empty_one(setup: Setup) -> None:
    Access(setup).close()
    access = Access(replace(setup, unit="corner-2"))
    assert access._parts.ledger.meta.unit == "corner-2"
    access.close()


def test_access_that_was_closed_leaves_a_store_that_misses_nothing(setup: Setup) -> None:
    access = Access(setup)
    assert _clean(access) == (0,)
    access.close()
    access._readable()
    assert _clean(access) == (0,), "it was begun again"
    access.close()
