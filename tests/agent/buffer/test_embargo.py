from dataclasses import dataclass

import pytest

from agent.buffer.embargo import Embargo
from agent.clock import Instant

BOOT, OTHER = bytes(16), bytes([1]) * 16


@dataclass
class Clock:
    """A clock in the hands of a test; times in ms."""

    mono_ms: int = 1000
    utc_ms: int | None = None
    boot_id: bytes = BOOT

    def mono_ns(self) -> int:
        return self.mono_ms * 1_000_000

    def instant(self) -> Instant:
        dated = self.utc_ms is not None
        return Instant(
            mono_ns=self.mono_ns(), utc_ns=(self.utc_ms or 0) * 1_000_000, synchronised=dated, error_ms=None
        )

    async def sleep(self, seconds: float) -> None:
        self.mono_ms += int(seconds * 1000)


def test_without_a_delay_it_is_always_over() -> None:
    assert Embargo(Clock()).is_over(10**15, boot_id=None, delay_ms=0)


@pytest.mark.parametrize(("utc_ms", "over"), [(149, False), (150, True), (151, True)])
def test_wall_windows_are_judged_by_a_dated_wall_clock(utc_ms: int, over: bool) -> None:  # noqa: FBT001 - a parameter
    assert Embargo(Clock(utc_ms=utc_ms)).is_over(100, boot_id=None, delay_ms=50) is over


@pytest.mark.parametrize(("mono_ms", "over"), [(149, False), (150, True)])
def test_windows_of_this_boot_are_judged_by_the_time_since_boot(mono_ms: int, over: bool) -> None:  # noqa: FBT001 - a parameter
    assert Embargo(Clock(mono_ms=mono_ms)).is_over(100, boot_id=BOOT, delay_ms=50) is over


@pytest.mark.parametrize("boot_id", [None, OTHER], ids=["wall", "another boot"])
def test_where_no_clock_helps_the_age_of_the_process_counts(boot_id: bytes | None) -> None:
    clock = Clock()
    embargo = Embargo(clock)
    assert not embargo.is_over(0, boot_id=boot_id, delay_ms=50)
    clock.mono_ms += 49
    assert not embargo.is_over(0, boot_id=boot_id, delay_ms=50)
    clock.mono_ms += 1
    assert embargo.is_over(0, boot_id=boot_id, delay_ms=50)


def test_wall_windows_wait_for_the_date_when_this_process_had_one_and_lost_it() -> None:
    clock = Clock(utc_ms=100)
    embargo = Embargo(clock)
    assert not embargo.is_over(100, boot_id=None, delay_ms=50)
    clock.utc_ms, clock.mono_ms = None, 10**9
    assert not embargo.is_over(100, boot_id=None, delay_ms=50)
