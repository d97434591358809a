"""smbus2's own SMBus class, unchanged, on the simulated adapter: every call it has."""

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from smbus2 import I2cFunc, SMBus, i2c_msg
from smbus2 import smbus2 as smbus_module

from drivers.sim import boundary, ioctl
from drivers.sim.adapter import SimulatedAdapter
from tests.support.buses import RegisterFile

ADDRESS = 0x42


@pytest.fixture(autouse=True)
def installed() -> None:
    ioctl.install(smbus_module)


@pytest.fixture
def chip() -> RegisterFile:
    return RegisterFile()


@pytest.fixture
def adapter(tmp_path: Path, chip: RegisterFile) -> Iterator[SimulatedAdapter]:
    with SimulatedAdapter({ADDRESS: chip}).serve(tmp_path / "i2c-1") as adapter:
        yield adapter


@pytest.fixture
def bus(adapter: SimulatedAdapter, tmp_path: Path) -> Iterator[SMBus]:
    del adapter
    with SMBus(str(tmp_path / "i2c-1")) as bus:
        yield bus


def test_open_adapter_reads_its_functions(bus: SMBus) -> None:
    assert bus.funcs & I2cFunc.I2C
    assert bus.funcs & I2cFunc.SMBUS_I2C_BLOCK
    assert not bus.funcs & I2cFunc.SMBUS_PEC


def test_quick_present_chip_is_acknowledged(bus: SMBus, chip: RegisterFile) -> None:
    bus.write_quick(ADDRESS)
    assert chip.heard == [b"", "stop"]


def test_byte_write_and_read_pass(bus: SMBus, chip: RegisterFile) -> None:
    bus.write_byte(ADDRESS, 0x10)
    assert bus.read_byte(ADDRESS) == 0x10
    assert chip.heard == [b"\x10", "stop", 1, "stop"]


def test_byte_data_write_and_read_pass(bus: SMBus, chip: RegisterFile) -> None:
    bus.write_byte_data(ADDRESS, 0x20, 0xAB)
    assert bus.read_byte_data(ADDRESS, 0x20) == 0xAB
    assert chip.heard == [b"\x20\xab", "stop", b"\x20", 1, "stop"]


def test_word_data_is_little_endian(bus: SMBus, chip: RegisterFile) -> None:
    bus.write_word_data(ADDRESS, 0x30, 0xBEEF)
    assert chip.heard[0] == b"\x30\xef\xbe"
    assert bus.read_word_data(ADDRESS, 0x30) == 0xBEEF


def test_process_call_answers_the_next_word(bus: SMBus, chip: RegisterFile) -> None:
    assert bus.process_call(ADDRESS, 0x30, 0xBEEF) == 0x3332
    assert chip.heard == [b"\x30\xef\xbe", 2, "stop"]


def test_block_data_carries_its_length(bus: SMBus, chip: RegisterFile) -> None:
    bus.write_block_data(ADDRESS, 0x40, [1, 2, 3])
    assert chip.heard[0] == b"\x40\x03\x01\x02\x03"
    assert bus.read_block_data(ADDRESS, 0x40) == [1, 2, 3]


def test_block_data_longest_passes(bus: SMBus) -> None:
    data = list(range(32))
    bus.write_block_data(ADDRESS, 0x40, data)
    assert bus.read_block_data(ADDRESS, 0x40) == data


def test_block_data_of_impossible_length_is_a_protocol_error(bus: SMBus) -> None:
    with pytest.raises(OSError, match="Protocol") as caught:
        bus.read_block_data(ADDRESS, 0x80)
    assert caught.value.errno == errno.EPROTO


def test_block_process_call_writes_and_reads(bus: SMBus, chip: RegisterFile) -> None:
    chip.registers[0x53:0x56] = b"\x02\x07\x08"
    assert bus.block_process_call(ADDRESS, 0x50, [0xAA, 0xBB]) == [7, 8]


@pytest.mark.parametrize("length", [1, 5, 32])
def test_i2c_block_data_passes(bus: SMBus, length: int) -> None:
    data = [(7 * value) % 256 for value in range(length)]
    bus.write_i2c_block_data(ADDRESS, 0x60, data)
    assert bus.read_i2c_block_data(ADDRESS, 0x60, length) == data


def test_rdwr_repeated_start_is_one_transaction(bus: SMBus, chip: RegisterFile) -> None:
    write, read = i2c_msg.write(ADDRESS, [0x70]), i2c_msg.read(ADDRESS, 4)
    bus.i2c_rdwr(write, read)
    assert bytes(read) == b"\x70\x71\x72\x73"
    assert chip.heard == [b"\x70", 4, "stop"]


def test_rdwr_several_reads_keep_their_places(bus: SMBus) -> None:
    first, second = i2c_msg.read(ADDRESS, 2), i2c_msg.read(ADDRESS, 3)
    bus.i2c_rdwr(i2c_msg.write(ADDRESS, [8]), first, i2c_msg.write(ADDRESS, [200]), second)
    assert (bytes(first), bytes(second)) == (b"\x08\x09", b"\xc8\xc9\xca")


