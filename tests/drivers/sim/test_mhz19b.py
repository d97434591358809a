from drivers.sim.captures import read_hexdump
from drivers.sim.mhz19b import SimulatedMhz19b
from tests.support.serial_sensors import CAPTURES

RECORDED = read_hexdump(CAPTURES / "mhz19b.hexdump")
READ = bytes.fromhex("ff0186000000000079")


def test_answer_is_the_one_in_the_manual() -> None:
    assert SimulatedMhz19b(co2_ppm=544).command(READ) == bytes.fromhex("ff8602200000000058")


def test_replayed_answers_are_the_recorded_bytes() -> None:
    sensor = SimulatedMhz19b.replaying(RECORDED)

    assert [sensor.command(READ) for _ in range(12)] == RECORDED + RECORDED[:2]
    assert sensor.presented == {"co2": 636}


def test_air_that_is_impossible_is_clamped() -> None:
    sensor = SimulatedMhz19b(co2_ppm=1e9)
    assert sensor.presented == {"co2": 10_000}
    sensor.set(co2_ppm=-1)
    assert sensor.presented == {"co2": 0}


def test_requests_in_any_portions_are_obeyed_and_wrong_ones_are_not() -> None:
    sensor = SimulatedMhz19b()

    assert sensor.command(b"\x00\xff" + READ[:4]) == b""
    assert len(sensor.command(READ[4:])) == 9
    assert sensor.command(READ[:-1] + b"\x00") == b""
    sensor.command(bytes.fromhex("ff0179a000000000e6"))
    assert sensor.self_calibration is True
    sensor.command(bytes.fromhex("ff0179000000000086"))
    assert sensor.self_calibration is False


def test_sensor_that_warms_up_answers_zeros_and_presents_nothing() -> None:
    sensor = SimulatedMhz19b()
    sensor.warming_up = True

    assert sensor.command(READ)[2:8] == bytes(6)
    assert sensor.presented == {"co2": None}
