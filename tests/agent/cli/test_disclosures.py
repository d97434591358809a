"""The command as a clerk uses it: export, excerpt, verify, and what happens when the log was changed."""

import csv
import io
import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from agent.cli.disclosures_page import COLUMNS, Table
from agent.cli.disclosures_pick import Wanted
from agent.cli.main import main
from agent.quality import Quality
from agent.wire.entries import Entry
from agent.wire.entry_layout import LAYOUTS
from agent.wire.excerpt import verify
from agent.wire.export import parse_export
from tests.support.agent_process import Site, running
from tests.support.disclosures import DAY_MS, NOON_MS, chained, envelope, log_of, one_of_each, order, tamper
from tests.support.disclosures import at as moment_at
from tests.support.outbox import DECLARATION, UNIT, StillClock, confirm, opened, rows, stored, waiting

UTC_NS = 1_000_000


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    """Return the store of a unit that was at work on three days."""
    clock = StillClock()
    outbox = await opened(tmp_path / "outbox.db", clock=clock)
    for day in range(3):
        await outbox.declare(DECLARATION)
        for stream in ("air", "noise"):
            await stored(outbox, rows(day * 10, 10, stream=stream))
        await outbox.seal()
        await confirm(outbox, (await waiting(outbox))[-1])
        await outbox.record(order)
        clock.now_ns += DAY_MS * UTC_NS
    await outbox.close()
    return tmp_path / "outbox.db"


def _run(*arguments: object) -> int:
    return main(["disclosures", *map(str, arguments)])


def _table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_csv_has_a_line_for_each_entry_and_says_that_it_is_all(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run("--store", path) == 0
    *lines, end = _table(capsys.readouterr().out)
    assert [int(line["number"]) for line in lines] == list(range(1, len(lines) + 1))
    assert end["event"] == "end of export"
    assert (
        f"unit {UNIT}; entries 1 to {len(lines)}; {len(lines)} of {len(lines)} shown, all of them" in end["details"]
    )
    data = next(line for line in lines if line["event"] == "data released")
    assert (data["dataset"], data["channels"], data["rows_or_windows"]) == ("air", "left right", "10")
    assert data["time_utc"].endswith("Z")
    assert data["destination"] == "broker.example:8883"


@pytest.mark.parametrize("form", ["json", "cbor"])
def test_complete_export_can_be_verified_again(
    path: Path, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes], form: str
) -> None:
    assert _run("--store", path, "--format", form) == 0
    told = capsysbinary.readouterr()
    assert told.err == b""
    export = parse_export(told.out)
    assert verify(export.header, export.entries).complete
    (tmp_path / "export").write_bytes(told.out)
    assert _run("verify", "--export", tmp_path / "export") == 0
    assert b"the chain holds" in capsysbinary.readouterr().out


