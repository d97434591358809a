"""Buses behind multiplexers: the right chip hears a transfer, and no other one, whatever went wrong before."""

import asyncio
import errno
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drivers.bus.api import I2cDevice, Read, Write
from drivers.bus.linux_i2c import LinuxI2c
from drivers.bus.mux import Hop, MuxBus, MuxTree
from drivers.bus.playback import PlaybackI2c
from drivers.errors import BusFault, BusGone, BusTimeout, NoAcknowledge
from drivers.sim.adapter import SimulatedAdapter
from drivers.sim.register_chip import RegisterChip
from drivers.sim.tca9548a import Tca9548aChip
from tests.support.slept_clock import SleptClock

CHIP = 0x44
REGISTER = 0x10


def chip(value: int) -> RegisterChip:
    made = RegisterChip()
    made.registers[REGISTER] = value
    return made


class HangingChip:
    """A chip that holds the clock for longer than the adapter waits."""

    def write(self, data: bytes) -> None:
        raise OSError(errno.ETIMEDOUT, f"held the clock at the first of {len(data)} bytes")

    def read(self, length: int) -> bytes:
        raise OSError(errno.ETIMEDOUT, f"held the clock at the first of {length} bytes")

    def stop(self) -> None:
        pass


class Bench:
    """Two multiplexers on one adapter, one of them with another one behind its channel 7."""

    def __init__(self, folder: Path) -> None:
        self.inner = Tca9548aChip({2: {CHIP: chip(72)}})
        self.first = Tca9548aChip({0: {CHIP: chip(10)}, 3: {CHIP: chip(13)}, 7: {0x72: self.inner}})
        self.second = Tca9548aChip({0: {CHIP: chip(20)}})
        self.adapter = SimulatedAdapter({0x70: self.first, 0x71: self.second, 0x23: chip(1)}).serve(folder / "i2c-1")
        self.clock = SleptClock()
        self.root = LinuxI2c(str(folder / "i2c-1"))
        self.tree = MuxTree(self.root, mono_ns=self.clock.mono_ns, abandoned=self.root.abandoned)

    def bus(self, *hops: tuple[int, int]) -> MuxBus:
        return self.tree.bus(tuple(Hop(address, channel) for address, channel in hops))

    def device(self, *hops: tuple[int, int], address: int = CHIP) -> I2cDevice:
        return I2cDevice(self.bus(*hops), address)

    async def value(self, *hops: tuple[int, int]) -> int:
        return (await self.device(*hops).read_register(REGISTER))[0]


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """The multiplexers, their adapter open."""
    made = Bench(tmp_path)
    await made.root.open()
    yield made
    await made.root.close()
    made.adapter.close()


FIRST_0, FIRST_3, SECOND_0 = (0x70, 0), (0x70, 3), (0x71, 0)
INNER_2 = ((0x70, 7), (0x72, 2))


async def test_chips_with_one_address_behind_different_channels_are_told_apart(bench: Bench) -> None:
    assert await bench.value(FIRST_0) == 10
    assert await bench.value(FIRST_3) == 13
    assert await bench.value(FIRST_0) == 10


async def test_chips_with_one_address_behind_two_multiplexers_of_one_bus_are_told_apart(bench: Bench) -> None:
    bench.bus(SECOND_0)
    assert await bench.value(FIRST_0) == 10
    assert await bench.value(SECOND_0) == 20
    assert (bench.first.joined, len(bench.second.joined)) == ((), 1)
    assert await bench.value(FIRST_0) == 10
    assert bench.second.joined == ()


async def test_chip_behind_a_multiplexer_behind_a_multiplexer_is_reached(bench: Bench) -> None:
    assert await bench.value(*INNER_2) == 72
    assert await bench.value(FIRST_3) == 13
    assert await bench.value(*INNER_2) == 72


async def test_chip_of_the_adapters_own_bus_is_reached_without_a_selection(bench: Bench) -> None:
    bench.bus(FIRST_0)
    assert await I2cDevice(bench.bus(), 0x23).read_register(REGISTER) == bytes([1])
    assert bench.first.selections == []


async def test_channel_is_selected_once_for_transfers_in_quick_succession(bench: Bench) -> None:
    for _ in range(5):
        await bench.value(FIRST_3)
    assert bench.first.selections == [1 << 3]


def test_what_goes_over_the_wire_is_one_selection_and_the_transfers() -> None:
    bus = PlaybackI2c("0x70 W 08\n0x44 W 10 R 0d\n0x44 W 10 R 0d\n0x71 W 00\n0x70 W 01\n0x44 R 0a")
    tree = MuxTree(bus, mono_ns=lambda: 0)

    async def transfers() -> None:
        device = I2cDevice(tree.bus((Hop(0x70, 3),)), CHIP)
        assert await device.read_register(REGISTER) == b"\x0d"
        assert await device.read_register(REGISTER) == b"\x0d"
        tree.bus((Hop(0x71, 0),))  # from now on there is another multiplexer, in a state that nobody knows
        assert await I2cDevice(tree.bus((Hop(0x70, 0),)), CHIP).read(1) == b"\x0a"

    asyncio.run(transfers())
    bus.assert_finished()


async def test_selection_is_not_trusted_for_long(bench: Bench) -> None:
    await bench.value(FIRST_3)
    bench.clock.jump(0.1)
    bench.first.write(b"\x01")  # another process has selected another channel meanwhile
    bench.first.stop()
    assert await bench.value(FIRST_3) == 13


