"""Garbage, half frames and silence on serial lines, through the real agent."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.corner import Corner
from tests.support.rig import Rig

pytestmark = pytest.mark.broker

_SPOILT = ("dust", "kerb", "gnss")


def _nothing(_line: str) -> None:
    """Spoil nothing."""


async def test_lines_with_garbage_and_half_frames_between_frames_give_no_false_value(tmp_path: Path) -> None:
    chance = random.Random(1)
    async with Rig(tmp_path) as rig:
        corner = Corner(rig)
        await rig.start()
        spoil: dict[str, Callable[[], object]] = {
            "dust": lambda: corner.lines["dust"].half(corner.pms.frame()),
            "kerb": lambda: corner.lines["kerb"].half(corner.sds.frame()),
            "gnss": lambda: corner.lines["gnss"].half(corner.gnss.frame()),
            "scanner": lambda: corner.lines["scanner"].send(b"02:00:00:00:00\n02:00:00:00:00:00,-6000\n"),
        }

        def before(name: str) -> None:
            if chance.random() < 0.5:
                corner.noise(name, chance.randrange(1, 60), chance=chance)
                spoil[name]()
                corner.lines[name].send(b"\n", timeout_s=0)

        corner.before = before
        async with corner:
            await corner.all_ok()
            await corner.more_rows(3)
            states = await corner.status(lambda known: all(one["state"] for one in known["sensors"].values()))
        await corner.nothing_lost()
        samples = await corner.nothing_false()
        scanned = await corner.rows("scanner")
    assert all(one["state"] == "ok" for one in states["sensors"].values()), states["sensors"]
    assert samples["weather"] >= 3
    assert all(samples[name] >= 5 for name in _SPOILT), samples
    assert any(row["values"]["devices"]["value"] == "20" for row in scanned)


async def test_lines_that_carry_only_garbage_are_failing_and_say_what_to_check(tmp_path: Path) -> None:
    chance = random.Random(2)
    async with Rig(tmp_path) as rig:
        corner = Corner(rig)
        await rig.start()
        async with corner:
            await corner.all_ok()
            corner.muted |= set(_SPOILT)

            def before(_name: str) -> None:
                frame = corner.pms.frame()
                corner.lines["dust"].send(frame[:-1] + bytes([frame[-1] ^ 1]), timeout_s=0)
                corner.noise("kerb", 50, chance=chance)
                corner.noise("gnss", 50, chance=chance)

            corner.before = before
            for name in _SPOILT:
                await corner.told(f"sensor {name}: failing:")
            await corner.more_rows(2)
            known = corner.unit.status()
            corner.muted.clear()
            corner.before = _nothing
            for name in _SPOILT:
                await corner.told(f"sensor {name}: ok", times=2)
        await corner.nothing_lost()
        await corner.nothing_false()
    problems = {name: known["sensors"][name]["problem"] for name in _SPOILT}
    assert "checksum of every frame that came does not hold: check wiring" in problems["dust"]
    assert all("nothing this sensor sends: check model and baud rate" in problems[name] for name in ("kerb", "gnss"))
    assert {known["sensors"][name]["state"] for name in ("weather", "scanner")} == {"ok"}


async def test_lines_that_fall_silent_are_failing_and_change_nothing_for_the_others(tmp_path: Path) -> None:
    async with Rig(tmp_path) as rig:
        corner = Corner(rig)
        await rig.start()
        async with corner:
            await corner.all_ok()
            corner.muted |= {"dust", "gnss"}
            for name in corner.muted:
                await corner.told(f"sensor {name}: failing:")
            await corner.more_rows(2)
            known = corner.unit.status()
            corner.muted.clear()
            for name in ("dust", "gnss"):
                await corner.told(f"sensor {name}: ok", times=2)
        rows = await corner.nothing_lost()
    assert "no answer" in known["sensors"]["dust"]["problem"]
    assert [name for name, one in known["sensors"].items() if one["state"] != "ok"] == ["dust", "gnss"]
    assert corner.unread(rows, "kerb") == []
    silent = [row["values"]["pm10"]["quality"] for row in rows if row["stream"] == "dust"]
    assert {"no_data", "sensor_failing"} <= set(silent)
