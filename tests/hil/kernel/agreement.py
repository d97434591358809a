"""Cases in which four read one BMP280: the chip itself, the kernel's own driver, our bridge to that, our driver.

In: simulated chips behind the real i2c-dev. Out: findings. Never: the kernel's driver on an adapter that is pulled.

The kernel's driver (drivers/iio/pressure/bmp280-core.c) was written from the data sheet by others. It calculates as
the data sheet does, so it must give the very numbers; it shows kilopascals with nine digits and thousandths of a
degree. Our driver has no register to give the kernel: while that has the address, ours must say so and keep away.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

from drivers.sim.bme280 import NEGATIVE, TYPICAL
from drivers.sim.bmp280 import Bmp280Chip
from tests.hil.kernel.stage import Adapter, Finding, Host, until
from tests.hil.kernel.unit import once

_PORT: Final = 0
_SETTLES_S: Final = 5.0
_TRIMS: Final = {0x76: TYPICAL, 0x77: NEGATIVE}
"""Address to calibration; with the second the intermediate results are negative."""
_BRIDGED, _OURS = _TRIMS
_COLD, _WARM = (Decimal("-12.5"), 98_710), (Decimal("27.3"), 101_325)
_IIO: Final = Path("/sys/bus/iio/devices")
_OWNED: Final = "a kernel driver owns the address"
_WRONG_BYTE: Final = 0x8F
"""The upper half of dig_P1, which scales the pressure (BST-BMP280-DS001, memory map; unverified)."""
CHIP: Final = """
[sensor.chip{address}]
model = "bmp280"
bus = "pole"
address = 0x{address}
"""
BRIDGE: Final = """
[sensor.bridge]
model = "iio"
interval = "2s"
[sensor.bridge.options]
device = "bmp280"
parent = "{parent}"
"""


@dataclass(frozen=True, slots=True)
class Air:
    """What somebody reads: hundredths of a degree Celsius, tenths of a pascal."""

    temperature: Decimal
    pressure: Decimal

    def agrees(self, other: "Air", *, temperature: Decimal = Decimal(0), pressure: Decimal = Decimal(0)) -> bool:
        """Return whether two read the same, within a rounding of each."""
        return (
            abs(self.temperature - other.temperature) <= temperature
            and abs(self.pressure - other.pressure) <= pressure
        )

    def __str__(self) -> str:
        return f"{self.temperature / 100:.3f} Cel {self.pressure / 10:.3f} Pa"


def shown(chip: Bmp280Chip) -> Air:
    """Return what a right driver makes of the chip."""
    presented = chip.presented
    return Air(Decimal(presented["temperature"] or 0), Decimal(presented["pressure"] or 0))


@contextlib.contextmanager
def bound(adapter: Adapter, address: int) -> Iterator[Path]:
    """Give an address to the kernel's driver; yields the device that it makes."""
    number = int(adapter.nodes[0].removeprefix("/dev/i2c-"))
    client, bus = f"{number}-{address:04x}", Path(f"/sys/bus/i2c/devices/i2c-{number}")
    (bus / "new_device").write_text(f"bmp280 0x{address:02x}\n")
    try:
        assert until(lambda: bool(_devices(client))) is not None, f"the kernel's driver does not take {client}"
        yield _devices(client)[0]
    finally:
        with contextlib.suppress(OSError):  # gone with its adapter
            (bus / "delete_device").write_text(f"0x{address:02x}\n")


def _devices(client: str) -> list[Path]:
    return [device for device in _IIO.glob("iio:device*") if device.resolve().parent.name == client]


def by_kernel(device: Path) -> Air:
    """Return what the kernel's driver reads.

    What it reads first after a rest is a chip that has not measured since it was set up: it says so (EIO), or shows
    what was before. So it is asked until a measurement has been made since the question.
    """
    return Air(_asked(device / "in_temp_input") / 10, _asked(device / "in_pressure_input") * 10_000)


def _asked(file: Path) -> Decimal:
    assert until(lambda: _read(file) is not None) is not None, f"{file} cannot be read"
    read = _read(file)
    assert read is not None, f"{file} could be read, and then not"
    return read


