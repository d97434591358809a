"""Cases in which a device is pulled under the agent, and put back.

In: two I2C adapters over USB/IP, QEMU's USB serial adapter. Out: what the agent said, how long it took, and what it
cost the others. Never: another sensor that shares what is pulled, as a witness.
"""

import contextlib
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from drivers.bus.nodes import Node
from drivers.sim.bme280 import TYPICAL, Bme280Chip
from drivers.sim.bmp280 import Bmp280Chip
from drivers.sim.sht import Sht3xChip
from drivers.sim.tmp117 import Tmp117Chip
from tests.hil.kernel.agreement import bound, bridge
from tests.hil.kernel.stage import Adapter, Finding, Host, serial_place, until
from tests.hil.kernel.unit import AGENT, Counts, Unit, missed, unit

_POLE, _BOARD, _DECOY = 0, 1, 2
_WEATHER, _AIR, _ROAD = 0x76, 0x44, 0x48
_INTERVAL_S: Final = 2.0
_DUST_S: Final = 1.0
_KEPT_S: Final = 6.0
_LOST_S: Final = 25.0
_NODE_S: Final = 30.0
_HELD_S: Final = 8.0
"""Out for so long: the others take some samples meanwhile, and the agent has looked for it more than once."""
_REMEMBERS: Final = ("-m", "tests.hil.careless", "remembers")
_CONFIGURATION: Final = """
[bus.pole]
kind = "i2c"
path = "{pole}"
[bus.board]
kind = "i2c"
path = "{board}"
[sensor.weather]
model = "bme280"
bus = "pole"
address = 0x76
interval = "2s"
[sensor.air]
model = "sht3x"
bus = "pole"
address = 0x44
interval = "2s"
"""
_WITNESS: Final = """
[sensor.road]
model = "tmp117"
bus = "board"
address = 0x48
interval = "2s"
"""
_BOARD_ONLY: Final = """
[bus.board]
kind = "i2c"
path = "{board}"
"""
_DUST: Final = """
[bus.dust]
kind = "serial"
path = "{dust}"
[sensor.dust]
model = "pmsx003"
bus = "dust"
timeout = "10s"
"""


def pull_adapter(_host: Host, *, program: Sequence[str] = AGENT) -> Iterator[Finding]:
    """Pull the adapter; another one takes its number before it comes back. Two witnesses work on."""
    dust = serial_place()
    with _pole() as pole, _board() as board, contextlib.ExitStack() as later:
        decoy = Adapter(_DECOY, {})
        later.callback(decoy.pull)
        text = _CONFIGURATION.replace("{pole}", pole.place).replace("{board}", board.place)
        with unit(
            text, _WITNESS, _DUST.replace("{dust}", dust), program=program, releases="road.temperature"
        ) as running:
            yield _started(running, "weather", "air", "road", "dust")
            simulated = running.status()["simulated"]
            yield Finding(what="played devices count as simulated", holds=simulated is True, found=str(simulated))
            began = _counted(running)
            before = pole.nodes[0]
            pole.pull()
            yield _told(running, "weather", "air")
            time.sleep(_HELD_S)
            decoy.put_in()
            after = pole.put_in(within_s=_NODE_S)
            what = "the kernel brings it up again under another number"
            yield Finding(what=what, holds=after not in {"", before}, found=f"{before}, then {after or 'nothing'}")
            yield _back(running, "weather", "air")
            yield from _unharmed(running, began)
            yield _ends(running)


def pull_bridged(_host: Host) -> Iterator[Finding]:
    """Pull the adapter under a chip that the kernel drives and the bridge reads."""
    chip = Bmp280Chip(TYPICAL)
    with _board() as board, Adapter(_POLE, {_WEATHER: chip}) as pole, contextlib.ExitStack() as kernel:
        device = kernel.enter_context(bound(pole, _WEATHER))
        parent = device.resolve().parent.name
        text = _BOARD_ONLY.replace("{board}", board.place)
        with unit(bridge(device), text, _WITNESS, releases="road.temperature") as running:
            yield _started(running, "bridge", "road")
            began = {"road": running.counts("road")}
            pole.pull()
            yield _told(running, "bridge")
            time.sleep(_HELD_S)
            pole.put_in()
            with bound(pole, _WEATHER) as again:
                same = again.resolve().parent.name
                yield Finding(what="the chip is driven again", holds=same == parent, found=same)
                yield _back(running, "bridge")
                yield from _unharmed(running, began)
            yield _ends(running)


