from drivers.sim.ops243 import SimulatedOps243


def test_radar_as_it_comes_sends_metres_a_second_in_plain_numbers() -> None:
    radar = SimulatedOps243()

    assert radar.report(-3.64) == b"-3.6\r\n"
    radar.command(b"OM\n")
    assert radar.report(3.64, magnitude=77) == b"77,3.6\r\n"


def test_commands_in_any_portions_are_obeyed() -> None:
    radar = SimulatedOps243()

    assert radar.command(b"U") == b""
    assert radar.command(b"K\r\nF2\r\nOJ\r\n") == b'{"Units":"km-per-hr"}\r\n'
    assert radar.report(-10) == b'{"speed":-36.00, "direction":"outbound", "time":1, "tick":7}\r\n'
    assert radar.detected(10) == b'{"DetectedObjectVelocity":"36.00"}\r\n'
    assert radar.command(b"?P\n?V\nXX\n") == b'{"Product":"OPS243 Doppler"}\r\n{"Version":"1.3.1"}\r\n'


def test_passage_grows_to_its_speed() -> None:
    speeds = [float(line) for line in SimulatedOps243().passage(-10)]

    assert speeds == sorted(speeds, reverse=True)
    assert speeds[-1] == -10
    assert len(speeds) == 5


def test_radar_that_is_deaf_hears_nothing() -> None:
    radar = SimulatedOps243()
    radar.deaf = True

    assert radar.command(b"OJ\n") == b""
    assert not radar.json
