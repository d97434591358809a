from dataclasses import replace

import pytest

from agent.clock import Instant
from agent.moment import moment
from agent.wire.entries import Moment
from agent.wire.messages import ClockQuality
from tests.support.outbox import START_MS, StillClock


class _Clock(StillClock):
    def __init__(self, *, synchronised: bool, error_ms: int | None) -> None:
        super().__init__(now_ns=5_000_000)
        self._said = (synchronised, error_ms)

    def instant(self) -> Instant:
        return replace(super().instant(), synchronised=self._said[0], error_ms=self._said[1])


@pytest.mark.parametrize(
    ("synchronised", "error_ms", "expected"),
    [
        (True, 4, Moment(quality=ClockQuality.SYNCHRONISED, utc_ms=START_MS + 5)),
        (True, None, Moment(quality=ClockQuality.SYNCHRONISED, utc_ms=START_MS + 5)),
        (False, 4, Moment(quality=ClockQuality.HOLDOVER, utc_ms=START_MS + 5)),
        (False, None, Moment(quality=ClockQuality.UNSET, utc_ms=None, boot_id=bytes(16), mono_ms=5)),
    ],
    ids=["synchronised", "no bound", "holdover", "unset"],
)
def test_moment_has_a_date_only_where_the_clock_vouches_for_it(
    *, synchronised: bool, error_ms: int | None, expected: Moment
) -> None:
    assert moment(_Clock(synchronised=synchronised, error_ms=error_ms)) == expected
