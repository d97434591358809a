"""A store that came back from a copy is noticed at the next start, and only then."""

import shutil
import time
from pathlib import Path
from unittest.mock import patch

import pytest

from receiver.cli.main import main
from receiver.restoring import beside, take_up
from receiver.store import Store
from receiver.trusted import TrustedDevices
from tests.support.envelopes import STREAM, FakeUnit

NOW_MS = 1_800_000_000_000


class _City:
    """A receiver's store at work."""

    def __init__(self, path: Path, unit: FakeUnit) -> None:
        self.path = path
        self.unit = unit
        self.store = Store(path)
        self.witness = take_up(self.store, path)

    def take(self, *envelopes: bytes) -> None:
        trusted = TrustedDevices({self.unit.name: self.unit.device()})
        verified = [trusted.verify_file(data, now_ms=NOW_MS) for data in envelopes]
        _, owed = self.store.commit(verified, now_ms=NOW_MS, patience_ms=1 << 60)
        self.witness.note(owed[-1].counter)

    def stop(self) -> None:
        self.witness.close()
        self.store.close()


@pytest.fixture
def unit(tmp_path: Path) -> FakeUnit:
    return FakeUnit.make(tmp_path)


@pytest.fixture
def path(tmp_path: Path, unit: FakeUnit) -> Path:
    """Return a store that has given receipts, and a copy of it beside."""
    path = tmp_path / "city.db"
    city = _City(path, unit)
    city.take(unit.declare(), unit.batch())
    city.stop()
    shutil.copyfile(path, tmp_path / "backup.db")
    return path


def _starts_restored(path: Path, unit: FakeUnit) -> tuple[bool, bytes, list[tuple[str, int | None]]]:
    city = _City(path, unit)
    asked = [(owed.stream, owed.resend_from) for owed in city.store.ask_again()]
    found = city.witness.restored, city.store.receiver_epoch, asked
    city.stop()
    return found


def test_start_after_start_keeps_its_epoch(path: Path, unit: FakeUnit) -> None:
    first = _starts_restored(path, unit)
    again = _starts_restored(path, unit)
    assert (first[0], again[0]) == (False, False)
    assert first[1] == again[1]


def test_copy_from_before_the_last_start_begins_a_new_epoch_and_asks_again(path: Path, unit: FakeUnit) -> None:
    _, epoch, _ = _starts_restored(path, unit)
    shutil.copyfile(path.with_name("backup.db"), path)
    restored, new, asked = _starts_restored(path, unit)
    assert restored
    assert new > epoch
    assert (STREAM, 1) in asked
    assert not _starts_restored(path, unit)[0]


def test_copy_from_the_same_start_shows_by_its_counter(path: Path, unit: FakeUnit) -> None:
    city = _City(path, unit)
    shutil.copyfile(path, path.with_name("now.db"))
    city.take(unit.batch())
    city.stop()
    for rest in path.parent.glob("city.db-*"):
        rest.unlink()
    shutil.copyfile(path.with_name("now.db"), path)
    assert _starts_restored(path, unit)[0]


def test_store_on_a_new_machine_counts_as_restored(path: Path, unit: FakeUnit) -> None:
    beside(path).unlink()
    assert _starts_restored(path, unit)[0]


def test_store_of_an_earlier_version_is_no_copy(tmp_path: Path, unit: FakeUnit) -> None:
    Store(tmp_path / "old.db").close()
    assert not _starts_restored(tmp_path / "old.db", unit)[0]


def test_whole_folder_that_came_back_is_told_by_command(
    path: Path, unit: FakeUnit, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["restored", "--store", str(path)]) == 0
    assert "asks every unit" in capsys.readouterr().out
    assert _starts_restored(path, unit)[0]


def test_command_makes_no_store(tmp_path: Path) -> None:
    assert main(["restored", "--store", str(tmp_path / "none.db")]) == 2
    assert not (tmp_path / "none.db").exists()


def test_copy_from_before_the_last_epoch_begins_a_later_one_though_the_clock_was_set_back(
    path: Path, unit: FakeUnit
) -> None:
    epochs = []
    for _ in range(2):
        _starts_restored(path, unit)
        shutil.copyfile(path.with_name("backup.db"), path)
        with patch.object(time, "time_ns", return_value=0):
            epochs.append(_starts_restored(path, unit)[1])
    assert epochs[1] > epochs[0]
