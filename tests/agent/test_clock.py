"""Instants: what wall time is worth."""

import logging
import time

import pytest

from agent.clock import NS_PER_MS, Instant, SystemClock, WallTime, read_boot_id


class FixedDiscipline:
    """Says always the same."""

    def __init__(self, wall: WallTime, *, agrees: bool = False) -> None:
        self._wall = wall
        self._agrees = agrees
        self.resumed: tuple[int, int, int | None] | None = None

    def wall(self, mono_ns: int) -> WallTime:
        assert mono_ns > 0
        return self._wall

    def resume(self, *, mono_ns: int, utc_ns: int, error_ms: int | None) -> None:
        self.resumed = (mono_ns, utc_ns, error_ms)

    def agrees(self, wall: WallTime) -> bool:
        assert wall is self._wall
        return self._agrees


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


class Floor:
    """What is known from before: a time that has passed, and perhaps an instant of this boot."""

    def __init__(self, floor_ms: int, *, placed: tuple[int, int, int | None] | None = None) -> None:
        self.floor_ms = floor_ms
        self._placed = placed

    def placed(self, boot_id: bytes) -> tuple[int, int, int | None] | None:
        assert len(boot_id) == 16
        return self._placed

    def lower(self, utc_ms: int) -> None:
        self.floor_ms = utc_ms


NOW_MS = 1_790_000_000_000
NOW_S = NOW_MS // 1000
YEAR_S = 365 * 86_400


def _clock(floor: Floor, *, agrees: bool = False, error_ms: int | None = 7, synchronised: bool = True) -> SystemClock:
    wall = WallTime(utc_ns=NOW_MS * NS_PER_MS, synchronised=synchronised, error_ms=error_ms)
    clock = SystemClock(FixedDiscipline(wall, agrees=agrees))
    clock.remember(floor)
    return clock


def test_clock_before_its_floor_is_not_believed_and_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    clock = _clock(Floor(NOW_MS + 1))
    with caplog.at_level(logging.WARNING, logger="agent.clock"):
        instants = [clock.instant(), clock.instant()]
    assert not any(instant.synchronised or instant.dated for instant in instants)
    (said,) = caplog.messages
    assert "compare the unit's clock (date -u) with another one" in said
    assert "lamppost clock" in said


def test_clock_at_its_floor_is_believed() -> None:
    assert _clock(Floor(NOW_MS)).instant().synchronised


def test_clock_below_a_floor_that_the_brokers_certificate_does_not_reach_is_believed_again() -> None:
    floor = Floor(NOW_MS + 70 * YEAR_S * 1000)
    clock = _clock(floor)
    clock.certified(NOW_S - 60, NOW_S + YEAR_S)
    assert clock.instant().synchronised
    assert floor.floor_ms == NOW_MS


@pytest.mark.parametrize(
    ("first_s", "last_s"),
    [
        pytest.param(NOW_S - 60, NOW_S + 71 * YEAR_S, id="still valid at the floor"),
        pytest.param(NOW_S + 60, NOW_S + YEAR_S, id="not valid yet"),
        pytest.param(NOW_S - YEAR_S, NOW_S - 60, id="over"),
    ],
)
def test_certificate_that_does_not_contradict_the_floor_changes_nothing(first_s: int, last_s: int) -> None:
    floor = Floor(NOW_MS + 70 * YEAR_S * 1000)
    clock = _clock(floor)
    clock.certified(first_s, last_s)
    assert not clock.instant().dated
    assert floor.floor_ms > NOW_MS


def test_clock_below_its_floor_is_believed_when_a_second_source_has_the_same_time() -> None:
    floor = Floor(NOW_MS + 1)
    assert _clock(floor, agrees=True).instant().synchronised
    assert floor.floor_ms == NOW_MS


@pytest.mark.parametrize(
    ("error_ms", "synchronised"), [(None, True), (7, False)], ids=["no bound", "not synchronised"]
)
def test_clock_that_is_not_sure_of_itself_puts_no_floor_down(*, error_ms: int | None, synchronised: bool) -> None:
    floor = Floor(NOW_MS + 1)
    assert not _clock(floor, agrees=True, error_ms=error_ms, synchronised=synchronised).instant().dated
    assert floor.floor_ms == NOW_MS + 1


def test_clock_told_of_an_instant_of_this_boot_lets_its_discipline_go_on_from_there() -> None:
    discipline = FixedDiscipline(WallTime(utc_ns=NOW_MS * NS_PER_MS, synchronised=True, error_ms=7))
    clock = SystemClock(discipline)
    clock.remember(Floor(NOW_MS + 3_600_000, placed=(5, NOW_MS - 1000, 3)))
    assert discipline.resumed == (5 * NS_PER_MS, (NOW_MS - 1000) * NS_PER_MS, 3)
    assert clock.instant().synchronised, "it was set back in this boot, and is right since"


def test_clock_with_a_battery_carries_the_time_over_a_reboot() -> None:
    discipline = FixedDiscipline(WallTime(utc_ns=NOW_MS * NS_PER_MS, synchronised=False, error_ms=None))
    asked: list[int] = []

    def rtc(floor_ms: int) -> tuple[int, int]:
        asked.append(floor_ms)
        return NOW_MS + 500, 1800

    before = time.monotonic_ns()
    SystemClock(discipline, rtc=rtc).remember(Floor(NOW_MS))
    assert asked == [NOW_MS]
    assert discipline.resumed is not None
    assert before <= discipline.resumed[0] <= time.monotonic_ns()
    assert discipline.resumed[1:] == ((NOW_MS + 500) * NS_PER_MS, 1800)


def test_clock_with_a_battery_is_not_asked_in_a_boot_whose_time_is_known() -> None:
    discipline = FixedDiscipline(WallTime(utc_ns=NOW_MS * NS_PER_MS, synchronised=False, error_ms=None))
    SystemClock(discipline, rtc=lambda _floor_ms: (1, 1)).remember(Floor(NOW_MS, placed=(5, NOW_MS, 3)))
    assert discipline.resumed == (5 * NS_PER_MS, NOW_MS * NS_PER_MS, 3)


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
