from drivers.sim.captures import read_hexdump
from drivers.sim.pms5003t import SimulatedPms5003t
from tests.support.serial_sensors import CAPTURES

RECORDED = read_hexdump(CAPTURES / "pms5003t.hexdump")


def test_replayed_frames_are_the_recorded_bytes_and_then_nothing() -> None:
    sensor = SimulatedPms5003t.replaying(RECORDED, repeat=False)

    assert [sensor.frame() for _ in RECORDED] == RECORDED
    assert sensor.frame() == b""
    assert (sensor.presented["temperature"], sensor.presented["humidity"]) == (213, 223)


def test_frame_of_a_frost_carries_a_two_s_complement() -> None:
    sensor = SimulatedPms5003t()
    sensor.weather(temperature_c=-10.04, humidity_pct=88.06)

    assert sensor.frame()[24:28] == bytes.fromhex("ff9c 0371")
    assert sensor.presented["temperature"] == -100


def test_sensor_that_warms_up_sends_zeros_and_presents_nothing() -> None:
    sensor = SimulatedPms5003t()
    sensor.warming_up = True

    assert sensor.frame()[4:30] == bytes(26)
    assert set(sensor.presented.values()) == {None}


def test_sensor_that_sleeps_sends_nothing() -> None:
    sensor = SimulatedPms5003t()
    sensor.command(bytes.fromhex("424de400000173"))

    assert sensor.frame() == b""
