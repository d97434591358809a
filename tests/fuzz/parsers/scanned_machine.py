"""What a machine tells of its buses in names and texts, and what a scan prints of it to be pasted."""

import io
import os
import random
import shutil
import tempfile
import zlib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from agent.cli.scan_page import render
from agent.scanning.addresses import ADDRESSES
from agent.scanning.advice import about_adapter, about_port
from agent.scanning.candidates import Candidates
from agent.scanning.findings import Adapter, Branch, Chip, Findings, Match, Port
from agent.scanning.machine import Machine, is_unsteady
from agent.scanning.sections import sections
from drivers.identity import Certainty
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.mutation import LineMutator
from tests.fuzz.pasting import accepted, shown, told

_ADAPTER: Final = "/dev/i2c-1"
_ADDRESSES: Final = frozenset(b"%02x" % address for address in ADDRESSES)
_LONGEST: Final = 255
"""Bytes of a file's name, at most."""
_CHARACTERS: Final = Path("/dev/null")
"""A device of characters, for what processes have open."""
_MEMORY: Final = Path("/dev/shm")
"""Where making a tree of folders is quick."""
_EXAMPLES: Final = (
    b"adapter=bcm2835 (i2c@7e804000)\nid=usb-FTDI_FT232R_USB_UART_A1-if00-port0\ntty=ttyUSB7\n",
    b"at=76\nname=bme280\ndriver=bmp280\niio=bme280\nfile=in_temp_input\nfile=in_pressure_input\n",
    b"at=48\nname=lm75\nhwmon=lm75\nfile=temp1_input\nfile=temp1_max\nat=49\nname=lm75\nhwmon=lm75\nfile=temp1_input\n",
    b"at=10\niio=x1\nfile=in_voltage0_raw\nfile=in_voltage0-voltage1_raw\nfile=in_proximity_raw\n",
    b"at=10\niio=x1\nfile=in_accel_x_raw\nat=11\niio=x1-2\nfile=in_concentration_co2_raw\nat=12\niio=x1\n",
    b"at=40\nname=ina2xx\nhwmon=ina219\nfile=in0_input\nfile=power1_average\nat=70\nname=pca9548\n",
    b"id=usb-1a86_USB_Serial-if00-port0\nid=usb-1a86_USB_Serial-if00-port1\ntty=ttyACM0\ntty=ttyS0\ncomm=python3\n",
)
_WORDS: Final = (
    *(b"\n", b"\x1b[2J", b"\x7f", b'"', b"\\", b"'", b"#", b"]", b"\xff", b"\xc2\x85", b"\xe2\x80\xae", b"\t", b"="),
    *(b"at=77\n", b"id=", b"iio=", b"hwmon=", b"-2", b"A" * 70, b"_raw", b"_input", b"temp1", b"in_", b"\r"),
)


class Machines(Fuzzer):
    """Whatever names and texts say, what is printed can be shown, pasted and checked, and names each port once."""

    name = "scan-machine"
    inputs = 30_000

    def __init__(self) -> None:
        self._candidates = Candidates.built_in()
        self._mutate = LineMutator(seeds=_EXAMPLES, words=_WORDS)

    def make(self, chance: random.Random) -> bytes:
        return self._mutate(chance)

    def run(self, data: bytes) -> bool:
        root = Path(tempfile.mkdtemp(dir=self._folder.name))
        try:
            tree = _Tree(root)
            for line in data.split(b"\n"):
                kind, _, said = line.partition(b"=")
                tree.make(kind, said)
            machine = Machine(root / "dev", root / "sys", root / "proc")
            return self._judge(machine, sorted(tree.places), whole=zlib.crc32(data) % 8 == 0)
        finally:
            shutil.rmtree(root)

    @cached_property
    def _folder(self) -> tempfile.TemporaryDirectory[str]:
        return tempfile.TemporaryDirectory(prefix="lamppost-fuzz-", dir=_MEMORY if _MEMORY.is_dir() else None)

    def _judge(self, machine: Machine, places: list[int], *, whole: bool) -> bool:
        chips = tuple(Chip(address=at, owner=machine.owner(_ADAPTER, at)) for at in places)
        branch = Branch(path=_ADAPTER, chips=chips)
        adapter = Adapter(path=_ADAPTER, name=machine.adapter_name(_ADAPTER), branches=(branch,))
        paths = machine.ports()
        assert len(set(map(os.path.realpath, paths))) == len(paths), "a port twice"
        match = Match("sds011", Certainty.CERTAIN, "a test")
        ports = tuple(Port(path=path, matches=(match,), baudrate=9600, heard=True) for path in paths)
        warnings = list(about_adapter(adapter, self._candidates))
        for port in ports:
            lasting = machine.lasting(port.path)
            assert lasting is None or os.path.realpath(lasting) == os.path.realpath(port.path), "another port"
            warnings += about_port(port.path, port, lasting=lasting, unsteady=is_unsteady(port.path))
        read = _judge_findings(Findings(adapters=(adapter,), ports=ports, warnings=tuple(warnings)), whole=whole)
        for text in machine.holders(str(_CHARACTERS)):
            shown(text)
            assert "\n" not in text, "a line of its own"
        return read


