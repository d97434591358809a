from drivers.sim.pms5003st import SimulatedPms5003st


def test_frame_carries_what_it_was_given_as_presented_says() -> None:
    sensor = SimulatedPms5003st()
    sensor.set(pm2_5_ug_m3=9)
    sensor.gas_and_weather(formaldehyde_ug_m3=31.4, temperature_c=-4.2, humidity_pct=81.5)

    frame = sensor.frame()

    assert frame[:4] == bytes.fromhex("424d0024")
    assert frame[28:34] == bytes.fromhex("001f ffd6 032f")
    assert int.from_bytes(frame[38:], "big") == sum(frame[:38])
    assert (sensor.presented["pm2_5"], sensor.presented["formaldehyde"]) == (9, 31)
    assert (sensor.presented["temperature"], sensor.presented["humidity"]) == (-42, 815)


def test_sensor_that_warms_up_sends_zeros_and_presents_nothing() -> None:
    sensor = SimulatedPms5003st()
    sensor.warming_up = True

    assert sensor.frame()[4:38] == bytes(34)
    assert set(sensor.presented.values()) == {None}
