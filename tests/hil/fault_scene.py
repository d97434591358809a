"""A unit with seven sensors on five buses, all simulated, whose every part can be broken while the agent runs.

In: orders. Out: what the agent says of itself in its status file, and how many frames were sent to it. Never: a look
inside the agent: it is the process that a unit runs, and its I2C goes through the ioctls of Linux.

    pole     an I2C adapter in a USB port, named by that port      weather (BME280), air (SHT3x)
    board    an I2C adapter at /dev/i2c-7                          road (TMP117)
    dust     a serial line                                         dust (PMSx003)
    kerb     a serial line                                         kerb (SDS011)
    meters   a Modbus line                                         mains (SDM120, 1), solar (SDM120, 2)

Everything is sampled each second, but the meters every two: a slave that does not answer holds its line up for the
second that it has to begin, whoever else is on it.
"""

import contextlib
import json
import random
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from drivers.sim.adapter import SimulatedAdapter
from drivers.sim.bme280 import TYPICAL, Bme280Chip
from drivers.sim.line import SimulatedLine
from drivers.sim.modbus import SimulatedModbus, SimulatedSlave
from drivers.sim.pmsx003 import SimulatedPms
from drivers.sim.sds011 import SimulatedSds011
from drivers.sim.sht import Sht3xChip
from drivers.sim.tmp117 import Tmp117Chip
from tests.hil.testbed import Testbed
from tests.support.agent_process import Agent, Site, running

SENSORS: Final = ("weather", "air", "road", "dust", "kerb", "mains", "solar")
PUSHED: Final = ("dust", "kerb")
INTERVALS_S: Final = {"mains": 2.0, "solar": 2.0}
"""Where it is not one second."""
WEATHER, AIR, ROAD = 0x76, 0x44, 0x48
PORT, BOARD = "1-1", 7
STUCK_AFTER_S: Final = 5
_STATUS_EVERY_S: Final = 0.2
_LOOK_S: Final = 0.02
_SETTLED_NS: Final = 300_000_000
"""So long after a frame was sent the agent must have read it."""
_VOLTAGE, _CURRENT, _POWER, _FACTOR, _FREQUENCY = 0x00, 0x06, 0x0C, 0x1E, 0x46
_METER_REGISTERS: Final = range(0x200)

CONFIGURATION = (
    """
[bus.pole]
kind = "i2c"
path = "/sys/bus/usb/devices/1-1"
[bus.board]
kind = "i2c"
path = "/dev/i2c-7"
[bus.dust]
kind = "serial"
path = "{folder}/tty-dust"
[bus.kerb]
kind = "serial"
path = "{folder}/tty-kerb"
[bus.meters]
kind = "modbus"
path = "{folder}/tty-meters"
baudrate = 9600
parity = "none"
stop_bits = 1

[sensor.weather]
model = "bme280"
bus = "pole"
address = 0x76
interval = "1s"
[sensor.air]
model = "sht3x"
bus = "pole"
address = 0x44
interval = "1s"
[sensor.road]
model = "tmp117"
bus = "board"
address = 0x48
interval = "1s"
stuck_after = "5s"
[sensor.dust]
model = "pmsx003"
bus = "dust"
[sensor.kerb]
model = "sds011"
bus = "kerb"
[sensor.mains]
model = "eastron_sdm120"
bus = "meters"
slave = 1
interval = "2s"
[sensor.solar]
model = "eastron_sdm120"
bus = "meters"
slave = 2
interval = "2s"

[stream.road]
title = "Road"
description = "Road surface"
purpose = "Winter service"
licence = "https://creativecommons.org/publicdomain/zero/1.0/"
access = "public"
window = "10s"
batch = "10s"
overflow = "drop_oldest"

[stream.road.channel.temperature]
from = "road.temperature"
rule = "mean"
unit = "Cel"
""",
)


@dataclass(frozen=True, slots=True)
class Look:
    """The agent's status at one moment.

    Attributes:
        at_s: when it was written, monotonic.
        known: its content.
        sent: frames sent by then to sensors that push.
    """

    at_s: float
    known: dict[str, Any]
    sent: Counter[str]

    def sensor(self, name: str) -> dict[str, Any]:
        """Return what is said of a sensor."""
        found: dict[str, Any] = self.known["sensors"][name]
        return found

    def ok(self, name: str) -> bool:
        """Whether a sensor is well."""
        return self.sensor(name)["state"] == "ok" and not self.sensor(name)["suspicion"]