def test_rdwr_too_many_messages_is_invalid(bus: SMBus) -> None:
    with pytest.raises(OSError, match="Invalid") as caught:
        bus.i2c_rdwr(*[i2c_msg.read(ADDRESS, 1) for _ in range(43)])
    assert caught.value.errno == errno.EINVAL


def test_missing_chip_every_call_gives_enxio(bus: SMBus) -> None:
    for call in (
        lambda: bus.write_quick(0x11),
        lambda: bus.read_byte(0x11),
        lambda: bus.read_byte_data(0x11, 0),
        lambda: bus.i2c_rdwr(i2c_msg.read(0x11, 1)),
    ):
        with pytest.raises(OSError, match="No such device or address") as caught:
            call()
        assert caught.value.errno == errno.ENXIO


def test_force_owned_address_is_given_only_by_force(bus: SMBus, adapter: SimulatedAdapter) -> None:
    adapter.faults.own(ADDRESS)
    with pytest.raises(OSError, match="busy") as caught:
        bus.read_byte_data(ADDRESS, 1)
    assert caught.value.errno == errno.EBUSY
    assert bus.read_byte_data(ADDRESS, 1, force=True) == 1


@pytest.mark.parametrize(
    "request_number", [0x0701, 0x0702, 0x0704, 0x0708], ids=["retries", "timeout", "10bit", "pec"]
)
def test_settings_harmless_value_is_taken(bus: SMBus, request_number: int) -> None:
    assert smbus_module.ioctl(bus.fd, request_number, 0) == 0  # type: ignore[attr-defined]  # missing in its stub


def test_pec_is_refused(bus: SMBus) -> None:
    with pytest.raises(OSError, match="SMBUS_PEC"):
        bus.enable_pec()
    with pytest.raises(OSError, match="not supported") as caught:
        smbus_module.ioctl(bus.fd, 0x0708, 1)  # type: ignore[attr-defined]  # missing in its stub
    assert caught.value.errno == errno.EOPNOTSUPP


def test_unknown_ioctl_is_enotty(bus: SMBus) -> None:
    with pytest.raises(OSError, match="ioctl") as caught:
        smbus_module.ioctl(bus.fd, 0x1234, 0)  # type: ignore[attr-defined]  # missing in its stub
    assert caught.value.errno == errno.ENOTTY


def test_unplug_open_descriptor_gives_eio_and_the_node_is_gone(
    bus: SMBus, adapter: SimulatedAdapter, tmp_path: Path
) -> None:
    adapter.unplug()
    with pytest.raises(OSError, match="Input/output") as caught:
        bus.read_byte_data(ADDRESS, 1)
    assert caught.value.errno == errno.EIO
    assert not (tmp_path / "i2c-1").exists()
    with pytest.raises(FileNotFoundError):
        SMBus(str(tmp_path / "i2c-1"))


def test_replug_new_descriptor_works(bus: SMBus, adapter: SimulatedAdapter, tmp_path: Path) -> None:
    del bus
    adapter.unplug()
    adapter.replug()
    with SMBus(str(tmp_path / "i2c-1")) as again:
        assert again.read_byte_data(ADDRESS, 9) == 9


def test_socket_without_server_is_enxio(tmp_path: Path) -> None:
    orphan = SimulatedAdapter({}).serve(tmp_path / "i2c-1")
    orphan.unplug()
    left = boundary.adapter_socket()
    with boundary.short_name(tmp_path / "i2c-1") as name:
        left.bind(name)
    left.close()
    with pytest.raises(OSError, match="No such device") as caught:
        SMBus(str(tmp_path / "i2c-1"))
    assert caught.value.errno == errno.ENXIO


def test_long_path_is_no_obstacle(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 120)
    folder.mkdir()
    with SimulatedAdapter({ADDRESS: RegisterFile()}).serve(folder / "i2c-1"), SMBus(str(folder / "i2c-1")) as bus:
        assert bus.read_byte_data(ADDRESS, 3) == 3


def test_real_file_still_goes_to_the_kernel(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_bytes(b"")
    with pytest.raises(OSError, match="ioctl") as caught:
        SMBus(str(plain))
    assert caught.value.errno == errno.ENOTTY


def test_adapter_in_another_process_answers(tmp_path: Path) -> None:
    program = (
        "import sys; from drivers.sim.adapter import SimulatedAdapter; from tests.support.buses import RegisterFile\n"
        "with SimulatedAdapter({0x42: RegisterFile()}).serve(sys.argv[1]): print('up', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "i2c-1")]
    root = Path(__file__).parents[3]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        with SMBus(str(tmp_path / "i2c-1")) as bus:
            assert bus.read_word_data(ADDRESS, 2) == 0x0302
