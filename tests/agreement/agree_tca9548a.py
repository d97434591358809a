"""Adafruit's TCA9548A finds the chips behind the simulated multiplexer, each behind its channel."""

from collections.abc import Callable
from typing import Any

import pytest

from drivers.sim.register_chip import RegisterChip
from drivers.sim.tca9548a import Tca9548aChip

pytestmark = pytest.mark.simulated("what is behind each channel is made up")

_REGISTER = 0x10


def test_adafruit_reads_the_chip_of_each_channel_behind_the_simulated_multiplexer(
    stage: Callable[..., Any], foreign: Callable[[str], Any], agree: Callable[..., None]
) -> None:
    values = {channel: 0x20 + channel for channel in range(8)}
    chips = {channel: {0x44: RegisterChip()} for channel in values}
    for channel, value in values.items():
        chips[channel][0x44].registers[_REGISTER] = value
    mux = Tca9548aChip(chips)
    library = foreign("adafruit_tca9548a").TCA9548A(stage(0x70, mux).busio, address=0x70)
    read = {}
    for channel in range(8):
        bus, answer = library[channel], bytearray(1)
        bus.try_lock()
        bus.writeto_then_readfrom(0x44, bytes([_REGISTER]), answer)
        bus.unlock()
        read[channel] = answer[0]
    assert mux.selections == [selection for channel in range(8) for selection in (1 << channel, 0)]
    agree(
        "tca9548a",
        "adafruit-circuitpython-tca9548a",
        shown={"eight channels": len(values)},
        read={"eight channels": sum(read[channel] == value for channel, value in values.items())},
        within={"eight channels": 0},
    )
