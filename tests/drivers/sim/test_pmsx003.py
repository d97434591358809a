from drivers.sim.captures import read_hexdump
from drivers.sim.pmsx003 import SimulatedPms
from tests.support.serial_sensors import CAPTURES

RECORDED = read_hexdump(CAPTURES / "pmsx003.hexdump")
SLEEP, WAKE = bytes.fromhex("424de400000173"), bytes.fromhex("424de400010174")
PASSIVE, ASK = bytes.fromhex("424de100000170"), bytes.fromhex("424de200000171")


def word(frame: bytes, number: int) -> int:
    """Return data `number` of a frame."""
    return int.from_bytes(frame[2 + 2 * number : 4 + 2 * number], "big")


def test_frame_has_the_form_of_a_recorded_one() -> None:
    frame = SimulatedPms().frame()

    assert len(frame) == len(RECORDED[0])
    assert frame[:4] == RECORDED[0][:4]
    assert frame[28:30] == RECORDED[0][28:30]
    assert int.from_bytes(frame[30:], "big") == sum(frame[:30])


def test_frame_carries_the_air_it_was_given_as_presented_says() -> None:
    pms = SimulatedPms()
    pms.set(pm2_5_ug_m3=12.4, pm1_0_ug_m3=7.5001, pm10_ug_m3=20, particles_per_cm3={"n0_3": 21.346, "n10": 0.01})

    frame = pms.frame()

    assert [word(frame, number) for number in range(1, 13)] == [8, 12, 20, 8, 12, 20, 2135, 0, 0, 0, 0, 1]
    assert pms.presented["pm2_5"] == 12
    assert pms.presented["n0_3"] == 2135


def test_frame_of_impossible_air_is_clamped_to_a_word() -> None:
    pms = SimulatedPms()
    pms.set(pm2_5_ug_m3=1e9, pm10_ug_m3=-1)

    assert (word(pms.frame(), 2), word(pms.frame(), 3)) == (0xFFFF, 0)


def test_replayed_frames_are_the_recorded_bytes_and_then_nothing() -> None:
    pms = SimulatedPms.replaying(RECORDED, repeat=False)

    assert [pms.frame() for _ in RECORDED] == RECORDED
    assert pms.frame() == b""
    assert pms.presented["pm2_5"] == 5


def test_replayed_frames_begin_again_when_repeated() -> None:
    pms = SimulatedPms.replaying(RECORDED)

    assert [pms.frame() for _ in range(12)] == RECORDED + RECORDED[:2]


def test_sensor_that_warms_up_sends_zeros_and_presents_nothing() -> None:
    pms = SimulatedPms()
    pms.warming_up = True

    assert pms.frame()[4:30] == bytes(26)
    assert set(pms.presented.values()) == {None}


def test_commands_in_any_portions_are_obeyed_and_wrong_ones_are_not() -> None:
    pms = SimulatedPms()

    assert pms.command(b"\xff" + SLEEP[:3]) == b""
    assert pms.frame()
    pms.command(SLEEP[3:])
    assert pms.asleep
    assert pms.frame() == b""
    pms.command(WAKE[:-1] + b"\x00")
    assert pms.asleep
    pms.command(WAKE + PASSIVE)
    assert (pms.asleep, pms.passive, pms.frame()) == (False, True, b"")
    assert len(pms.command(ASK)) == 32
