"""The simulated SPS30 on a serial line, by the data sheet's examples."""

import struct

import pytest

from drivers.sim.sps30_serial import SimulatedSps30Serial, reply_frame
from tests.support.slept_clock import SleptClock

_START = "7e 00 00 02 01 03 f9 7e"
_READ = "7e 00 03 00 fc 7e"
_EMPTY = "7e0003 0000fc7e".replace(" ", "")


def _ask(sensor: SimulatedSps30Serial, command: str) -> str:
    return sensor.command(bytes.fromhex(command)).hex()


def _sensor() -> tuple[SimulatedSps30Serial, SleptClock]:
    clock = SleptClock()
    return SimulatedSps30Serial(mono_ns=clock.mono_ns), clock


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        (_START, "7e 00 00 00 00 ff 7e"),
        ("7e 00 01 00 fe 7e", "7e 00 01 43 00 bb 7e"),
        ("7e 00 7d 31 00 ee 7e", "7e 00 7d 31 43 00 ab 7e"),
        ("7e 00 10 00 ef 7e", "7e 00 10 00 00 ef 7e"),
        ("7e 00 56 00 a9 7e", "7e 00 56 43 00 66 7e"),
        ("7e 00 80 05 00 00 00 00 00 7a 7e", "7e 00 80 00 00 7f 7e"),
        ("7e 00 d2 01 00 2c 7e", "7e 00 d2 00 05 00 00 00 00 00 28 7e"),
        ("7e 00 d3 00 2c 7e", "7e 00 d3 00 00 2c 7e"),
        ("7e 00 44 00 bb 7e", "7e 00 44 02 00 b9 7e"),
        ("7e 00 03 01 00 fb 7e", "7e 00 03 01 00 fb 7e"),
        ("7e 00 00 02 01 04 f8 7e", "7e 00 00 04 00 fb 7e"),
    ],
    ids=["start", "stop", "wake", "sleep", "clean", "interval", "status", "reset", "unknown", "length", "parameter"],
)
def test_idle_sensor_replies_as_the_data_sheet_has_it(command: str, reply: str) -> None:
    assert _ask(_sensor()[0], command) == reply.replace(" ", "")


def test_samples_come_once_a_second() -> None:
    sensor, clock = _sensor()
    sensor.set(pm1_0=0.125, typical_size=0.5)
    _ask(sensor, _START)
    assert _ask(sensor, _READ) == _EMPTY
    clock.jump(1)
    sample = struct.pack(">10f", 0.125, *[0.0] * 8, 0.5)
    assert sensor.command(bytes.fromhex(_READ)) == reply_frame(0x03, sample)
    assert _ask(sensor, _READ) == _EMPTY
    clock.jump(1)
    assert len(_ask(sensor, _READ)) > 80


def test_commands_are_heard_in_any_portions_and_noise_before_them_is_not() -> None:
    sensor, _ = _sensor()
    data = b"\xff\x00" + bytes.fromhex(_START)
    assert b"".join(sensor.command(data[at : at + 1]) for at in range(len(data))) == reply_frame(0x00)


@pytest.mark.parametrize("command", ["7e 00 00 02 01 03 f8 7e", "7e 01 03 00 fb 7e", "7e 00 03 02 fa 7e"])
def test_command_with_a_wrong_checksum_address_or_length_is_not_answered(command: str) -> None:
    assert _ask(_sensor()[0], command) == ""


def test_asleep_it_hears_only_a_pulse_and_then_a_wake_up() -> None:
    sensor, clock = _sensor()
    _ask(sensor, "7e 00 10 00 ef 7e")
    for deaf_to in (_START, "7e 00 7d 31 00 ee 7e"):
        assert _ask(sensor, deaf_to) == ""
        clock.jump(1)
    assert _ask(sensor, "ff 7e 00 7d 31 00 ee 7e") == "7e007d310000ee7e"
    assert not sensor.asleep


def test_failure_shows_in_every_state_byte() -> None:
    sensor, _ = _sensor()
    sensor.status = 0x20
    assert _ask(sensor, _START) == reply_frame(0x00, state=0x80).hex()
