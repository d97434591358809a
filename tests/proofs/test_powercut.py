"""The proof of the power cuts, shortened to some eighty states, one of them continued, and its controls."""

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
    plain = powercut.Part(cast=powercut.PLAIN, controls=("NORMAL", "OFF"), states=60, carry_on=1)
    full = [powercut.Part(cast=cast, states=4) for cast in (powercut.EVICTING, powercut.THINNING)]
    found = await powercut.prove(tmp_path / "files", [plain, *full], acts=2, seed=1)
    outcome, spoilt = found[0]
    assert outcome.wrong == []
    assert outcome.findings.disks >= 60
    assert outcome.findings.rows > 60
    assert outcome.carried_on == 1
    assert {how: caught for how, (_, caught) in spoilt.items()} == {"NORMAL": True, "OFF": True, powercut.OLD: True}
    for part, (lossy, _) in zip(full, found[1:], strict=True):
        assert lossy.wrong == []
        assert lossy.findings.disks >= 4
        assert part.cast.losing is not None
        assert lossy.findings.counted[part.cast.losing] > 0


async def test_power_cuts_below_a_file_system_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    if (
        reason := why_no_fuse()
        or why_no_ext4()
        or ("" if find_program("mosquitto") else "mosquitto is not installed")
    ):
        pytest.skip(reason)  # no component is marked as needed: that this needs root as well is no fault
    blocks = powercut.Part(cast=powercut.EXT4, states=20)
    [(outcome, _)] = await powercut.prove(tmp_path / "blocks", [blocks], acts=1, seed=1)
    assert outcome.wrong == []
    assert outcome.findings.disks >= 20
