"""The proof of size with 20,000 rows: the same statements but those about speed, and the controls."""

from pathlib import Path

import pytest

from tests.proofs import size
from tests.proofs.size import Stores

ROWS = 20_000


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Stores:
    return Stores.make(tmp_path_factory.mktemp("stores"), rows=ROWS, number=1)


def test_store_with_many_rows_opens_like_an_empty_one_and_an_opening_that_looks_at_all_is_caught(
    stores: Stores,
) -> None:
    assert stores.opened("large")["rows"] == ROWS
    assert size.check_opening(stores) == []
    found = size.check_opening(stores, "--careful")
    assert any("opening reads" in problem for problem in found)


@pytest.mark.broker
def test_rows_are_drained_into_the_real_receiver_in_large_batches(tmp_path: Path) -> None:
    assert size.check_drain(tmp_path, rows=ROWS, number=1, speed=False) == []


def test_rate_is_compared_on_as_many_rows_of_each_store(stores: Stores) -> None:
    many, few = size.compare(stores, rounds=1)
    assert many.rows >= few.rows >= size.FEW_ROWS * 0.8


def test_oldest_rows_are_found_by_a_search_and_the_control_scans(stores: Stores) -> None:
    line = stores.line("large")
    plan = "EXPLAIN QUERY PLAN SELECT id FROM run WHERE {} ORDER BY {}"
    db = line.core._parts.db
    assert "SEARCH" in db.all(plan.format("id BETWEEN 1 AND 2", "id"))[0][3]
    assert "SCAN" in db.all(plan.format("id >> 40 = 1", "id + 0"))[0][3]
    line.core.close()
