"""What the bench of a hundred sensors counts with."""

from collections import Counter
from pathlib import Path

import pytest

from agent.config import load
from tests.bench.field import CHIPS, LINES, Field
from tests.bench.sensors import Figures, Look, missed, report


def look(at_s: float, sent: int, **counts: tuple[int, int, int]) -> Look:
    """Return a look with readings, failures and skipped ticks of some sensors."""
    names = ("readings", "failures", "skipped")
    sensors = {name: dict(zip(names, numbers, strict=True)) for name, numbers in counts.items()}
    return Look(at_s=at_s, cpu_s=0.0, sensors=sensors, sent=Counter(dust=sent))


@pytest.mark.parametrize(
    ("last", "lost"),
    [
        pytest.param(look(70, 60, chip=(60, 0, 0), dust=(60, 0, 0)), 0, id="none"),
        pytest.param(look(70, 60, chip=(60, 1, 2), dust=(60, 0, 0)), 3, id="failed-and-skipped"),
        pytest.param(look(70, 60, chip=(50, 0, 0), dust=(60, 0, 0)), 8, id="silent"),
        pytest.param(look(70, 60, chip=(60, 0, 0), dust=(59, 0, 0)), 1, id="unread"),
    ],
)
def test_missed_counts_what_failed_was_skipped_or_never_came(last: Look, lost: int) -> None:
    assert missed(look(10, 0, chip=(0, 0, 0), dust=(0, 0, 0)), last) == lost


def test_report_fails_where_a_sample_was_missed_or_costs_too_much(capsys: pytest.CaptureFixture[str]) -> None:
    good = Figures(seconds=60, samples=6000, missed=0, cpu_s=1.0, rss_bytes=1)
    late = Figures(seconds=60, samples=6000, missed=1, cpu_s=1.0, rss_bytes=1)
    dear = Figures(seconds=60, samples=6000, missed=0, cpu_s=60.0, rss_bytes=1)
    assert report({"all": good, "i2c": good, "lines": good}) == 0
    assert report({"all": late, "i2c": good, "lines": good}) == 1
    assert report({"all": good, "i2c": dear, "lines": good}) == 1
    assert "MISSED" in capsys.readouterr().out


def test_field_is_a_hundred_sensors_that_the_checker_accepts(tmp_path: Path) -> None:
    with Field(tmp_path) as field:
        assert len(load(field.site.config).sensors) == CHIPS + LINES == 100
