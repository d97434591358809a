"""Shared by the tests of the store's parts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.buffer.store import Database
from tests.support.outbox import database


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    """The database of a store that has just been made."""
    with database(tmp_path) as db:
        yield db
