"""Sensors that the kernel drives, in the real commands, on a tree of files in the place of /sys."""

import json
from pathlib import Path

import pytest

from tests.support.agent_process import Site, running
from tests.support.kernel_chips import CHIPS
from tests.support.sysfs import FakeSysfs

BRIDGED = """
[bus.kernel]
kind = "sysfs"
path = "{folder}/sys"

[sensor.air]
model = "iio"
bus = "kernel"
interval = "1s"
options = { device = "bme280" }

[sensor.box]
model = "hwmon"
bus = "kernel"
interval = "1s"
options = { device = "nct6779", channels = ["temp:SYSTIN", "fan2"] }

[stream.weather]
title = "Weather"
description = "Weather at the kerb"
purpose = "Heat planning"
licence = "https://creativecommons.org/publicdomain/zero/1.0/"
access = "public"
window = "{window}"
batch = "{window}"
overflow = "drop_oldest"

[stream.weather.channel.temperature]
from = "air.temp"
rule = "mean"
unit = "Cel"

[stream.weather.channel.fan]
from = "box.fan2"
rule = "last"
unit = "1/s"
"""


@pytest.fixture
def sysfs(tmp_path: Path) -> FakeSysfs:
    """A tree with two chips."""
    tree = FakeSysfs(tmp_path / "sys")
    tree.iio(0, CHIPS["bme280"].attributes)
    tree.hwmon(2, CHIPS["nct6779"].attributes, parent="platform/nct6775.656")
    return tree


@pytest.fixture
def site(tmp_path: Path, sysfs: FakeSysfs) -> Site:
    """A unit with both."""
    assert sysfs.root == tmp_path / "sys"
    return Site(tmp_path, parts=(BRIDGED,))


def test_check_of_bridged_sensors_needs_no_tree(site: Site, sysfs: FakeSysfs) -> None:
    sysfs.root.rename(sysfs.root.with_name("elsewhere"))
    done = site.command("check", str(site.config))
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_once_reads_what_the_kernel_reads(site: Site) -> None:
    done = site.command("once", str(site.config))
    assert done.returncode == 0, done.stdout + done.stderr
    words = [line.split() for line in done.stdout.splitlines()]
    assert ["air", "temp", "21.340", "Cel"] in words
    assert ["air", "pressure", "100412.11", "Pa"] in words
    assert ["box", "temp_systin", "41.000", "Cel"] in words
    assert ["weather", "fan", "20.000", "1/s"] in words


def test_once_without_the_device_says_what_the_kernel_has(site: Site, sysfs: FakeSysfs) -> None:
    (sysfs.root / "bus/iio/devices/iio:device0").unlink()
    done = site.command("once", str(site.config))
    assert done.returncode == 1
    assert "the kernel has no iio device 'bme280'; there is none at all" in " ".join(done.stdout.split())


def test_run_stores_rows_marks_them_simulated_and_outlives_an_unbound_device(site: Site, sysfs: FakeSysfs) -> None:
    with running(site) as agent:
        agent.says("sensor air: ok")
        agent.says("sensor box: ok")
        agent.until(lambda: len(agent.stored()) > 0, what="a row")
        device = sysfs.root / "bus/iio/devices/iio:device0"
        device.rename(device.with_name("iio:device7"))
        agent.says("sensor air: failing")
        agent.until(lambda: agent.said.count("sensor air: ok") > 1, what="the device under its new number")
        assert agent.said.count("sensor box: failing") == 0
        status = json.loads((site.folder / "run" / "status.json").read_text())
        assert agent.stop() == 0
    assert "21.34" not in agent.said
    assert status["simulated"] is True
