"""The simulated LIS3DH, by its registers."""

import struct

from drivers.sim.lis3dh import Lis3dhChip
from tests.support.slept_clock import SleptClock


def _chip() -> tuple[Lis3dhChip, SleptClock]:
    clock = SleptClock()
    return Lis3dhChip(mono_ns=clock.mono_ns), clock


def _read(chip: Lis3dhChip, register: int, length: int = 1) -> bytes:
    chip.write(bytes([register]))
    return chip.read(length)


def test_id_and_control_after_power_up() -> None:
    chip, _ = _chip()
    assert _read(chip, 0x0F) == b"\x33"
    assert _read(chip, 0xA0, 6) == b"\x07\x00\x00\x00\x00\x00"


def test_read_without_the_highest_bit_stays_at_one_register() -> None:
    chip, _ = _chip()
    assert _read(chip, 0x0F, 3) == b"\x33\x33\x33"


def test_output_without_the_fifo_is_the_newest_sample_left_justified() -> None:
    chip, clock = _chip()
    chip.write(bytes([0x20, 0x77]))
    chip.write(bytes([0x23, 0x88]))
    chip.set(x=-0.5, y=0.25, z=1)
    clock.jump(0.1)
    assert struct.unpack("<hhh", _read(chip, 0xA8, 6)) == (-8000, 4000, 16_000)


def test_fifo_in_stream_mode_keeps_the_newest_32_samples() -> None:
    chip, clock = _chip()
    for setting in ([0x24, 0x40], [0x2E, 0x80], [0x20, 0x67]):
        chip.write(bytes(setting))
    assert _read(chip, 0x2F) == b"\x20"
    clock.jump(0.1)
    assert _read(chip, 0x2F) == b"\x14"
    chip.set(z=0.5)
    clock.jump(1)
    assert _read(chip, 0x2F) == b"\x5f"
    data = _read(chip, 0xA8, 192)
    assert {z for _, _, z in struct.iter_unpack("<hhh", data)} == {8000}
    assert _read(chip, 0x2F) == b"\x20"


def test_bypass_mode_empties_the_fifo() -> None:
    chip, clock = _chip()
    for setting in ([0x24, 0x40], [0x2E, 0x80], [0x20, 0x67]):
        chip.write(bytes(setting))
    clock.jump(1)
    chip.write(bytes([0x2E, 0x00]))
    assert _read(chip, 0x2F) == b"\x20"


def test_click_is_remembered_until_it_is_read() -> None:
    chip, clock = _chip()
    for setting in ([0x38, 0x15], [0xBA, 0xA0, 10], [0x20, 0x67]):
        chip.write(bytes(setting))
    clock.jump(1)
    assert _read(chip, 0x39) == b"\x55"  # its own turning on
    assert _read(chip, 0x39) == b"\x00"
    chip.knock()
    clock.jump(100)
    assert _read(chip, 0x39) == b"\x55"
    assert _read(chip, 0x39) == b"\x00"


def test_click_in_power_down_or_without_an_axis_is_not_seen() -> None:
    chip, clock = _chip()
    chip.write(bytes([0xBA, 0xA0, 10]))
    chip.knock()
    chip.write(bytes([0x20, 0x67]))
    clock.jump(1)
    chip.knock()
    assert _read(chip, 0x39) == b"\x00"


def test_read_only_registers_cannot_be_written() -> None:
    chip, _ = _chip()
    chip.write(bytes([0x0F, 0x00]))
    assert _read(chip, 0x0F) == b"\x33"
