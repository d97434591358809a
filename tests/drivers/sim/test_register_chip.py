"""Registers of one and of two bytes, as the adapter reads and writes them."""

from drivers.sim.register_chip import RegisterChip


class _Wide(RegisterChip):
    wide = True
    narrow = frozenset({0x01})


class _LowFirst(RegisterChip):
    wide = True
    order = "little"


def test_read_of_narrow_registers_follows_the_pointer_and_goes_on() -> None:
    chip = RegisterChip()
    chip.registers = {0x10: 1, 0x11: 2, 0x12: 3}
    chip.write(b"\x10")
    assert (chip.read(2), chip.read(2)) == (b"\x01\x02", b"\x03\x00")


def test_write_of_narrow_registers_fills_them_in_turn() -> None:
    chip = RegisterChip()
    chip.write(b"\xff\x01\x02")
    assert chip.registers == {0xFF: 1, 0x00: 2}


def test_read_of_a_wide_register_is_high_byte_first_and_stays_there() -> None:
    chip = _Wide()
    chip.write(b"\x05\x12\x34")
    assert (chip.read(2), chip.read(4), chip.read(1)) == (b"\x12\x34", b"\x12\x34\x12\x34", b"\x12")


def test_write_of_half_a_wide_register_changes_nothing() -> None:
    chip = _Wide()
    chip.write(b"\x05\x12\x34")
    chip.write(b"\x05\x99")
    assert chip.read(2) == b"\x12\x34"


def test_write_of_nothing_leaves_the_pointer() -> None:
    chip = _Wide()
    chip.write(b"\x05\x12\x34")
    chip.write(b"")
    assert chip.read(2) == b"\x12\x34"


def test_narrow_register_of_a_wide_chip_takes_one_byte_and_repeats_it() -> None:
    chip = _Wide()
    chip.write(b"\x01\x60")
    assert chip.registers == {0x01: 0x60}
    assert (chip.read(1), chip.read(2)) == (b"\x60", b"\x60\x60")


def test_wide_register_low_byte_first_is_written_and_read_that_way() -> None:
    chip = _LowFirst()
    chip.write(b"\x00\x34\x12")
    assert chip.registers == {0x00: 0x1234}
    assert chip.read(2) == b"\x34\x12"
