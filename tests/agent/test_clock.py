"""Instants: what wall time is worth."""

import time

import pytest

from agent.clock import Instant, SystemClock, WallTime, read_boot_id


class FixedDiscipline:
    """Says always the same."""

    def __init__(self, wall: WallTime) -> None:
        self._wall = wall

    def wall(self, mono_ns: int) -> WallTime:
        assert mono_ns > 0
        return self._wall


def test_boot_id_is_sixteen_bytes_and_stays() -> None:
    assert len(read_boot_id()) == 16
    assert (
        read_boot_id() == SystemClock(FixedDiscipline(WallTime(utc_ns=0, synchronised=False, error_ms=None))).boot_id
    )


def test_clock_gives_what_the_discipline_says_with_monotonic_time() -> None:
    clock = SystemClock(FixedDiscipline(WallTime(utc_ns=123, synchronised=True, error_ms=7)))
    before = time.monotonic_ns()
    instant = clock.instant()
    assert before <= instant.mono_ns <= time.monotonic_ns()
    assert (instant.utc_ns, instant.synchronised, instant.error_ms) == (123, True, 7)


def test_clock_before_its_floor_is_not_believed() -> None:
    clock = SystemClock(FixedDiscipline(WallTime(utc_ns=999, synchronised=True, error_ms=7)), floor_utc_ns=1000)
    instant = clock.instant()
    assert not instant.synchronised
    assert instant.error_ms is None
    assert not instant.dated


@pytest.mark.parametrize(
    ("synchronised", "error_ms", "dated"),
    [(True, 5, True), (True, None, True), (False, 5, True), (False, None, False)],
)
def test_instant_is_dated_when_synchronised_or_in_holdover(
    *, synchronised: bool, error_ms: int | None, dated: bool
) -> None:
    assert Instant(mono_ns=0, utc_ns=0, synchronised=synchronised, error_ms=error_ms).dated is dated


async def test_clock_sleep_takes_monotonic_time() -> None:
    clock = SystemClock(FixedDiscipline(WallTime(utc_ns=0, synchronised=False, error_ms=None)))
    before = clock.mono_ns()
    await clock.sleep(0.01)
    assert clock.mono_ns() - before >= 10_000_000
