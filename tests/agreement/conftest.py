"""The bus on which other people's drivers meet our simulated chips, and the table of what agreed.

A driver built on smbus2 (or on its older name smbus) opens the adapter's node by itself; one built on CircuitPython's
busio is given `Busio`. Both end in smbus2's own ioctls on the simulated adapter.
"""

import importlib
import importlib.metadata
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import smbus2

from drivers.sim import ioctl
from drivers.sim.adapter import SimulatedAdapter
from drivers.sim.chip import SimulatedChip

ioctl.install(smbus2.smbus2)
sys.modules["smbus"] = smbus2

_TABLE: list[tuple[str, str, str]] = []


class Busio:
    """CircuitPython's busio.I2C, as far as its drivers use it, on a device node."""

    def __init__(self, path: Path) -> None:
        self._bus = smbus2.SMBus(str(path))

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
    """A simulated adapter with one chip on it, as other people's drivers see it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def smbus(self) -> Any:
        return smbus2.SMBus(str(self.path))

    @property
    def busio(self) -> Busio:
        return Busio(self.path)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Callable[[int, SimulatedChip], Stage]]:
    """Return a function that puts a chip at an address of a simulated adapter."""
    adapters: list[SimulatedAdapter] = []

    def put(address: int, chip: SimulatedChip) -> Stage:
        path = tmp_path / f"i2c-{len(adapters) + 1}"
        adapters.append(SimulatedAdapter({address: chip}).serve(path))
        return Stage(path)

    yield put
    for adapter in adapters:
        adapter.close()


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Return a monotonic clock for chips, in nanoseconds, on which time passes only while another driver sleeps."""
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
def agree() -> Callable[..., None]:
    """Return a function that compares what was shown with what another driver read, and notes the agreement."""

    def compare(
        model: str,
        package: str,
        *,
        shown: Mapping[str, float],
        read: Mapping[str, float],
        within: Mapping[str, float],
    ) -> None:
        for name, value in shown.items():
            assert abs(read[name] - value) <= within[name], f"{model} {name}: shown {value}, read {read[name]}"
        version = importlib.metadata.version(package)
        row = (model, f"{package} {version}", ", ".join(shown))
        if row not in _TABLE:
            _TABLE.append(row)

    return compare


def pytest_terminal_summary(terminalreporter: Any) -> None:
    terminalreporter.section("models with which an independent driver agrees")
    for model, package, quantities in sorted(_TABLE):
        terminalreporter.write_line(f"{model:12} {package:44} {quantities}")
    terminalreporter.write_line(f"{len({row[0] for row in _TABLE})} models")
