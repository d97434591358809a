"""What is counted of the writes to the flash."""

import logging
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from agent import flash
from agent.flash import Flash
from tests.support.outbox import STATS
from tests.support.uplink import FakeClock


class World:
    """A day and a count that the test sets."""

    def __init__(self, *, limit: int | None = None, saved: bytes | None = None, counted: bool = True) -> None:
        self.clock = FakeClock()
        self.day = date(2026, 7, 10)
        self.dated = True
        self.bytes: int | None = 0 if counted else None
        self.flash = Flash(
            lambda: self.bytes,
            today=lambda: (self.day, 1) if self.dated else None,
            clock=self.clock,
            limit=limit,
            saved=saved,
        )

    def write(self, more: int) -> dict[str, object]:
        assert self.bytes is not None
        self.bytes += more
        self.flash.look(STATS)
        return self.flash.state()


def test_count_of_this_process_is_what_the_kernel_says(tmp_path: Path) -> None:
    read = flash.open_count()
    before = read()
    if before is None:
        pytest.skip("the kernel does not account for input and output")
    (tmp_path / "file").write_bytes(bytes(1 << 16))
    after = read()
    assert after is not None
    assert after >= before


def test_flash_counts_what_the_process_has_written_its_start_included() -> None:
    world = World()
    assert world.write(500)["day_bytes"] == 500
    assert world.write(200)["total_bytes"] == 700


def test_flash_tells_bytes_a_row_without_those_of_the_start() -> None:
    world = World()
    world.write(1000)
    world.bytes = 9500
    world.flash.look(replace(STATS, rows_stored=110))
    assert world.flash.state()["bytes_a_row"] == 850


def test_flash_on_a_new_day_begins_anew_and_keeps_the_sum() -> None:
    world = World()
    world.write(500)
    world.day = date(2026, 7, 11)
    assert world.write(20)["day_bytes"] == 20
    world.day = date(2026, 7, 9)
    assert world.write(5)["day_bytes"] == 25
    assert world.flash.state()["total_bytes"] == 525


def test_flash_tells_a_pace_once_it_has_looked_for_ten_minutes() -> None:
    world = World()
    assert world.write(100)["bytes_a_day"] is None
    world.clock.advance(864)
    assert world.write(1000)["bytes_a_day"] == 100_000


def test_flash_beyond_its_budget_says_so_once_a_day(caplog: pytest.LogCaptureFixture) -> None:
    world = World(limit=1000)
    with caplog.at_level(logging.WARNING):
        assert world.write(900)["over"] is False
        assert not caplog.records
        assert world.write(200)["over"] is True
        world.write(200)
        assert len(caplog.records) == 1
        world.day = date(2026, 7, 11)
        assert world.write(10)["over"] is False
        world.write(1000)
    assert len(caplog.records) == 2
    assert "flash_daily" in caplog.text


def test_flash_after_a_restart_goes_on_where_it_was() -> None:
    first = World()
    first.write(500)
    second = World(saved=first.flash.export())
    state = second.write(20)
    assert (state["day_bytes"], state["total_bytes"]) == (520, 520)


@pytest.mark.parametrize("saved", [b"", b"{}", b"[1]", b'{"format": 2}', b'{"format":1,"day":7}', b"\xff"])
def test_flash_with_damaged_counters_begins_from_nothing(saved: bytes) -> None:
    assert World(saved=saved).write(7)["total_bytes"] == 7


def test_flash_is_kept_once_an_hour_and_at_the_end() -> None:
    world = World()
    assert world.flash.counters(early=False) == {}
    assert set(world.flash.counters(early=True)) == {flash.NAME}
    world.clock.advance(3599)
    assert world.flash.counters(early=False) == {}
    world.clock.advance(2)
    assert set(world.flash.counters(early=False)) == {flash.NAME}
    assert world.flash.counters(early=False) == {}


def test_flash_without_a_count_of_the_kernel_estimates_from_commits() -> None:
    world = World(counted=False)
    world.flash.look(STATS)
    world.flash.look(replace(STATS, commits=15, rows_stored=200, envelopes_sealed=20))
    state = world.flash.state()
    assert state["counted"] is False
    assert state["total_bytes"] == flash.estimate(commits=10, rows=100, envelopes=10)


def test_flash_before_a_date_is_known_counts_in_the_day_that_comes() -> None:
    world = World()
    world.dated = False
    world.write(100)
    world.dated = True
    assert world.write(50)["day_bytes"] == 150


def test_flash_that_has_counted_as_far_as_it_can_is_read_again() -> None:
    saved = b'{"format":1,"day":"2026-07-10","day_bytes":%d,"total_bytes":%d}' % (1 << 62, 1 << 62)
    world = World(saved=saved)
    world.flash.look(STATS)
    world.bytes = 5000
    world.flash.look(STATS)
    again = World(saved=world.flash.export())
    assert again.flash.state()["day_bytes"] == 1 << 62
    assert again.flash.export() == world.flash.export()


@pytest.mark.parametrize("saved", [b"{", b'{"format":1,"day":7,"day_bytes":0,"total_bytes":0}', b"[" * 9000])
def test_flash_tells_that_its_counters_were_damaged(saved: bytes, caplog: pytest.LogCaptureFixture) -> None:
    World(saved=saved)
    (told,) = caplog.messages
    assert "begins from nothing" in told


def test_flash_without_counters_tells_nothing(caplog: pytest.LogCaptureFixture) -> None:
    World()
    assert caplog.messages == []
