"""The bus on which other people's drivers meet our simulated chips, and the table of what agreed.

With ``--hardware BUSFILE`` the bus and the chips are real: see README.md.

A driver built on smbus2 (or on its older name smbus) opens the adapter's node by itself; one built on CircuitPython's
busio is given `Busio`. Both end in smbus2's own ioctls on the simulated adapter.
"""

import asyncio
import importlib
import importlib.metadata
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import smbus2

from drivers.bus.nodes import Node
from drivers.sim import ioctl
from drivers.sim.adapter import SimulatedAdapter
from drivers.sim.chip import SimulatedChip
from tests.agreement import real
from tests.agreement.selection import (
    BUSFILE,
    pytest_addoption,
    pytest_collection_modifyitems,
    pytest_configure,
    pytest_generate_tests,
)
from tests.hil.busfile import Listed
from tests.hil.examining import Unfit, shown_by_ours

__all__ = ["pytest_addoption", "pytest_collection_modifyitems", "pytest_configure", "pytest_generate_tests"]

ioctl.install(smbus2.smbus2)
sys.modules["smbus"] = smbus2

_TABLE: list[tuple[str, str, str]] = []


@pytest.fixture
def listed(request: pytest.FixtureRequest) -> Listed | None:
    """Return the real sensor that the test is run on, None for a simulated one."""
    found: Listed | None = getattr(request, "param", None)
    return found


class Busio:
    """CircuitPython's busio.I2C, as far as its drivers use it, on a device node."""

    def __init__(self, bus: smbus2.SMBus) -> None:
        self._bus = bus

    def try_lock(self) -> bool:
        return True

    def unlock(self) -> None:
        """Do nothing: nobody else is here."""

    def writeto(self, address: int, buffer: Any, *, start: int = 0, end: int | None = None) -> None:
        self._bus.i2c_rdwr(smbus2.i2c_msg.write(address, bytes(buffer[start:end])))

    def readfrom_into(self, address: int, buffer: Any, *, start: int = 0, end: int | None = None) -> None:
        message = smbus2.i2c_msg.read(address, len(buffer[start:end]))
        self._bus.i2c_rdwr(message)
        buffer[start:end] = bytes(message)

    def writeto_then_readfrom(
        self,
        address: int,
        out_buffer: Any,
        in_buffer: Any,
        *,
        out_start: int = 0,
        out_end: int | None = None,
        in_start: int = 0,
        in_end: int | None = None,
    ) -> None:
        answer = smbus2.i2c_msg.read(address, len(in_buffer[in_start:in_end]))
        self._bus.i2c_rdwr(smbus2.i2c_msg.write(address, bytes(out_buffer[out_start:out_end])), answer)
        in_buffer[in_start:in_end] = bytes(answer)


class Stage:
    """An adapter with one chip on it, as other people's drivers see it.

    Attributes:
        real: whether the chip is what a BUSFILE lists, and knows nothing of the simulated one.
    """

    def __init__(self, make: Callable[[], smbus2.SMBus], *, real: bool) -> None:
        self._make = make
        self.real = real

    @property
    def smbus(self) -> Any:
        return self._make()

    @property
    def busio(self) -> Busio:
        return Busio(self._make())


@pytest.fixture
def stage(tmp_path: Path, listed: Listed | None) -> Iterator[Callable[[int, SimulatedChip], Stage]]:
    """Return a function that puts a chip at an address of a simulated adapter, or leads to the real one instead."""
    if listed is not None:
        real.select(listed)
        yield lambda address, _: Stage(lambda: real.RealSmbus(listed, address), real=True)
        real.deselect(listed)
        return
    adapters: list[SimulatedAdapter] = []

    def put(address: int, chip: SimulatedChip) -> Stage:
        path = tmp_path / f"i2c-{len(adapters) + 1}"
        adapters.append(SimulatedAdapter({address: chip}).serve(path))
        return Stage(lambda: smbus2.SMBus(str(path)), real=False)

    yield put
    for adapter in adapters:
        adapter.close()


class Line:
    """A simulated serial line: what its sensor sends is what the test has made."""

    def heard(self, frame: bytes) -> bytes:
        return frame

    def answered(self, command: bytes, answer: bytes) -> bytes:
        assert command
        return answer


@pytest.fixture
def line(listed: Listed | None) -> Line | real.RealLine:
    """Return what a sensor on a serial line sends: what it is given, or what a real one sends instead."""
    return Line() if listed is None else real.RealLine(listed)


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch, listed: Listed | None) -> Callable[[], int]:
    """Return a monotonic clock for chips, in nanoseconds, on which time passes only while another driver sleeps.

    For real chips it is the kernel's, and drivers sleep.
    """
    if listed is not None:
        return time.monotonic_ns
    now_ns = 1_000_000_000_000

    def sleep(seconds: float) -> None:
        nonlocal now_ns
        now_ns += round(seconds * 1e9)

    monkeypatch.setattr(time, "sleep", sleep)
    return lambda: now_ns


@pytest.fixture
def foreign() -> Callable[[str], Any]:
    """Return a function that imports another project's module; our type checker does not know them."""
    return importlib.import_module


@pytest.fixture
def agree(request: pytest.FixtureRequest, listed: Listed | None) -> Callable[..., None]:
    """Return a function that compares what was shown with what another driver read, and notes the agreement.

    What a real chip shows is what our driver reads right after the other one.
    """

    def compare(
        model: str,
        package: str,
        *,
        shown: Mapping[str, float],
        read: Mapping[str, float],
        within: Mapping[str, float],
    ) -> None:
        if listed is not None:
            scales = request.node.get_closest_marker("hardware").kwargs
            compared = _compare_real(listed, read={name: read[name] for name in shown}, scales=scales)
            place = f"{listed.node}{' (simulated)' if _simulated(listed) else ''}"
            _TABLE.append((model, f"{package} {importlib.metadata.version(package)}", f"{compared} on {place}"))
            return
        for name, value in shown.items():
            assert abs(read[name] - value) <= within[name], f"{model} {name}: shown {value}, read {read[name]}"
        version = importlib.metadata.version(package)
        row = (model, f"{package} {version}", ", ".join(shown))
        if row not in _TABLE:
            _TABLE.append(row)

    return compare


def _compare_real(listed: Listed, *, read: Mapping[str, float], scales: Mapping[str, float]) -> str:
    """Compare what another driver has just read with what ours reads now; return the channels that could be."""
    channels = {one.name: one for one in listed.plan.model.fitted(listed.plan.model.options()).channels}
    names = [name for name in read if channels[name].unit in real.TOLERANCES]
    assert names
    try:
        ours = asyncio.run(shown_by_ours(listed, names))
    except Unfit as error:
        pytest.fail(f"sensor {listed.plan.name}: {error}", pytrace=False)
    for name in names:
        channel, theirs = channels[name], read[name] / scales.get(name, 1)
        if not real.alike(channel.unit, theirs, ours[name] * 10.0**channel.exponent):
            pytest.fail(f"sensor {listed.plan.name}: {name}: {real.difference(channel.unit)}", pytrace=False)
    return ", ".join(names)


def _simulated(listed: Listed) -> bool:
    node = Node.at(listed.node)
    return node is not None and node.simulated


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    busfile = config.stash.get(BUSFILE, None)
    if busfile is not None and busfile.warnings:
        terminalreporter.write_line(busfile.warnings)
    terminalreporter.section("models with which an independent driver agrees")
    for model, package, quantities in sorted(_TABLE):
        terminalreporter.write_line(f"{model:12} {package:44} {quantities}")
    terminalreporter.write_line(f"{len({row[0] for row in _TABLE})} models")
