"""The work that a machine is measured by."""

import sqlite3
from pathlib import Path

import cbor2

from tests.bench.yardstick import ROWS_A_SECOND, Work


def test_each_second_stores_its_rows_as_they_were_sent(tmp_path: Path) -> None:
    work = Work(sqlite3.connect(tmp_path / "rows.db"))
    work.second()
    work.second()
    stored = dict(sqlite3.connect(tmp_path / "rows.db").execute("select number, value from row"))
    assert list(stored) == list(range(2 * ROWS_A_SECOND))
    assert cbor2.loads(stored[7]) == {"channel-0": 0, "channel-1": 7, "channel-2": 14, "channel-3": 21}
