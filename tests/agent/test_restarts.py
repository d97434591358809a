"""Restarts are counted on disk, and limited, over power cuts and without a clock."""

import json
import logging
from dataclasses import replace
from pathlib import Path

import pytest

from agent import restarts
from agent.restarts import LIMIT, NAME, TOTAL, UPLINK, Restarts
from tests.support.uplink import FakeClock

HOUR_S = 3600


def test_part_may_restart_the_agent_so_often_a_day_and_no_more(tmp_path: Path) -> None:
    clock = FakeClock()
    for _ in range(LIMIT):
        assert Restarts(tmp_path, clock=clock).spend("bus pole"), "each time another process"
        clock.advance(HOUR_S)
    counted = Restarts(tmp_path, clock=clock)
    assert not counted.spend("bus pole")
    assert (counted.count("bus pole"), counted.count()) == (LIMIT, LIMIT)
    assert counted.spend("bus kerb"), "another part has its own"


def test_unit_with_many_parts_has_a_limit_of_its_own(tmp_path: Path) -> None:
    counted = Restarts(tmp_path, clock=FakeClock())
    assert [counted.spend(f"sensor {n}") for n in range(TOTAL + 1)] == [True] * TOTAL + [False]


def test_restart_of_a_day_ago_is_forgotten(tmp_path: Path) -> None:
    clock = FakeClock()
    counted = Restarts(tmp_path, clock=clock)
    assert counted.spend(UPLINK, limit=1)
    clock.advance(24 * HOUR_S - 1)
    assert not counted.spend(UPLINK, limit=1)
    clock.advance(1)
    assert counted.spend(UPLINK, limit=1)


def test_restart_before_a_power_cut_counts_by_wall_time(tmp_path: Path) -> None:
    clock = FakeClock()
    assert Restarts(tmp_path, clock=clock).spend(UPLINK, limit=1)
    later = replace(clock, boot_id=b"\1" * 16, mono=0, utc=clock.utc + 23 * HOUR_S * 10**9)
    assert not Restarts(tmp_path, clock=later).spend(UPLINK, limit=1)
    later.advance(HOUR_S)
    assert Restarts(tmp_path, clock=later).spend(UPLINK, limit=1)


@pytest.mark.parametrize("unset", ["before", "after", "both"])
def test_restart_before_a_power_cut_without_a_clock_counts_for_a_day_of_work(tmp_path: Path, unset: str) -> None:
    before = FakeClock(synchronised=unset == "after", error_ms=None)
    assert Restarts(tmp_path, clock=before).spend(UPLINK, limit=1)
    after = FakeClock(synchronised=unset == "before", error_ms=None, boot_id=b"\1" * 16, mono=0)
    counted = Restarts(tmp_path, clock=after)
    assert not counted.spend(UPLINK, limit=1)
    after.advance(24 * HOUR_S)
    assert counted.spend(UPLINK, limit=1)


def test_clock_that_was_set_back_over_a_boot_does_not_lose_the_count(tmp_path: Path) -> None:
    clock = FakeClock()
    assert Restarts(tmp_path, clock=clock).spend(UPLINK, limit=1)
    earlier = replace(clock, boot_id=b"\1" * 16, utc=clock.utc - 1000 * HOUR_S * 10**9)
    assert not Restarts(tmp_path, clock=earlier).spend(UPLINK, limit=1)


def test_failure_is_counted_and_takes_nothing_from_the_limits(tmp_path: Path) -> None:
    clock = FakeClock()
    counted = Restarts(tmp_path, clock=clock)
    assert counted.spend("bus pole")
    for _ in range(100):
        counted.note(restarts.FAILURE)
        clock.advance(5)
    assert (counted.count(), counted.count("bus pole"), counted.count(restarts.FAILURE)) == (1, 1, 20)
    assert (tmp_path / NAME).stat().st_size < 4096
    assert Restarts(tmp_path, clock=clock).spend("bus pole")


def test_restart_that_cannot_be_counted_is_not_allowed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    counted = Restarts(tmp_path / "gone", clock=FakeClock())
    with caplog.at_level(logging.WARNING):
        assert not counted.spend("bus pole")
    assert "restarts.json: a restart cannot be counted: No such file" in caplog.text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}x",
        b"[[1]]",
        b'[["bus", "00", "soon", null]]',
        b"7",
        b"[" * 5000,
        b"\xff",
        b"[" + b"1," * 9000 + b"1]",
    ],
    ids=["empty", "half", "short", "wrong-type", "number", "deep", "not-text", "large"],
)
def test_file_that_is_damaged_is_counted_anew_and_the_next_restart_mends_it(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / NAME).write_bytes(content)
    with caplog.at_level(logging.WARNING):
        counted = Restarts(tmp_path, clock=FakeClock())
    assert "counted anew" in caplog.text
    assert counted.spend("bus pole")
    assert [entry[0] for entry in json.loads((tmp_path / NAME).read_bytes())] == ["bus pole"]


def test_power_cut_while_a_restart_is_counted_leaves_the_count_before(tmp_path: Path) -> None:
    assert Restarts(tmp_path, clock=FakeClock()).spend("bus pole")
    (tmp_path / f".{NAME}.new").write_bytes(b'[["bus po')
    counted = Restarts(tmp_path, clock=FakeClock())
    assert counted.count("bus pole") == 1
    assert counted.spend("bus pole")
    assert [path.name for path in tmp_path.iterdir()] == [NAME]
