"""Playback accepts exactly what is written down, and nothing is left out."""

import pytest

from drivers.bus.api import I2cDevice, Read, Write
from drivers.bus.playback import PlaybackI2c, PlaybackSerial, TranscriptMismatch
from drivers.bus.transcript import Failure, parse_i2c, parse_serial
from drivers.errors import BusGone, BusTimeout, DriverError, NoAcknowledge


async def test_i2c_expected_transactions_are_answered() -> None:
    bus = PlaybackI2c("0x76 W d0 R 60\n0x76 W f4 27\n0x76 R 01 02")
    chip = I2cDevice(bus, 0x76)
    assert await chip.read_register(0xD0) == b"\x60"
    await chip.write_register(0xF4, 0x27)
    assert await chip.read(2) == b"\x01\x02"
    await bus.close()


@pytest.mark.parametrize(
    ("address", "messages"),
    [
        pytest.param(0x77, [Write(b"\xd0"), Read(1)], id="other-address"),
        pytest.param(0x76, [Write(b"\xd1"), Read(1)], id="other-byte"),
        pytest.param(0x76, [Write(b"\xd0"), Read(2)], id="other-length"),
        pytest.param(0x76, [Write(b"\xd0")], id="read-missing"),
        pytest.param(0x76, [Read(1), Write(b"\xd0")], id="other-order"),
    ],
)
async def test_i2c_other_transaction_fails_at_once(address: int, messages: list[Write | Read]) -> None:
    bus = PlaybackI2c("0x76 W d0 R 60")
    with pytest.raises(TranscriptMismatch, match=r"step 1: expected 0x76 W d0 R 60; the driver did 0x7"):
        await bus.transfer(address, messages)


async def test_i2c_transaction_after_the_end_fails() -> None:
    with pytest.raises(TranscriptMismatch, match="expected nothing more"):
        await PlaybackI2c("").transfer(0x76, [Write(b"")])


async def test_i2c_leftover_fails_on_close() -> None:
    bus = PlaybackI2c("0x76 W d0\n0x76 W d1\n")
    await I2cDevice(bus, 0x76).write(b"\xd0")
    with pytest.raises(TranscriptMismatch, match="1 steps are left, the next is step 2: 0x76 W d1"):
        await bus.close()


async def test_i2c_failure_is_raised_and_passed() -> None:
    bus = PlaybackI2c("0x76 W d0 NACK\n0x76 NACK\n0x76 R ?? ?? TIMEOUT")
    chip = I2cDevice(bus, 0x76)
    with pytest.raises(NoAcknowledge) as caught:
        await chip.write(b"\xd0")
    assert (caught.value.bus, caught.value.address) == ("playback", 0x76)
    with pytest.raises(NoAcknowledge):
        await chip.read(7)
    with pytest.raises(BusTimeout):
        await chip.read(2)
    bus.assert_finished()


async def test_i2c_cut_transcript_fails_from_there_on() -> None:
    bus = PlaybackI2c(parse_i2c("0x76 W 01\n0x76 W 02").cut(1, Failure.GONE))
    chip = I2cDevice(bus, 0x76)
    await chip.write(b"\x01")
    for data in (b"\x02", b"\x03"):
        with pytest.raises(BusGone):
            await chip.write(data)
    await bus.close()


def test_mismatch_is_no_driver_error() -> None:
    assert not issubclass(TranscriptMismatch, DriverError)


async def test_serial_expected_talk_is_accepted() -> None:
    line = PlaybackSerial("DISCARD\n> aa b4\n< 01\n< 02 03\n< 04")
    await line.discard_input()
    await line.write(b"\xaa\xb4")
    assert await line.read(timeout_s=1) == b"\x01"
    assert await line.read(at_least=3, timeout_s=1) == b"\x02\x03\x04"
    await line.close()


async def test_serial_timeout_keeps_what_had_arrived() -> None:
    line = PlaybackSerial("< 01\nTIMEOUT\n< 02")
    with pytest.raises(BusTimeout):
        await line.read(at_least=2, timeout_s=1)
    assert await line.read(at_least=2, timeout_s=1) == b"\x01\x02"
    await line.close()


async def test_serial_wrong_bytes_fail_at_once() -> None:
    with pytest.raises(TranscriptMismatch, match=r"expected > aa; the driver did > ab"):
        await PlaybackSerial("> aa").write(b"\xab")


@pytest.mark.parametrize("text", ["< 01", "DISCARD", "TIMEOUT", ""])
async def test_serial_unexpected_write_fails_at_once(text: str) -> None:
    with pytest.raises(TranscriptMismatch):
        await PlaybackSerial(text).write(b"\x01")


@pytest.mark.parametrize("text", ["> 01", "DISCARD", "> 01 TIMEOUT", ""])
async def test_serial_unexpected_read_fails_at_once(text: str) -> None:
    with pytest.raises(TranscriptMismatch):
        await PlaybackSerial(text).read(timeout_s=1)


@pytest.mark.parametrize("text", ["> 01", "< 01", "TIMEOUT", ""])
async def test_serial_unexpected_discard_fails_at_once(text: str) -> None:
    with pytest.raises(TranscriptMismatch):
        await PlaybackSerial(text).discard_input()


async def test_serial_unread_bytes_fail_on_close() -> None:
    line = PlaybackSerial("< 01\n< 02\nTIMEOUT")
    with pytest.raises(BusTimeout):
        await line.read(at_least=3, timeout_s=0)
    with pytest.raises(TranscriptMismatch, match="2 bytes arrived"):
        await line.close()


async def test_serial_unplugged_fails_every_call() -> None:
    line = PlaybackSerial("GONE\nGONE\nGONE\n> 01 GONE")
    with pytest.raises(BusGone):
        await line.read(timeout_s=1)
    with pytest.raises(BusGone):
        await line.write(b"\x01")
    with pytest.raises(BusGone):
        await line.discard_input()
    with pytest.raises(BusGone):
        await line.write(b"\x01")
    await line.close()


async def test_serial_cut_by_silence_takes_bytes_and_answers_nothing() -> None:
    line = PlaybackSerial(parse_serial("> 01\n< 02").cut(1, Failure.TIMEOUT))
    await line.write(b"\x01")
    with pytest.raises(BusTimeout):
        await line.read(timeout_s=1)
    await line.write(b"\x01")
    await line.discard_input()
    await line.close()


async def test_serial_cut_by_unplugging_fails_every_call() -> None:
    line = PlaybackSerial(parse_serial("> 01\n< 02").cut(0, Failure.GONE))
    with pytest.raises(BusGone):
        await line.write(b"\x01")
    with pytest.raises(BusGone):
        await line.discard_input()
    await line.close()


async def test_serial_read_that_does_not_wait_finds_nothing_before_it_is_the_drivers_turn_again() -> None:
    line = PlaybackSerial("> 01\n< 02 03\n> 04\n< 05")
    with pytest.raises(BusTimeout, match="nothing has arrived"):
        await line.read(timeout_s=0)
    await line.write(b"\x01")
    assert await line.read(timeout_s=0) == b"\x02\x03"
    with pytest.raises(BusTimeout, match="nothing has arrived"):
        await line.read(timeout_s=0)
    await line.write(b"\x04")
    assert await line.read(timeout_s=1) == b"\x05"
    with pytest.raises(BusTimeout, match="nothing has arrived"):
        await line.read(timeout_s=0)
    await line.close()


async def test_serial_senseless_read_fails() -> None:
    with pytest.raises(TranscriptMismatch, match="a byte or more"):
        await PlaybackSerial("< 01").read(at_least=0, timeout_s=1)
