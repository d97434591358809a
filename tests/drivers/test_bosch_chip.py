"""Identifying a Bosch chip, and waiting for bits of a register, on transcripts."""

import pytest

from drivers.bosch_chip import Bits, Patience, identify, wait_for
from drivers.bus.api import I2cDevice
from drivers.bus.playback import PlaybackI2c
from drivers.errors import InvalidData, NotReady, WrongChip
from tests.support.i2c_chips import SleptClock

_BUSY = Bits(register=0xF3, mask=0x08)
_READY = Bits(register=0x03, mask=0x60, wanted=0x60)
_PATIENCE = Patience(after_s=0.040, retry_s=0.005, looks=3)


def _device(script: str) -> tuple[I2cDevice, PlaybackI2c]:
    bus = PlaybackI2c(script)
    return I2cDevice(bus, 0x76), bus


async def _identify(script: str) -> int:
    device, _ = _device(script)
    return await identify(device, "chip", register=0xD0, expected=(0x57, 0x58), hint=lambda found: f"hint {found}")


async def _wait(script: str, bits: Bits) -> list[float]:
    clock = SleptClock()
    device, bus = _device(script)
    await wait_for(device, clock, "chip", bits=bits, patience=_PATIENCE)
    bus.assert_finished()
    return clock.slept_s


@pytest.mark.parametrize("found", [0x57, 0x58], ids=hex)
async def test_identify_expected_id_returns_it(found: int) -> None:
    assert await _identify(f"0x76 W d0 R {found:02x}\n") == found


async def test_identify_another_id_says_both_and_the_hint() -> None:
    with pytest.raises(WrongChip, match=r"expected id 0x57 or 0x58, found 0x60 \(hint 96\)"):
        await _identify("0x76 W d0 R 60\n")


@pytest.mark.parametrize("level", ["00", "ff"])
async def test_identify_on_a_stuck_line_says_so(level: str) -> None:
    with pytest.raises(InvalidData, match=f"0x{level}"):
        await _identify(f"0x76 W d0 R {level}\n")


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
