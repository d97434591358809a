"""`lamppost probe` of every kind of sensor: on Modbus, behind a multiplexer, bridged, declared, of a package."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drivers.sim.bme280 import TYPICAL, Bme280Chip
from drivers.sim.modbus import SimulatedModbus, SimulatedSlave, Trouble
from drivers.sim.tca9548a import Tca9548aChip
from tests.support.agent_process import DEADLINE_S, ROOT, WEATHER, Site
from tests.support.kernel_chips import CHIPS
from tests.support.plugins import EXAMPLE, install_example
from tests.support.sysfs import FakeSysfs

METER = """
[bus.rs485]
kind = "modbus"
path = "{folder}/tty-modbus"
baudrate = 2400
parity = "none"
stop_bits = 1

[sensor.meter]
model = "eastron_sdm120"
bus = "rs485"
slave = 7
interval = "1s"
"""
BRIDGED = """
[bus.kernel]
kind = "sysfs"
path = "{folder}/sys"

[sensor.box]
model = "hwmon"
bus = "kernel"
interval = "1s"
options = { device = "sht3x" }
"""
FOREIGN = """
[sensor.shade]
model = "si7021"
bus = "pole"
interval = "1s"
"""
VOLTS, HERTZ = (0x4366, 0x3334), (0x4248, 0x0000)
"""230.2 V as Eastron's manual has it, and 50 Hz."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A unit with a weather sensor, to which a test adds its own."""
    site = Site(tmp_path)
    site.plug()
    yield site
    site.adapter.close()


def _add(site: Site, part: str) -> None:
    site.parts = (WEATHER, part)
    site.write()


