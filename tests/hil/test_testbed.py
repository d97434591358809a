"""Unmodified programs on simulated chips: they call open(2) and ioctl(2), and the chips of `drivers.sim` answer."""

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from drivers.sim.adapter import SimulatedAdapter
from drivers.sim.bme280 import TYPICAL, Bme280Chip
from drivers.sim.line import SimulatedLine
from drivers.sim.pmsx003 import SimulatedPms
from drivers.sim.scd4x import Scd4xChip
from tests.hil.preload import ModemLines
from tests.hil.testbed import Testbed, UsbIdentity
from tests.support.agent_process import ROOT, WEATHER, Site, running

pytestmark = [pytest.mark.umockdev, pytest.mark.i2ctools]

DUST = """
[bus.dust]
kind = "serial"
path = "/dev/serial/by-id/{by_id}"

[sensor.dust]
model = "pmsx003"
bus = "dust"
"""


@pytest.fixture
def adapter() -> SimulatedAdapter:
    """A BME280 and an SCD4x on one adapter."""
    return SimulatedAdapter({0x76: Bme280Chip(TYPICAL), 0x62: Scd4xChip()})


@pytest.fixture
def bed(adapter: SimulatedAdapter) -> Iterator[Testbed]:
    """The adapter as /dev/i2c-1."""
    with Testbed() as bed:
        bed.plug_adapter(1, adapter)
        yield bed


def run(bed: Testbed, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a program that believes in the bed's devices."""
    path = os.pathsep.join([bed.environment.get("PATH", ""), "/usr/sbin"])
    return subprocess.run(
        command,
        env=bed.environment | {"PATH": path, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_i2cdetect_lists_the_adapter_and_sees_exactly_the_chips_on_it(
    bed: Testbed, adapter: SimulatedAdapter
) -> None:
    assert run(bed, "i2cdetect", "-l").stdout.startswith("i2c-1\ti2c")
    adapter.faults.own(0x62)
    rows = run(bed, "i2cdetect", "-y", "1").stdout.splitlines()[1:]
    seen = {
        int(row[:2], 16) + place: word
        for row in rows
        for place, word in enumerate(row[4:].ljust(48)[at : at + 3].strip() for at in range(0, 48, 3))
        if word not in {"", "--"}
    }
    assert seen == {0x76: "76", 0x62: "UU"}  # UU: a kernel driver owns it


def test_i2cget_reads_the_identity_of_a_chip_and_nothing_where_there_is_none(bed: Testbed) -> None:
    assert run(bed, "i2cget", "-y", "1", "0x76", "0xd0").stdout == "0x60\n"
    assert run(bed, "i2ctransfer", "-y", "1", "w1@0x76", "0xd0", "r1").stdout == "0x60\n"
    absent = run(bed, "i2cget", "-y", "1", "0x50", "0x00")
    assert absent.returncode != 0
    assert "Read failed" in absent.stderr


def test_i2cset_and_i2cdump_reach_the_registers_of_a_chip(bed: Testbed) -> None:
    assert run(bed, "i2cset", "-y", "1", "0x76", "0xf5", "0xa0").returncode == 0
    assert run(bed, "i2cget", "-y", "1", "0x76", "0xf5").stdout == "0xa0\n"
    dump = run(bed, "i2cdump", "-y", "1", "0x76", "i").stdout
    assert next(line for line in dump.splitlines() if line.startswith("d0:")).startswith("d0: 60 00")


NODES = """
import json, os, stat
from drivers.bus.nodes import Node
told = {}
for path in ("/dev/i2c-1", "/dev/ttyUSB0", "/dev/null"):
    seen = os.stat(path)
    told[path] = [stat.S_ISCHR(seen.st_mode), os.major(seen.st_rdev), Node.at(path).simulated]
print(json.dumps(told))
"""


def test_node_that_a_library_passes_off_as_a_device_is_seen_through(bed: Testbed, tmp_path: Path) -> None:
    """What stat(2) says of the nodes is the control: whoever believed it would take them for real."""
    with SimulatedLine(tmp_path / "line") as line:
        bed.plug_line(0, line)
        told = json.loads(run(bed, sys.executable, "-c", NODES).stdout)
    assert told == {"/dev/i2c-1": [True, 89, True], "/dev/ttyUSB0": [True, 188, True], "/dev/null": [True, 1, False]}


PORTS = """
import json, serial
from serial.tools.list_ports import comports
port = serial.Serial("/dev/ttyUSB0", 9600, exclusive=True)
port.write(b"hello")
port.dtr = False
print(json.dumps([[port.device, port.vid, port.pid, port.serial_number] for port in comports()]))
"""


def test_pyserial_finds_a_port_by_its_usb_identity_and_sets_its_modem_lines(bed: Testbed, tmp_path: Path) -> None:
    with SimulatedLine(tmp_path / "line") as line:
        bed.plug_line(0, line, usb=UsbIdentity(vendor_id="1a86", product_id="7523", serial="77"))
        ports = json.loads(run(bed, sys.executable, "-c", PORTS).stdout)
        assert line.receive(5) == b"hello"
    assert ports == [["/dev/ttyUSB0", 0x1A86, 0x7523, "77"]]
    assert bed.modem.raised == ModemLines.RTS


def test_agent_reads_chips_by_the_real_ioctls_and_never_passes_for_a_real_unit(
    bed: Testbed, adapter: SimulatedAdapter, tmp_path: Path
) -> None:
    identity, sensor = UsbIdentity(), SimulatedPms()
    with SimulatedLine(tmp_path / "line") as line:
        bed.plug_line(0, line, usb=identity)
        weather = WEATHER.replace("{folder}/i2c-1", "/dev/i2c-1")
        site = Site(tmp_path, parts=(weather, DUST.replace("{by_id}", identity.by_id)))
        with running(site, environment=bed.environment) as agent:
            agent.says("sensor weather: ok")
            agent.until(lambda: line.send(sensor.frame()) > 0 and "sensor dust: ok" in agent.said, what="a frame")
            agent.until(lambda: len(agent.stored()) > 1, what="rows")
            bed.pull_adapter(1)
            agent.says("sensor weather: failing: /dev/i2c-1 address 0x76: the adapter was unplugged")
            bed.plug_adapter(1, adapter)
            agent.until(lambda: agent.said.count("sensor weather: ok") > 1, what="the adapter again")
            assert agent.stop() == 0
        assert "ERROR" not in agent.said


def test_agent_says_in_its_status_that_such_a_unit_is_simulated(bed: Testbed, tmp_path: Path) -> None:
    site = Site(tmp_path, parts=(WEATHER.replace("{folder}/i2c-1", "/dev/i2c-1"),))
    with running(site, environment=bed.environment) as agent:
        status = site.folder / "run" / "status.json"
        agent.until(status.exists, what="status")
        assert json.loads(status.read_text())["simulated"] is True


def test_identity_of_a_port_makes_the_name_that_udev_gives_it() -> None:
    assert UsbIdentity().by_id == "usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0"
    assert dataclasses.replace(UsbIdentity(), serial="7").by_id.endswith("_7-if00-port0")
