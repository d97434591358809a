"""LinuxI2c on the simulated adapter: smbus2 runs unchanged, every fault has its error, and nothing stays open."""

import asyncio
import contextlib
import errno
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from drivers.bus.api import I2cDevice, Message, Read, Write
from drivers.bus.linux_i2c import LinuxI2c
from drivers.errors import BusDenied, BusError, BusFault, BusGone, BusTimeout, NoAcknowledge
from drivers.sim.adapter import SimulatedAdapter
from tests.support.buses import RegisterFile

ADDRESS = 0x42


@pytest.fixture
def chip() -> RegisterFile:
    return RegisterFile()


@pytest.fixture
def adapter(tmp_path: Path, chip: RegisterFile) -> Iterator[SimulatedAdapter]:
    with SimulatedAdapter({ADDRESS: chip, 0x43: RegisterFile()}).serve(tmp_path / "i2c-1") as adapter:
        yield adapter


@pytest.fixture
async def bus(adapter: SimulatedAdapter, tmp_path: Path) -> AsyncIterator[LinuxI2c]:
    del adapter
    bus = LinuxI2c(str(tmp_path / "i2c-1"))
    await bus.open()
    yield bus
    await bus.close()


@pytest.fixture
def device(bus: LinuxI2c) -> I2cDevice:
    return I2cDevice(bus, ADDRESS)


def descriptor(bus: LinuxI2c) -> int | None:
    assert bus._adapter is not None
    return bus._adapter._bus.fd


async def test_transfer_write_and_read_is_one_transaction(device: I2cDevice, chip: RegisterFile) -> None:
    assert await device.read_register(0x10, 3) == b"\x10\x11\x12"
    assert chip.heard == [b"\x10", 3, "stop"]


async def test_transfer_several_reads_come_back_in_order(bus: LinuxI2c) -> None:
    messages: list[Message] = [Write(b"\x01"), Read(1), Write(b"\x80"), Read(2)]
    assert await bus.transfer(ADDRESS, messages) == [b"\x01", b"\x80\x81"]


async def test_simulated_adapter_is_known_once_open(bus: LinuxI2c) -> None:
    assert bus.simulated
    assert not LinuxI2c("/dev/i2c-9").simulated


async def test_transfer_two_chips_never_interleave(bus: LinuxI2c, adapter: SimulatedAdapter) -> None:
    log: list[tuple[int, bytes | int | str]] = []

    class Logging(RegisterFile):
        def __init__(self, address: int) -> None:
            super().__init__()
            self.address = address

        def write(self, data: bytes) -> None:
            log.append((self.address, data))
            super().write(data)

        def read(self, length: int) -> bytes:
            log.append((self.address, length))
            return super().read(length)

        def stop(self) -> None:
            log.append((self.address, "stop"))

    adapter.chips.update({address: Logging(address) for address in (0x42, 0x43)})
    await asyncio.gather(
        *(I2cDevice(bus, address).read_register(7, 2) for _ in range(25) for address in (0x42, 0x43))
    )
    assert len(log) == 150
    for start in range(0, 150, 3):
        addresses = {address for address, _ in log[start : start + 3]}
        assert len(addresses) == 1
        assert [what for _, what in log[start : start + 3]] == [b"\x07", 2, "stop"]


async def test_missing_chip_is_no_acknowledge_with_its_address(bus: LinuxI2c) -> None:
    with pytest.raises(NoAcknowledge, match="address 0x11: nobody answers") as caught:
        await I2cDevice(bus, 0x11).read(1)
    assert (caught.value.bus, caught.value.address) == (bus.path, 0x11)


@pytest.mark.parametrize("code", [errno.ENXIO, errno.ENODEV, errno.EREMOTEIO])
async def test_nack_every_spelling_means_absent(device: I2cDevice, adapter: SimulatedAdapter, code: int) -> None:
    adapter.faults.nack(ADDRESS, times=1, error=code)
    with pytest.raises(NoAcknowledge):
        await device.read(1)
    assert len(await device.read(1)) == 1


async def test_stretched_clock_is_a_timeout(device: I2cDevice, adapter: SimulatedAdapter) -> None:
    adapter.faults.stretch(ADDRESS, times=1)
    with pytest.raises(BusTimeout, match="held the clock"):
        await device.read(1)
    assert len(await device.read(1)) == 1


async def test_lost_arbitration_is_a_fault(device: I2cDevice, adapter: SimulatedAdapter) -> None:
    adapter.faults.lose_arbitration(times=1)
    with pytest.raises(BusFault, match="arbitration"):
        await device.read(1)


