from drivers.sim.maxbotix import SimulatedMaxbotix


def test_line_in_millimetres_is_clamped_to_what_the_sensor_can_tell() -> None:
    sensor = SimulatedMaxbotix()
    lines = []
    for distance in (480, 12, 4999, 4999.6, None):
        sensor.set(distance_mm=distance)
        lines.append(sensor.frame())

    assert lines == [b"R0480\r", b"R0300\r", b"R4999\r", b"R5000\r", b"R5000\r"]
    assert sensor.presented is None


def test_line_in_centimetres_has_three_digits() -> None:
    sensor = SimulatedMaxbotix(millimetres=False, nearest_mm=200, farthest_mm=7640)
    sensor.set(distance_mm=1236)

    assert (sensor.frame(), sensor.presented) == (b"R124\r", 1240)
    sensor.set(distance_mm=None)
    assert sensor.frame() == b"R765\r"
