"""What a unit does again and again must not make the interpreter intern texts.

pathlib interns each name in a path that is made (`parse_parts`). A new one that is forgotten leaves a hole in the
table of all interned texts; when the holes have used it up, CPython makes it three times as large as what is in it
(GROWTH_RATE in dictobject.c): half a megabyte more after an hour of work, for ever.
"""

import os
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from agent.buffer.core import Core
from agent.buffer.records import Limits
from agent.buffer.rows import encode_row
from agent.buffer.work import Rows, Work
from agent.health import StatusFile
from drivers.bus.nodes import Node
from tests.support.outbox import CLOCK, DIGEST, row, setup_at


@pytest.fixture(name="interned")
def _interned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text that is interned by name from now on."""
    texts: list[str] = []
    intern = sys.intern

    def listed(text: str) -> str:
        texts.append(text)
        return intern(text)

    monkeypatch.setattr(sys, "intern", listed)
    return texts


def test_name_of_a_path_is_interned_when_it_is_made(interned: list[str]) -> None:
    name = sha256(b"anything").hexdigest()
    Path("/", name)
    assert name in interned


def test_commit_interns_nothing(tmp_path: Path, interned: list[str]) -> None:
    core = Core(
        setup_at(tmp_path / "outbox.db", limits=Limits(max_bytes=1 << 20, free_floor_bytes=0, loss_window_s=0))
    )
    interned.clear()
    for number in range(5):
        rows = [row(number)]
        data = [encode_row(one.values, one.quality) for one in rows]
        core.transact(
            Work(rows=[Rows(rows=rows, data=data, declaration=DIGEST, clock=CLOCK, completes=False)], seal=True)
        )
    assert interned == []
    core.close()


def test_status_that_is_written_again_interns_nothing(tmp_path: Path, interned: list[str]) -> None:
    status = StatusFile(tmp_path / "status.json")
    interned.clear()
    status.write({"rows": 1})
    status.write({"rows": 2})
    assert interned == []


def test_device_that_is_looked_up_interns_nothing(interned: list[str]) -> None:
    sensor, line = os.openpty()
    try:
        assert Node.at(os.ttyname(line)) is not None
    finally:
        os.close(sensor)
        os.close(line)
    assert interned == []