def pull_serial(host: Host) -> Iterator[Finding]:
    """Pull the serial adapter by QEMU's own control; a chip on I2C is the witness."""
    with _board() as board:
        text = _BOARD_ONLY.replace("{board}", board.place)
        with unit(text, _WITNESS, _DUST.replace("{dust}", serial_place()), releases="road.temperature") as running:
            yield _started(running, "road", "dust")
            began = {"road": running.counts("road")}
            before, node = _ports(), Node.at(f"/dev/{_ports()}")
            simulated = node is not None and node.simulated
            yield Finding(what="QEMU's adapter counts as simulated", holds=simulated, found=str(simulated))
            host.ask("pull serial")
            yield _told(running, "dust")
            left = until(lambda: not _ports())
            yield Finding(what="its node is gone", holds=left is not None, found=before, seconds=left)
            time.sleep(_HELD_S)
            host.ask("put serial back")
            yield _back(running, "dust")
            what = "no descriptor was left: it has the same name again"
            yield Finding(what=what, holds=_ports() == before, found=f"{before}, then {_ports()}")
            yield from _unharmed(running, began)
            yield _ends(running)


def keep_open(_host: Host) -> Iterator[Finding]:
    """Keep a descriptor of the pulled adapter, as the agent must not: the kernel brings it up when that is closed.

    So that it came up in the case `adapter` shows that the agent had closed it.
    """
    with _pole() as pole:
        descriptor = os.open(pole.nodes[0], os.O_RDWR | os.O_CLOEXEC)
        try:
            pole.pull()
            node = pole.put_in(within_s=_KEPT_S)
        finally:
            os.close(descriptor)
        yield Finding(
            what="while a descriptor is open it does not come back", holds=not node, found=node or "nothing"
        )
        took = until(lambda: bool(pole.nodes), within_s=_NODE_S)
        found = next(iter(pole.nodes), "nothing")
        yield Finding(what="once that is closed it does", holds=took is not None, found=found, seconds=took)


def keep_port_open(host: Host) -> Iterator[Finding]:
    """Keep a descriptor of the pulled serial port, as the agent must not: it comes back under another name.

    So that it had the same name in the case `serial` shows that the agent had closed it.
    """
    serial_place()
    before = _ports()
    descriptor = os.open(f"/dev/{before}", os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        found = _replugged(host)
    finally:
        os.close(descriptor)
    what = "while a descriptor is open it gets another name"
    yield Finding(what=what, holds=found not in {"", before}, found=f"{before}, then {found}")
    again = _replugged(host)
    yield Finding(what="once that is closed it gets its own", holds=again == before, found=again)


def _replugged(host: Host) -> str:
    """Return the name of the serial port once it has been pulled and put back."""
    host.ask("pull serial")
    until(lambda: not _ports())
    host.ask("put serial back")
    until(lambda: bool(_ports()))
    return _ports()


def remember(host: Host) -> Iterator[Finding]:
    """Pull the adapter under an agent that remembers its node: it is not found again, and the others work on."""
    wanted = f"weather air: read again within {_LOST_S:g} s"
    for finding in pull_adapter(host, program=_REMEMBERS):
        if finding.what != wanted:
            yield finding
            continue
        yield Finding(what="it is not found under its new number", holds=not finding.holds, found=finding.found)


def _pole() -> Adapter:
    return Adapter(_POLE, {_WEATHER: Bme280Chip(TYPICAL), _AIR: Sht3xChip()})


def _board() -> Adapter:
    return Adapter(_BOARD, {_ROAD: Tmp117Chip()})


def _ports() -> str:
    return " ".join(sorted(path.name for path in Path("/dev").glob("ttyUSB*")))


def _started(running: Unit, *names: str) -> Finding:
    took = running.until(running.works(*names))
    states = " ".join(f"{name} {running.sensor(name).get('state')}" for name in names)
    return Finding(what="every sensor works", holds=took is not None, found=states, seconds=took)


def _counted(running: Unit) -> dict[str, Counts]:
    return {name: running.counts(name) for name in ("road", "dust")}


def _told(running: Unit, *names: str) -> Finding:
    took = running.until(running.fails(*names))
    problems = "; ".join(dict.fromkeys(running.problem(name) for name in names))
    return Finding(what=f"{' '.join(names)}: told", holds=took is not None, found=problems, seconds=took)


def _back(running: Unit, *names: str) -> Finding:
    took = running.until(running.works(*names), within_s=_LOST_S)
    return Finding(
        what=f"{' '.join(names)}: read again within {_LOST_S:g} s",
        holds=took is not None,
        found="ok" if took is not None else running.problem(names[0]),
        seconds=took,
    )


def _unharmed(running: Unit, began: dict[str, Counts]) -> Iterator[Finding]:
    """Find how many samples the witnesses have missed since."""
    for name, before in began.items():
        after = running.counts(name)
        lost = missed(before, after, interval_s=_DUST_S if name == "dust" else _INTERVAL_S)
        text = f"{lost} of {after.readings - before.readings + lost}"
        yield Finding(
            what=f"{name} has missed no sample", holds=not lost, found=text, seconds=after.at_s - before.at_s
        )


def _ends(running: Unit) -> Finding:
    began_s = time.monotonic()
    code = running.agent.stop(deadline_s=60)
    took = time.monotonic() - began_s
    return Finding(what="the agent ends in order", holds=code == 0, found=f"exit code {code}", seconds=took)
