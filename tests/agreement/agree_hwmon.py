"""psutil reads the files of simulated chips below /sys/class/hwmon as the bridge does."""

import asyncio
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from drivers.hwmon.attributes import KINDS
from drivers.hwmon.decode import Options
from drivers.hwmon.driver import Hwmon
from tests.support.sysfs import FakeSysfs, PlainTree

pytestmark = pytest.mark.simulated("its files are made up")

FILES = {
    "name": "nct6779",
    "temp1_input": "41000",
    "temp1_label": "SYSTIN",
    "temp7_input": "-12500",
    "temp7_label": "PECI Agent 0",
    "fan2_input": "1234",
    "fan2_label": "rear",
}


class _Clock:
    def mono_ns(self) -> int:
        return 0

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(f"a bridge does not sleep, not even {seconds} s")


async def _read(tree: PlainTree) -> Mapping[str, object]:
    options = Options(device="nct6779", channels=("temp:SYSTIN", "temp:PECI Agent 0", "fan2"))
    driver = Hwmon(tree, _Clock(), options)
    await driver.open()
    return (await driver.sample()).values


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder without an underscore in its path: psutil takes the first one for the end of a file's name."""
    shared = Path("/dev/shm") if Path("/dev/shm").is_dir() else Path("/tmp")
    folder = shared / f"lamppost-agreement-{os.getpid()}"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


def test_psutil_reads_what_the_bridge_reads(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    foreign: Callable[[str], Any],
    agree: Callable[..., None],
) -> None:
    sysfs = FakeSysfs(folder / "sys")
    sysfs.hwmon(3, FILES, parent="platform/nct6775.656")
    values = asyncio.run(_read(PlainTree(sysfs.root)))

    linux = foreign("psutil._pslinux")
    found = linux.glob.glob
    monkeypatch.setattr(linux.glob, "glob", lambda where: found(where.replace("/sys/", f"{sysfs.root}/")))
    temperatures = {entry[0]: entry[1] for entry in linux.sensors_temperatures()["nct6779"]}
    fans = {entry[0]: entry[1] for entry in linux.sensors_fans()["nct6779"]}
    agree(
        "hwmon",
        "psutil",
        shown={name: _shown(name, values[name]) for name in ("temp_systin", "temp_peci_agent_0", "fan2")},
        read={
            "temp_systin": temperatures["SYSTIN"],
            "temp_peci_agent_0": temperatures["PECI Agent 0"],
            "fan2": fans["rear"] / 60,
        },
        within={"temp_systin": 0, "temp_peci_agent_0": 0, "fan2": 0.0005},
    )


def _shown(name: str, value: object) -> float:
    kind = KINDS[name.rstrip("0123456789").partition("_")[0]]
    return float(Decimal(str(value)).scaleb(kind.exponent))
