import json
import subprocess
import sys
from pathlib import Path

import pytest

from agent.quality import Quality
from agent.wire.disclosure import encode_entry, genesis, link
from agent.wire.entries import EnvelopeEntry, Moment
from agent.wire.excerpt import Header, Numbered
from agent.wire.export import cbor_items, json_lines
from agent.wire.messages import ClockQuality, Kind
from receiver.holdings import holdings
from receiver.store import Store
from receiver.trusted import TrustedDevices
from tests.support.envelopes import STREAM, FakeUnit

NOW = 1_800_000_000_000


@pytest.fixture
def unit(tmp_path: Path) -> FakeUnit:
    return FakeUnit.make(tmp_path)


def _city(tmp_path: Path, unit: FakeUnit, envelopes: list[bytes]) -> Path:
    """Return the store of a receiver to which these envelopes came."""
    trusted = TrustedDevices({unit.name: unit.device()})
    store = Store(tmp_path / "receiver.db")
    store.commit([trusted.verify_file(data, now_ms=NOW) for data in envelopes], now_ms=NOW, patience_ms=0)
    store.close()
    return tmp_path / "receiver.db"


def _entry(unit: FakeUnit, data: bytes, *, stream: str, kind: Kind, rows: int) -> EnvelopeEntry:
    verified = TrustedDevices({unit.name: unit.device()}).verify_file(data, now_ms=NOW)
    return EnvelopeEntry(
        at=Moment(quality=ClockQuality.SYNCHRONISED, utc_ms=NOW),
        stream=stream,
        epoch=unit.epoch,
        seq=0,
        hash=verified.hash,
        kind=kind,
        rows=rows,
        channels=2 if rows else 0,
        declaration=unit.cited() if kind is Kind.BATCH else None,
        size=len(data),
        destination="127.0.0.1:1883",
    )


def _export(unit: FakeUnit, entries: list[EnvelopeEntry]) -> tuple[Header, list[Numbered]]:
    digest, numbered = genesis(unit.name), []
    for number, entry in enumerate(entries, start=1):
        digest = link(digest, encode_entry(entry))
        numbered.append(Numbered(number=number, data=encode_entry(entry), hash=digest))
    return Header(unit=unit.name, first=1, base=genesis(unit.name), last=len(numbered)), numbered


def _run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "receiver", "reconcile", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_holdings_tell_rows_and_withheld_windows_of_each_batch(tmp_path: Path, unit: FakeUnit) -> None:
    city = holdings(_city(tmp_path, unit, [unit.declare(), unit.batch(rows=3)]), unit.name)
    held = city.envelopes[STREAM, unit.epoch, 0]
    assert (held.kind, held.rows, held.withheld) == (Kind.BATCH, 3, {Quality.NO_DATA: 3})
    assert held.declaration == unit.cited()
    assert city.receipted == {(STREAM, unit.epoch): 0, ("_declaration", unit.epoch): 0}
    assert city.declarations == {unit.cited()}


def test_a_batch_that_is_set_aside_has_rows_that_nobody_knows(tmp_path: Path, unit: FakeUnit) -> None:
    city = holdings(_city(tmp_path, unit, [unit.batch(rows=3)]), unit.name)
    assert city.envelopes[STREAM, unit.epoch, 0].rows is None


@pytest.mark.parametrize("form", ["json", "cbor"])
def test_the_command_finds_no_difference_and_then_the_one_that_was_made(
    tmp_path: Path, unit: FakeUnit, form: str
) -> None:
    declaration, batch = unit.declare(), unit.batch(rows=3)
    store = _city(tmp_path, unit, [declaration, batch])
    entries = [
        _entry(unit, declaration, stream="_declaration", kind=Kind.DECLARATION, rows=0),
        _entry(unit, batch, stream=STREAM, kind=Kind.BATCH, rows=3),
    ]
    for number, (told, code) in enumerate([(entries, 0), (entries[:1], 1)]):
        log = tmp_path / f"{number}.log"
        header, numbered = _export(unit, told)
        if form == "json":
            log.write_text("\n".join(json_lines(header, numbered)))
        else:
            log.write_bytes(b"".join(cbor_items(header, numbered)))
        done = _run(unit.name, log, "--store", store)
        assert done.returncode == code, done.stdout + done.stderr
        assert ("No difference" in done.stdout) is (code == 0)
        found = json.loads(_run(unit.name, log, "--store", store, "--json").stdout)
        assert found["differences"] == code


def test_the_command_says_what_is_wrong_with_its_files(tmp_path: Path, unit: FakeUnit) -> None:
    store = _city(tmp_path, unit, [unit.declare()])
    log = tmp_path / "log.json"
    log.write_text("\n".join(json_lines(*_export(unit, []))))
    assert "expected the log of unit other" in _run("other", log, "--store", store).stderr
    log.write_text("no log")
    assert "expected what `lamppost disclosures" in _run(unit.name, log, "--store", store).stderr
    assert "cannot read it" in _run(unit.name, tmp_path / "none", "--store", store).stderr
    assert _run(unit.name, log, "--store", tmp_path / "none.db").returncode == 2