def _judge_findings(findings: Findings, *, whole: bool) -> bool:
    """Return whether the kernel reads something that is in force."""
    pasted = sections(findings)
    says = accepted(pasted)
    assert [bus["path"] for bus in says.get("bus", {}).values()] == [port.path for port in findings.ports]
    sensors: Mapping[str, Any] = says.get("sensor", {})
    owners = [chip.owner for chip in findings.adapters[0].branches[0].chips if chip.owner and chip.owner.bridge]
    read = [sensor["options"] for sensor in sensors.values() if "options" in sensor]
    assert all(any(one["device"] == own.device for own in owners) for one in read), "a device that there is not"
    assert sum(sensor["model"] == "sds011" for sensor in sensors.values()) == len(findings.ports)
    told(findings.plain() | {"toml": pasted})
    drivers = [chip.owner.driver for chip in findings.adapters[0].branches[0].chips if chip.owner]
    for text in (
        pasted,
        *findings.warnings,
        findings.adapters[0].name,
        *drivers,
        *(port.path for port in findings.ports),
    ):
        shown(text)
    if whole:
        page = io.StringIO()
        render(findings, toml=pasted, console=Console(file=page, highlight=False, markup=False, width=100))
        shown(page.getvalue())
    return bool(read)


class _Tree:
    """A machine's folders, made line by line of an input."""

    def __init__(self, root: Path) -> None:
        self.places: set[int] = set()
        self._root = root
        self._device = self._folder = root / "sys/bus/i2c/devices/1-0076"
        self._ports = 0

    def make(self, kind: bytes, said: bytes) -> None:
        """Make what a line tells of; a name that no file can have makes nothing."""
        if kind == b"at" and said in _ADDRESSES:
            self.places.add(int(said, 16))
            self._device = self._folder = self._root / f"sys/bus/i2c/devices/1-00{said.decode()}"
        elif kind in {b"iio", b"hwmon"}:
            self._folder = self._device / ("iio:device0" if kind == b"iio" else "hwmon/hwmon0")
            _write(self._folder / "name", said)
        elif kind in {b"adapter", b"name", b"comm"}:
            self._tell(kind, said)
        elif said not in {b"", b".", b".."} and len(said) < _LONGEST and not {*b"/\0"} & {*said}:
            self._name(kind, os.fsdecode(said))

    def _tell(self, kind: bytes, said: bytes) -> None:
        process = self._root / "proc/123456789"
        file = {b"adapter": self._root / "sys/class/i2c-dev/i2c-1/name", b"name": self._device / "name"}
        _write(file.get(kind, process / "comm"), said)
        if kind == b"comm":
            _link(process / "fd/3", _CHARACTERS)

    def _name(self, kind: bytes, name: str) -> None:
        if kind == b"driver":
            _write(self._root / "sys/drivers" / name / "bind", b"")
            _link(self._device / "driver", self._root / "sys/drivers" / name)
        elif kind == b"file":
            _write(self._folder / name, b"")
        elif kind == b"tty":
            _write(self._root / "dev" / name, b"")
        elif kind == b"id":
            _write(self._root / f"dev/ttyUSB{self._ports % 3}", b"")
            _link(self._root / "dev/serial/by-id" / name, Path(f"../../ttyUSB{self._ports % 3}"))
            self._ports += 1


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.is_dir():
        file.write_bytes(content)


def _link(link: Path, target: Path) -> None:
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink() and not link.exists():
        link.symlink_to(target)


FUZZERS: tuple[Fuzzer, ...] = (Machines(),)
