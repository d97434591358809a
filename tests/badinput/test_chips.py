"""A chip that is missing, swapped, mute or lying, through the real agent: a state that says so, and nothing else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drivers.sim.bme280 import TYPICAL, Bme280Chip
from tests.support.corner import WEATHER, Corner
from tests.support.rig import Rig

pytestmark = pytest.mark.broker
BMP280_ID = 0x58


def _failing(known: dict[str, Any]) -> list[str]:
    return [name for name, sensor in known["sensors"].items() if sensor["state"] != "ok"]


@pytest.mark.parametrize(
    ("fault", "state", "text"),
    [
        pytest.param("missing", "absent", "nobody answers: check wiring, power and address", id="missing"),
        pytest.param("swapped", "absent", "another chip answers: expected id 0x60, found 0x58", id="swapped"),
        pytest.param("mute", "failing", "nobody answers: check wiring, power and address", id="mute"),
        pytest.param("stuck", "failing", "check the wiring and the pull-up resistors", id="stuck"),
        pytest.param("undriven", "failing", "bme280: ", id="undriven"),
    ],
)
async def test_chip_that_does_not_answer_rightly_is_told_and_the_others_are_not_disturbed(
    tmp_path: Path, fault: str, state: str, text: str
) -> None:
    async with Rig(tmp_path) as rig:
        corner = Corner(rig)
        await rig.start()
        if fault == "missing":
            del corner.adapter.chips[WEATHER]
        if fault == "swapped":
            corner.adapter.chips[WEATHER] = Bme280Chip(TYPICAL, chip_id=BMP280_ID)
        async with corner:
            if state == "absent":
                await corner.told("sensor weather: absent:")
            else:
                await corner.all_ok()
                faults: dict[str, Callable[[], None]] = {
                    "mute": lambda: corner.adapter.faults.nack(WEATHER),
                    "stuck": corner.adapter.faults.stick,
                    "undriven": lambda: corner.adapter.faults.fill(WEATHER, 0xFF),
                }
                faults[fault]()
                await corner.told("sensor weather: failing:")
            await corner.told("sensor kerb: ok")
            await corner.more_rows(2)
            known = await corner.status(lambda known: known["sensors"]["weather"]["state"] == state)
            corner.adapter.faults.clear()
            corner.adapter.chips[WEATHER] = corner.weather
            await corner.told("sensor weather: ok", times=1 if state == "absent" else 2)
            await corner.more_rows(2, streams=["weather"])
        rows = await corner.nothing_lost()
        await corner.nothing_false()
    assert text in known["sensors"]["weather"]["problem"]
    assert _failing(known) == ["weather"]
    for stream in ("dust", "kerb", "gnss"):
        assert corner.unread(rows, stream) == [], stream
    missing = [row["values"]["temperature"] for row in rows if row["stream"] == "weather"]
    assert any(one["value"] is None and one["quality"] == "sensor_failing" for one in missing), missing
    assert missing[-2]["value"] == "21.50"
