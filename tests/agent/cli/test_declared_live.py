"""Declared devices live: the real `lamppost once` reads them over simulated wires, each kind by its own file."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from drivers.sim.chip import NotAcknowledged
from drivers.sim.line import SimulatedLine
from drivers.sim.modbus import SimulatedModbus, SimulatedSlave
from tests.support.agent_process import WEATHER, Site
from tests.support.feeding import feeding

GAUGE = r"""
kind = "line"
title = "A level gauge that no manual of ours knows"
sources = ["made up for a test"]
agreement = ["nothing: made up"]
timeout = "5s"

[serial]
baudrate = 9600

[line]
form = "pattern"
pattern = 'L=(?P<cm>-?\d+(\.\d+)?)cm,S=(?P<state>\w+)'
longest = 40

[channel.level]
title = "Water level"
class = "measurement"
unit = "m"
exponent = -2
range = [-1, 10]
accuracy = "unverified"
field = "cm"
scale = 0.01

[channel.state]
title = "State of the gauge"
class = "measurement"
unit = "/"
exponent = 0
range = [0, 1]
accuracy = "unverified"
field = "state"
words = { OK = 0, DIRTY = 1 }

[[example]]
source = "made up"
exchange = [{ received_text = "L=150cm,S=OK\r\n" }]
values = { level = 1.5, state = 0 }
"""
SENSORS = """
[sensor.shelter]
model = "ist_hyt"
bus = "pole"

[bus.gauge]
kind = "serial"
path = "{folder}/tty-gauge"

[sensor.gauge]
model = "acme_gauge"
bus = "gauge"

[bus.dust]
kind = "serial"
path = "{folder}/tty-dust"

[sensor.dust]
model = "honeywell_hpma115s0"
bus = "dust"

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
"""
VOLTS, HERTZ = (0x4366, 0x3334), (0x4248, 0x0000)


class Hyt:
    """A HYT module: an address alone starts a measurement, four bytes tell it."""

    def __init__(self) -> None:
        self.measured = False

    def write(self, data: bytes) -> None:
        if data:
            raise NotAcknowledged
        self.measured = True

    def read(self, length: int) -> bytes:
        if not self.measured:
            raise NotAcknowledged
        return bytes.fromhex("1f6d6048")[:length]

    def stop(self) -> None:
        pass


class Dust:
    """An HPMA115S0: it answers what it is asked."""

    def __init__(self, link: Path) -> None:
        self.heard: list[bytes] = []
        self.line = SimulatedLine(link, on_receive=self.take)

    def take(self, data: bytes) -> None:
        self.heard.append(data)
        for _ in range(data.count(bytes.fromhex("68010493"))):
            self.line.send(bytes.fromhex("a5a5 4005040030003156"))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path, parts=(WEATHER, SENSORS))
    (tmp_path / "devices").mkdir()
    (tmp_path / "devices" / "acme_gauge.toml").write_text(GAUGE)
    site.adapter.chips[0x28] = Hyt()
    site.plug()
    yield site
    site.adapter.close()


def test_once_reads_declared_devices_of_four_kinds(site: Site) -> None:
    registers = dict.fromkeys(range(0x50), 0)
    registers |= {0x00: VOLTS[0], 0x01: VOLTS[1], 0x46: HERTZ[0], 0x47: HERTZ[1], 0x0C: 0x7FC0}
    slave = SimulatedSlave(input=registers)
    with ExitStack() as stack:
        dust = Dust(site.folder / "tty-dust")
        stack.callback(dust.line.close)
        stack.enter_context(SimulatedModbus(site.folder / "tty-modbus", {7: slave}))
        stack.enter_context(feeding(site.folder / "tty-gauge", lambda: b"L=-12.5cm,S=DIRTY\r\n"))
        done = site.command("once", str(site.config))
    assert done.returncode == 0, done.stdout + done.stderr
    shown = {tuple(line.split()[:2]): " ".join(line.split()[2:]) for line in done.stdout.splitlines()}
    assert shown["shelter", "humidity"] == "49.1 %RH"
    assert shown["shelter", "temperature"] == "22.06 Cel"
    assert shown["gauge", "level"] == "-0.12 m"
    assert shown["gauge", "state"] == "1 /"
    assert shown["dust", "pm2_5"] == "not available"  # it settles for ten seconds
    assert shown["meter", "voltage"] == "230.2 V"
    assert shown["meter", "frequency"] == "50.00 Hz"
    assert shown["meter", "power"] == "not available"  # NaN
    assert b"".join(dust.heard) == bytes.fromhex("68010196 68012077 68010493 68010295")
    assert {function for function, _ in slave.heard} == {4}


def test_check_of_a_device_file_runs_its_examples(site: Site) -> None:
    file = site.folder / "devices" / "acme_gauge.toml"
    done = site.command("check", str(file))
    assert done.returncode == 0, done.stdout
    assert "Device acme_gauge: 2 channels, 1 example run as declared" in done.stdout
    file.write_text(GAUGE.replace("level = 1.5", "level = 1.6"))
    done = site.command("check", str(file))
    assert done.returncode == 1
    assert "acme_gauge.toml:39:20:" in done.stdout
    assert "expected: 1.50" in done.stdout
    done = site.command("check", "--json", str(site.config))
    assert done.returncode == 1
    assert str(file) in done.stdout