def test_excerpt_of_days_and_a_dataset_says_so(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run("--store", path, "--format", "json") == 0
    whole = parse_export(capsys.readouterr().out.encode())
    days = sorted({n.entry.at.utc_ms // DAY_MS for n in whole.entries if n.entry.at.utc_ms})
    second = date.fromordinal(date(1970, 1, 1).toordinal() + days[1])
    wanted = ("--from", second, "--to", second, "--stream", "noise")
    assert _run("--store", path, "--format", "json", *wanted) == 0
    told = capsys.readouterr()
    excerpt = parse_export(told.out.encode())
    assert excerpt.is_excerpt
    assert 0 < len(excerpt.entries) < len(whole.entries) // 3 + 1
    assert f"an excerpt: {len(excerpt.entries)} of {len(whole.entries)} entries; from {second}" in told.err
    (tmp_path / "export").write_text(told.out)
    assert _run("verify", "--export", tmp_path / "export") == 0
    assert "an excerpt" in capsys.readouterr().out
    assert _run("--store", path, *wanted) == 0
    lines = _table(capsys.readouterr().out)
    assert {line["dataset"] for line in lines[:-1]} == {"noise"}
    assert next(line for line in lines if line["event"] == "data released")["channels"] == "level peak"
    assert "an excerpt: from" in lines[-1]["details"]


async def test_verify_tells_the_extent_and_the_head(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("verify", "--store", path) == 0
    told = capsys.readouterr().out
    outbox = await opened(path)
    log = await log_of(outbox)
    assert f"unit {UNIT}: {len(log.entries)} entries, 1 to {len(log.entries)}; the chain holds" in told
    assert f"head {log.entries[-1].hash.hex()}" in told
    await outbox.close()


def test_verify_names_the_first_entry_that_was_taken_out(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tamper(path, "DELETE FROM disclosure WHERE id = 5")
    assert _run("verify", "--store", path) == 1
    assert "entry 6 does not fit" in capsys.readouterr().out
    assert _run("--store", path) == 1
    told = capsys.readouterr()
    assert "entry 6 does not fit" in told.err
    assert [line["number"] for line in _table(told.out)] == ["1", "2", "3", "4"]


def test_verify_names_the_entry_that_was_put_in_the_place_of_another(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run("--store", path, "--format", "json") == 0
    lines = capsys.readouterr().out.splitlines()
    changed: dict[str, Any] = json.loads(lines[4])
    changed["entry"]["seq"] += 1
    lines[4] = json.dumps(changed)
    (tmp_path / "export").write_text("\n".join(lines))
    assert _run("verify", "--export", tmp_path / "export") == 1
    assert "entry 4 does not fit" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [("--store", "missing.db"), ("verify", "--store", "missing.db"), ("verify", "--export", "missing"), ("a", "b")],
    ids=["store", "verify", "export", "two files"],
)
def test_what_cannot_be_read_is_told_with_exit_code_2(
    tmp_path: Path, arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert _run(*arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("lamppost disclosures: ")


def test_export_that_is_none_is_told_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "export").write_text('{"lamppost":"disclosures"}')
    assert _run("verify", "--export", tmp_path / "export") == 2
    assert "line 1: " in capsys.readouterr().err


def test_day_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        _run("--from", "1.7.2026")
    assert caught.value.code == 2
    assert "expected a day as YYYY-MM-DD" in capsys.readouterr().err


def test_command_does_not_load_what_it_does_not_need(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sys.modules.pop("agent.config", None)
    assert _run("verify", "--store", path) == 0
    assert "agent.config" not in sys.modules
    capsys.readouterr()


# -- which entries


def _numbers(entries: list[Entry], wanted: Wanted) -> list[int]:
    return [n.number for n, chosen in wanted.pick(chained(entries).entries) if chosen]


def test_days_are_whole_days_of_utc() -> None:
    midnight = NOON_MS + DAY_MS // 2
    entries: list[Entry] = [envelope(moment_at(ms), seq) for seq, ms in enumerate((midnight - 1, midnight))]
    first, second = date(2026, 9, 22), date(2026, 9, 23)
    assert _numbers(entries, Wanted(until=first)) == [1]
    assert _numbers(entries, Wanted(since=second)) == [2]
    assert _numbers(entries, Wanted(since=first, until=second)) == [1, 2]


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (Wanted(until=date(2026, 9, 21)), [1]),
        (Wanted(since=date(2026, 9, 24)), [8]),
        (Wanted(since=date(2026, 9, 23)), [6, 7, 8]),
        (Wanted(stream="people"), [1, 2, 4, 8]),
        (Wanted(stream="air"), [1, 2, 3, 5, 6, 7, 8]),
        (Wanted(), list(range(1, 9))),
    ],
    ids=["before", "after", "second day", "people", "air", "everything"],
)
def test_undated_entries_are_left_out_only_where_their_neighbours_rule_them_out(
    wanted: Wanted, numbers: list[int]
) -> None:
    assert _numbers(one_of_each(), wanted) == numbers


# -- the table


def _written(entries: list[Entry]) -> list[dict[str, str]]:
    log, out = chained(entries), io.StringIO()
    table = Table(out, log.header, Wanted())
    assert table.write((n, True) for n in log.entries) == len(entries)
    return _table(out.getvalue())


def test_table_has_words_for_every_kind_of_entry() -> None:
    lines = _written(one_of_each())
    assert len(lines) == len(LAYOUTS)
    assert [line["event"] for line in lines] == [
        *("buffer damaged", "configuration changed", "data released", "values kept back", "received by the city"),
        *("rows lost", "order obeyed: suspend", "control state reset at the unit: every dataset runs"),
    ]
    assert all(set(line) == set(COLUMNS) for line in lines)
    assert lines[0]["time_utc"] == ""
    assert lines[0]["clock"] == "unset"
    assert lines[2]["time_utc"] == "2026-09-22T12:00:01.000Z"
    assert lines[2]["channels"] == "pm25 pm10"
    assert lines[3]["reason"] == "too few people or vehicles"
    assert lines[5]["message"] == "0001020304050607:1-2"


def test_table_without_the_entry_that_names_the_channels_says_how_many_there_were() -> None:
    (line,) = _written([envelope(moment_at())])
    assert line["channels"] == "2, names not known"


@pytest.mark.parametrize("reference", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_table_holds_no_formula(reference: str) -> None:
    (line,) = _written([order(moment_at(), stream=None, reference=reference)])
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in line.values())
    assert line["dataset"] == "all"


def test_every_reason_that_the_filter_has_for_keeping_back_has_words() -> None:
    from agent.buffer.disclosures import KEPT_BACK  # noqa: PLC0415 - the list that the words are for
    from agent.cli.disclosures_page import _KEPT_BACK  # noqa: PLC0415

    assert set(_KEPT_BACK) == set(KEPT_BACK)
    assert Quality.NO_DATA not in _KEPT_BACK


def test_page_for_clerks_explains_every_column_and_option() -> None:
    page = (Path(__file__).parents[3] / "docs" / "disclosures.md").read_text()
    assert [name for name in COLUMNS if f"`{name}`" not in page] == []
    options = ("--from", "--to", "--stream", "--format", "--store", "--export", "verify")
    assert [option for option in options if option not in page] == []


def test_log_of_a_running_agent_is_exported_without_disturbing_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = Site(tmp_path)
    site.plug()
    try:
        with running(site) as agent:
            agent.until(lambda: len(agent.stored()) >= 2, what="two rows")
            assert _run("verify", site.config) == 0
            assert "the chain holds" in capsys.readouterr().out
            assert _run(site.config) == 0
            before = len(agent.stored())
            agent.until(lambda: len(agent.stored()) > before, what="another row")
            assert agent.stop(deadline_s=15) == 0
    finally:
        site.adapter.close()
    lines = _table(capsys.readouterr().out)
    assert lines[0]["event"] == "configuration changed"
    assert "declaration released" in {line["event"] for line in lines}
    assert lines[-1]["event"] == "end of export"
