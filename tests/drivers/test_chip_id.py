"""Identifying a chip by a register, on transcripts."""

import pytest

from drivers.bus.api import I2cDevice
from drivers.bus.playback import PlaybackI2c
from drivers.chip_id import identify
from drivers.errors import InvalidData, WrongChip


def _device(script: str) -> I2cDevice:
    return I2cDevice(PlaybackI2c(script), 0x76)


async def _identify(script: str) -> int:
    known = {0x60: "this is a cousin"}
    return await identify(_device(script), "chip", register=0xD0, expected=(0x57, 0x58), known=known)


@pytest.mark.parametrize("found", [0x57, 0x58], ids=hex)
async def test_identify_expected_id_returns_it(found: int) -> None:
    assert await _identify(f"0x76 W d0 R {found:02x}\n") == found


async def test_identify_known_other_id_says_both_and_whose_it_is() -> None:
    with pytest.raises(WrongChip, match=r"expected id 0x57 or 0x58, found 0x60 \(this is a cousin\)"):
        await _identify("0x76 W d0 R 60\n")


async def test_identify_unknown_id_says_what_to_check() -> None:
    with pytest.raises(WrongChip, match=r"found 0x61 \(check the address and which chip is fitted\)"):
        await _identify("0x76 W d0 R 61\n")


@pytest.mark.parametrize("level", ["00", "ff"])
async def test_identify_on_a_stuck_line_says_so(level: str) -> None:
    with pytest.raises(InvalidData, match=f"the id register is all 0x{level}"):
        await _identify(f"0x76 W d0 R {level}\n")


async def test_identify_wide_register_looks_at_the_bits_of_the_mask_only() -> None:
    device = _device("0x76 W 0f R 21 17\n0x76 W 0f R 21 18\n")
    assert await identify(device, "chip", register=0x0F, expected=(0x117,), length=2, mask=0xFFF) == 0x117
    with pytest.raises(WrongChip, match="expected id 0x117, found 0x118"):
        await identify(device, "chip", register=0x0F, expected=(0x117,), length=2, mask=0xFFF)
