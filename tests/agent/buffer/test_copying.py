from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.buffer import files
from agent.buffer.copying import Copying
from agent.buffer.disclosures import Disclosures
from agent.buffer.envelopes import Envelopes
from agent.buffer.gaps import Gaps
from agent.buffer.store import Database
from agent.buffer.waiting import WaitingRows
from agent.buffer.wreck import Wreck
from tests.support.disclosures import at, tamper
from tests.support.outbox import BATCH, DECLARATION, GENEROUS, STREAMS, UNIT, opened, rows, stored

FRESH = 3


class Scene:
    """A store that was closed in order, and an empty one to copy it into."""

    def __init__(self, path: Path) -> None:
        self._path = path
        files.build(path)
        self.db = Database(files.new_path(path), wal_pages=100)
        self.pauses = 0

    def copy(self) -> Copying:
        """Copy what the store has by now, and leave the transaction open."""
        ledger = files.new_ledger(self.db, unit=UNIT)
        log = Disclosures(self.db, unit=UNIT, destination="", moment=at, limits=GENEROUS)
        wreck = Wreck(self._path, self.db)
        copying = Copying(
            wreck,
            ledger,
            policies=STREAMS,
            rows=WaitingRows(ledger),
            envelopes=Envelopes(ledger, log=log, retain_ms=0),
            gaps=Gaps(ledger),
            pause=self._pause,
        )
        self.db.begin()
        assert wreck.open()
        try:
            copying.run()
        finally:
            wreck.close()
        return copying

    def _pause(self) -> None:
        self.pauses += 1


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    outbox = await opened(tmp_path / "outbox.db")
    await outbox.declare(DECLARATION)
    await stored(outbox, rows(0, BATCH))
    await outbox.seal()
    await stored(outbox, rows(BATCH, FRESH))
    await outbox.save_counters("budget", b"spent")
    await outbox.close()
    return tmp_path / "outbox.db"


@pytest.fixture
def scene(path: Path) -> Iterator[Scene]:
    scene = Scene(path)
    yield scene
    scene.db.close()


def test_copy_of_a_sound_store_has_every_row_and_knows_of_none_that_is_lost(scene: Scene) -> None:
    copying = scene.copy()
    assert not copying.unknown
    assert max(copying.lost.values()) <= 0
    assert scene.db.one("SELECT sum(rows) FROM envelope") == (BATCH,)
    assert scene.db.one("SELECT count(*) FROM fresh") == (FRESH,)
    assert scene.db.one("SELECT value FROM counter WHERE name = 'budget'") == (b"spent",)


def test_copy_pauses_after_every_envelope_and_row(scene: Scene) -> None:
    scene.copy()
    envelopes = scene.db.one("SELECT count(*) FROM envelope")
    assert envelopes is not None
    assert scene.pauses == envelopes[0] + FRESH


def test_copy_without_an_envelope_that_its_chain_counts_knows_how_many_rows_are_lost(
    path: Path, scene: Scene
) -> None:
    tamper(path, "DELETE FROM envelope WHERE rows > 0")
    copying = scene.copy()
    assert copying.lost["air"] == BATCH
    assert not copying.unknown


def test_copy_of_rows_whose_context_is_gone_cannot_tell_the_loss(path: Path, scene: Scene) -> None:
    tamper(path, "DELETE FROM context")
    copying = scene.copy()
    assert copying.unknown
    assert scene.db.one("SELECT count(*) FROM fresh") == (0,)


@pytest.mark.parametrize("table", ["stream", "chain", "declaration"])
def test_copy_finds_what_the_second_copy_still_says(path: Path, scene: Scene, table: str) -> None:
    tamper(path, f"DELETE FROM {table}")
    copying = scene.copy()
    assert scene.db.one("SELECT sum(rows) FROM envelope") == (BATCH,)
    assert scene.db.one("SELECT count(*) FROM fresh") == (FRESH,)
    assert {chain.next_seq for chain in copying.chains.values()} == {1}
