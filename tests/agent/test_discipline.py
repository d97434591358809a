"""Where wall time comes from."""

import errno
import logging
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.clock import WallTime
from agent.discipline import (
    HOLDOVER_LIMIT_MS,
    GnssDiscipline,
    KernelDiscipline,
    KernelTime,
    SystemDiscipline,
    read_kernel_time,
    rtc_time,
)

S = 1_000_000_000
UTC_MS = 1_780_000_000_000
UTC = UTC_MS * 1_000_000


class Kernel:
    """A kernel that says what the test wants."""

    def __init__(self) -> None:
        self.time: KernelTime | OSError = KernelTime(synchronised=False, maxerror_us=16_000_000)

    def read(self) -> KernelTime:
        if isinstance(self.time, OSError):
            raise self.time
        return self.time


def test_kernel_time_is_read_from_this_machine() -> None:
    kernel = read_kernel_time()
    assert kernel.maxerror_us >= 0


def test_kernel_discipline_that_was_never_synchronised_is_unset() -> None:
    wall = KernelDiscipline(Kernel().read, utc_ns=lambda: 5).wall(S)
    assert (wall.utc_ns, wall.synchronised, wall.error_ms) == (5, False, None)


def test_kernel_discipline_when_synchronised_gives_the_kernels_bound_rounded_up() -> None:
    kernel = Kernel()
    kernel.time = KernelTime(synchronised=True, maxerror_us=1_500_001)
    wall = KernelDiscipline(kernel.read, utc_ns=lambda: 5).wall(S)
    assert (wall.synchronised, wall.error_ms) == (True, 1501)


def test_kernel_discipline_that_loses_synchronisation_is_in_holdover_until_the_limit() -> None:
    kernel = Kernel()
    discipline = KernelDiscipline(kernel.read, utc_ns=lambda: 5)
    kernel.time = KernelTime(synchronised=True, maxerror_us=1_000_000)
    discipline.wall(0)
    kernel.time = KernelTime(synchronised=False, maxerror_us=16_000_000)
    wall = discipline.wall(1000 * S)
    assert (wall.synchronised, wall.error_ms) == (False, 1500)
    limit_s = (HOLDOVER_LIMIT_MS - 1000) * 2
    assert discipline.wall(limit_s * S).error_ms == HOLDOVER_LIMIT_MS
    assert discipline.wall((limit_s + 1) * S).error_ms is None


def test_kernel_discipline_in_holdover_does_not_follow_whoever_sets_the_clock() -> None:
    kernel = Kernel()
    shown = [UTC]
    discipline = KernelDiscipline(kernel.read, utc_ns=lambda: shown[0])
    kernel.time = KernelTime(synchronised=True, maxerror_us=1_000_000)
    discipline.wall(0)
    kernel.time = KernelTime(synchronised=False, maxerror_us=16_000_000)
    shown[0] = 0  # settimeofday makes the kernel unsynchronised (ntp_clear in its timekeeping.c)
    assert discipline.wall(10 * S).utc_ns == UTC + 10 * S


def test_kernel_discipline_goes_on_from_an_earlier_process_of_the_same_boot() -> None:
    discipline = KernelDiscipline(Kernel().read, utc_ns=lambda: 5)
    discipline.resume(mono_ns=10 * S, utc_ns=UTC, error_ms=1000)
    wall = discipline.wall(1010 * S)
    assert (wall.utc_ns, wall.synchronised, wall.error_ms) == (UTC + 1000 * S, False, 1500)


def test_discipline_without_a_bound_has_nothing_to_go_on_from() -> None:
    discipline = KernelDiscipline(Kernel().read, utc_ns=lambda: 5)
    discipline.resume(mono_ns=10 * S, utc_ns=UTC, error_ms=None)
    assert discipline.wall(1010 * S).error_ms is None


