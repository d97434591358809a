"""Where wall time comes from."""

import errno
import logging
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.discipline import (
    HOLDOVER_LIMIT_MS,
    GnssDiscipline,
    KernelDiscipline,
    KernelTime,
    SystemDiscipline,
    read_kernel_time,
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
