"""A recording of one run is a playback for the next."""

import pytest

from drivers.bus.api import I2cDevice
from drivers.bus.playback import PlaybackI2c, PlaybackSerial
from drivers.bus.recording import RecordingI2c, RecordingSerial
from drivers.bus.transcript import parse_i2c, parse_serial
from drivers.errors import BusGone, BusTimeout, NoAcknowledge
from tests.support.buses import FakeI2c, RegisterFile


async def test_i2c_recording_holds_every_transaction() -> None:
    behind = FakeI2c({0x76: RegisterFile()})
    bus = RecordingI2c(behind)
    await bus.open()
    chip = I2cDevice(bus, 0x76)
    await chip.read_register(0xD0, 2)
    await chip.write_register(0x10, 5)
    assert bus.transcript.text() == "0x76 W d0 R d0 d1\n0x76 W 10 05\n"
    assert (bus.path, bus.simulated, behind.opened) == ("/dev/i2c-fake", True, 1)
    await bus.close()
    assert behind.closed == 1


async def test_i2c_recording_of_failure_replays_it() -> None:
    text = "0x76 W d0 R 60\n0x62 R ?? ?? NACK\n"
    bus = RecordingI2c(PlaybackI2c(text))
    await I2cDevice(bus, 0x76).read_register(0xD0)
    with pytest.raises(NoAcknowledge):
        await I2cDevice(bus, 0x62).read(2)
    assert bus.transcript.text() == text
    assert bus.transcript == parse_i2c(text)


async def test_serial_recording_holds_everything_that_passed() -> None:
    text = "DISCARD\n> aa b4\n< 01 02\nTIMEOUT\n> aa TIMEOUT\nGONE\nGONE\n"
    line = RecordingSerial(PlaybackSerial(text))
    await line.open()
    await line.discard_input()
    await line.write(b"\xaa\xb4")
    assert await line.read(timeout_s=1) == b"\x01\x02"
    with pytest.raises(BusTimeout):
        await line.read(timeout_s=1)
    with pytest.raises(BusTimeout):
        await line.write(b"\xaa")
    with pytest.raises(BusGone):
        await line.read(timeout_s=1)
    with pytest.raises(BusGone):
        await line.discard_input()
    await line.close()
    assert line.transcript.text() == text
    assert line.transcript == parse_serial(text)
