import pytest

from drivers.sim.captures import read_hexdump
from drivers.sim.sds011 import SimulatedSds011
from tests.support.serial_sensors import CAPTURES

RECORDED = read_hexdump(CAPTURES / "sds01x.hexdump")


def command(*data: int) -> bytes:
    content = bytes([*data, *[0] * (13 - len(data)), 0xFF, 0xFF])
    return b"\xaa\xb4" + content + bytes([sum(content) % 256, 0xAB])


def reply(*data: int) -> bytes:
    content = bytes([*data, 0x58, 0xD9])
    return b"\xaa\xc5" + content + bytes([sum(content) % 256, 0xAB])


def test_replayed_frames_are_the_recorded_bytes_and_then_nothing() -> None:
    sds = SimulatedSds011.replaying(RECORDED, repeat=False)

    assert [sds.frame() for _ in RECORDED] == RECORDED
    assert sds.frame() == b""


def test_frame_carries_the_air_it_was_given_as_presented_says() -> None:
    sds = SimulatedSds011()
    sds.set(pm2_5_ug_m3=25.64, pm10_ug_m3=12345)

    assert sds.frame()[2:6] == (256).to_bytes(2, "little") + (9999).to_bytes(2, "little")
    assert sds.presented == {"pm2_5": 256, "pm10": 9999}


def test_sensor_that_has_not_measured_presents_nothing() -> None:
    sds = SimulatedSds011()
    sds.set(pm2_5_ug_m3=0, pm10_ug_m3=0)

    assert sds.presented == {"pm2_5": None, "pm10": None}


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (command(2, 0), reply(2, 0, 0, 0)),
        (command(2, 1, 1), reply(2, 1, 1, 0)),
        (command(6, 0), reply(6, 0, 1, 0)),
        (command(6, 1, 0), reply(6, 1, 0, 0)),
        (command(8, 1, 5), reply(8, 1, 5, 0)),
        (command(7), reply(7, 15, 7, 20)),
        (command(9), b""),
        (command(2, 0)[:-2] + b"\x01\xab", b""),
    ],
    ids=["mode", "query_mode", "power", "sleep", "period", "firmware", "unknown", "wrong_checksum"],
)
def test_command_is_answered_as_the_protocol_says(request_: bytes, answer: bytes) -> None:
    assert SimulatedSds011().command(b"\x00" + request_) == answer


def test_sensor_in_query_mode_reports_only_when_asked_and_counts_what_it_stores() -> None:
    sds = SimulatedSds011.replaying(RECORDED)
    request = command(2, 1, 1)

    assert sds.command(request[:5]) == b""
    sds.command(request[5:])

    assert sds.frame() == b""
    assert sds.command(command(4)) == RECORDED[0]
    assert sds.writes == 1


def test_sleeping_sensor_is_silent_until_a_command_wakes_it() -> None:
    sds = SimulatedSds011()
    sds.command(command(6, 1, 0))
    assert sds.frame() == b""
    assert sds.command(command(4)) == b""

    sds.command(command(2, 0))

    assert len(sds.frame()) == 10


def test_deaf_sensor_only_talks() -> None:
    sds = SimulatedSds011()
    sds.deaf = True

    assert sds.command(command(6, 1, 0)) == b""
    assert len(sds.frame()) == 10
