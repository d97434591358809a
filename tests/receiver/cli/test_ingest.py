"""What a crew has carried to the city: whole, twice, forged, forked, cut off."""

import json
from pathlib import Path

import pytest

from agent.wire.bundle import pack
from receiver.cli.main import main
from receiver.store import Store
from tests.support.envelopes import STREAM, UNIT, FakeUnit


@pytest.fixture
def unit(tmp_path: Path) -> FakeUnit:
    return FakeUnit.make(tmp_path)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    Store(tmp_path / "city.db").close()
    return tmp_path / "city.db"


def _ingest(tmp_path: Path, unit: FakeUnit, store: Path, *envelopes: bytes, rest: bytes = b"") -> int:
    registry = tmp_path / "devices.toml"
    registry.write_text(
        f'[unit.{UNIT}]\nkey = "{unit.key.public.line}"\nalg = "Ed25519"\nvalid_from = 2020-01-01T00:00:00Z\n'
    )
    (tmp_path / "carried").write_bytes(b"".join(pack(envelopes)) + rest)
    arguments = ["--store", str(store), "--devices", str(registry), "--json"]
    return main(["ingest", str(tmp_path / "carried"), *arguments])


def test_messages_are_stored_and_the_ones_that_were_here_told(
    tmp_path: Path, unit: FakeUnit, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = [unit.declare(), unit.batch()]
    assert _ingest(tmp_path, unit, store, *first) == 0
    capsys.readouterr()
    assert _ingest(tmp_path, unit, store, *first, unit.batch()) == 0
    (_, air) = json.loads(capsys.readouterr().out)["streams"]
    assert (air["stream"], air["new"], air["rows"], air["states"]["duplicate"]) == (STREAM, 1, 2, 1)


def test_fork_is_named_and_kept(
    tmp_path: Path, unit: FakeUnit, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    twin = FakeUnit(unit.key)
    assert _ingest(tmp_path, unit, store, unit.declare(), unit.batch(2)) == 0
    capsys.readouterr()
    assert _ingest(tmp_path, unit, store, twin.batch(3)) == 1
    (air,) = json.loads(capsys.readouterr().out)["streams"]
    assert air["forks"] == [{"epoch": unit.epoch.hex(), "seq": 0}]


def test_forged_message_is_refused_and_the_others_taken(
    tmp_path: Path, unit: FakeUnit, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    forged = bytearray(unit.declare())
    forged[-1] ^= 1
    assert _ingest(tmp_path, unit, store, bytes(forged), unit.batch(), unit.status()) == 1
    told = json.loads(capsys.readouterr().out)
    assert sum(told["refused"].values()) == 2
    assert [one["new"] for one in told["streams"]] == [1]


def test_file_that_was_cut_off_gives_what_is_whole(
    tmp_path: Path, unit: FakeUnit, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _ingest(tmp_path, unit, store, unit.declare(), rest=b"\x59\x01") == 1
    told = json.loads(capsys.readouterr().out)
    assert list(told["cut_off"].values()) == [2]
    assert len(told["streams"]) == 1


def test_store_that_is_not_there_is_not_made(tmp_path: Path, unit: FakeUnit) -> None:
    assert _ingest(tmp_path, unit, tmp_path / "none.db", unit.declare()) == 2
    assert not (tmp_path / "none.db").exists()
