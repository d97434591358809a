"""What is made of bytes on a serial line, without a line."""

from functools import cache

import pytest

from agent.scanning.candidates import Candidates
from agent.scanning.listening import asked_at, decided, judged, talking_slaves
from drivers.identity import Certainty
from drivers.modbus.frames import sealed
from drivers.sim.captures import read_hexdump
from tests.support.serial_sensors import CAPTURES

built_in = cache(Candidates.built_in)


def _judged(data: bytes, rate: int | None = None) -> dict[str, Certainty]:
    return {match.model: match.certainty for match in judged(data, built_in().lines, rate=rate)}


def _capture(name: str) -> bytes:
    return b"".join(read_hexdump(CAPTURES / name))


@pytest.mark.parametrize(
    ("capture", "model"),
    [
        ("pmsx003.hexdump", "pmsx003"),
        ("pms5003t.hexdump", "pms5003t"),
        ("sds01x.hexdump", "sds011"),
        ("sds198.hexdump", "sds198"),
        ("mhz19b.hexdump", "mhz19b"),
    ],
)
def test_judged_of_a_capture_of_a_real_sensor_is_certain_of_that_model_and_no_other(capture: str, model: str) -> None:
    found = judged(_capture(capture), built_in().lines, rate=9600)
    assert (found[0].model, found[0].certainty) == (model, Certainty.CERTAIN)
    assert decided(found)


def test_judged_at_another_speed_leaves_out_models_that_have_another() -> None:
    data = _capture("sds198.hexdump")
    assert "sds198" not in _judged(data, rate=115_200)
    assert "sds198" in _judged(data, rate=None)


@pytest.mark.parametrize(
    ("lines", "model"),
    [
        (b"R1234\rR1235\r", "maxbotix"),
        (b"Acc  0.00 mm, EventAcc  0.00 mm, TotalAcc  1.11 mm, RInt  0.00 mmph\r\n", "rg15"),
        (b'{"speed":0.58, "direction":"inbound", "time":105, "tick":135}\r\n' * 2, "ops243"),
        (b"AA:BB:CC:DD:EE:01,-67\n" * 2, "mac_scanner"),
        (b"$GPGSV,1,1,00*79\r\n$GPGGA,,,,,,0,,,,,,,,*66\r\n$GPRMC,,V,,,,,,,,,,N*53\r\n", "gnss"),
    ],
)
def test_judged_of_lines_is_certain_of_one_model(lines: bytes, model: str) -> None:
    found = _judged(lines)
    assert found.pop(model) is Certainty.CERTAIN
    assert Certainty.CERTAIN not in found.values()


@pytest.mark.parametrize("noise", [b"", b"\x00" * 500, b"\xff" * 500, b"login: ", bytes(range(256)) * 8])
def test_judged_of_noise_is_nobody(noise: bytes) -> None:
    assert _judged(noise) == {}


def test_judged_frame_of_a_pms5003_in_clean_air_is_not_certain_of_the_model_with_a_thermometer() -> None:
    words = [0] * 6 + [60, 20, 5, 1, 0, 0, 0x9100]
    body = b"BM" + (28).to_bytes(2, "big") + b"".join(word.to_bytes(2, "big") for word in words)
    frame = body + (sum(body) & 0xFFFF).to_bytes(2, "big")
    assert _judged(frame * 2) == {"pmsx003": Certainty.CERTAIN, "pms5003t": Certainty.POSSIBLE}


def test_talking_slaves_are_those_whose_answers_are_whole() -> None:
    answer = sealed(bytes([17, 3, 2, 0, 5]))
    assert talking_slaves(b"\x00" + answer + sealed(bytes([5, 0x83, 2])) + answer[:-1]) == [5, 17]
    assert talking_slaves(b"\x42" * 300) == []


def test_asked_at_names_the_speeds_of_sensors_that_wait_to_be_asked() -> None:
    assert set(asked_at(built_in().lines)) == {9600, 115_200}
