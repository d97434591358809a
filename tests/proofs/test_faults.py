"""The fault table: the short version of its proof, and what it judges by."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.hil.fault_cases import FAULTS, QUICK
from tests.hil.fault_scene import SENSORS, Look
from tests.proofs.faults import Outcome, missed, named, table


@pytest.mark.umockdev
def test_faults_of_each_kind_are_told_mend_themselves_and_cost_no_other_sensor_a_sample(tmp_path: Path) -> None:
    outcomes = table(tmp_path / "unit", [named(name) for name in QUICK], seed=1, again=True)
    assert [problem for outcome in outcomes for problem in outcome.wrong] == []
    assert all(outcome.taken > 0 for outcome in outcomes)


def test_faults_have_names_of_their_own_and_victims_that_exist() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
    assert {name for fault in FAULTS for name in fault.victims} <= set(SENSORS)
    assert all(fault.told or fault.place not in {"problem", "suspicion"} for fault in FAULTS)


def look(at_s: float, sent: int = 0, **counts: tuple[int, int, int]) -> Look:
    """Return a status with readings, failures and skipped ticks of some sensors."""
    sensors: dict[str, Any] = {
        name: dict(zip(("readings", "failures", "skipped"), numbers, strict=True)) for name, numbers in counts.items()
    }
    return Look(at_s, {"sensors": sensors}, Counter(dust=sent))


@pytest.mark.parametrize(
    ("after", "found"),
    [
        pytest.param(look(20, 12, road=(20, 0, 1), dust=(12, 0, 0)), {}, id="none"),
        pytest.param(look(20, 12, road=(20, 1, 1), dust=(12, 0, 0)), {"road": 1}, id="failed"),
        pytest.param(look(20, 12, road=(20, 0, 4), dust=(12, 0, 0)), {"road": 3}, id="skipped"),
        pytest.param(look(20, 12, road=(12, 0, 1), dust=(12, 0, 0)), {"road": 6}, id="silent"),
        pytest.param(look(20, 12, road=(20, 0, 1), dust=(11, 0, 0)), {"dust": 1}, id="unread"),
    ],
)
def test_missed_samples_are_those_that_failed_were_skipped_or_never_came(after: Look, found: dict[str, int]) -> None:
    before = look(10, 2, road=(10, 0, 1), dust=(2, 0, 0))
    assert missed(before, after, ["dust", "road"]) == found


def test_outcome_is_wrong_where_something_was_not_told_did_not_mend_or_cost_another_one() -> None:
    fault = FAULTS[0]
    assert Outcome(fault=fault, said="", told_s=1.0, well_s=1.0, missed={}, taken=9).wrong == []
    worst = Outcome(fault=fault, said="", told_s=None, well_s=None, missed={"road": 2}, taken=9).wrong
    assert [text.removeprefix(f"{fault.name}: ") for text in worst] == [
        "road missed 2 samples",
        "not reported",
        "not well again within 15 s",
    ]
