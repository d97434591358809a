"""The simulated multiplexer joins what its datasheet says, when its datasheet says."""

import pytest

from drivers.sim.adapter import SimulatedAdapter
from drivers.sim.register_chip import RegisterChip
from drivers.sim.tca9548a import Tca9548aChip, hearing, is_held


def chip(value: int) -> RegisterChip:
    made = RegisterChip()
    made.registers[0] = value
    return made


@pytest.fixture
def mux() -> Tca9548aChip:
    """One with a chip behind channels 0, 1 and 7, all at one address."""
    return Tca9548aChip({0: {0x44: chip(0b1100)}, 1: {0x44: chip(0b1010)}, 7: {0x44: chip(7)}})


def test_nothing_is_joined_at_power_up_nor_after_a_reset(mux: Tca9548aChip) -> None:
    assert hearing({0x70: mux}, 0x44) == []
    mux.write(b"\x01")
    mux.stop()
    mux.reset()
    assert hearing({0x70: mux}, 0x44) == []
    assert mux.read(1) == b"\x00"


def test_channel_is_joined_after_the_stop_and_not_before(mux: Tca9548aChip) -> None:
    mux.write(b"\x80")
    assert hearing({0x70: mux}, 0x44) == []
    mux.stop()
    assert hearing({0x70: mux}, 0x44) == [mux.channels[7][0x44]]
    assert mux.read(2) == b"\x80\x80"


def test_last_byte_of_a_write_counts(mux: Tca9548aChip) -> None:
    mux.write(b"\x01\x02\x80")
    mux.stop()
    assert mux.read(1) == b"\x80"


def test_chips_that_are_joined_together_pull_their_lines_low_together(mux: Tca9548aChip) -> None:
    adapter = SimulatedAdapter({0x70: mux})
    adapter.transact(0x70, [b"\x03"])
    assert adapter.transact(0x44, [b"\x00", 1]) == [b"\x08"], "0b1100 and 0b1010"


def test_chip_behind_a_channel_that_is_not_joined_does_not_acknowledge(mux: Tca9548aChip) -> None:
    adapter = SimulatedAdapter({0x70: mux})
    with pytest.raises(OSError, match="no chip"):
        adapter.transact(0x44, [1])


def test_multiplexer_behind_a_multiplexer_is_reached_when_both_are_joined(mux: Tca9548aChip) -> None:
    outer = Tca9548aChip({5: {0x71: mux}})
    adapter = SimulatedAdapter({0x70: outer})
    adapter.transact(0x70, [b"\x20"])
    adapter.transact(0x71, [b"\x80"])
    assert adapter.transact(0x44, [b"\x00", 1]) == [b"\x07"]


def test_line_held_low_behind_a_channel_stops_everything_until_a_reset(mux: Tca9548aChip) -> None:
    adapter = SimulatedAdapter({0x70: mux, 0x23: chip(5)})
    mux.stuck.add(1)
    assert adapter.transact(0x23, [1]) == [b"\x05"]
    adapter.transact(0x70, [b"\x02"])
    assert is_held(adapter.chips)
    for address in (0x23, 0x44, 0x70):
        with pytest.raises(OSError, match="held low"):
            adapter.transact(address, [1])
    mux.reset()
    assert adapter.transact(0x23, [1]) == [b"\x00"]
