"""Commits of a day, by how the loss window and the windows of the streams meet."""

from dataclasses import replace

import pytest

from agent.config import Settings
from agent.planning.flash import commits_a_day
from tests.support.config_files import edited, resolved

DAY_S = 86_400


@pytest.mark.parametrize(
    ("window_s", "loss_window_s", "apart_s"),
    [
        (1, 1.0, 1.5),
        (1, 0.5, 1.0),
        (1, 5.0, 5.5),
        (1, 9.5, 10.0),
        (10, 5.0, 10.0),
        (10, 25.0, 30.0),
    ],
)
def test_commits_come_after_the_loss_window_with_the_rows_that_came_within_it(
    window_s: int, loss_window_s: float, apart_s: float
) -> None:
    often, seldom = (commits_a_day(_settings(window_s, loss_window_s, batch_rows=rows)) for rows in (100, 200))
    receipts = 2 * (often - seldom) if window_s > loss_window_s else 0.0
    nothing = commits_a_day(_settings(DAY_S, 0.1, batch_rows=10**9)) - 1
    assert often - receipts - nothing == pytest.approx(DAY_S / apart_s)


def _settings(window_s: int, loss_window_s: float, *, batch_rows: int) -> Settings:
    settings = resolved(edited())
    plan = settings.streams[0]
    spec = replace(plan.spec, window_ms=window_s * 1000)
    stream = replace(plan, spec=spec, policy=replace(plan.policy, batch_rows=batch_rows))
    return replace(settings, streams=(stream,), limits=replace(settings.limits, loss_window_s=loss_window_s))
