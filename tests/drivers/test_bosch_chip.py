"""Waiting for bits of a register, and knowing a chip again, on transcripts."""

import pytest

from drivers.bosch_chip import Bits, Patience, is_known, wait_for
from drivers.bus.api import I2cDevice
from drivers.bus.playback import PlaybackI2c
from drivers.errors import InvalidData, NotReady
from tests.support.slept_clock import SleptClock

_BUSY = Bits(register=0xF3, mask=0x08)
_READY = Bits(register=0x03, mask=0x60, wanted=0x60)
_PATIENCE = Patience(after_s=0.040, retry_s=0.005, looks=3)


def _device(script: str) -> tuple[I2cDevice, PlaybackI2c]:
    bus = PlaybackI2c(script)
    return I2cDevice(bus, 0x76), bus


async def _wait(script: str, bits: Bits) -> list[float]:
    clock = SleptClock()
    device, bus = _device(script)
    await wait_for(device, clock, "chip", bits=bits, patience=_PATIENCE)
    bus.assert_finished()
    return clock.slept_s


@pytest.mark.parametrize(
    ("shown", "known"), [("54", True), ("55", True), ("00", False), ("ff", False), ("50", False)]
)
async def test_is_known_chip_that_shows_the_mark_or_still_measures_is_the_same(shown: str, *, known: bool) -> None:
    device, _ = _device(f"0x76 W f4 R {shown}\n")
    assert await is_known(device, mark=Bits(register=0xF4, mask=0xFC, wanted=0x54)) is known


async def test_wait_until_a_bit_is_clear_looks_first_after_the_usual_time() -> None:
    assert await _wait("0x76 W f3 R 04\n", _BUSY) == [0.040]
    assert await _wait("0x76 W f3 R 0c\n0x76 W f3 R 08\n0x76 W f3 R 04\n", _BUSY) == [0.040, 0.005, 0.005]


async def test_wait_until_bits_are_set_needs_all_of_them() -> None:
    assert await _wait("0x76 W 03 R 20\n0x76 W 03 R 40\n0x76 W 03 R 70\n", _READY) == [0.040, 0.005, 0.005]


@pytest.mark.parametrize(
    ("script", "bits"), [("0x76 W f3 R 08\n" * 3, _BUSY), ("0x76 W 03 R 10\n" * 3, _READY)], ids=["clear", "set"]
)
async def test_wait_without_end_is_given_up_after_the_last_look(script: str, bits: Bits) -> None:
    with pytest.raises(NotReady, match="stays busy"):
        await _wait(script, bits)


async def test_wait_on_a_line_that_nobody_drives_is_given_up_at_once() -> None:
    with pytest.raises(InvalidData, match="0xff"):
        await _wait("0x76 W f3 R ff\n", _BUSY)


async def test_wait_for_set_bits_on_a_line_stuck_at_zero_says_so() -> None:
    with pytest.raises(InvalidData, match="0x00"):
        await _wait("0x76 W 03 R 00\n" * 3, _READY)
