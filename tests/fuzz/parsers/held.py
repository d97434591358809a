"""What is read of a running service and of a bench: its status, the buses of its file, the sensors of a BUSFILE."""

import json
import os
import random
import re
import tempfile
import time
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import tomli

from agent.errors import ConfigurationError
from agent.scanning.holding import running
from drivers.model import SysfsModel
from tests.fuzz import seeds
from tests.fuzz.fuzzer import Fuzzer
from tests.fuzz.mutation import LineMutator, Mutator
from tests.fuzz.parsers.toml import WORDS
from tests.fuzz.trees import TreeMutator
from tests.hil.busfile import read_busfile

_BETWEEN: Final = b"\n----\n"
_NOW: Final = "now"
"""In the place of an uptime: what the clock says."""
_UPTIMES: Final[tuple[Any, ...]] = (_NOW, _NOW, _NOW, 0, -1, 1e308, 10**400, None, True, "1", [], {}, float("nan"))
_UNIT: Final = (
    b'[bus.air]\nkind = "i2c"\npath = "/dev/i2c-1"\n[bus.line]\nkind = "serial"\npath = "/dev/ttyUSB0"\n',
    b"bus = 1\n",
    b'[bus]\na = {path = "/dev/../dev/i2c-7", kind = "i2c"}\nb = {path = 7}\nc = 8\n[bus.d]\npath = "relative"\n',
)


class Services(Fuzzer):
    """A service that runs has every bus that its file names, or all there are; what is no fresh status is nobody."""

    name = "scan-service"
    inputs = 200_000

    def __init__(self) -> None:
        self._trees = TreeMutator(
            seeds=[json.dumps({"uptime_s": _NOW, "unit": "corner", "sensors": {"air": [1, 2]}}).encode()],
            loads=json.loads,
            dumps=lambda tree: json.dumps(tree).encode(),
            values=_UPTIMES,
            keys=("uptime_s", "unit", ""),
        )
        self._status = Mutator(
            seeds=[b'{"uptime_s": 7}', b"[" * 5000], words=(b"[", b"{", b"9" * 400), longest=6000, joined=1
        )
        words = (*WORDS, b"path", b'"\\u0000"', b'"/dev/i2c-1"', b"[bus.", b"bus")
        self._unit = LineMutator(seeds=_UNIT, words=words)

    def make(self, chance: random.Random) -> bytes:
        status = self._trees(chance) if chance.random() < 0.7 else self._status(chance)
        return status + _BETWEEN + self._unit(chance)

    @cached_property
    def _folder(self) -> tempfile.TemporaryDirectory[str]:
        return tempfile.TemporaryDirectory(prefix="lamppost-fuzz-")

    def run(self, data: bytes) -> bool:
        status, _, unit = data.partition(_BETWEEN)
        folder = Path(self._folder.name)
        status = status.replace(json.dumps(_NOW).encode(), str(int(time.monotonic())).encode())
        (folder / "status.json").write_bytes(status)
        (folder / "unit.toml").write_bytes(unit)
        service = running(folder, folder / "unit.toml")
        assert running(folder / "none", folder / "unit.toml") is None
        assert (service is not None) == _is_fresh(status), "it runs, or it does not"
        if service is None:
            return False
        named = _paths(unit)
        assert named is not None or service.paths is None, "a bus of an unreadable file is taken for free"
        assert all(map(service.has, {"/dev/anything"} if named is None else named)), "its bus is taken for free"
        return True


def _is_fresh(status: bytes) -> bool:
    """Return whether a status says that a service runs, judged on its own."""
    try:
        uptime_s = json.loads(status)["uptime_s"]
        return -6 < time.monotonic() - float(uptime_s) < 61
    except Exception:  # noqa: BLE001 - whatever is wrong with it
        return False


def _paths(unit: bytes) -> set[str] | None:
    """Return the paths of buses that a file names; None where it is no TOML, or a path is none."""
    try:
        buses = tomli.loads(unit.removeprefix(b"\xef\xbb\xbf").decode()).get("bus")
    except (ValueError, RecursionError):
        return None
    tables = buses.values() if isinstance(buses, dict) else ()
    paths = {table["path"] for table in tables if isinstance(table, dict) and isinstance(table.get("path"), str)}
    return None if any("\0" in path for path in paths) else {os.path.realpath(path) for path in paths}


class BusFiles(Fuzzer):
    """A BUSFILE is refused with each mistake at its line, or lists sensors, each in a place of its own."""

    name = "busfile"
    inputs = 20_000

    def __init__(self) -> None:
        texts = [*seeds.texts("tests/agreement/*.toml"), *seeds.texts("config/unit*.toml")]
        plain = [
            b"\n".join(line for line in text.splitlines() if line.strip() and line[:1] != b"#") + b"\n"
            for text in texts
        ]
        pool = [line for text in plain for line in text.splitlines(keepends=True)]
        words = (*WORDS, b'"i2c-1"', b"0x70", b"0x76", b"[bus.", b"[sensor.", b'"bme280"', b"channel = 1\n")
        self._mutate = LineMutator(seeds=plain[:1] * 3 + plain, pool=pool, words=words)

    def make(self, chance: random.Random) -> bytes:
        return self._mutate(chance)

    @cached_property
    def _folder(self) -> tempfile.TemporaryDirectory[str]:
        return tempfile.TemporaryDirectory(prefix="lamppost-fuzz-")

    def run(self, data: bytes) -> bool:
        file = Path(self._folder.name, "bus.toml")
        file.write_bytes(data)
        try:
            found = read_busfile(file)
        except ConfigurationError as error:
            assert re.match(rf"{re.escape(str(file))}:[0-9]+:[0-9]+: ", str(error)), "refused without a place"  # noqa: PT017 - either outcome is right
            return False
        says = tomli.loads(data.removeprefix(b"\xef\xbb\xbf").decode())
        assert {one.plan.name for one in found.sensors} == says["sensor"].keys(), "other sensors"
        places = set()
        for one in found.sensors:
            assert one.plan.model.name == says["sensor"][one.plan.name]["model"], "another model"
            assert one.node.startswith("/"), "no node"
            assert all(0x70 <= hop.address <= 0x77 and 0 <= hop.channel <= 7 for hop in one.hops), "no multiplexer"
            kernel = one.plan.name if isinstance(one.plan.model, SysfsModel) else ""
            places.add((one.node, one.hops, one.plan.address, one.plan.slave, kernel))
        assert len(places) == len(found.sensors), "two sensors in one place"
        return True


FUZZERS: tuple[Fuzzer, ...] = (Services(), BusFiles())