def test_gnss_goes_on_from_an_earlier_process_of_the_same_boot_until_its_limit() -> None:
    discipline = GnssDiscipline(utc_ns=lambda: 5)
    discipline.resume(mono_ns=10 * S, utc_ns=UTC, error_ms=900)
    wall = discipline.wall(1010 * S)
    assert (wall.utc_ns, wall.synchronised, wall.error_ms) == (UTC + 1000 * S, False, 1500)
    late = GnssDiscipline(utc_ns=lambda: 5)
    late.resume(mono_ns=10 * S, utc_ns=UTC, error_ms=HOLDOVER_LIMIT_MS + 1)
    assert late.wall(11 * S).error_ms is None


@pytest.mark.parametrize(
    ("kernel_time", "apart_ns", "agrees"),
    [
        pytest.param(KernelTime(synchronised=True, maxerror_us=1000), S, True, id="same"),
        pytest.param(KernelTime(synchronised=True, maxerror_us=1000), 2 * S, False, id="another"),
        pytest.param(KernelTime(synchronised=False, maxerror_us=1000), 0, False, id="unsynchronised"),
        pytest.param(OSError(errno.EPERM, ""), 0, False, id="forbidden"),
    ],
)
def test_gnss_is_vouched_for_by_a_synchronised_kernel_with_the_same_time(
    kernel_time: KernelTime | OSError,
    apart_ns: int,
    agrees: bool,  # noqa: FBT001 - pytest gives it by name
) -> None:
    kernel = Kernel()
    kernel.time = kernel_time
    discipline = GnssDiscipline(utc_ns=lambda: UTC + apart_ns, read=kernel.read)
    assert discipline.agrees(WallTime(utc_ns=UTC, synchronised=True, error_ms=1000)) is agrees


def test_kernel_and_system_have_nobody_to_vouch_for_them() -> None:
    wall = WallTime(utc_ns=UTC, synchronised=True, error_ms=1000)
    system = SystemDiscipline()
    system.resume(mono_ns=1, utc_ns=1, error_ms=1)
    assert not KernelDiscipline(Kernel().read).agrees(wall)
    assert not system.agrees(wall)


def test_kernel_discipline_in_a_sandbox_that_forbids_the_call_is_unset_and_says_so_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    kernel = Kernel()
    kernel.time = OSError(errno.EPERM, "Operation not permitted")
    discipline = KernelDiscipline(kernel.read)
    with caplog.at_level(logging.WARNING):
        assert not discipline.wall(S).synchronised
        assert not discipline.wall(2 * S).synchronised
    assert caplog.text.count("ProtectClock") == 1


def test_system_discipline_takes_the_system_at_its_word() -> None:
    wall = SystemDiscipline().wall(S)
    assert wall.synchronised
    assert wall.error_ms is None
    assert abs(wall.utc_ns - time.time_ns()) < S


def _fed(samples: int = 5, *, late_ms: int = 300, first_s: int = 10) -> GnssDiscipline:
    discipline = GnssDiscipline(utc_ns=lambda: 5)
    for number in range(samples):
        mono_ns = (first_s + number) * S
        discipline.sample(utc_ms=UTC_MS + number * 1000, mono_ns=mono_ns + late_ms * 1_000_000)
    return discipline


def test_gnss_without_samples_gives_the_kernels_time_unbelieved() -> None:
    wall = GnssDiscipline(utc_ns=lambda: 5).wall(S)
    assert (wall.utc_ns, wall.synchronised, wall.error_ms) == (5, False, None)


def test_gnss_with_too_few_samples_is_not_believed() -> None:
    assert not _fed(4).wall(15 * S).synchronised


def test_gnss_with_agreeing_samples_is_believed_within_its_bound() -> None:
    wall = _fed(late_ms=300).wall(15 * S)
    assert wall.synchronised
    assert wall.error_ms is not None
    assert abs(wall.utc_ns - (UTC + 5 * S)) <= wall.error_ms * 1_000_000