async def test_selection_that_was_lost_with_the_power_is_made_anew_at_once(bench: Bench) -> None:
    await bench.value(FIRST_3)
    bench.first.reset()
    assert await bench.value(FIRST_3) == 13


async def test_transfer_that_nobody_hears_after_a_fresh_selection_is_not_repeated(bench: Bench) -> None:
    with pytest.raises(NoAcknowledge, match=r"i2c-1 mux 0x70 channel 1 address 0x44: nobody answers"):
        await bench.value((0x70, 1))
    assert bench.first.selections == [1 << 1]


async def test_nothing_is_trusted_after_a_failure_of_another_chip(bench: Bench) -> None:
    await bench.value(FIRST_3)
    with pytest.raises(NoAcknowledge):
        await I2cDevice(bench.bus(), 0x50).read(1)
    await bench.value(FIRST_3)
    assert bench.first.selections == [1 << 3, 1 << 3]


async def test_nothing_is_trusted_after_the_adapter_was_closed(bench: Bench) -> None:
    await bench.value(FIRST_3)
    await bench.bus(FIRST_3).close()
    bench.first.write(b"\x01")
    bench.first.stop()
    await bench.bus(FIRST_3).open()
    assert await bench.value(FIRST_3) == 13


async def test_multiplexer_that_is_not_there_is_named(bench: Bench) -> None:
    del bench.adapter.chips[0x70]
    with pytest.raises(NoAcknowledge, match=r"mux 0x70 channel 3: the multiplexer at 0x70 does not answer"):
        await bench.value(FIRST_3)


async def test_other_multiplexer_that_is_not_there_keeps_nobody_from_this_one(bench: Bench) -> None:
    bench.bus(SECOND_0)
    del bench.adapter.chips[0x71]
    for _ in range(3):
        assert await bench.value(FIRST_3) == 13
    assert bench.first.selections == [1 << 3]


async def test_other_multiplexer_that_misses_its_call_once_is_closed_all_the_same(bench: Bench) -> None:
    """Else its chip would answer together with the right one: zeros win on the line, and the number is nobody's."""
    assert await bench.value(SECOND_0) == 20
    bench.adapter.faults.nack(0x71, times=1)
    assert await bench.value(FIRST_0) == 10
    assert bench.second.joined == ()


async def test_chip_that_hangs_is_cut_off_and_its_neighbours_are_read(bench: Bench) -> None:
    bench.first.channels[0][CHIP] = HangingChip()
    with pytest.raises(BusTimeout, match="mux 0x70 channel 0 address 0x44"):
        await bench.value(FIRST_0)
    assert bench.first.joined == ()
    assert await bench.value(FIRST_3) == 13
    assert await bench.value(SECOND_0) == 20


async def test_chip_that_hangs_behind_two_multiplexers_is_cut_off_at_the_first(bench: Bench) -> None:
    bench.inner.channels[2][CHIP] = HangingChip()
    with pytest.raises(BusTimeout):
        await bench.value(*INNER_2)
    assert bench.first.joined == ()
    assert await bench.value(FIRST_3) == 13


async def test_line_that_is_held_low_behind_a_multiplexer_for_ever_says_what_to_do(bench: Bench) -> None:
    bench.first.stuck.add(0)
    with pytest.raises(BusFault, match=r"something behind it holds the whole bus: switch its power off and on"):
        await bench.value(FIRST_0)
    bench.first.reset()
    assert await bench.value(FIRST_3) == 13


async def test_no_transfer_of_another_task_comes_between_selection_and_transfer(bench: Bench) -> None:
    ways = [FIRST_0, FIRST_3, SECOND_0]
    for way in ways:
        bench.bus(way)
    got = await asyncio.gather(*(bench.value(ways[at % 3]) for at in range(60)))
    assert got == [[10, 13, 20][at % 3] for at in range(60)]


async def test_transfer_cancelled_anywhere_leaves_a_bus_that_reaches_the_right_chip(bench: Bench) -> None:
    for way in (FIRST_0, FIRST_3, SECOND_0):
        bench.bus(way)
    for turns in range(12):
        task = asyncio.ensure_future(bench.value(FIRST_0 if turns % 2 else SECOND_0))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert await bench.value(FIRST_3) == 13


async def test_adapter_that_was_pulled_out_is_gone_behind_multiplexers_too(bench: Bench) -> None:
    await bench.value(FIRST_3)
    bench.adapter.unplug()
    with pytest.raises(BusGone, match="mux 0x70 channel 3"):
        await bench.value(FIRST_3)
    bench.adapter.replug()
    await bench.bus(FIRST_3).open()
    assert await bench.value(FIRST_3) == 13


async def test_bus_behind_a_multiplexer_is_as_simulated_as_its_adapter(bench: Bench) -> None:
    assert bench.bus(FIRST_3).simulated
    assert bench.bus(FIRST_3).path.endswith("i2c-1 mux 0x70 channel 3")
    assert bench.bus().abandoned is bench.root.abandoned
    assert bench.bus(FIRST_3).abandoned.stuck == 0


async def test_write_to_a_chip_behind_a_multiplexer_reaches_that_chip_only(bench: Bench) -> None:
    await bench.bus(FIRST_3).transfer(CHIP, [Write(bytes([REGISTER, 99]))])
    assert await bench.bus(FIRST_3).transfer(CHIP, [Write(bytes([REGISTER])), Read(1)]) == [b"\x63"]
    assert await bench.value(FIRST_0) == 10
