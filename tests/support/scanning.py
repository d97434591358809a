"""Chips for tests of `lamppost scan`: every one that can be simulated, and a look at what a scan has done to them."""

import contextlib
import copy
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from drivers.identity import Ask, Certainty
from drivers.sim.ads1115 import Ads1115Chip
from drivers.sim.aht20 import Aht20Chip
from drivers.sim.bh1750 import Bh1750Chip
from drivers.sim.bme280 import TYPICAL, Bme280Chip
from drivers.sim.bme680 import Bme680Chip
from drivers.sim.bmp280 import Bmp280Chip
from drivers.sim.bmp388 import Bmp388Chip
from drivers.sim.chip import NotAcknowledged, SimulatedChip
from drivers.sim.ds3231 import Ds3231Chip
from drivers.sim.hdc1080 import Hdc1080Chip
from drivers.sim.ina219 import Ina219Chip
from drivers.sim.ina226 import Ina226Chip
from drivers.sim.lis3dh import Lis3dhChip
from drivers.sim.lm75 import Lm75Chip
from drivers.sim.mcp9808 import Mcp9808Chip
from drivers.sim.mlx90614 import Mlx90614Chip
from drivers.sim.ms5837 import Ms5837Chip
from drivers.sim.scd4x import Scd4xChip
from drivers.sim.scd30 import Scd30Chip
from drivers.sim.sen5x import Sen5xChip
from drivers.sim.sht import Sht3xChip, Sht4xChip
from drivers.sim.sps30 import Sps30Chip
from drivers.sim.tmp102 import Tmp102Chip
from drivers.sim.tmp117 import Tmp117Chip
from drivers.sim.veml7700 import Veml7700Chip

_PASSING = frozenset({"_pointer", "_command", "_answer", "_reply", "_code", "_busy_until_ns", "_lock", "lock"})
"""What a chip remembers of the last transaction, and locks."""


def stopped() -> int:
    """Return a time that does not pass, for chips that measure by themselves."""
    return 1_000_000_000


@dataclass(frozen=True, slots=True)
class Known:
    """A chip that can be simulated, and how sure a scan must be of it."""

    model: str
    address: int
    make: Callable[[], SimulatedChip]
    certainty: Certainty


def _ds3231() -> Ds3231Chip:
    chip = Ds3231Chip(mono_ns=stopped)
    chip.set(utc=datetime(2026, 5, 17, 12, 30, 59, tzinfo=UTC))
    return chip


def _veml7700() -> Veml7700Chip:
    chip = Veml7700Chip(mono_ns=stopped)
    chip.write(b"\x00\x11\x00")  # as our driver leaves it
    return chip


_C, _L, _P = Certainty.CERTAIN, Certainty.LIKELY, Certainty.POSSIBLE
ALL = (
    Known("ads1115", 0x4B, lambda: Ads1115Chip(mono_ns=stopped), _L),
    Known("aht20", 0x38, Aht20Chip, _L),
    Known("bh1750", 0x23, lambda: Bh1750Chip(mono_ns=stopped), _P),
    Known("bme280", 0x76, lambda: Bme280Chip(TYPICAL, mono_ns=stopped), _C),
    Known("bme680", 0x77, lambda: Bme680Chip(mono_ns=stopped), _C),
    Known("bmp280", 0x76, lambda: Bmp280Chip(mono_ns=stopped), _C),
    Known("bmp388", 0x77, lambda: Bmp388Chip(mono_ns=stopped), _C),
    Known("ds3231", 0x68, _ds3231, _L),
    Known("hdc1080", 0x40, lambda: Hdc1080Chip(mono_ns=time.monotonic_ns), _C),
    Known("ina219", 0x41, lambda: Ina219Chip(mono_ns=stopped), _L),
    Known("ina226", 0x44, lambda: Ina226Chip(mono_ns=stopped), _C),
    Known("lis3dh", 0x19, lambda: Lis3dhChip(mono_ns=stopped), _C),
    Known("lm75", 0x49, lambda: Lm75Chip(mono_ns=stopped), _L),
    Known("mcp9808", 0x18, lambda: Mcp9808Chip(mono_ns=stopped), _C),
    Known("mlx90614", 0x5A, Mlx90614Chip, _C),
    Known("ms5837", 0x76, lambda: Ms5837Chip(mono_ns=stopped), _C),
    Known("scd30", 0x61, Scd30Chip, _C),
    Known("scd4x", 0x62, Scd4xChip, _C),
    Known("sen5x", 0x69, Sen5xChip, _C),
    Known("sht3x", 0x44, Sht3xChip, _C),
    Known("sht4x", 0x45, Sht4xChip, _C),
    Known("sps30", 0x69, Sps30Chip, _C),
    Known("tmp102", 0x4A, lambda: Tmp102Chip(mono_ns=stopped), _L),
    Known("tmp117", 0x48, lambda: Tmp117Chip(mono_ns=stopped), _C),
    Known("veml7700", 0x10, _veml7700, _L),
)


def known(model: str) -> Known:
    """Return a chip by its model's name."""
    return next(each for each in ALL if each.model == model)


def settings(chip: SimulatedChip) -> dict[str, Any]:
    """Return everything that a chip holds, but what is left of the last transaction."""
    with contextlib.suppress(NotAcknowledged):
        chip.write(b"")  # what it shows is brought up to now when somebody looks
        chip.read(1)
    chip.stop()
    held = {name: value for name, value in vars(chip).items() if name not in _PASSING and not callable(value)}
    return copy.deepcopy(held)


class Tape:
    """A chip that keeps what was written to it, and is another one in all else."""

    def __init__(self, chip: SimulatedChip) -> None:
        self.chip = chip
        self.written: list[bytes] = []

    def write(self, data: bytes) -> None:
        if data:
            self.written.append(data)
        self.chip.write(data)

    def read(self, length: int) -> bytes:
        return self.chip.read(length)

    def stop(self) -> None:
        self.chip.stop()


class Said:
    """What a scan said that it would send."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, int, bytes]] = []

    def __call__(self, path: str, address: int, ask: Ask) -> None:
        self.sent.append((path, address, ask.send))