def _values(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert (told["state"], told["errors"]) == ("ok", 0)
    assert told["line"] is None, "only a Modbus line that is not recorded is counted"
    return {channel["name"]: channel["value"] for channel in told["channels"]}


def test_probe_of_a_declared_modbus_device_shows_and_records_it(site: Site) -> None:
    _add(site, METER)
    registers = dict(enumerate(VOLTS)) | dict(enumerate(HERTZ, start=0x46))
    slave = SimulatedSlave(input=dict.fromkeys(range(0x160), 0) | registers)
    file = site.folder / "meter.txt"
    with SimulatedModbus(site.folder / "tty-modbus", {7: slave}):
        options = ["--samples", "2", "--json", "--record", str(file)]
        values = _values(site.command("probe", "meter", str(site.config), *options))
    assert values["voltage"] == "230.2"
    text = file.read_text()
    assert text.startswith("# eastron_sdm120, simulated: opened, sampled 2 times, closed;")
    assert "> 07 04 00 00" in text


def test_probe_of_a_modbus_device_counts_what_its_line_hid_from_the_readings(site: Site) -> None:
    _add(site, METER)
    slave = SimulatedSlave(input=dict.fromkeys(range(0x160), 0))
    with SimulatedModbus(site.folder / "tty-modbus", {7: slave}):
        slave.order(Trouble.BAD_CRC, times=1)
        done = site.command("probe", "meter", str(site.config), "--json")
        shown = site.command("probe", "meter", str(site.config))
    told = json.loads(done.stdout.splitlines()[-1])
    assert (told["readings"], told["errors"]) == (1, 0)
    noise_bytes = told["line"].pop("noise_bytes")
    assert noise_bytes > 0, "the damaged answer belongs to nothing"
    assert told["line"] == {
        "requests": 5,
        "answers": 4,
        "refused": 0,
        "silent": 0,
        "damaged": 1,
        "late": 0,
        "foreign": 0,
        "echoes": 0,
    }
    assert "\non the line: 4 requests, 4 answers\n" in shown.stdout


def test_probe_says_which_values_are_beyond_their_range_and_would_be_withheld(site: Site) -> None:
    _add(site, METER)
    absurd = dict.fromkeys(range(0x160), 0) | dict(enumerate((0x47C3, 0x5000)))
    with SimulatedModbus(site.folder / "tty-modbus", {7: SimulatedSlave(input=absurd)}):
        page, plain = (site.command("probe", "meter", str(site.config), *more).stdout for more in ([], ["--json"]))
    assert "! voltage: 1 of 1 values beyond its range, 0.0 to 300.0 V" in page
    outside = {channel["name"]: channel["outside"] for channel in json.loads(plain)["channels"]}
    assert (outside.pop("voltage"), outside.pop("frequency"), set(outside.values())) == (1, 1, {0})


def test_probe_of_a_modbus_device_that_does_not_answer_counts_its_silence(site: Site) -> None:
    _add(site, METER)
    with SimulatedModbus(site.folder / "tty-modbus", {}):
        done = site.command("probe", "meter", str(site.config))
    assert done.returncode == 1
    assert "3 errors" in done.stdout
    assert re.search(r"\non the line: [23] requests, 0 answers, [23] without an answer\n", done.stdout), done.stdout


def test_probe_of_a_bridged_sensor_shows_it_and_keeps_no_transcript(site: Site) -> None:
    _add(site, BRIDGED)
    sysfs = FakeSysfs(site.folder / "sys")
    sysfs.hwmon(4, CHIPS["sht3x"].attributes)
    values = _values(site.command("probe", "box", str(site.config), "--json"))
    assert values == {"temp1": "31.500", "humidity1": "48.230"}
    done = site.command("probe", "box", str(site.config), "--record", str(site.folder / "t.txt"))
    assert done.returncode == 1
    assert "a sensor that the kernel reads has no wire of ours" in done.stderr
    assert not (site.folder / "t.txt").exists()


def test_probe_of_a_sensor_of_a_package_shows_and_records_it(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    packages = site.folder / "packages"
    packages.mkdir()
    install_example(packages)
    monkeypatch.setenv("PYTHONPATH", str(packages))
    monkeypatch.syspath_prepend(EXAMPLE / "tests")
    from simulated_si7021 import Si7021Chip  # noqa: PLC0415 - the example's own

    site.adapter.chips[0x40] = Si7021Chip(temperature_c=4.5, humidity_pct=61)
    _add(site, FOREIGN)
    file = site.folder / "shade.txt"
    values = _values(site.command("probe", "shade", str(site.config), "--json", "--record", str(file)))
    assert float(values["temperature"]) == pytest.approx(4.5, abs=0.02)
    assert "0x40 W fc c9 R 15" in file.read_text()


def test_probe_of_a_sensor_that_appears_while_watched_shows_it(site: Site) -> None:
    _add(site, BRIDGED)
    sysfs = FakeSysfs(site.folder / "sys")
    command = [sys.executable, "-m", "agent", "probe", "box", str(site.config), "--watch", "--samples", "1", "--json"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        sysfs.hwmon(4, CHIPS["sht3x"].attributes)
        process.communicate(timeout=DEADLINE_S)
    assert first["state"] == "absent"
    assert "the kernel has no hwmon device 'sht3x'; there is none at all" in first["problem"]
    assert process.returncode == 0


def test_record_of_a_chip_behind_a_multiplexer_holds_the_chip_alone(site: Site) -> None:
    branch = Bme280Chip(TYPICAL)
    branch.set(temperature_c=11)
    site.adapter.chips[0x70] = Tca9548aChip({2: {0x77: branch}})
    _add(
        site,
        '\n[bus.branch]\nkind = "i2c-mux"\nbus = "pole"\naddress = 0x70\nchannel = 2\n'
        '\n[sensor.far]\nmodel = "bme280"\nbus = "branch"\naddress = 0x77\ninterval = "1s"\n',
    )
    file = site.folder / "far.txt"
    values = _values(site.command("probe", "far", str(site.config), "--json", "--record", str(file)))
    assert float(values["temperature"]) == pytest.approx(11, abs=0.02)
    lines = file.read_text().splitlines()[1:]
    assert {line.split()[0] for line in lines} == {"0x77"}
