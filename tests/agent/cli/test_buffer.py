"""`lamppost buffer` as a crew uses it: beside a running agent, on a copied folder, on a damaged card."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from agent.buffer.wal import PAGE_BYTES, wal_path
from agent.cli.main import main
from agent.control.standing import Governed, Standing
from agent.control.state import NAMES, ControlFiles
from agent.wire import bundle
from agent.wire.entries import StateEvent
from agent.wire.keyfile import generate
from agent.wire.orders import Order, Role
from receiver.cli.main import main as city
from receiver.store import Store
from tests.support.agent_process import Site, running
from tests.support.carried import Carried
from tests.support.disclosures import tamper
from tests.support.envelopes import STREAM, UNIT
from tests.support.outbox import contents, overwrite


@pytest.fixture
async def unit(tmp_path: Path) -> Carried:
    carried = Carried(tmp_path / "unit")
    await carried.fill()
    return carried


def _run(*arguments: object) -> int:
    return main(["buffer", *map(str, arguments)])


def _city(*arguments: object) -> int:
    return city([*map(str, arguments)])


def _read(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


# -- ls


async def test_ls_beside_a_running_agent_tells_what_waits(unit: Carried, capsys: pytest.CaptureFixture[str]) -> None:
    outbox = await unit.opened()
    await unit.store_rows(outbox, 55, 1)
    copy = unit.folder / "beside"
    shutil.copytree(unit.store.parent, copy)  # the agent of this test is in this very process
    assert _run("ls", "--store", copy) == 0
    said = _read(capsys)
    assert "16 rows not sealed; 4 messages with 40 rows wait" in said
    assert "open: an agent runs, or the power went" in said
    await outbox.close()


def test_ls_as_json_counts_everything_of_a_stream(unit: Carried, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("ls", "--store", unit.store.parent, "--json") == 0
    known = json.loads(_read(capsys))
    air = next(stream for stream in known["streams"] if stream["name"] == STREAM)
    assert (known["unit"], known["closed"], known["faults"]) == (UNIT, True, [])
    assert (air["rows"], air["waiting"], air["sealed_rows"], air["kept"]) == (15, 4, 40, 0)
    assert air["oldest_ms"] == 1_790_000_000_000
    assert [(epoch["next_seq"], epoch["receipted"]) for epoch in air["epochs"]] == [(4, -1)]


async def test_ls_tells_what_is_receipted_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    carried = Carried(tmp_path / "unit")
    await carried.fill(receipted=True)
    assert _run("ls", "--store", carried.store, "--json") == 0
    air = next(stream for stream in json.loads(_read(capsys))["streams"] if stream["name"] == STREAM)
    assert (air["waiting"], air["kept"]) == (0, 4)
    assert _run("verify", "--store", carried.store) == 0


def test_ls_never_prints_a_measured_value(unit: Carried, capsys: pytest.CaptureFixture[str]) -> None:
    tamper(unit.store, "UPDATE fresh SET data = x'77777777' WHERE id = (SELECT max(id) FROM fresh)")
    assert _run("ls", "--store", unit.store) == 1
    assert _run("verify", "--store", unit.store, "--json") == 1
    assert "7777" not in _read(capsys)


def test_ls_of_a_store_whose_first_page_is_gone_says_so_and_counts_the_rest(
    unit: Carried, capsys: pytest.CaptureFixture[str]
) -> None:
    overwrite(unit.store, bytes(PAGE_BYTES) + contents(unit.store)[PAGE_BYTES:])
    assert _run("ls", "--store", unit.store) == 1
    said = _read(capsys)
    assert "the first pages are unreadable" in said
    assert "15 rows not sealed; 4 messages with 40 rows wait" in said


def test_ls_of_something_else_than_a_store_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "outbox.db").write_bytes(b"nothing of ours" * 1000)
    assert _run("ls", "--store", tmp_path) == 1
    assert "the first pages are unreadable" in _read(capsys)


def test_ls_of_a_missing_store_ends_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("ls", "--store", tmp_path) == 2
    assert "outbox.db" in capsys.readouterr().err


def test_running_agent_is_looked_at_and_not_repaired(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.plug()
    with running(site) as agent:
        agent.until(lambda: len(agent.stored()) > 1, what="rows")
        looked = site.command("buffer", "ls", str(site.config), "--json")
        assert looked.returncode == 0, looked.stderr
        assert [line["name"] for line in json.loads(looked.stdout)["streams"]][-1] == "weather"
        assert site.command("buffer", "verify", str(site.config)).returncode == 0
        refused = site.command("buffer", "repair", str(site.config))
        assert (refused.returncode, "systemctl stop lamppost" in refused.stderr) == (2, True)


# -- verify


def test_verify_of_a_sound_store_holds(unit: Carried, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("verify", "--store", unit.store) == 0
    assert "the buffer is sound (15 rows, 5 messages" in _read(capsys)


@pytest.mark.parametrize(
    ("sql", "where", "what"),
    [
        pytest.param(
            "UPDATE envelope SET data = zeroblob(90) WHERE seq = 2 AND rows > 0",
            f"stream {STREAM}, epoch {{epoch}}, seq 2",
            "does not match its checksum",
            id="message",
        ),
        pytest.param(
            "DELETE FROM envelope WHERE seq = 1 AND rows > 0",
            f"stream {STREAM}, epoch {{epoch}}, seq 1",
            "the message is missing",
            id="missing message",
        ),
        pytest.param(
            "UPDATE fresh SET start_ms = start_ms + 1 WHERE id = (SELECT max(id) FROM fresh)",
            f"stream {STREAM}",
            "does not match its checksum",
            id="fresh row",
        ),
        pytest.param("UPDATE tally SET sealed = 99", "", "table tally", id="counters"),
        pytest.param(
            "UPDATE disclosure SET hash = zeroblob(32) WHERE id = 3", "", "table disclosure", id="log entry"
        ),
        pytest.param("DELETE FROM disclosure WHERE id = 3", "", "does not fit the ones before it", id="log chain"),
        pytest.param("UPDATE meta SET unit = 'other'", "", "table meta", id="header"),
        pytest.param("UPDATE word SET value = x'00' WHERE id = (SELECT min(id) FROM word)", "", "second", id="copy"),
    ],
)
def test_verify_names_what_is_wrong_and_where(
    unit: Carried, capsys: pytest.CaptureFixture[str], sql: str, where: str, what: str
) -> None:
    assert _run("ls", "--store", unit.store, "--json") == 0
    epoch = json.loads(_read(capsys))["epoch"]
    tamper(unit.store, sql)
    assert _run("verify", "--store", unit.store) == 1
    lines = _read(capsys).splitlines()
    assert any(where.format(epoch=epoch) in line and what in line for line in lines), lines


async def test_verify_tells_rows_of_the_backlog_that_are_gone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    carried = Carried(tmp_path / "unit")
    await carried.fill(rest=45)
    assert _run("verify", "--store", carried.store) == 0
    tamper(carried.store, "DELETE FROM run")
    assert _run("verify", "--store", carried.store) == 1
    assert "0 with 0 can be read" in _read(capsys)


async def test_verify_tells_a_lost_write_ahead_log(unit: Carried, capsys: pytest.CaptureFixture[str]) -> None:
    outbox = await unit.opened()
    await unit.store_rows(outbox, 55, 5)
    copy = unit.folder / "copy.db"
    shutil.copyfile(unit.store, copy)
    await outbox.close()
    assert _run("verify", "--store", copy) == 1
    assert "the newest commits are missing" in _read(capsys)
    assert not wal_path(copy).exists()


# -- export, and the city's side


def test_exported_messages_are_taken_in_once(
    unit: Carried, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, store = tmp_path / "carried.cbor", tmp_path / "receiver.db"
    assert _run("export", "--store", unit.store, "--out", out) == 0
    said = _read(capsys)
    assert f"{STREAM}: 4 messages, 40 rows" in said
    assert "15 rows are not sealed" in said
    before = contents(unit.store)
    _new_city(store)
    assert _city("ingest", out, "--store", store, "--devices", unit.registry()) == 0
    assert f"{UNIT} {STREAM}: 4 new messages with 40 rows, 0 were here" in _read(capsys)
    assert _city("ingest", out, "--store", store, "--devices", unit.registry()) == 0
    assert f"{UNIT} {STREAM}: 0 new messages with 0 rows, 4 were here" in _read(capsys)
    assert contents(unit.store) == before


def test_key_seals_the_rest_in_the_store_and_in_its_log(
    unit: Carried, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, store = tmp_path / "carried.cbor", tmp_path / "receiver.db"
    assert _run("export", "--store", unit.store, "--out", out, "--key", unit.folder / "unit.key") == 0
    assert f"{STREAM}: 6 messages, 55 rows" in _read(capsys)
    _new_city(store)
    assert _city("ingest", out, "--store", store, "--devices", unit.registry(), "--json") == 0
    (air,) = [one for one in json.loads(_read(capsys))["streams"] if one["stream"] == STREAM]
    assert (air["new"], air["rows"], air["doubled"], air["forks"]) == (6, 55, 0, [])
    assert _run("verify", "--store", unit.store) == 0
    assert main(["disclosures", "--store", str(unit.store)]) == 0
    assert "a file, carried by hand" in _read(capsys)


def test_key_of_another_unit_seals_nothing(unit: Carried, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    generate(tmp_path / "other.key")
    before = contents(unit.store)
    arguments = ("--store", unit.store, "--out", tmp_path / "out", "--key", tmp_path / "other.key")
    assert _run("export", *arguments) == 2
    assert "signed with another key" in capsys.readouterr().err
    assert contents(unit.store) == before


def test_key_is_not_used_while_the_agent_runs(
    unit: Carried, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = ControlFiles.open(unit.store.parent)
    key = unit.folder / "unit.key"
    assert _run("export", "--store", unit.store, "--out", tmp_path / "out", "--key", key) == 2
    assert "systemctl stop lamppost" in capsys.readouterr().err
    lock.close()


def test_dataset_that_is_held_is_not_exported(
    unit: Carried, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _order_hold(unit)
    assert _run("export", "--store", unit.store, "--out", tmp_path / "out", "--key", unit.folder / "unit.key") == 0
    said = _read(capsys)
    assert f"{STREAM}: 4 left out: the city has ordered hold" in said
    assert "15 rows are not sealed" in said
    assert len(bundle.unpack(contents(tmp_path / "out")).envelopes) == 1  # the declaration


def test_nothing_is_exported_when_nobody_knows_what_is_held(
    unit: Carried, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in NAMES:
        (unit.store.parent / name).unlink()
    assert _run("export", "--store", unit.store, "--out", tmp_path / "out") == 2
    assert "Copy the unit's whole folder" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_export_does_not_overwrite_a_file(unit: Carried, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out").touch()
    assert _run("export", "--store", unit.store, "--out", tmp_path / "out") == 2
    assert "does not exist yet" in capsys.readouterr().err


def test_export_of_a_damaged_store_has_what_can_be_read(
    unit: Carried, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tamper(unit.store, "UPDATE envelope SET data = zeroblob(90) WHERE seq = 2 AND rows > 0")
    assert _run("export", "--store", unit.store, "--out", tmp_path / "out") == 1
    said = _read(capsys)
    assert f"{STREAM}: 3 messages, 30 rows" in said
    assert "the store is damaged" in said


# -- repair


def test_repair_of_a_sound_store_does_nothing(unit: Carried, capsys: pytest.CaptureFixture[str]) -> None:
    before = contents(unit.store)
    assert _run("repair", "--store", unit.store) == 0
    assert "nothing to repair" in _read(capsys)
    assert contents(unit.store) == before


def test_repair_keeps_what_can_be_read_and_tells_the_rest(unit: Carried, capsys: pytest.CaptureFixture[str]) -> None:
    tamper(unit.store, "UPDATE envelope SET data = zeroblob(90) WHERE seq = 2 AND rows > 0")
    assert _run("repair", "--store", unit.store.parent) == 0
    said = _read(capsys)
    assert "kept: 15 rows not sealed, 3 messages with 30 rows" in said
    assert "lost: 10 rows" in said
    assert "outbox.damaged-1" in said
    assert _run("verify", "--store", unit.store) == 0


async def test_repaired_store_is_one_that_the_agent_goes_on_with(
    unit: Carried, capsys: pytest.CaptureFixture[str]
) -> None:
    overwrite(unit.store, bytes(PAGE_BYTES) + contents(unit.store)[PAGE_BYTES:])
    assert _run("repair", "--store", unit.store) == 0
    capsys.readouterr()
    outbox = await unit.opened()
    stats = await outbox.stats()
    assert (stats.rows_waiting, stats.sealed_rows_waiting, stats.damaged_files) == (15, 40, 1)
    await outbox.close()


def test_repair_waits_for_the_agent_to_be_stopped(unit: Carried, capsys: pytest.CaptureFixture[str]) -> None:
    lock = ControlFiles.open(unit.store.parent)
    assert _run("repair", "--store", unit.store) == 2
    assert "systemctl stop lamppost" in capsys.readouterr().err
    lock.close()


def test_repair_asks_whose_store_it_is_when_the_header_is_gone(
    unit: Carried, capsys: pytest.CaptureFixture[str]
) -> None:
    tamper(unit.store, "UPDATE meta SET sum = 0")
    assert _run("repair", "--store", unit.store) == 2
    assert "lamppost buffer repair FILE.toml" in capsys.readouterr().err


def test_action_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run() == 2
    assert "usage: lamppost buffer" in _read(capsys)


def _new_city(store: Path) -> None:
    Store(store).close()


def _order_hold(unit: Carried) -> None:
    """Have the city hold the stream."""
    files = ControlFiles.open(unit.store.parent)
    word = Standing(role=Role.PRIVACY, order=Order.HOLD, version=1, document=bytes(32), reference="7")
    state = replace(files.read(unit=UNIT), streams={STREAM: Governed((word,))}, event=StateEvent.RESET)
    files.write(state)
    files.close()