@given(st.lists(st.integers(0, 990), min_size=5, max_size=80))
def test_gnss_with_any_lateness_within_a_second_stays_within_its_bound(late: list[int]) -> None:
    """However late each sentence was, wall time is off by no more than the bound says."""
    discipline = GnssDiscipline()
    for number, late_ms in enumerate(late):
        discipline.sample(utc_ms=UTC_MS + number * 1000, mono_ns=number * S + late_ms * 1_000_000)
    now_ns = (len(late) + 1) * S
    wall = discipline.wall(now_ns)
    assert wall.synchronised
    assert wall.error_ms is not None
    assert abs(wall.utc_ns - (UTC + now_ns)) <= wall.error_ms * 1_000_000


def test_gnss_without_new_samples_is_in_holdover_with_a_growing_bound() -> None:
    discipline = _fed()
    assert discipline.last_sample_mono_ns == 14_300_000_000
    assert discipline.wall(24 * S).synchronised
    held = discipline.wall(25 * S)
    later = discipline.wall(10_025 * S)
    assert not held.synchronised
    assert held.error_ms is not None
    assert later.error_ms is not None
    assert later.error_ms - held.error_ms == pytest.approx(5000, abs=1)
    assert discipline.wall(200_000 * S).error_ms is None


def test_gnss_with_a_stray_sample_is_not_moved_by_it() -> None:
    discipline = _fed()
    before = discipline.wall(20 * S)
    for _ in range(4):
        discipline.sample(utc_ms=UTC_MS + 3_600_000, mono_ns=20 * S)
    assert discipline.wall(20 * S) == before


def test_gnss_with_a_lasting_other_time_follows_it() -> None:
    discipline = _fed()
    for number in range(5):
        discipline.sample(utc_ms=UTC_MS + 3_600_000 + number * 1000, mono_ns=(20 + number) * S)
    wall = discipline.wall(25 * S)
    assert wall.synchronised
    assert abs(wall.utc_ns - (UTC + 3_605 * S)) <= S


def test_gnss_that_has_lost_count_of_its_weeks_is_not_believed() -> None:
    discipline = GnssDiscipline()
    for number in range(10):
        discipline.sample(utc_ms=UTC_MS - 1024 * 7 * 86_400_000 + number * 1000, mono_ns=number * S)
    assert not discipline.wall(11 * S).synchronised


FLOOR_MS = UTC_MS


def _rtc(folder: Path, text: str | None) -> Path:
    if text is not None:
        (folder / "rtc0").mkdir()
        (folder / "rtc0" / "since_epoch").write_text(text)
    return folder


def test_battery_clock_is_as_wrong_as_it_may_have_drifted_since_it_was_set(tmp_path: Path) -> None:
    folder = _rtc(tmp_path, f"{FLOOR_MS // 1000 + 3600}\n")
    assert rtc_time("rtc0", floor_ms=FLOOR_MS, folder=folder) == (FLOOR_MS + 3_600_500, 1000 + 1800)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(None, id="none"),
        pytest.param("", id="unreadable"),
        pytest.param("946684800\n", id="2000"),
        pytest.param(f"{FLOOR_MS // 1000 - 1}\n", id="before"),
        pytest.param(f"{FLOOR_MS // 1000 + 2 * 86_400}\n", id="two days later"),
        pytest.param("4070908800\n", id="2099"),
    ],
)
def test_battery_clock_that_may_be_wrong_by_more_than_a_minute_is_worth_nothing(
    tmp_path: Path, text: str | None
) -> None:
    assert rtc_time("rtc0", floor_ms=FLOOR_MS, folder=_rtc(tmp_path, text)) is None


def test_battery_clock_of_a_unit_that_was_never_sure_of_the_time_is_worth_nothing(tmp_path: Path) -> None:
    assert rtc_time("rtc0", floor_ms=0, folder=_rtc(tmp_path, "3600\n")) is None