class Scene:
    """The unit and its surroundings.

    Attributes:
        bed: its devices.
        weather, air, road: its chips.
        pole, board: its adapters.
        lines: its serial lines, by sensor.
        meters: its Modbus line.
        spoil: what becomes of the frames of a sensor on their way; itself if nothing is here.
        still: sensors whose quantities do not move.
        number: of the adapter in the USB port.
        agent: the process, once it runs.
    """

    agent: Agent

    def __init__(self, folder: Path, *, seed: int) -> None:
        self.bed = Testbed()
        self.site = Site(folder, parts=CONFIGURATION)
        self.weather, self.air, self.road = Bme280Chip(TYPICAL), Sht3xChip(), Tmp117Chip()
        self.pole = SimulatedAdapter({WEATHER: self.weather, AIR: self.air})
        self.board = SimulatedAdapter({ROAD: self.road})
        self._sources: dict[str, SimulatedPms | SimulatedSds011] = {"dust": SimulatedPms(), "kerb": SimulatedSds011()}
        self.lines = {name: SimulatedLine(folder / f"tty-{name}", on_receive=self._hearer(name)) for name in PUSHED}
        self.slaves = {number: SimulatedSlave(input=dict.fromkeys(_METER_REGISTERS, 0)) for number in (1, 2)}
        self.meters = SimulatedModbus(folder / "tty-meters", self.slaves)
        self.spoil: dict[str, Callable[[bytes], bytes]] = {}
        self.still: set[str] = set()
        self.sent: Counter[str] = Counter(dict.fromkeys(PUSHED, 0))
        self.number = 1
        self._ticked_ns = 0
        self._random = random.Random(seed)
        self._stop = threading.Event()
        self._ticking = threading.Thread(target=self._tick_for_ever, name="surroundings", daemon=True)
        self.bed.plug_adapter(self.number, self.pole, port=PORT)
        self.bed.plug_adapter(BOARD, self.board, port="1-7")
        self._move()
        self._ticking.start()

    def close(self) -> None:
        """Take everything away."""
        self._stop.set()
        self._ticking.join()
        for adapter in (self.pole, self.board):
            adapter.faults.clear()
        for line in self.lines.values():
            line.close()
        self.meters.close()
        self.bed.close()

    def look(self, *, exact: bool = False) -> Look:
        """Return a status that is written from now on; an exact one has no frame that is still on its way."""
        file, asked_ns = self.site.folder / "run" / "status.json", time.time_ns()
        while True:
            ticked_ns, sent = self._ticked_ns, Counter(self.sent)
            with contextlib.suppress(FileNotFoundError):
                written_ns = file.stat().st_mtime_ns
                known = json.loads(file.read_text())
                settled = written_ns > ticked_ns + _SETTLED_NS and self._ticked_ns == ticked_ns
                if written_ns > asked_ns and (settled or not exact):
                    return Look(time.monotonic(), known, sent)
            assert self.agent.process.poll() is None, f"the agent has ended: {self.agent.said}"
            time.sleep(_LOOK_S)

    def until(self, holds: Callable[[Look], bool], *, deadline_s: float) -> Look | None:
        """Return the first status for which `holds` does; None when none came in time."""
        end_s = time.monotonic() + deadline_s
        while time.monotonic() < end_s:
            if holds(look := self.look()):
                return look
        return None

    def pull(self) -> None:
        """Pull the USB adapter out."""
        self.bed.pull_adapter(self.number, port=PORT)

    def put_back(self) -> None:
        """Put the USB adapter back: it gets another number."""
        self.number += 1
        self.bed.plug_adapter(self.number, self.pole, port=PORT)

    def _hearer(self, name: str) -> Callable[[bytes], None]:
        def hear(data: bytes) -> None:
            answer = self._sources[name].command(data)
            if answer:
                self.lines[name].send(answer, timeout_s=0)

        return hear

    def _tick_for_ever(self) -> None:
        due_s = time.monotonic()
        while not self._stop.wait(max(0.0, due_s - time.monotonic())):
            due_s += 1
            self._move()
            for name, line in self.lines.items():
                frame = self._sources[name].frame()
                if frame:
                    self.sent[name] += 1
                    line.send(self.spoil.get(name, bytes)(frame), timeout_s=0)
            self._ticked_ns = time.time_ns()

    def _move(self) -> None:
        """Let every quantity move a little, as all do."""
        drift = self._random.uniform(-0.5, 0.5)
        self.weather.set(temperature_c=20 + drift, humidity_pct=50 + drift, pressure_pa=100_000 + 10 * drift)
        self.air.set(temperature_c=20 + drift, humidity_pct=50 + drift)
        if "road" not in self.still:
            self.road.set(temperature_c=12 + drift)
        for source in self._sources.values():
            source.set(pm2_5_ug_m3=20 + 4 * drift, pm10_ug_m3=30 + 4 * drift)
        for number, slave in self.slaves.items():
            for register, value in (
                (_VOLTAGE, 230 + drift),
                (_CURRENT, number + drift),
                (_POWER, 230 * number + drift),
                (_FACTOR, 0.9),
                (_FREQUENCY, 50 + drift / 10),
            ):
                slave.input[register], slave.input[register + 1] = struct.unpack(">HH", struct.pack(">f", value))


@contextlib.contextmanager
def scene(folder: Path, *, seed: int = 1, program: Sequence[str] = ("-m", "agent")) -> Iterator[Scene]:
    """Run a unit whose seven sensors all work."""
    folder.mkdir(exist_ok=True)
    scene = Scene(folder, seed=seed)
    options = ("--status-every", str(_STATUS_EVERY_S))
    try:
        with running(scene.site, environment=scene.bed.environment, program=program, options=options) as agent:
            scene.agent = agent
            well = scene.until(lambda look: all(look.ok(name) for name in look.known["sensors"]), deadline_s=20)
            assert well is not None, f"the unit does not work: {agent.said}"
            assert set(well.known["sensors"]) == set(SENSORS)
            yield scene
    finally:
        scene.close()
