from drivers.sim.captures import read_hexdump
from drivers.sim.sds198 import SimulatedSds198
from tests.support.serial_sensors import CAPTURES

RECORDED = read_hexdump(CAPTURES / "sds198.hexdump")


def test_replayed_reports_are_the_recorded_bytes_and_then_nothing() -> None:
    sensor = SimulatedSds198.replaying(RECORDED, repeat=False)
    sensor.device_id = b"\xe9\x05"

    assert [sensor.frame() for _ in RECORDED] == RECORDED
    assert sensor.frame() == b""
    assert sensor.presented == {"pm100": 1}


def test_report_carries_the_dust_it_was_given() -> None:
    sensor = SimulatedSds198()
    sensor.dust(pm100_ug_m3=1234.5)

    assert sensor.frame()[:6] == bytes.fromhex("aacf 0e00 d204")
    assert sensor.presented == {"pm100": 1234}
