"""Cases on one adapter that stays where it is: i2c-tools, and the agent's `once`.

In: simulated chips behind the real i2c-dev. Out: findings. Never: an adapter pulled while somebody uses it.
"""

import subprocess
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Final

from drivers.bus.nodes import Node
from drivers.sim.bme280 import TYPICAL, Bme280Chip
from drivers.sim.sht import Sht3xChip
from tests.hil.kernel.stage import Adapter, Finding, Host
from tests.hil.kernel.unit import once
from tests.support.broker import find_program

_PORT: Final = 0
_WEATHER, _AIR, _NOBODY = 0x76, 0x44, 0x45
_BME280_ID: Final = "0x60"
_CONFIGURATION: Final = """
[bus.pole]
kind = "i2c"
path = "{place}"
[sensor.weather]
model = "bme280"
bus = "pole"
address = 0x76
[sensor.air]
model = "sht3x"
bus = "pole"
address = 0x44
[sensor.nobody]
model = "sht3x"
bus = "pole"
address = 0x45
"""


def detect(_host: Host) -> Iterator[Finding]:
    """Look for chips, and read a register, with programs that know nothing of us."""
    with Adapter(_PORT, {_WEATHER: Bme280Chip(TYPICAL), _AIR: Sht3xChip()}) as adapter:
        number = adapter.nodes[0].removeprefix("/dev/i2c-")
        name = Path(f"/sys/class/i2c-dev/i2c-{number}/name").read_text().strip()
        yield Finding(what="the real i2c-core has the adapter", holds=name.startswith("i2c-tiny-usb"), found=name)
        table = _tool("i2cdetect", "-y", number).splitlines()[1:]
        seen = [word for row in table for word in row[3:].split() if word != "--"]
        wanted = [f"{address:02x}" for address in sorted((_WEATHER, _AIR))]
        yield Finding(what="i2cdetect finds the chips and no other", holds=seen == wanted, found=" ".join(seen))
        told = _tool("i2cget", "-y", number, f"0x{_WEATHER:02x}", "0xd0").strip()
        yield Finding(what="i2cget reads the chip's id", holds=told == _BME280_ID, found=told)


def once_reads(_host: Host) -> Iterator[Finding]:
    """Read two chips, and look for one that is not there."""
    weather, air = Bme280Chip(TYPICAL), Sht3xChip()
    weather.set(temperature_c=Decimal("-7.31"), humidity_pct=Decimal("58.2"), pressure_pa=98_710)
    air.set(temperature_c=Decimal("17.4"), humidity_pct=Decimal("43.9"))
    with Adapter(_PORT, {_WEATHER: weather, _AIR: air}) as adapter:
        node = Node.at(adapter.nodes[0])
        shown = once(_CONFIGURATION.replace("{place}", adapter.place), releases="weather.temperature")
        for sensor, channel, wanted in (
            ("weather", "temperature", hundredths(weather.presented["temperature"], "Cel")),
            ("weather", "humidity", hundredths(weather.presented["humidity"], "%RH")),
            ("air", "temperature", hundredths(air.presented["temperature"], "Cel")),
            ("air", "humidity", hundredths(air.presented["humidity"], "%RH")),
        ):
            read = shown.get((sensor, channel), "nothing")
            yield Finding(what=f"{sensor} {channel} is the chip's", holds=read == wanted, found=read)
        told = shown.get(("nobody", ""), "nothing")
        yield Finding(what="a chip that is not there is told", holds="nobody answers" in told, found=told)
        simulated = node is not None and node.simulated
        yield Finding(what="an adapter over USB/IP counts as simulated", holds=simulated, found=str(simulated))


def hundredths(value: int | None, unit: str) -> str:
    """Return a value in hundredths as `lamppost once` shows it."""
    return "not available" if value is None else f"{Decimal(value).scaleb(-2):f} {unit}"


def _tool(name: str, *arguments: str) -> str:
    program = find_program(name)
    assert program is not None, f"{name} is not installed"
    return subprocess.run([program, *arguments], capture_output=True, text=True, check=True).stdout