def _settled(device: Path, chip: Bmp280Chip) -> Air:
    """Return what the kernel's driver reads once the chip has measured anew, or what it reads when it never does."""
    until(lambda: by_kernel(device).agrees(shown(chip), **ROUNDED), within_s=_SETTLES_S)
    return by_kernel(device)


def _read(file: Path) -> Decimal | None:
    with contextlib.suppress(OSError):
        return Decimal(file.read_text().strip())
    return None


def by_once(adapter: Adapter, *, bridged: Path) -> dict[str, Air | str]:
    """Return what `lamppost once` shows for our driver at both addresses and for the bridge: air, or a problem."""
    head = f'[bus.pole]\nkind = "i2c"\npath = "{adapter.place}"\n'
    chips = [CHIP.replace("{address}", f"{address:02x}") for address in _TRIMS]
    rows = once(head, *chips, bridge(bridged), releases="chip77.temperature")
    found: dict[str, Air | str] = {sensor: row for (sensor, channel), row in rows.items() if not channel}
    for sensor in {sensor for sensor, channel in rows if channel}:
        temperature = rows.get((sensor, "temperature")) or rows[sensor, "temp"]
        found[sensor] = Air(_number(temperature) * 100, _number(rows[sensor, "pressure"]) * 10)
    return found


def bridge(device: Path) -> str:
    """Return the section of a sensor `bridge` that reads a device of the kernel."""
    return BRIDGE.replace("{parent}", device.resolve().parent.name)


def _number(row: str) -> Decimal:
    return Decimal(row.split(maxsplit=1)[0])


def agree(_host: Host) -> Iterator[Finding]:
    """Have all of them read: the kernel has both chips in turn, the bridge one of them, our driver the other."""
    chips = {address: Bmp280Chip(trim) for address, trim in _TRIMS.items()}
    with Adapter(_PORT, chips) as adapter, bound(adapter, _BRIDGED) as device:
        for at in (_WARM, _COLD):
            yield _kernel_reads(device, chips[_BRIDGED], at=at)
        chips[_OURS].set(temperature_c=_COLD[0], pressure_pa=_COLD[1])
        read = by_once(adapter, bridged=device)
        yield _compared("our bridge and the kernel's driver, the same chip", read["bridge"], by_kernel(device))
        yield _compared("our driver and the other chip", read["chip77"], shown(chips[_OURS]))
        told = str(read["chip76"])
        yield Finding(what="our driver keeps away from the kernel's chip", holds=_OWNED in told, found=told)
        with bound(adapter, _OURS) as other:
            for at in (_WARM, _COLD):
                yield _kernel_reads(other, chips[_OURS], at=at)
            yield _compared("our driver and the kernel's, the same chip", read["chip77"], by_kernel(other))


def _kernel_reads(device: Path, chip: Bmp280Chip, *, at: tuple[Decimal, int]) -> Finding:
    chip.set(temperature_c=at[0], pressure_pa=at[1])
    address = device.resolve().parent.name.rpartition("-00")[2]
    what = f"the kernel's driver and the chip at 0x{address}, {at[0]} Cel"
    return _compared(what, _settled(device, chip), shown(chip))


ROUNDED: Final = {"temperature": Decimal("0.5"), "pressure": Decimal("0.5")}
"""Each is rounded once, to hundredths of a degree and tenths of a pascal."""


def disagree(_host: Host) -> Iterator[Finding]:
    """Have the kernel read a chip with one wrong byte of calibration: what it reads must not pass for the chip's."""
    chip = Bmp280Chip(TYPICAL)
    chip.set(temperature_c=_WARM[0], pressure_pa=_WARM[1])
    chip.registers[_WRONG_BYTE] ^= 0x01
    with Adapter(_PORT, {0x76: chip}) as adapter, bound(adapter, 0x76) as device:
        read = by_kernel(device)
        finding = _compared("the kernel's driver and a chip with a wrong byte do not agree", read, shown(chip))
        yield Finding(what=finding.what, holds=not finding.holds, found=finding.found)


def _compared(what: str, read: Air | str, wanted: Air) -> Finding:
    agrees = isinstance(read, Air) and read.agrees(wanted, **ROUNDED)
    return Finding(what=what, holds=agrees, found=f"{read}; {wanted}")