async def test_stuck_line_is_a_fault_and_the_bus_stays_open(device: I2cDevice, adapter: SimulatedAdapter) -> None:
    adapter.faults.stick(times=2)
    for _ in range(2):
        with pytest.raises(BusFault, match="wiring"):
            await device.read(1)
    assert len(await device.read(1)) == 1


async def test_unusual_errno_is_a_fault_that_names_it(device: I2cDevice, adapter: SimulatedAdapter) -> None:
    adapter.faults.nack(ADDRESS, times=1, error=errno.EOVERFLOW)
    with pytest.raises(BusFault, match="Value too large"):
        await device.read(1)


async def test_kernel_owned_address_is_denied(bus: LinuxI2c, adapter: SimulatedAdapter) -> None:
    adapter.faults.own(0x43)
    with pytest.raises(BusDenied, match="kernel driver owns"):
        await I2cDevice(bus, 0x43).read(1)


async def test_unplugged_adapter_is_gone_and_its_descriptor_closed(
    device: I2cDevice, bus: LinuxI2c, adapter: SimulatedAdapter
) -> None:
    await device.read(1)
    before = descriptor(bus)
    assert before is not None
    node = os.fstat(before)
    adapter.unplug()
    with pytest.raises(BusGone, match="unplugged"):
        await device.read(1)
    assert descriptor(bus) is None
    with contextlib.suppress(OSError):  # the number may stand for another file by now
        assert not os.path.samestat(os.fstat(before), node)
    with pytest.raises(BusGone, match="unplugged"):  # so that every chip of it says why
        await I2cDevice(bus, 0x43).read(1)
    with pytest.raises(BusGone, match="no such file"):
        await bus.open()


async def test_replugged_adapter_opens_again(device: I2cDevice, bus: LinuxI2c, adapter: SimulatedAdapter) -> None:
    adapter.unplug()
    with pytest.raises(BusGone):
        await device.read(1)
    adapter.replug()
    await bus.open()
    assert await device.read_register(5) == b"\x05"


async def test_adapter_replugged_unnoticed_is_gone_and_opens_again(
    device: I2cDevice, bus: LinuxI2c, adapter: SimulatedAdapter
) -> None:
    adapter.unplug()
    adapter.replug()
    with pytest.raises(BusGone, match="unplugged"):
        await device.read(1)
    await bus.open()
    assert await device.read_register(5) == b"\x05"


async def test_hung_adapter_is_given_up_and_the_next_open_works(adapter: SimulatedAdapter, tmp_path: Path) -> None:
    bus = LinuxI2c(str(tmp_path / "i2c-1"), deadline_s=0.05)
    await bus.open()
    adapter.faults.hang()
    with pytest.raises(BusTimeout, match="did not come back from a transfer to 0x42") as caught:
        await I2cDevice(bus, ADDRESS).read(1)
    assert (caught.value.bus, caught.value.address) == (bus.path, ADDRESS)
    with pytest.raises(BusGone, match="not open"):
        await I2cDevice(bus, ADDRESS).read(1)
    adapter.faults.clear()
    patient = LinuxI2c(bus.path)
    await patient.open()
    await patient.close()
    await bus.open()
    assert len(await I2cDevice(bus, ADDRESS).read(1)) == 1
    await bus.close()


async def test_open_twice_at_once_opens_once(adapter: SimulatedAdapter, tmp_path: Path) -> None:
    bus = LinuxI2c(str(tmp_path / "i2c-1"))
    await asyncio.gather(bus.open(), bus.open(), bus.open())
    assert len(adapter._clients) == 1
    await bus.close()
    await bus.close()


async def test_close_after_failed_open_is_harmless(tmp_path: Path) -> None:
    bus = LinuxI2c(str(tmp_path / "none"))
    with pytest.raises(BusGone):
        await bus.open()
    await bus.close()


async def test_open_plain_file_says_what_it_is_not(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    with pytest.raises(BusError, match="this is not an I2C adapter"):
        await LinuxI2c(str(tmp_path / "plain")).open()


@pytest.mark.parametrize("turns", range(4))
async def test_cancelled_transfer_leaves_the_bus_usable(bus: LinuxI2c, device: I2cDevice, turns: int) -> None:
    task = asyncio.create_task(bus.transfer(ADDRESS, [Write(b"\x01"), Read(1)]))
    for _ in range(turns):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    assert await device.read_register(9) == b"\x09"
