"""The real commands with two devices on one Modbus line and two chips with one address behind a multiplexer."""

import errno
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from drivers.sim.bme280 import TYPICAL, Bme280Chip
from drivers.sim.modbus import SimulatedModbus, SimulatedSlave, Trouble
from drivers.sim.tca9548a import Tca9548aChip
from tests.support.agent_process import DEADLINE_S, ROOT, Site, running
from tests.support.modbus_meter import IDENTITY, POWER, VOLTAGE

PROGRAM = ("-m", "tests.support.modbus_meter")
STREAM = """
[stream.{name}]
title = "{name}"
description = "Of {name}"
purpose = "Tests"
licence = "https://creativecommons.org/publicdomain/zero/1.0/"
access = "public"
window = "1s"
batch = "1s"
overflow = "drop_oldest"

[stream.{name}.channel.value]
from = "{name}.{channel}"
rule = "mean"
unit = "{unit}"
"""
LINE = """
[bus.meters]
kind = "modbus"
path = "{folder}/tty-modbus"
baudrate = 9600
parity = "even"
stop_bits = 1

[sensor.mains]
model = "meter"
bus = "meters"
slave = 1
interval = "500ms"

[sensor.solar]
model = "meter"
bus = "meters"
slave = 17
interval = "500ms"
"""
BEHIND = """
[bus.pole]
kind = "i2c"
path = "{folder}/i2c-1"

[bus.north]
kind = "i2c-mux"
bus = "pole"
address = 0x70
channel = 3

[bus.south]
kind = "i2c-mux"
bus = "pole"
address = 0x70
channel = 5

[sensor.sun]
model = "bme280"
bus = "south"
address = 0x76
interval = "1s"

[sensor.shade]
model = "bme280"
bus = "north"
address = 0x76
interval = "1s"
"""


def stream(name: str, channel: str, unit: str) -> str:
    return STREAM.replace("{name}", name).replace("{channel}", channel).replace("{unit}", unit)


STREAMS = tuple(
    stream(name, channel, unit)
    for name, channel, unit in (
        ("mains", "power", "W"),
        ("solar", "power", "W"),
        ("sun", "temperature", "Cel"),
        ("shade", "temperature", "Cel"),
    )
)


class HungChip:
    """A chip that holds the clock for longer than any adapter waits."""

    def write(self, data: bytes) -> None:
        raise OSError(errno.ETIMEDOUT, f"clock held at the first of {len(data)} bytes")

    def read(self, length: int) -> bytes:
        raise OSError(errno.ETIMEDOUT, f"clock held at the first of {length} bytes")

    def stop(self) -> None:
        pass


class Pole:
    """A unit with two meters on one line, and two weather sensors with one address behind a multiplexer."""

    def __init__(self, folder: Path) -> None:
        self.mains = SimulatedSlave(holding={IDENTITY: 1}, input={POWER: 1200, VOLTAGE: 2301})
        self.solar = SimulatedSlave(holding={IDENTITY: 1}, input={POWER: 0x10000 - 350, VOLTAGE: 2312})
        self.line = SimulatedModbus(folder / "tty-modbus", {1: self.mains, 17: self.solar})
        self.sun, self.shade = Bme280Chip(TYPICAL), Bme280Chip(TYPICAL)
        self.sun.set(temperature_c=Decimal(31))
        self.shade.set(temperature_c=Decimal(19))
        self.mux = Tca9548aChip({3: {0x76: self.shade}, 5: {0x76: self.sun}})
        self.site = Site(folder, parts=(LINE, BEHIND, *STREAMS))
        self.site.adapter.chips = {0x70: self.mux}
        self.site.plug()

    def once(self) -> tuple[int, dict[tuple[str, str], str]]:
        """Run `lamppost once`; return its exit code and, by sensor and channel, the rest of each line."""
        done = subprocess.run(
            [sys.executable, *PROGRAM, "once", str(self.site.config)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=False,
        )
        read, _, _ = done.stdout.partition("Would leave")
        words = [line.split() for line in read.splitlines()]
        return done.returncode, {(line[0], line[1]): " ".join(line[2:]) for line in words if len(line) > 2}

    def close(self) -> None:
        self.line.close()
        self.site.adapter.close()


@pytest.fixture
def pole(tmp_path: Path) -> Iterator[Pole]:
    """The unit, everything plugged in."""
    made = Pole(tmp_path)
    yield made
    made.close()


def test_once_reads_both_devices_of_the_line_and_both_chips_behind_the_multiplexer(pole: Pole) -> None:
    code, read = pole.once()
    assert code == 0
    assert read["mains", "power"] == "1200 W"
    assert read["solar", "power"] == "-350 W"
    assert read["solar", "voltage"] == "231.2 V"
    assert float(read["sun", "temperature"].split()[0]) == pytest.approx(31, abs=0.02)
    assert float(read["shade", "temperature"].split()[0]) == pytest.approx(19, abs=0.02)


def test_once_with_a_dead_device_and_a_chip_that_hangs_reads_the_others(pole: Pole) -> None:
    pole.solar.order(Trouble.DEAD)
    pole.mux.channels[3][0x76] = HungChip()
    code, read = pole.once()
    assert code == 1
    assert read["mains", "power"] == "1200 W"
    assert float(read["sun", "temperature"].split()[0]) == pytest.approx(31, abs=0.02)
    assert not {("solar", "power"), ("shade", "temperature")} & set(read)


def test_agent_goes_on_with_the_others_while_a_device_is_dead_and_a_chip_hangs_and_takes_both_back(
    pole: Pole,
) -> None:
    with running(pole.site, program=PROGRAM) as agent:
        for name in ("mains", "solar", "sun", "shade"):
            agent.says(f"sensor {name}: ok")
        pole.solar.order(Trouble.DEAD)
        pole.mux.channels[3][0x76] = HungChip()
        agent.says("sensor solar: failing")
        agent.says("sensor shade: failing")
        before = dict(agent.stored())
        agent.until(
            lambda: all(dict(agent.stored()).get(name, 0) >= before.get(name, 0) + 3000 for name in ("mains", "sun")),
            what="three more windows of the others",
        )
        assert "sensor mains: failing" not in agent.said
        assert "sensor sun: failing" not in agent.said
        pole.solar.recover()
        pole.mux.channels[3][0x76] = pole.shade
        agent.until(lambda: agent.said.count("sensor solar: ok") == 2, what="solar again")
        agent.until(lambda: agent.said.count("sensor shade: ok") == 2, what="shade again")
        assert agent.stop() == 0
    assert "channel 3 address 0x76" in agent.said
    assert f"{pole.site.folder}/tty-modbus slave 17: no answer within" in agent.said
