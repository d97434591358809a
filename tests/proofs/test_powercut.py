"""The proof of the power cuts, shortened to some sixty states, one of them continued, and its controls."""

from pathlib import Path

import pytest

from tests.crash.mounting import why_no_ext4, why_no_fuse
from tests.proofs import powercut
from tests.support.broker import find_program


@pytest.mark.broker
@pytest.mark.fuse
async def test_power_cuts_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    if reason := why_no_fuse():
        pytest.skip(reason)
    outcome, spoilt = await powercut.prove(
        tmp_path / "files", cast=powercut.PLAIN, controls=("NORMAL", "OFF"), states=60, carry_on=1, acts=2, seed=1
    )
    assert outcome.wrong == []
    assert outcome.findings.disks >= 60
    assert outcome.findings.rows > 60
    assert outcome.carried_on == 1
    assert {how: caught for how, (_, caught) in spoilt.items()} == {"NORMAL": True, "OFF": True, powercut.OLD: True}


async def test_power_cuts_below_a_file_system_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    if (
        reason := why_no_fuse()
        or why_no_ext4()
        or ("" if find_program("mosquitto") else "mosquitto is not installed")
    ):
        pytest.skip(reason)  # no component is marked as needed: that this needs root as well is no fault
    outcome, _ = await powercut.prove(
        tmp_path / "blocks", cast=powercut.EXT4, controls=(), states=20, carry_on=0, acts=1, seed=1
    )
    assert outcome.wrong == []
    assert outcome.findings.disks >= 20
