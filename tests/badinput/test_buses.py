"""Buses that vanish and return while the agent runs: pulled plugs, at the socket and at the pseudo-terminals."""

from pathlib import Path

import pytest

from tests.support.corner import LINES, Corner
from tests.support.rig import Rig

pytestmark = pytest.mark.broker


async def test_buses_that_are_pulled_out_and_put_back_go_on_and_nothing_is_lost(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        corner = Corner(rig)
        await rig.start()
        async with corner:
            await corner.all_ok()
            corner.adapter.unplug()
            corner.lines["kerb"].unplug()
            for name in ("weather", "kerb"):
                await corner.told(f"sensor {name}: failing:")
            await corner.more_rows(2)
            known = await corner.status(lambda known: known["sensors"]["kerb"]["state"] == "failing")
            corner.adapter.replug()
            corner.lines["kerb"].replug()
            for name in ("weather", "kerb"):
                await corner.told(f"sensor {name}: ok", times=2)
            await corner.more_rows(2)
            healed = await corner.status(lambda known: all(one["state"] == "ok" for one in known["sensors"].values()))
        await corner.nothing_lost()
        await corner.nothing_false()
    sensors = known["sensors"]
    assert all(sensors[name]["problem"].startswith(str(corner.unit.folder)) for name in ("weather", "kerb"))
    assert [name for name, one in sensors.items() if one["state"] != "ok"] == ["kerb", "weather"]
    assert all(one["problem"] is None for one in healed["sensors"].values())


async def test_buses_that_are_not_there_at_the_start_are_taken_when_they_come(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        corner = Corner(rig)
        await rig.start()
        async with corner:
            corner.adapter.unplug()
            for name in LINES:
                corner.lines[name].unplug()
            await corner.told("is it plugged in and enabled?", times=1)
            known = await corner.status(lambda known: known["sensors"])
            corner.adapter.replug()
            for name in LINES:
                corner.lines[name].replug()
            await corner.all_ok()
            await corner.more_rows(1)
        await corner.nothing_lost()
        await corner.nothing_false()
    assert known["sensors"].keys() == {"weather", *LINES}
