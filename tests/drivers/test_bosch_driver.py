"""A chip in forced mode on transcripts: marked when opened, opened anew when the mark is gone, sent to sleep."""

import pytest

from drivers.bosch_chip import Bits, Patience
from drivers.bosch_driver import ForcedChip, Part, taken
from drivers.bus.api import I2cDevice
from drivers.bus.playback import PlaybackI2c
from drivers.errors import NoAcknowledge, NotReady
from drivers.reading import Reading
from tests.support.slept_clock import SleptClock

_PART = Part(
    chip="chip",
    mark=Bits(register=0xF4, mask=0xFC, wanted=0x54),
    measured=Bits(register=0xF3, mask=0x08),
    measure=Patience(after_s=0.040, retry_s=0.005),
    data=0xF7,
    data_length=2,
    sleep=(0xF4, 0x00),
)
_OPEN = "0x76 W 88 R 07\n0x76 W f4 54\n"
_KNOWN = "0x76 W f4 R 54\n"
_MEASURE = "0x76 W f4 55\n0x76 W f3 R 00\n0x76 W f7 R 01 02\n"
_CLOSE = "0x76 W f4 00\n"


class _Chip(ForcedChip[int]):
    """A chip whose calibration is one byte that is added to what it measured."""

    async def _prepare(self) -> int:
        return (await self._device.read_register(0x88))[0]

    def _start(self, _calibration: int) -> bytes:
        return b"\xf4\x55"

    def _reading(self, calibration: int, mono_ns: int, data: bytes) -> Reading:
        tick = int.from_bytes(data, "big")
        return Reading(mono_ns=mono_ns, values={"sum": tick + calibration}, raw={"tick": tick})


def _chip(script: str) -> tuple[_Chip, PlaybackI2c, SleptClock]:
    clock, bus = SleptClock(), PlaybackI2c(script)
    return _Chip(I2cDevice(bus, 0x76), clock, part=_PART), bus, clock


async def test_chip_opened_sampled_and_closed_says_exactly_the_transcript() -> None:
    chip, bus, clock = _chip(_OPEN + _KNOWN + _MEASURE + _CLOSE)
    await chip.open()
    reading = await chip.sample()
    assert (reading.mono_ns, reading.values) == (clock.now_ns, {"sum": 0x0102 + 7})
    assert clock.slept_s == [0.040]
    await chip.close()
    await chip.close()
    bus.assert_finished()


async def test_chip_without_its_mark_is_opened_anew_and_goes_by_its_new_calibration() -> None:
    swapped = "0x76 W f4 R 00\n" + _OPEN.replace("R 07", "R 09")
    chip, bus, _ = _chip(_OPEN + swapped + _MEASURE)
    await chip.open()
    assert (await chip.sample()).values == {"sum": 0x0102 + 9}
    bus.assert_finished()


async def test_chip_that_could_not_be_opened_anew_is_not_ready_and_left_alone() -> None:
    chip, bus, _ = _chip(_OPEN + "0x76 W f4 R 00\n0x76 NACK\n")
    await chip.open()
    with pytest.raises(NoAcknowledge):
        await chip.sample()
    with pytest.raises(NotReady, match="not opened"):
        await chip.sample()
    await chip.close()
    bus.assert_finished()


async def test_chip_whose_mark_could_not_be_left_is_not_open() -> None:
    chip, bus, _ = _chip("0x76 W 88 R 07\n0x76 NACK\n")
    with pytest.raises(NoAcknowledge):
        await chip.open()
    with pytest.raises(NotReady, match="not opened"):
        await chip.sample()
    bus.assert_finished()


async def test_chip_that_is_gone_is_closed_quietly() -> None:
    chip, bus, _ = _chip(_OPEN + "0x76 NACK\n")
    await chip.open()
    await chip.close()
    bus.assert_finished()


def test_taken_ticks_are_those_that_were_not_skipped() -> None:
    assert taken({"a": 0, "b": None, "c": 5}) == {"a": 0, "c": 5}
